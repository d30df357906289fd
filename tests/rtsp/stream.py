"""Recordings as access units, and access units as RTP packets (RFC 6184 for H.264, RFC 7798 for H.265)."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext

RTP_CLOCK = 90_000
PAYLOAD_TYPE = 96
_MTU = 1400
_START_CODE = re.compile(b"\x00\x00\x00?\x01")
_H265_PARAMETER_SETS = range(32, 35)  # VPS, SPS, PPS


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture: NAL units without start codes; ``at`` seconds after the first one."""

    at: float
    units: tuple[bytes, ...]
    key: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """What a camera can play. ``codec`` is ``h264`` or ``hevc``; ``period`` the length of one round in seconds."""

    codec: str
    width: int
    height: int
    units: tuple[AccessUnit, ...]
    period: float


def load(path: Path) -> Recording:
    """Read the video of a file without decoding it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context.name
        filters = BitStreamFilterContext("h264_mp4toannexb" if codec == "h264" else "hevc_mp4toannexb", stream)
        units = []
        for packet in container.demux(stream):
            if packet.size == 0:
                continue
            at, key = float(packet.pts * packet.time_base), packet.is_keyframe
            units += [AccessUnit(at, split_annex_b(bytes(out)), key) for out in filters.filter(packet)]
        step = units[1].at - units[0].at if len(units) > 1 else 1.0
        return Recording(codec, stream.width, stream.height, tuple(units), units[-1].at - units[0].at + step)


def split_annex_b(data: bytes) -> tuple[bytes, ...]:
    """NAL units between start codes."""
    return tuple(part for part in _START_CODE.split(data) if part)


def describe(recording: Recording) -> str:
    """The media section of the SDP."""
    name = "H264" if recording.codec == "h264" else "H265"
    lines = [f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} {name}/{RTP_CLOCK}"]
    sets = _parameter_sets(recording)
    if recording.codec == "h264":
        joined = ",".join(base64.b64encode(s).decode() for s in sets)
        lines.append(f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;sprop-parameter-sets={joined}")
    else:
        named = zip(("sprop-vps", "sprop-sps", "sprop-pps"), sets, strict=False)
        lines.append(f"a=fmtp:{PAYLOAD_TYPE} " + ";".join(f"{k}={base64.b64encode(v).decode()}" for k, v in named))
    lines.append("a=control:track0")
    return "\r\n".join(lines) + "\r\n"


def _parameter_sets(recording: Recording) -> Sequence[bytes]:
    first = recording.units[0].units
    if recording.codec == "h264":
        return [u for u in first if u[0] & 0x1F in {7, 8}]
    return [u for u in first if (u[0] >> 1) & 0x3F in _H265_PARAMETER_SETS]


def packetise(units: Sequence[bytes], codec: str, sequence: int, timestamp: int, ssrc: int) -> Iterator[bytes]:
    """RTP packets of one access unit; the marker bit ends the picture. ``sequence`` counts on with each packet."""
    payloads = [payload for unit in units for payload in (_h264_payloads(unit) if codec == "h264" else _h265_payloads(unit))]
    for offset, payload in enumerate(payloads):
        marker = 0x80 if offset == len(payloads) - 1 else 0
        header = struct.pack("!BBHII", 0x80, marker | PAYLOAD_TYPE, (sequence + offset) & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
        yield header + payload


def _h264_payloads(unit: bytes) -> list[bytes]:
    if len(unit) <= _MTU:
        return [unit]
    indicator, kind = (unit[0] & 0xE0) | 28, unit[0] & 0x1F  # FU-A
    chunks = [unit[i : i + _MTU] for i in range(1, len(unit), _MTU)]
    return [bytes([indicator, _edge(i, len(chunks)) | kind]) + chunk for i, chunk in enumerate(chunks)]


def _h265_payloads(unit: bytes) -> list[bytes]:
    if len(unit) <= _MTU:
        return [unit]
    kind = (unit[0] >> 1) & 0x3F
    indicator = bytes([(unit[0] & 0x81) | (49 << 1), unit[1]])  # FU
    chunks = [unit[i : i + _MTU] for i in range(2, len(unit), _MTU)]
    return [indicator + bytes([_edge(i, len(chunks)) | kind]) + chunk for i, chunk in enumerate(chunks)]


def _edge(index: int, count: int) -> int:
    return (0x80 if index == 0 else 0) | (0x40 if index == count - 1 else 0)


def sender_report(ssrc: int, unix_time: float, timestamp: int, packets: int, octets: int) -> bytes:
    """RTCP sender report: ties the camera's clock to its RTP timestamps."""
    ntp = unix_time + 2_208_988_800
    seconds = int(ntp)
    fraction = int((ntp - seconds) * (1 << 32))
    return struct.pack(
        "!BBHIIIIII", 0x80, 200, 6, ssrc, seconds & 0xFFFFFFFF, fraction, timestamp & 0xFFFFFFFF, packets, octets & 0xFFFFFFFF
    )
