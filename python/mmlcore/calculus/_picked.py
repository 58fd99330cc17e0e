"""Elements that a condition picks: how many there are depends on values, so that they may be computed with and summed up, no more.

``np.log(x[x > 0]).sum()`` is a sum of all elements with zero in place of those that the condition leaves out, and ``y[m] = 2 * x[m]``
a choice between two arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._refuse import refuse, untraced
from mmlcore.calculus.symbol import implements


class Picked:
    """Elements of a symbol where a condition holds, or its rows, items along as many axes as the condition has."""

    __slots__ = ("mask", "whole")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, whole: Any, mask: Any) -> None:
        self.whole, self.mask = whole, mask

    def _tail(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.whole.shape
        return shape[self.mask.ndim :]

    def __getattr__(self, name: str) -> Any:
        """Say what of an array it does not have."""
        if name.startswith("_") or not hasattr(np.ndarray, name):
            msg = f"'Picked' object has no attribute '{name}'"
            raise AttributeError(msg)
        return _refused()

    def __array__(self, *_: Any, **__: Any) -> Any:
        """Say that its length is not known."""
        return _refused()

    __len__ = __iter__ = __getitem__ = __setitem__ = __bool__ = __float__ = __array__

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Compute with the elements."""
        if method == "reduce" and ufunc.__name__ in _REDUCES:
            return _REDUCTIONS[_REDUCES[ufunc.__name__]](self, *inputs[1:], **options)
        if method != "__call__" or options or ufunc.signature:
            untraced(f"numpy.{ufunc.__name__} of elements that a condition picks")
        return Picked(ufunc(*(self._beside(x) for x in inputs)), self.mask)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        """Sum them up."""
        name = function.__name__
        if name == "dot" and len(arguments) == 2 and not self._tail():
            return np.sum(np.multiply(*arguments))
        if name not in _REDUCTIONS or type(arguments[0]) is not Picked:
            untraced(f"numpy.{name} of elements that a condition picks")
        return _REDUCTIONS[name](*arguments, **options)

    def _beside(self, x: Any) -> Any:
        """Return what stands beside the elements for all of them."""
        if type(x) is Picked:
            if x.mask.id != self.mask.id or x.whole.shape != self.whole.shape:
                refuse(
                    "elements that two conditions pick met each other",
                    "Keep all elements, and choose by numpy.where(condition, a, b).",
                )
            return x.whole
        if np.ndim(x) > len(self._tail()):
            refuse(
                "an array met elements that a condition picks",
                "Pick from it as well, by the same condition: a[m] * b[m].",
            )
        return x


def _refused(*_: Any, **__: Any) -> Any:
    refuse(
        "how many elements a condition picks depends on values",
        "Sum them up (sum, mean, prod, max, min, var, std, norm), or choose by numpy.where(condition, a, b).",
    )


@implements("pick")
def _pick(x: Any, mask: Any) -> Picked:
    if x.shape[: mask.ndim] != mask.shape:
        msg = f"boolean index did not match indexed array: got a condition of shape {mask.shape} for one of {x.shape}"
        raise IndexError(msg)
    return Picked(x.copy(), mask.copy())  # as they are now


@implements("put")
def _put(x: Any, mask: Any, picked: Picked) -> Any:
    """Return x with other elements where the condition holds."""
    picked._beside(Picked(x, mask))
    return np.where(_spread(picked), picked.whole, x)


def _spread(p: Picked) -> Any:
    """Return the condition for each element."""
    return p.mask.reshape(p.mask.shape + (1,) * len(p._tail()))


def _along(p: Picked, axis: Any) -> Any:
    """Return the axes of all that one, or all, of what was picked stand for."""
    if axis is None or (axis in (0, -1) and not p._tail()):
        return None
    if axis != 0:
        _refused()
    return tuple(range(p.mask.ndim))


def _by_where(name: str, **fixed: Any) -> Callable[..., Any]:
    def reduce(p: Picked, axis: Any = None, **options: Any) -> Any:
        if not set(options) <= {"ddof"}:
            untraced(f"numpy.{name} of elements that a condition picks, with {', '.join(options)}")
        where = np.broadcast_to(_spread(p), p.whole.shape)
        return getattr(np, name)(p.whole, axis=_along(p, axis), where=where, **fixed, **options)

    return reduce


def _extreme(name: str, beyond: float) -> Callable[..., Any]:
    found = _by_where(name, initial=beyond)

    def reduce(p: Picked, axis: Any = None) -> Any:  # NaN of none, where numpy raises
        return np.where(np.any(p.mask), found(p, axis), np.nan)

    return reduce


def _norm(p: Picked, ord: Any = None, axis: Any = None) -> Any:  # noqa: A002  (numpy's name)
    if ord not in (None, 2) or (p._tail() and axis is None):
        untraced("numpy.linalg.norm, but for that of a vector,")
    return np.sqrt(np.sum(np.square(p), axis=axis))


_REDUCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _by_where(name) for name in ("sum", "mean", "prod", "var", "std", "any", "all")},
    **dict.fromkeys(("max", "amax"), _extreme("max", -np.inf)),
    **dict.fromkeys(("min", "amin"), _extreme("min", np.inf)),
    "norm": _norm,
}
_REDUCES = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}


def _operator(ufunc: Any, swapped: bool = False) -> Callable[..., Any]:
    def method(self: Picked, *other: Any) -> Any:
        return ufunc(*other, self) if swapped else ufunc(self, *other)

    return method


for _name, _function in _REDUCTIONS.items():
    if hasattr(np.ndarray, _name):
        setattr(Picked, _name, _function)
for _name, _ufunc in {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.divide,
    "pow": np.power,
    "mod": np.remainder,
    "floordiv": np.floor_divide,
}.items():
    setattr(Picked, f"__{_name}__", _operator(_ufunc))
    setattr(Picked, f"__r{_name}__", _operator(_ufunc, swapped=True))
for _name, _function_of in {
    "neg": np.negative,
    "pos": np.positive,
    "abs": np.absolute,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}.items():
    setattr(Picked, f"__{_name}__", _operator(_function_of))
