"""Numbers, truths and types of symbols: refused where they would depend on values. Importing this module gives them to `Symbol`."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import numpy as np

from mmlcore.calculus._refuse import NUMPY, refuse
from mmlcore.calculus.operations import OPS
from mmlcore.calculus.symbol import Symbol, is_truth, is_whole
from mmlcore.core.errors import TraceError


def _refuse(tape: Any, what: str, fix: str) -> NoReturn:
    """Refuse, and note it: a function that catches the TypeError of a float(), say, would go another way than with numbers."""
    try:
        refuse(what, fix)
    except TraceError as error:
        tape.refused = error
        raise


def _bool(self: Any) -> bool:
    """Refuse: a branch would be taken once for all points."""
    if self.size == 1 and self.tape.graph.is_constant(self.id):  # the same for all points
        return bool(self.tape.graph.values(self.id)[0])
    if sys._getframe(1).f_code.co_filename.startswith(NUMPY):
        _refuse(
            self.tape,
            "numpy compared elements of an array of traced values (numpy.max, numpy.sort and the like of numpy.array([x[0], ...]))",
            "Make the array by numpy.stack([x[0], ...]), and use numpy.maximum, numpy.max, numpy.where.",
        )
    return _refuse(
        self.tape,
        "a branch (`if`, `while`, `and`, `or`, `not`, a chained comparison) depends on a value",
        "Use numpy.where(condition, a, b), and &, |, ~ for conditions.",
    )


def _float(self: Any) -> float:
    """Return what does not depend on values; refuse all else."""
    if self.size == 1 and self.tape.graph.is_constant(self.id):
        return float(self.tape.graph.values(self.id)[0])
    return _no_number(self.tape)


def _int(self: Any) -> int:
    """Return what does not depend on values; refuse all else."""
    return int(float(self))


def _index(self: Any) -> int:
    """Return a place that does not depend on values; refuse all else."""
    if not is_whole(self):
        msg = "only whole numbers can be places"
        raise TypeError(msg) if self.tape.graph.is_constant(self.id) else _no_number(self.tape)
    return int(float(self))


def _round(self: Any, digits: int | None = None) -> Any:
    """Round to even, as numpy does."""
    return np.round(self, digits or 0)


def _astype(self: Any, dtype: Any, *, copy: bool = True, **_how: Any) -> Any:
    """Return the numbers as float64, or as conditions."""
    kind = np.dtype(getattr(dtype, "mmlcore_stands_for", dtype))
    if kind == np.float64 or (kind.kind in "biu" and is_truth(self)):
        return self.copy() if copy else self
    if kind.kind in "iu":
        return self.tape.counted(self.copy() if is_whole(self) else np.trunc(self))
    if kind.kind == "b":
        return self.tape.unary(OPS["logical_not"], self.tape.unary(OPS["logical_not"], self))
    return refuse(
        f"a traced value was converted to {kind}",
        "Values are float64 in traced functions (and float32 where the points are); numpy.floor, numpy.trunc and numpy.ceil "
        "give whole numbers.",
    )


def _item(self: Any, *index: Any) -> Any:
    """Return one element."""
    flat = self.reshape(-1)
    return flat[index[0]] if len(index) == 1 else self[index] if index else self.reshape(())


def _no_number(tape: Any) -> NoReturn:
    _refuse(
        tape,
        "a number was asked of a traced value (float(), int(), math.sin(), an assignment into an array of numbers, "
        "numpy.array([x[0], ...], dtype=float) and the like)",
        "Use numpy's functions: numpy.sin(x); make arrays by numpy.array([x[0], ...]) without dtype, numpy.stack, or "
        "numpy.zeros_like(x), whose elements can be assigned to.",
    )


for _name, _method in {
    "__bool__": _bool,
    "__float__": _float,
    "__complex__": _float,
    "__int__": _int,
    "__index__": _index,
    "__round__": _round,
    "astype": _astype,
    "item": _item,
}.items():
    setattr(Symbol, _name, _method)
