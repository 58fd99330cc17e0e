"""Functions that take symbols in place of those of math, SciPy and Python itself: see `_namespace`."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from mmlcore.calculus import _matrices, _norms, _special
from mmlcore.calculus._distributions import DISTRIBUTIONS
from mmlcore.calculus._refuse import refuse
from mmlcore.calculus._ufuncs import FUNCTIONS
from mmlcore.calculus.symbol import Symbol, Tape
from mmlcore.eigen import EigenResult
from mmlcore.orthogonal import QR
from mmlcore.singular import SVD

Traced = Callable[..., Any]


def _plain(tape: Tape, x: Any) -> Any:
    if type(x) is Symbol and not x.ndim and tape.graph.is_constant(x.id):
        return float(x)
    return getattr(x, "mmlcore_stands_for", x) if isinstance(x, type) else x


def _made(tape: Tape, creator: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Make an array by numpy, and of floats one whose elements can be assigned to."""
    given = [_plain(tape, x) for x in arguments]
    options = {key: _plain(tape, x) for key, x in options.items()}
    if any(type(x) is Symbol for x in (*given, *options.values())):
        return creator(*given, **options)
    made = creator(*given, **options)
    return (
        tape.symbol(made).copy() if type(made) is np.ndarray and made.dtype == np.float64 else made
    )


def _full(
    tape: Tape, creator: Any, shape: Any, fill_value: Any, dtype: Any = None, **how: Any
) -> Any:
    dtype = _plain(tape, dtype)
    if type(fill_value) is Symbol and (dtype is None or np.dtype(dtype) == np.float64):
        return np.broadcast_to(fill_value, shape).copy()
    return _made(tape, creator, shape, fill_value, dtype, **how)


def _full_like(
    tape: Tape, creator: Any, a: Any, fill_value: Any, dtype: Any = None, shape: Any = None
) -> Any:
    form = np.shape(a) if shape is None else shape
    return _full(
        tape, np.full, form, fill_value, getattr(a, "dtype", None) if dtype is None else dtype
    )


def _array(tape: Tape, creator: Any, a: Any, dtype: Any = None, **how: Any) -> Any:
    holds: Callable[..., Any] = lambda x: (
        type(x) is Symbol or (isinstance(x, (list, tuple)) and any(map(holds, x)))
    )
    if not holds(a):
        return _made(tape, creator, a, **({} if dtype is None else {"dtype": dtype}), **how)
    found, dtype = tape.symbol(a), _plain(tape, dtype)
    found = found.copy() if dtype is None else found.astype(dtype)
    least = how.get("ndmin", 0)
    return found.reshape((1,) * (least - found.ndim) + found.shape) if least > found.ndim else found


# By the number of numpy's function.
CREATORS: dict[int, Traced] = {
    **{
        id(getattr(np, name)): _made
        for name in ("zeros", "empty", "ones", "eye", "identity", "arange", "linspace")
    },
    **{id(getattr(np, name)): _made for name in ("zeros_like", "ones_like", "empty_like")},
    id(np.full): _full,
    id(np.full_like): _full_like,
    id(np.array): _array,
    id(np.asarray): _array,
}


# math, and Python's own.


def _by(name: str) -> Traced:
    return lambda tape, *x: getattr(np, name)(*x)


def _counted(name: str) -> Traced:
    return lambda tape, x: tape.counted(getattr(np, name)(tape.symbol(x)))


def _log(tape: Tape, x: Any, base: Any = None) -> Any:
    return np.log(x) if base is None else np.log(x) / np.log(base)


def _elementwise(name: str) -> Traced:
    return lambda tape, *x: FUNCTIONS[name](tape, *map(tape.symbol, x))


