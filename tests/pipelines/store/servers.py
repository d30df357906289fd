"""A PostgreSQL server of one's own: on a free port, in a folder of its own, run by somebody who is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

MISSING = "PostgreSQL's server programs are not installed (Debian: apt-get install postgresql)"

_NUMBERS = count(1)


def server_programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest version first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), reverse=True)
    on_path = shutil.which("initdb")
    return found[0].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def running_server(programs: Path) -> Iterator[str]:
    """Start a server; gives its address without a database's name. It is stopped, and its folder removed, at the end."""
    folder = Path(tempfile.mkdtemp(prefix="vigil-pg-"))
    prefix: list[str] = []
    if os.geteuid() == 0:
        keeper = _keeper()
        prefix = ["setpriv", f"--reuid={keeper.pw_uid}", f"--regid={keeper.pw_gid}", "--clear-groups"]
        os.chown(folder, keeper.pw_uid, keeper.pw_gid)
    cluster = folder / "cluster"
    # Sorted by Vietnamese rules on purpose: nothing may depend on the server's own order of text.
    settings = [
        "--auth=trust",
        "--username=vigil",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--locale-provider=icu",
        "--icu-locale=vi",
    ]
    try:
        _run([*prefix, str(programs / "initdb"), "-D", str(cluster), "--no-sync", *settings], folder)
        port = _free_port()
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c timezone=Asia/Ho_Chi_Minh"
        control = [*prefix, str(programs / "pg_ctl"), "-D", str(cluster), "-w", "-l", str(folder / "log")]
        _run([*control, "-o", options, "start"], folder)
        try:
            yield f"postgresql://vigil@127.0.0.1:{port}"
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, template: str = "template1", name: str | None = None) -> str:
    """Make a database, a copy of another; gives its address."""
    name = name or f"vigil_{next(_NUMBERS)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    return f"{server}/{name}"


def drop_database(address: str) -> None:
    server, _, name = address.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _keeper() -> pwd.struct_passwd:
    """Who may run a server: not root."""
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False, text=True
    )
    if done.returncode != 0:
        log = folder / "log"
        raise RuntimeError(f"{command[-1]} failed: {done.stdout}{log.read_text() if log.exists() else ''}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
