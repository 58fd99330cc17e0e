"""Functions in files: their graphs as numbers and names, in numpy's archive format; nothing in them is ever executed."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from mmlcore.calculus.operations import OPERATIONS

# What reading a file that is none of ours, or has been damaged, can end with.
_DAMAGED = (
    AttributeError,
    EOFError,
    KeyError,
    IndexError,
    MemoryError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,  # RecursionError as well
    TypeError,
    ValueError,
    zipfile.BadZipFile,
)
_FORMAT, _VERSION = "mmlcore function", 1


def save(state: Any, path: Any) -> None:
    """Write the state of a function: to a new file, which takes the place of an old one when it is whole."""
    arrays: list[Any] = []

    def plain(x: Any) -> Any:
        if isinstance(x, np.ndarray):
            arrays.append(x)
            return {"array": len(arrays) - 1}
        if isinstance(x, (list, tuple)):
            return [plain(item) for item in x]
        return x if x is None or isinstance(x, str) else int(x)

    text = json.dumps(
        {
            "format": _FORMAT,
            "version": _VERSION,
            "operations": [row.name for row in OPERATIONS],
            "state": plain(state),
        }
    )
    target = Path(path)
    handle, part = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                function=np.frombuffer(text.encode(), np.uint8),
                **{f"a{i}": x for i, x in enumerate(arrays)},
            )
        Path(part).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(part).unlink()
        raise


def load(path: Any) -> Any:
    """Read the state of a function."""
    with Path(path).open("rb") as file:
        try:
            return _read(file)
        except _DAMAGED as error:
            msg = f"{path}: is no function that this version of mmlcore has saved."
            raise ValueError(msg) from error


def _read(file: Any) -> Any:
    with np.load(file, allow_pickle=False) as archive:
        whole = json.loads(archive["function"].tobytes().decode())
        arrays = {key: archive[key] for key in archive.files if key != "function"}
    names = whole["operations"]
    if whole["format"] != _FORMAT or whole["version"] > _VERSION:
        raise ValueError
    if names != [row.name for row in OPERATIONS[: len(names)]]:
        raise ValueError
    return _tuples(whole["state"], arrays)


def _tuples(x: Any, arrays: dict[str, Any]) -> Any:
    if isinstance(x, dict):
        return arrays[f"a{x['array']}"]
    return tuple(_tuples(item, arrays) for item in x) if isinstance(x, list) else x
