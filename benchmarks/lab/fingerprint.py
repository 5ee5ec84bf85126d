"""Hashes that say whether two rows are of the same instance, and made under the same conditions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

if TYPE_CHECKING:
    from ...instances.problem import Problem

DESCRIBES = frozenset({"title", "provenance", "units"})
"""Fields of a problem that change no answer."""


def instance_hash(problem: Problem) -> str:
    """Hash of everything in a problem that decides its answers: data, keys, rules; not its title.

    Examples
    --------
    >>> import allocare
    >>> from dataclasses import replace
    >>> problem = allocare.example("sunray")
    >>> instance_hash(problem) == instance_hash(replace(problem, title="another"))
    True
    >>> instance_hash(problem) == instance_hash(replace(problem, supply=problem.supply + 1))
    False
    """
    digest = hashlib.blake2b(digest_size=16)
    digest.update(problem.kind.encode())
    _add(digest, {name: value for name, value in _fields(problem).items() if name not in DESCRIBES})
    return digest.hexdigest()


def fingerprint(**conditions: Any) -> str:
    """Hash of the conditions of a run: instance, versions, options, machine, threads.

    Examples
    --------
    >>> fingerprint(threads=1, options={"a": 1, "b": 2}) == fingerprint(options={"b": 2, "a": 1}, threads=1)
    True
    """
    text = json.dumps(conditions, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _fields(record: Any) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


def _add(digest: Any, value: Any) -> None:
    """Add a value with its type and length, so that no two different values are written alike."""
    if isinstance(value, pd.DataFrame):
        value = {"index": value.index, **{str(name): value[name].array for name in value}}
    if is_dataclass(value) and not isinstance(value, type):
        value = _fields(value)
    if isinstance(value, Mapping):
        digest.update(f"{{{len(value)}".encode())
        for name in sorted(value, key=str):
            _add(digest, str(name))
            _add(digest, value[name])
    elif sp.issparse(value):
        matrix = sp.csr_array(value)
        matrix.sum_duplicates()
        for part in (np.array(matrix.shape), matrix.indptr, matrix.indices, matrix.data):
            _add(digest, part)
    elif isinstance(value, pd.Index | pd.api.extensions.ExtensionArray):
        _add(digest, np.asarray(value))
    elif isinstance(value, np.ndarray) and value.dtype != object:
        # the same numbers are the same instance, however wide they are stored
        wide = value.astype(
            {"i": "<i8", "u": "<u8", "f": "<f8"}.get(value.dtype.kind, value.dtype), copy=False
        )
        digest.update(f"[{wide.dtype.str}{wide.shape}".encode())
        digest.update(np.ascontiguousarray(wide).data.cast("B") if wide.size else b"")
    elif isinstance(value, np.ndarray | list | tuple):
        digest.update(f"({len(value)}".encode())
        for text in value:
            _add(digest, text)
    else:
        text = repr(value.item() if isinstance(value, np.generic) else value)
        digest.update(f"<{len(text)}{text}".encode())
