"""Libraries that only some of this room needs, with one clear line where they are not installed."""

from __future__ import annotations

from importlib.util import find_spec

from ..instances.errors import CapabilityError


def need(package: str, module: str, what: str) -> None:
    """Refuse what needs a library that is not installed.

    Parameters
    ----------
    package, module
        The library's name, and what it is imported as.
    what
        What needs it.

    Raises
    ------
    CapabilityError
        Naming the extra that installs it.

    Examples
    --------
    >>> need("tealeaf", "tealeaf", "fortune telling")
    Traceback (most recent call last):
    ...
    allocare.instances.errors.CapabilityError: fortune telling needs tealeaf; install it with: \
pip install 'allocare[forecast]'
    """
    if find_spec(module) is None:
        raise CapabilityError(f"{what} needs {package}; install it with: pip install 'allocare[forecast]'")
