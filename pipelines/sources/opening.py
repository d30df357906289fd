"""Opens a stream by allow-lists of protocols and formats: a camera may not send us a playlist that names other places."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import av
from av.container import InputContainer

from pipelines.sources.address import Scheme
from pipelines.sources.request import CaptureRequest

_COMMON: Final = {"analyzeduration": "500000", "probesize": "500000"}
_RTSP: Final = {**_COMMON, "rtsp_transport": "tcp", "protocol_whitelist": "rtp,tcp,tls,crypto,udp"}
_HTTP: Final = {
    **_COMMON,
    "protocol_whitelist": "http,https,tcp,tls,crypto",
    "format_whitelist": "mpjpeg,mjpeg,jpeg_pipe,mpegts,h264,hevc,flv",
    "max_redirects": "0",  # a redirect could lead to a machine that was not checked
}
_FILE: Final = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,h264,hevc",
}


def open_stream(request: CaptureRequest) -> InputContainer:
    """Open what is asked for.

    Raises:
        av.FFmpegError: what the library says.
        ValueError: no video in it.
    """
    # When its own read times out the library first hands out the picture it had kept, which would look like a live camera:
    # the owner's watchdog has to be quicker.
    timeout = (request.timeout, 6 * request.timeout)
    if request.scheme in {Scheme.RTSP, Scheme.RTSPS}:
        container = av.open(request.url, options=_RTSP, timeout=timeout)
    elif request.scheme in {Scheme.HTTP, Scheme.HTTPS}:
        container = av.open(request.url, options=_HTTP, timeout=timeout)
    elif request.scheme is Scheme.USB:
        device = Path(f"/dev/video{int(request.url)}")
        if not device.exists():
            raise FileNotFoundError(f"{device}: there is no camera of that index on this machine")
        container = av.open(str(device), format="v4l2", timeout=timeout)
    else:
        container = av.open(request.url, options=_FILE)
    if not container.streams.video:
        container.close()
        raise ValueError("there is no video in the stream")
    return container
