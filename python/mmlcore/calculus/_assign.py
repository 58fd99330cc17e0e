"""Assignment to symbols by numpy's functions: into arrays that the traced function has made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._refuse import refuse
from mmlcore.calculus.symbol import Symbol, Tape


def _own(name: str, a: Any) -> Any:
    if not isinstance(a, Symbol):
        refuse(
            f"numpy.{name} into an array of numbers",
            "Make the array by numpy.zeros_like(x), x.copy() or numpy.stack.",
        )
    return a


def add_at(tape: Tape, a: Any, indices: Any, b: Any) -> None:
    """Add numbers at places, of which some may come several times."""
    x = _own("add.at", a)
    places = np.arange(x.size).reshape(x.shape)[indices]
    values: Any = np.broadcast_to(tape.symbol(b), np.shape(places))
    node = tape.graph.scatter(values.id, np.ravel(places).astype(np.int32), x.size)
    x[...] = x + Symbol(tape, node, x.shape)


def _fill_diagonal(tape: Tape, a: Any, val: Any, wrap: bool = False) -> None:
    x = _own("fill_diagonal", a)
    places = np.zeros(x.shape, bool)
    np.fill_diagonal(places, True, wrap)
    value = tape.symbol(val)
    x[places] = value if not value.ndim else np.resize(value.reshape(-1), int(places.sum()))


def _put(tape: Tape, a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    x, places = _own("put", a), np.ravel(ind)
    x[np.unravel_index(places % x.size, x.shape)] = np.resize(
        tape.symbol(v).reshape(-1), places.size
    )


def _put_along_axis(tape: Tape, arr: Any, indices: Any, values: Any, axis: Any) -> None:
    x = _own("put_along_axis", arr)
    number = np.arange(x.size).reshape(x.shape)
    places = np.take_along_axis(number, np.asarray(indices), axis)
    x[np.unravel_index(places, x.shape)] = values


def _copy_to(tape: Tape, dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    x = _own("copyto", dst)
    x[...] = src if where is True else np.where(where, src, x)


def _put_mask(tape: Tape, a: Any, mask: Any, values: Any) -> None:
    x = _own("putmask", a)
    x[...] = np.where(mask, np.resize(tape.symbol(values), x.shape), x)


OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "fill_diagonal": _fill_diagonal,
    "put": _put,
    "put_along_axis": _put_along_axis,
    "copyto": _copy_to,
    "putmask": _put_mask,
}
