"""The process that talks to one camera: ``python -m pipelines.sources.capture_process``.

It reads a `CaptureRequest` as its first line of standard input and writes messages of `pipelines.sources.wire` to the
file descriptor that the request names. Later lines of input are `Wish`es. When standard input ends, so does the
process: it never outlives its owner. It serves one connection and never tries again by itself; that is the owner's decision, with one
exception: a stream that changes its codec in the middle is opened again at once.

Being a process, it can be killed when a decoder hangs, and its memory can be limited (see docs/adr).
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from typing import Final

import av

from pipelines.records import GapReason, Trouble
from pipelines.sources.address import NETWORK, redact
from pipelines.sources.request import CaptureRequest, StreamChangedError, Wishes
from pipelines.sources.streaming import Streaming
from pipelines.sources.trouble import trouble_in_opening, trouble_of
from pipelines.sources.wire import Ended, send

_REOPEN_PACE: Final = 60.0  # s; a stream that changes more often is a fault


def reason_of(error: BaseException, *, streaming: bool) -> GapReason:
    """What a failure of the library means; ``streaming``: pictures had already come."""
    if isinstance(error, (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError)):
        return GapReason.AUTH_FAILED
    if isinstance(error, (StreamChangedError, av.error.InvalidDataError)):
        return GapReason.CORRUPT if streaming else GapReason.UNREACHABLE
    if isinstance(error, MemoryError):
        return GapReason.CRASHED
    if isinstance(error, (av.error.EOFError, av.error.BrokenPipeError, ConnectionResetError)):
        return GapReason.STREAM_ENDED
    return GapReason.STALLED if streaming else GapReason.UNREACHABLE


def main() -> None:
    """Serve one request."""
    request = CaptureRequest.read(sys.stdin.readline())
    resource.setrlimit(resource.RLIMIT_AS, (request.memory, request.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wishes = Wishes(request.rate, request.most)
    threading.Thread(target=wishes.listen, daemon=True).start()
    streaming = Streaming(request, wishes)
    reopened, began = -_REOPEN_PACE, time.monotonic()
    while True:
        try:
            streaming.run()
            ended = Ended(GapReason.STREAM_ENDED, Trouble.ENDED, "the camera ended the stream", streaming.tally)
        except StreamChangedError as error:
            if time.monotonic() - reopened >= _REOPEN_PACE:
                reopened = time.monotonic()
                continue
            ended = Ended(GapReason.CORRUPT, trouble_of(error), str(error), streaming.tally)
        except BrokenPipeError:
            return
        except (av.FFmpegError, OSError, MemoryError, ValueError) as error:
            secret = request.url if request.scheme in NETWORK else ""
            text = redact(f"{type(error).__name__}: {error}", secret)
            received = streaming.tally.captured > 0
            waited = time.monotonic() - began
            trouble = trouble_of(error) if received else trouble_in_opening(error, request.scheme, waited, request.timeout)
            ended = Ended(reason_of(error, streaming=received), trouble, text[:500], streaming.tally)
        break
    send(request.descriptor, ended)


if __name__ == "__main__":
    main()
