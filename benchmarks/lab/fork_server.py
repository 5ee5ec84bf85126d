"""A small process that is forked for every run: what runs need is imported once, and each is on its own.

It never solves anything itself and starts no threads, so that a fork of it is as good as a new process.
It ends when the runner that started it does, however that ends, and its runs end with it.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from importlib import import_module
from multiprocessing import reduction
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

DIES_WITH_PARENT = 1
"""Linux's ``PR_SET_PDEATHSIG``."""


def main(descriptor: int) -> None:
    """Serve one runner over an inherited socket until it goes away."""
    control = Connection(descriptor)
    own = b""
    while True:
        try:
            what, content = control.recv()
        except (EOFError, ConnectionResetError):
            return
        if what == "own":
            own = content
        elif what == "import":
            _import(content)
        elif what == "run":
            control.send(_forked(control, content, own))
        elif what == "reap":
            _, status, used = os.wait4(content, 0)
            control.send((os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime))


def _import(names: list[str]) -> None:
    for name in names:
        try:
            import_module(name)
        except ImportError:
            continue  # a name that a package put into the table of modules by itself
    from .worker import prepare

    prepare()
    gc.collect()
    # so that collecting in a fork does not copy what is shared
    gc.freeze()


def _forked(control: Any, request: Any, own: bytes) -> int:
    """Fork a process for a request, with its channel and its log; return its number."""
    channel, log = reduction.recv_handle(control), reduction.recv_handle(control)
    server, process = os.getpid(), os.fork()
    if process:
        os.close(channel)
        os.close(log)
        return process
    control.close()
    _serve(server, channel, log, request, own)
    raise AssertionError("a run ends in its own process")


def _serve(server: int, channel: int, log: int, request: Any, own: bytes) -> None:
    # a group of its own, so that what a solver starts can be ended with it
    os.setsid()
    _die_with(server)
    os.dup2(log, 1)
    os.dup2(log, 2)
    connection, code = Connection(channel), 1
    try:
        from .worker import perform

        # a solver may tell of its plans from another thread
        lock = Lock()

        def tell(what: str, content: Any) -> None:
            with lock:
                connection.send((what, content))

        perform(request, own, tell)
        code = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # no clean-up of what was inherited: it is the server's
        os._exit(code)


def _die_with(server: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)
