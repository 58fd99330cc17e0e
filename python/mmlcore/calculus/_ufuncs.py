"""numpy's elementwise functions on symbols, and SciPy's erf, expit and their like, known by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._products import PRODUCTS
from mmlcore.calculus._reductions import REDUCTIONS
from mmlcore.calculus._symbol import OPERANDS, OPS, Symbol, Tape, refuse
from mmlcore.core.arrays import as_array


def _unary(name: str) -> Callable[..., Any]:
    op = OPS[name]
    return lambda tape, x: tape.unary(op, x)


def _binary(name: str) -> Callable[..., Any]:
    op = OPS[name]
    return lambda tape, x, y: tape.binary(op, x, y)


def _not_equal(tape: Tape, x: Any, y: Any) -> Any:
    return tape.unary(OPS["logical_not"], tape.binary(OPS["equal"], x, y))


def _floor_divide(tape: Tape, x: Any, y: Any) -> Any:
    return np.floor(x / y)


def _heaviside(tape: Tape, x: Any, y: Any) -> Any:
    zero = tape.symbol(0.0)
    return tape.where(x < 0, zero, tape.where(x > 0, tape.symbol(1.0), tape.where(x == 0, y, x)))


def _logaddexp(tape: Tape, x: Any, y: Any) -> Any:
    top = np.maximum(x, y)
    return top + np.log1p(np.exp(-abs(x - y)))


def _copysign(tape: Tape, x: Any, y: Any) -> Any:
    size = abs(x)
    return tape.where(y < 0, -size, size)


def _isnan(tape: Tape, x: Any) -> Any:
    return _not_equal(tape, x, x)


def _softplus(tape: Tape, x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _unary(name) for name, operands in OPERANDS.items() if operands == 1},
    **{name: _binary(name) for name, operands in OPERANDS.items() if operands == 2},
    "positive": lambda tape, x: x,
    "conjugate": lambda tape, x: x,
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
    "logical_xor": lambda tape, x, y: _not_equal(tape, x != 0, y != 0),
    "remainder": lambda tape, x, y: x - np.floor(x / y) * y,
    "floor_divide": _floor_divide,
    "deg2rad": lambda tape, x: x * (np.pi / 180),
    "radians": lambda tape, x: x * (np.pi / 180),
    "rad2deg": lambda tape, x: x * (180 / np.pi),
    "degrees": lambda tape, x: x * (180 / np.pi),
    "heaviside": _heaviside,
    "logaddexp": _logaddexp,
    "copysign": _copysign,
    "isnan": _isnan,
    "erfc": lambda tape, x: 1 - tape.unary(OPS["erf"], x),
    "log_expit": lambda tape, x: -_softplus(tape, -x),
    "xlogy": lambda tape, x, y: tape.where(x == 0, tape.symbol(0.0), x * np.log(y)),
}


def call_ufunc(tape: Tape, ufunc: Any, method: str, inputs: Any, options: dict[str, Any]) -> Any:
    """Answer numpy's protocol for ufuncs."""
    name = ufunc.__name__
    if options.get("out") is not None or not options.get("where", True) is True:
        refuse(
            f"numpy.{name} was called with `out` or `where`",
            "Traced arrays never change; use numpy.where.",
        )
    if method == "__call__":
        if name in PRODUCTS:
            return PRODUCTS[name](tape, *inputs)
        if name in FUNCTIONS:
            return FUNCTIONS[name](tape, *map(tape.symbol, inputs))
    elif method == "reduce" and name in REDUCTIONS:
        options = {key: value for key, value in options.items() if key in ("axis", "keepdims")}
        return REDUCTIONS[name](tape, tape.symbol(inputs[0]), **{"axis": 0, **options})
    elif method == "outer" and name in FUNCTIONS:
        x, y = map(tape.symbol, inputs)
        return FUNCTIONS[name](tape, x.reshape(x.shape + (1,) * y.ndim), y)
    return refuse(
        f"numpy.{name}{'' if method == '__call__' else '.' + method} cannot be traced",
        "Write it with functions that can (see the documentation of mmlcore.calculus), or use mmlcore.finite_difference.",
    )


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
