"""POT's compiled network simplex, without the rest of its package.

``import ot`` takes over a second: it imports SciPy's statistics, optimisation and more. The kernel is one
extension module of it that needs NumPy and a single function of the package, to fall back on in something
that is not used here. So it is loaded from its file, under its true name: a later ``import ot`` finds it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

NAME = "ot.lp.emd_wrap"
UTILITIES = "ot.utils"

_loading = Lock()


def pot_kernel() -> Any:
    """Return the module ``ot.lp.emd_wrap``.

    Where POT is imported already, or its files lie in another way, it comes by an ordinary import.

    Examples
    --------
    >>> import numpy as np
    >>> plan, cost, of_source, of_target, code = pot_kernel().emd_c(
    ...     np.array([2.0]), np.array([2.0]), np.array([[3.0]]), 100, 1)
    >>> plan.tolist(), cost, code
    ([[2.0]], 6.0, 1)
    """
    with _loading:
        if NAME not in sys.modules and "ot" not in sys.modules:
            spec = _found()
            if spec is not None and (module := _alone(spec)) is not None:
                return module
        return import_module(NAME)


def _found() -> ModuleSpec | None:
    """Where the extension lies; the package around it is not imported."""
    package = find_spec("ot")
    if package is None or package.submodule_search_locations is None:
        return None
    folders = [str(Path(folder) / "lp") for folder in package.submodule_search_locations]
    return PathFinder.find_spec(NAME, folders)


def _alone(spec: ModuleSpec) -> ModuleType | None:
    """Load it with a stand-in for the one function it takes from its package; None where that fails."""
    assert spec.loader is not None
    utilities = ModuleType(UTILITIES)
    utilities.dist = _dist  # type: ignore[attr-defined]
    sys.modules[UTILITIES] = utilities
    try:
        module = module_from_spec(spec)
        sys.modules[NAME] = module
        spec.loader.exec_module(module)
    except ImportError:  # it needs more of its package
        sys.modules.pop(NAME, None)
        return None
    finally:
        del sys.modules[UTILITIES]
    return module


def _dist(*arguments: Any, **options: Any) -> Any:
    """Distances as `ot.dist` gives them, which alone needs the package."""
    from ot.utils import dist

    return dist(*arguments, **options)
