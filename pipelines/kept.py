"""The other end of `pipelines.supervisor.Keeper`: a kept process ends when its keeper is gone, however that went.

The keeper holds the writing end of the process's standard input and never writes: the end of it is the end of the keeper. Nobody
else would stop the process then, and the next `vigil up` would find cameras watched and ports taken.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

KEPT: Final = "VIGIL_KEPT"
"""Set in the environment of a process that is kept, and of nobody else."""

STOP_WITHIN: Final = 18.0  # s for all kept processes together; the live one plans with less (`LiveOptions.stop_within`)


def end_with_keeper() -> None:
    """In a kept process: stop as after SIGTERM when the keeper is gone, at once when that takes too long."""
    if os.environ.pop(KEPT, None) is None:
        return

    def follow() -> None:
        while os.read(0, 1):  # not through `sys.stdin`: a thread that holds its lock aborts the interpreter when it ends
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(STOP_WITHIN)
        os._exit(1)

    threading.Thread(target=follow, name="keeper", daemon=True).start()
