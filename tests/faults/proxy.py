"""A TCP relay between a camera and its client that can slow down or swallow everything, as a bad line does."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time


class Relay:
    """``rate`` bytes a second towards the client (``None``: no limit); ``swallow``: nothing passes, nothing closes."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.rate: float | None = None
        self.swallow = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._target)) as camera, contextlib.suppress(OSError):
            while True:
                readable, _, _ = select.select([client, camera], [], [], 0.2)
                if self.swallow:
                    time.sleep(0.05)
                    continue
                if client in readable:
                    if not (data := client.recv(65536)):
                        return
                    camera.sendall(data)
                if camera in readable:
                    if not (data := camera.recv(65536 if self.rate is None else max(1, int(self.rate / 10)))):
                        return
                    if self.rate is not None:
                        time.sleep(len(data) / self.rate)
                    client.sendall(data)
