"""numpy's elementwise functions on symbols, and SciPy's erf, expit and their like, known by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus import _special
from mmlcore.calculus._assign import add_at
from mmlcore.calculus._complex import is_complex, of_complex
from mmlcore.calculus._keywords import call, understood
from mmlcore.calculus._picked import Picked
from mmlcore.calculus._products import PRODUCTS
from mmlcore.calculus._reductions import ACCUMULATIONS, REDUCTIONS, axes_of
from mmlcore.calculus._refuse import refuse, untraced
from mmlcore.calculus.operations import OPERATIONS, OPS
from mmlcore.calculus.symbol import Symbol, Tape, implements, is_truth, may_be_truth
from mmlcore.core.arrays import as_array


def _unary(name: str) -> Callable[..., Any]:
    op = OPS[name]
    return lambda tape, x: tape.unary(op, x)


def _binary(name: str) -> Callable[..., Any]:
    op = OPS[name]
    return lambda tape, x, y: tape.binary(op, x, y)


def _not_equal(tape: Tape, x: Any, y: Any) -> Any:
    return tape.unary(OPS["logical_not"], tape.binary(OPS["equal"], x, y))


def _heaviside(tape: Tape, x: Any, y: Any) -> Any:
    zero = tape.symbol(0.0)
    return tape.where(x < 0, zero, tape.where(x > 0, tape.symbol(1.0), tape.where(x == 0, y, x)))


def _copysign(tape: Tape, x: Any, y: Any) -> Any:
    size, below = abs(x), (y < 0) | ((y == 0) & (1 / y < 0))  # -0.0 too
    return tape.where(below, -size, size)


def _isnan(tape: Tape, x: Any) -> Any:
    return _not_equal(tape, x, x)


def _fmax(tape: Tape, x: Any, y: Any) -> Any:
    return tape.where(_isnan(tape, x), y, tape.where(_isnan(tape, y), x, np.maximum(x, y)))


def _fmin(tape: Tape, x: Any, y: Any) -> Any:
    return tape.where(_isnan(tape, x), y, tape.where(_isnan(tape, y), x, np.minimum(x, y)))


def _logaddexp2(tape: Tape, x: Any, y: Any) -> Any:
    ln2 = float(np.log(2.0))
    return np.logaddexp(x * ln2, y * ln2) * (1 / ln2)


_ELEMENTWISE = [row for row in OPERATIONS if row.elementwise]
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{row.name: _unary(row.name) for row in _ELEMENTWISE if row.operands == 1},
    **{row.name: _binary(row.name) for row in _ELEMENTWISE if row.operands == 2},
    "positive": lambda tape, x: x.copy(),
    "conjugate": lambda tape, x: x.copy(),
    "fabs": _unary("absolute"),
    "abs": _unary("absolute"),
    "true_divide": _binary("divide"),
    "power": lambda tape, x, y: tape.power(x, y),
    "float_power": lambda tape, x, y: tape.power(x, y),
    "greater": lambda tape, x, y: tape.binary(OPS["less"], y, x),
    "greater_equal": lambda tape, x, y: tape.binary(OPS["less_equal"], y, x),
    "not_equal": _not_equal,
    "bitwise_and": _binary("logical_and"),
    "bitwise_or": _binary("logical_or"),
    "invert": _unary("logical_not"),
    "bitwise_xor": _not_equal,
    "logical_xor": lambda tape, x, y: _not_equal(tape, x != 0, y != 0),
    "deg2rad": lambda tape, x: x * (np.pi / 180),
    "radians": lambda tape, x: x * (np.pi / 180),
    "rad2deg": lambda tape, x: x * (180 / np.pi),
    "degrees": lambda tape, x: x * (180 / np.pi),
    "heaviside": _heaviside,
    "copysign": _copysign,
    "isnan": _isnan,
    "log_expit": lambda tape, x: -np.logaddexp(0.0, -x),
    "logaddexp2": _logaddexp2,
    "mod": _binary("remainder"),
    "divmod": lambda tape, x, y: (x // y, x % y),
    "trunc": lambda tape, x: tape.where(x < 0, np.ceil(x), np.floor(x)),
    "fmax": _fmax,
    "fmin": _fmin,
    "isfinite": lambda tape, x: abs(x) < np.inf,
    "isinf": lambda tape, x: abs(x) == np.inf,
    **_special.FUNCTIONS,
}


# What numpy does with conditions where it does something else with numbers.
_OF_TRUTHS = {"add": "logical_or"}
_NOT_OF_TRUTHS = frozenset(["subtract", "negative", "positive"])
_OF_TRUTHS_ALONE = frozenset(["bitwise_and", "bitwise_or", "bitwise_xor", "invert"])

# What a reduction may be given by position after the array.
_AFTER_ARRAY = ("axis", "dtype", "out", "keepdims", "initial", "where")


def _checked_name(name: str, inputs: Any) -> str:
    """Return the function that a ufunc is of these inputs; refuse what numpy has not of conditions, or of them alone."""
    truths = all(map(is_truth, inputs))
    if truths and name in _NOT_OF_TRUTHS:
        refuse(f"numpy.{name} of conditions", "Add 0.0 to make numbers of them.")
    if name in _OF_TRUTHS_ALONE and not all(map(may_be_truth, inputs)):
        refuse(
            f"numpy.{name} of values that are no conditions",
            "Use numpy.logical_and, logical_or, logical_not.",
        )
    return _OF_TRUTHS.get(name, name) if truths else name


@implements("__call__")
def _call_ufunc(tape: Tape, name: str, inputs: Any, options: dict[str, Any]) -> Any:
    if options and (target := options.get("out")) is not None and type(target[0]) is Symbol:
        rest = {key: value for key, value in options.items() if key != "out"}
        target[0][...] = _call_ufunc(tape, name, inputs, rest)
        return target[0]
    if len(inputs) == 1 and type(inputs[0]) is Symbol and not (options or tape.truths):
        function = FUNCTIONS.get(name)  # of one symbol among numbers alone, as most are
        if function is not None and name not in _OF_TRUTHS_ALONE:
            return function(tape, inputs[0])
    if any(type(x) is Picked for x in inputs):
        return NotImplemented  # which answers itself
    if any(map(is_complex, inputs)):
        if options:
            understood(name, options)
        return of_complex(tape, name, inputs)
    if name in FUNCTIONS:
        if options:
            understood(name, options)
        if tape.truths or name in _OF_TRUTHS_ALONE:
            name = _checked_name(name, inputs)
        return FUNCTIONS[name](tape, *map(tape.symbol, inputs))
    if name in PRODUCTS:
        if not options:  # numpy has counted them
            return PRODUCTS[name](tape, *inputs)
        return call(name, PRODUCTS[name], tape, inputs, options)
    return untraced(f"{'numpy' if hasattr(np, name) else 'scipy.special'}.{name}")


@implements("outer")
def _outer(tape: Tape, name: str, inputs: Any, options: dict[str, Any]) -> Any:
    if name not in FUNCTIONS:
        untraced(f"numpy.{name}.outer")
    understood(f"{name}.outer", options)
    checked = _checked_name(name, inputs)
    x, y = map(tape.symbol, inputs)
    return FUNCTIONS[checked](tape, x.reshape(x.shape + (1,) * y.ndim), y)


def _along_axis(table: dict[str, Callable[..., Any]], method: str) -> Callable[..., Any]:
    def answer(tape: Tape, name: str, inputs: Any, options: dict[str, Any]) -> Any:
        if name not in table:
            untraced(f"numpy.{name}.{method}")
        given = dict(zip(_AFTER_ARRAY, inputs[1:], strict=False))
        given = {"axis": 0, **given, **options}
        return call(f"{name}.{method}", table[name], tape, inputs[:1], given)

    return answer


def _reduced(tape: Tape, name: str, inputs: Any, options: dict[str, Any]) -> Any:
    """Reduce by a function that has no rule of its own: one after the other, as numpy does."""
    if name in REDUCTIONS:
        return _REDUCE(tape, name, inputs, options)
    if name not in FUNCTIONS or len(inputs) > 2:
        untraced(f"numpy.{name}.reduce")
    kept = understood(f"{name}.reduce", options, frozenset(["axis", "keepdims"]))
    axis = inputs[1] if len(inputs) > 1 else kept.get("axis", 0)
    x = tape.symbol(inputs[0])
    (i,) = axes_of(x, axis)
    moved = np.moveaxis(x, i, 0)
    if not 0 < len(moved) <= _LONGEST:
        refuse(f"numpy.{name}.reduce of {len(moved)} items", f"Up to {_LONGEST} are traced.")
    result = moved[0]
    for part in moved[1:]:
        result = FUNCTIONS[_checked_name(name, (result, part))](tape, result, part)
    return np.expand_dims(result, i) if kept.get("keepdims") else result.copy()


_LONGEST = 10_000
_REDUCE = _along_axis(REDUCTIONS, "reduce")
implements("reduce")(_reduced)


@implements("at")
def _at(tape: Tape, name: str, inputs: Any, options: dict[str, Any]) -> None:
    if name not in ("add", "subtract") or len(inputs) != 3:
        untraced(f"numpy.{name}.at")
    understood(f"{name}.at", options)
    a, indices, b = inputs
    add_at(tape, a, indices, b if name == "add" else -tape.symbol(b))


@implements("reduceat")
def _reduce_at(tape: Tape, name: str, inputs: Any, options: dict[str, Any]) -> Any:
    """Reduce the slices between places."""
    kept = understood(f"{name}.reduceat", options, frozenset(["axis"]))
    x = np.moveaxis(
        tape.symbol(inputs[0]), inputs[2] if len(inputs) > 2 else kept.get("axis", 0), 0
    )
    places = [int(i) for i in inputs[1]]
    ends = [*places[1:], len(x)]
    function = getattr(np, name)
    parts = [
        function.reduce(x[a:b], axis=0) if b > a else x[a]
        for a, b in zip(places, ends, strict=True)
    ]
    return np.moveaxis(np.stack(parts), 0, inputs[2] if len(inputs) > 2 else kept.get("axis", 0))


implements("accumulate")(_along_axis(ACCUMULATIONS, "accumulate"))


def erf(x: Any) -> Any:
    """Error function, of arrays and in functions that are traced.

    Parameters
    ----------
    x : array_like
        Numbers.

    Returns
    -------
    ndarray of the shape of x
        2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x, float64.

    Notes
    -----
    ``scipy.special.erf`` is traced too.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.calculus.erf([0.0, 1.0]).round(4)
    array([0.    , 0.8427])
    """
    return _call("erf", x)


def expit(x: Any) -> Any:
    """Logistic function 1 / (1 + exp(-x)), of arrays and in functions that are traced.

    Parameters
    ----------
    x : array_like
        Numbers.

    Returns
    -------
    ndarray of the shape of x
        Between 0 and 1, float64; nothing overflows.

    Notes
    -----
    ``scipy.special.expit`` is traced too. Its derivative keeps all digits where the function is close to 1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.calculus.expit([0.0, -800.0])
    array([0.5, 0. ])
    """
    return _call("expit", x)


def _call(name: str, x: Any) -> Any:
    if type(x) is Symbol:
        return FUNCTIONS[name](x.tape, x)
    tape = Tape()
    symbol = FUNCTIONS[name](tape, tape.symbol(as_array(x, "x")))
    return tape.graph.values(symbol.id).reshape(symbol.shape)[()]
