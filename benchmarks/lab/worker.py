"""What a run's own process does: the request, with every outcome told as a row."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, TypeAlias

from ...solvers.registry import ADDED
from .drift import Probe, measure
from .environment import machine, versions
from .own import own_backends, register_entry_points
from .peers import register_peers
from .scouting import Scout, scout
from .suites import Run
from .trial import attempt

if TYPE_CHECKING:
    from .trial import Tell

Request: TypeAlias = Run | Probe | Scout


def perform(request: Request, own: bytes, tell: Tell) -> None:
    """Do what is requested, and tell the ``row`` of it.

    Parameters
    ----------
    request
        A run, a probe or a scouting.
    own
        The user's own backends, as `packed` wrote them.
    tell
        Hears ``known``, ``incumbent``, ``row`` and, where the code raised, ``raised``.

    Examples
    --------
    >>> perform(Probe("core", 0), b"", lambda what, content: print(what, content["backend"]))
    row drift
    """
    try:
        _register(own)
        tell("row", _PERFORM[type(request)](request, tell))
    except Exception as error:  # whatever it is: it ends this process alone, and is a row
        traceback.print_exc()
        tell("raised", f"{type(error).__name__}: {error}")


def packed() -> bytes:
    """The user's own backends for another process; functions of scripts and notebooks go by value.

    Examples
    --------
    >>> isinstance(packed(), bytes)
    True
    """
    import cloudpickle

    written: bytes = cloudpickle.dumps(own_backends())
    return written


def prepare() -> None:
    """Look up what every run may name or tell of; done once, before the processes of runs are made.

    Examples
    --------
    >>> prepare()
    """
    register_entry_points()
    register_peers()
    machine()
    versions()


def _register(own: bytes) -> None:
    prepare()
    if not own:
        return
    import cloudpickle

    ADDED.update(cloudpickle.loads(own))


_PERFORM: dict[type, Any] = {Run: attempt, Probe: measure, Scout: scout}