_MATH: dict[str, Traced] = {
    **{
        name: _by(name)
        for name in [
            "sin",
            "cos",
            "tan",
            "sinh",
            "cosh",
            "tanh",
            "exp",
            "expm1",
            "exp2",
            "log2",
            "log10",
            "log1p",
            "sqrt",
            "cbrt",
            "fabs",
            "fmod",
            "copysign",
            "degrees",
            "radians",
            "isnan",
            "isinf",
            "isfinite",
        ]
    },
    **{f"a{name}": _by(f"arc{name}") for name in ["sin", "cos", "tan", "sinh", "cosh", "tanh"]},
    **{name: _counted(name) for name in ("floor", "ceil", "trunc")},
    "atan2": _by("arctan2"),
    "pow": _by("power"),
    "log": _log,
    "hypot": lambda tape, *x: reduce(np.hypot, x) if len(x) > 1 else abs(x[0]),
    "erf": _elementwise("erf"),
    "erfc": _elementwise("erfc"),
    "gamma": _elementwise("gamma"),
    "lgamma": _elementwise("gammaln"),
    "fsum": lambda tape, x: sum(list(x)),
    "prod": lambda tape, x, start=1: reduce(lambda a, b: a * b, list(x), start),
    "dist": lambda tape, p, q: np.sqrt(sum((a - b) ** 2 for a, b in zip(p, q, strict=True))),
}


def _extreme(function: Any) -> Traced:
    def extreme(tape: Tape, *x: Any) -> Any:
        items = list(x[0]) if len(x) == 1 else list(x)
        if any(np.ndim(item) for item in items):
            refuse(
                "max or min of arrays", "Use numpy.maximum, numpy.minimum, numpy.max, numpy.min."
            )
        return reduce(function, map(tape.symbol, items))

    return extreme


def number_type(plain: type) -> Any:
    """Return float or int, which takes symbols as well."""

    class Meta(type):
        def __call__(cls, *x: Any) -> Any:
            if not x or type(x[0]) is not Symbol:
                return plain(*x)
            if x[0].size != 1:
                refuse("float() or int() of an array", "Take its elements.")
            number = x[0].reshape(()).copy()
            return number if plain is float else number.tape.counted(np.trunc(number))

        def __instancecheck__(cls, x: Any) -> bool:
            return isinstance(x, plain) or (plain is float and type(x) is Symbol)

        def __eq__(cls, other: object) -> bool:
            return other is cls or other is plain

        def __hash__(cls) -> int:
            return hash(plain)

    return Meta(plain.__name__, (plain,), {"mmlcore_stands_for": plain})


BUILTINS: dict[str, Traced] = {
    "max": _extreme(np.maximum),
    "min": _extreme(np.minimum),
    "sorted": lambda tape, x, reverse=False: list(np.sort(tape.symbol(x))[:: -1 if reverse else 1]),
}


# SciPy.


def _comb(tape: Tape, N: Any, k: Any) -> Any:
    log: Callable[..., Any] = lambda x: FUNCTIONS["gammaln"](tape, tape.symbol(x))
    return np.where((k >= 0) & (k <= N), np.exp(log(N + 1) - log(k + 1) - log(N - k + 1)), 0.0)


def _factorial(tape: Tape, n: Any) -> Any:
    return np.where(n < 0, 0.0, FUNCTIONS["gamma"](tape, tape.symbol(n) + 1.0))


def _multi_gamma(tape: Tape, a: Any, d: int) -> Any:
    log: Callable[..., Any] = lambda x: FUNCTIONS["gammaln"](tape, x)
    return d * (d - 1) / 4 * math.log(math.pi) + sum(log(a - j / 2) for j in range(d))


_SPECIAL: dict[str, Traced] = {
    "logsumexp": _special.log_sum_exp,
    "softmax": _special.softmax,
    "log_softmax": _special.log_softmax,
    "polygamma": _special.polygamma,
    "comb": _comb,
    "factorial": _factorial,
    "multigammaln": _multi_gamma,
}


def _cholesky(tape: Tape, a: Any, lower: bool = False) -> Any:
    return _matrices.cholesky(tape, _matrices.mirrored(tape, a, lower), upper=not lower)


def _solve_triangular(
    tape: Tape, a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False
) -> Any:
    if unit_diagonal:
        refuse("scipy.linalg.solve_triangular with unit_diagonal", "Leave it out.")
    transposed = {0: 0, "N": 0, 1: 1, "T": 1, 2: 1, "C": 1}[trans]
    return _matrices.solve(tape, a, b, aux=transposed | (2 if lower else 8))


def _cho_solve(tape: Tape, c_and_lower: Any, b: Any) -> Any:
    factor, lower = c_and_lower
    first = _solve_triangular(tape, factor, b, 0 if lower else 1, lower)
    return _solve_triangular(tape, factor, first, 1 if lower else 0, lower)


def _eigh(tape: Tape, a: Any, lower: bool = True, eigvals_only: bool = False) -> Any:
    triangle = "L" if lower else "U"
    return (
        _matrices.eigvalsh(tape, a, triangle) if eigvals_only else _matrices.eigh(tape, a, triangle)
    )


_LINALG: dict[str, Traced] = {
    "solve": lambda tape, a, b: _matrices.solve(tape, a, b),
    "inv": lambda tape, a: _matrices.inverse(tape, a),
    "det": lambda tape, a: _matrices.determinant(tape, a),
    "norm": _norms.norm,
    "pinv": lambda tape, a: _matrices.pinv(tape, a, max(np.shape(a)[-2:]) * np.finfo(float).eps),
    "svdvals": lambda tape, a: _matrices.svdvals(tape, a),
    "svd": _matrices.svd,
    "cholesky": _cholesky,
    "cho_factor": lambda tape, a, lower=False: (_cholesky(tape, a, lower), lower),
    "cho_solve": _cho_solve,
    "solve_triangular": _solve_triangular,
    "eigvals": _matrices.eigvals,
    "eigh": _eigh,
    "eigvalsh": lambda tape, a, lower=True: _eigh(tape, a, lower, eigvals_only=True),
}


# Ours.

# Of what a length's largest number is divided by: reciprocals stay finite.
_UNITS = 2.0**-1000, 2.0**1000


def _length(tape: Tape, x: Any) -> Any:
    """Return lengths whose squares need not lie within the range: a unit, whose steps have no slope, is taken out first."""
    at = tape.symbol(x)
    largest = np.max(abs(at), axis=-1, keepdims=True)
    unit = np.exp2(np.floor(np.log2(np.clip(np.where(largest > 0, largest, 1.0), *_UNITS))))
    share = at / unit
    return np.sqrt((share * share).sum(axis=-1)) * unit[..., 0]


def _distance(tape: Tape, x: Any, y: Any) -> Any:
    return _length(tape, tape.symbol(x) - y)


def _qr(tape: Tape, A: Any) -> Any:
    q, r = _matrices.qr(tape, A)
    signs = np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0, -1.0, 1.0)
    return QR(q * signs[..., None, :], r * signs[..., :, None])


def _svd(tape: Tape, A: Any) -> Any:
    return SVD(*_matrices.svd(tape, A, full_matrices=False))


_OURS: dict[str, Traced] = {
    "solve": lambda tape, A, b: _matrices.solve(tape, A, b),
    "inverse": lambda tape, A: _matrices.inverse(tape, A),
    "determinant": lambda tape, A: _matrices.determinant(tape, A),
    "slogdet": lambda tape, A: _matrices.slogdet(tape, A),
    "cholesky": lambda tape, A: _matrices.cholesky(tape, A),
    "matrix_power": lambda tape, A, n: _matrices.matrix_power(tape, A, n),
    "svdvals": lambda tape, A: _matrices.svdvals(tape, A),
    "pinv": lambda tape, A: _matrices.pinv(tape, A, max(np.shape(A)[-2:]) * np.finfo(float).eps),
    "eigvals": _matrices.eigvals,
    "eigh": lambda tape, A, *, UPLO="L": EigenResult(*_matrices.eigh(tape, A, UPLO)),
    "qr": _qr,
    "svd": _svd,
    "matmul": lambda tape, a, b: np.matmul(tape.symbol(a), b),
    "inner": lambda tape, x, y: (tape.symbol(x) * y).sum(axis=-1),
    "length": _length,
    "distance": _distance,
}
_MODULES: dict[str, dict[str, Any]] = {
    "mmlcore": _OURS,
    "math": _MATH,
    "scipy.special": _SPECIAL,
    "scipy.linalg": _LINALG,
    "scipy.stats": DISTRIBUTIONS,
}


def replacement_of(x: Any) -> Any:
    """Return the function, or the methods, that take symbols in place of x; None where there are none."""
    for module, table in _MODULES.items():
        space = sys.modules.get(module)
        name = getattr(x, "__name__", None) or getattr(x, "name", None)
        if module == "scipy.stats":
            name = next((k for k in table if getattr(space, k, None) is x), None)
        if (
            space is not None
            and isinstance(name, str)
            and name in table
            and getattr(space, name, None) is x
        ):
            return table[name]
    return None
