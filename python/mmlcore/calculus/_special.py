"""Special functions of symbols, by the names of scipy.special and numpy: composed of operations of the graph.

Formulas avoid what cancels or overflows, and have the right derivatives at the places that the definition leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._refuse import refuse
from mmlcore.calculus.operations import OPS
from mmlcore.calculus.symbol import Symbol, Tape, is_whole

# Coefficients of sin(y) / y in powers of y^2: up to |y| < 1/2, 2e-17 of derivatives of order 8.
_SINC = [(-1) ** k / math.factorial(2 * k + 1) for k in range(11)]
_EXPREL = [1 / math.factorial(k + 1) for k in range(20)]


def _horner(coefficients: list[float], x: Any) -> Any:
    result: Any = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        result = result * x + c
    return result


def sinc(tape: Tape, x: Any) -> Any:
    """Return sin(pi x) / (pi x), by its power series where x is small."""
    y = np.pi * tape.symbol(x)
    small = abs(y) < 0.5
    away = np.where(small, 1.0, y)
    return np.where(small, _horner(_SINC, np.square(np.where(small, y, 0.0))), np.sin(away) / away)


def exprel(tape: Tape, x: Any) -> Any:
    """Return (exp(x) - 1) / x."""
    small = abs(x) < 0.5
    away = np.where(small, 1.0, x)
    near = _horner(_EXPREL, np.where(small, x, 0.0))
    return np.where(small, near, np.where(away == np.inf, np.inf, np.expm1(away) / away))


def _order(name: str, n: Any) -> int:
    if isinstance(n, Symbol) and n.tape.graph.is_constant(n.id) and not n.ndim:
        n = float(n.tape.graph.values(n.id)[0])
    if isinstance(n, Symbol) or np.ndim(n) or float(n) != int(n) or abs(n) > 1000:
        refuse(f"scipy.special.{name} of such an order", "Traced are whole numbers as orders.")
    return int(n)


def with_order(name: str, tape: Tape, n: int, x: Any) -> Any:
    """Apply an operation that has an order."""
    at = tape.symbol(x)
    return Symbol(tape, tape.graph.unary(OPS[name], at.id, n), at.shape)


def _bessel(op: str, scaled: bool | None = None) -> Callable[..., Any]:
    def function(tape: Tape, n: Any, x: Any) -> Any:
        found = with_order(op, tape, _order(op, n), x)
        if scaled is not False:
            return found
        size = abs(tape.symbol(x))
        whole = np.exp(size) * found
        return np.where(size == np.inf, np.inf, whole) if _order(op, n) == 0 else whole

    return function


def _fixed(function: Callable[..., Any], n: int) -> Callable[..., Any]:
    return lambda tape, x: function(tape, n, x)


_J, _Y, _IE, _I = (
    _bessel("bessel_j"),
    _bessel("bessel_y"),
    _bessel("bessel_ie"),
    _bessel("bessel_ie", scaled=False),
)


def polygamma(tape: Tape, n: Any, x: Any) -> Any:
    """Return derivatives of digamma."""
    return with_order("polygamma", tape, _order("polygamma", n), x)


def _log_gamma(tape: Tape, x: Any) -> Any:
    return np.where(x > 0, tape.unary(OPS["gammaln"], x), np.where(x == 0, np.inf, np.nan))


def _rgamma(tape: Tape, x: Any) -> Any:
    poles = (x <= 0) & (np.floor(x) == x)
    return np.where(poles, 0.0, 1 / tape.unary(OPS["gamma"], np.where(poles, 1.0, x)))


def _betaln(tape: Tape, a: Any, b: Any) -> Any:
    log: Callable[..., Any] = lambda x: tape.unary(OPS["gammaln"], x)
    poles = ((a <= 0) & (np.floor(a) == a)) | ((b <= 0) & (np.floor(b) == b))
    return np.where(poles, np.inf, log(a) + log(b) - log(a + b))


def _beta(tape: Tape, a: Any, b: Any) -> Any:
    gamma: Callable[..., Any] = lambda x: tape.unary(OPS["gamma"], x)
    positive = (a > 0) & (b > 0)
    poles = ((a <= 0) & (np.floor(a) == a)) | ((b <= 0) & (np.floor(b) == b))
    other = np.where(poles, np.inf, gamma(a) * gamma(b) * _rgamma(tape, a + b))
    return np.where(positive, np.exp(_betaln(tape, a, b)), other)


def _binom(tape: Tape, n: Any, k: Any) -> Any:
    count = _order("binom", k)
    if not 0 <= count <= 100:
        refuse("scipy.special.binom of such a number of items", "Traced are 0 to 100.")
    result = tape.symbol(1.0) + 0.0 * n
    for i in range(count):
        result = result * (n - i) / (i + 1)
    return result


def _poch(tape: Tape, z: Any, m: Any) -> Any:
    count = _order("poch", m)
    if not 0 <= count <= 100:
        refuse("scipy.special.poch of such a number of factors", "Traced are 0 to 100.")
    result = tape.symbol(1.0) + 0.0 * z
    for i in range(count):
        result = result * (z + i)
    return result


def _ndtr(tape: Tape, x: Any) -> Any:
    return 0.5 * tape.unary(OPS["erfc"], x * -math.sqrt(0.5))


def _ndtri(tape: Tape, p: Any) -> Any:
    return -math.sqrt(2) * tape.unary(OPS["erfcinv"], 2 * p)


def _logit(tape: Tape, p: Any) -> Any:
    return np.log(p) - np.log1p(-p)


def _xlog1py(tape: Tape, x: Any, y: Any) -> Any:
    none = (x == 0) & (y <= -1)
    return np.where(none, 0.0, x * np.log1p(np.where(none, 0.0, y)))


def _entr(tape: Tape, x: Any) -> Any:
    return np.where(x < 0, -np.inf, -tape.binary(OPS["xlogy"], x, np.where(x < 0, 1.0, x)))


def _rel_entr(tape: Tape, x: Any, y: Any) -> Any:
    good = (x >= 0) & (y >= 0) & ~((x > 0) & (y == 0))
    share = np.where(good & (x > 0), x, 1.0) / np.where(good & (x > 0), y, 1.0)
    ratio = np.log(share)
    beyond = (share == 0) | (share == np.inf)  # of the range
    apart = np.log(np.where(beyond, x, 1.0)) - np.log(np.where(beyond, y, 1.0))
    found = np.where(good, np.where(x == 0, 0.0, x * np.where(beyond, apart, ratio)), np.inf)
    return np.where((x != x) | (y != y), np.nan, found)


def _kl_div(tape: Tape, x: Any, y: Any) -> Any:
    entropy = _rel_entr(tape, x, y)
    return np.where(entropy == np.inf, np.inf, entropy - x + y)


def _huber(tape: Tape, delta: Any, r: Any) -> Any:
    size = abs(r)
    return np.where(
        delta < 0, np.inf, np.where(size <= delta, 0.5 * r * r, delta * (size - 0.5 * delta))
    )


def _pseudo_huber(tape: Tape, delta: Any, r: Any) -> Any:
    root = np.hypot(delta, r)
    none = root + delta == 0
    return np.where(
        delta < 0, np.inf, np.where(none, 0.0, delta * r * r / np.where(none, 1.0, root + delta))
    )


def _box_cox(shift: bool) -> Callable[..., Any]:
    def function(tape: Tape, x: Any, lmbda: Any) -> Any:
        log = np.log1p(x) if shift else np.log(x)
        power = tape.symbol(lmbda)
        t, none = power * log, power == 0
        far = np.expm1(t) / np.where(none, 1.0, power)
        return np.where(none, log, np.where(abs(t) < 0.5, log * exprel(tape, t), far))

    return function


def _inverse_box_cox(tape: Tape, y: Any, lmbda: Any) -> Any:
    none = lmbda == 0
    power = np.where(none, 1.0, lmbda)
    return np.where(none, np.exp(y), np.exp(np.log1p(power * y) / power))


def _cosm1(tape: Tape, x: Any) -> Any:
    return -2.0 * np.square(np.sin(0.5 * x))


def _sign_bit(tape: Tape, x: Any) -> Any:
    return (x < 0) | ((x == 0) & (1 / x < 0))


def _ldexp(tape: Tape, x: Any, i: Any) -> Any:
    if not (is_whole(i) or (tape.graph.is_constant(i.id) and not i.ndim)):
        refuse("numpy.ldexp by powers that are no whole numbers", "Multiply by numpy.exp2.")
    return x * np.exp2(tape.symbol(i))


def _modf(tape: Tape, x: Any) -> Any:
    whole = np.trunc(x)
    return np.where(abs(x) == np.inf, np.copysign(0.0, x), x - whole), whole


# By the names of ufuncs, numpy's and SciPy's.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "psi": _fixed(polygamma, 0),
    "digamma": _fixed(polygamma, 0),
    "loggamma": _log_gamma,
    "rgamma": _rgamma,
    "beta": _beta,
    "betaln": _betaln,
    "binom": _binom,
    "poch": _poch,
    "ndtr": _ndtr,
    "ndtri": _ndtri,
    "logit": _logit,
    "xlog1py": _xlog1py,
    "entr": _entr,
    "rel_entr": _rel_entr,
    "kl_div": _kl_div,
    "huber": _huber,
    "pseudo_huber": _pseudo_huber,
    "boxcox": _box_cox(shift=False),
    "boxcox1p": _box_cox(shift=True),
    "inv_boxcox": _inverse_box_cox,
    "exprel": exprel,
    "cosm1": _cosm1,
    "exp10": lambda tape, x: tape.power(tape.symbol(10.0), x),
    "sindg": lambda tape, x: np.sin(x * (np.pi / 180)),
    "cosdg": lambda tape, x: np.cos(x * (np.pi / 180)),
    "softplus": lambda tape, x: np.logaddexp(0.0, x),
    "j0": _fixed(_J, 0),
    "j1": _fixed(_J, 1),
    "jv": _J,
    "jn": _J,
    "y0": _fixed(_Y, 0),
    "y1": _fixed(_Y, 1),
    "yn": _Y,
    "yv": _Y,
    "i0": _fixed(_I, 0),
    "i1": _fixed(_I, 1),
    "iv": _I,
    "i0e": _fixed(_IE, 0),
    "i1e": _fixed(_IE, 1),
    "ive": _IE,
    "signbit": _sign_bit,
    "ldexp": _ldexp,
    "modf": _modf,
    "fix": lambda tape, x: np.trunc(x),
}
# Functions of numpy that are no ufuncs.
OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "sinc": lambda tape, x: sinc(tape, x),
    "i0": lambda tape, x: _I(tape, 0, tape.symbol(x)),
    "fix": lambda tape, x: np.trunc(tape.symbol(x)),
    "angle": lambda tape, z, deg=False: (
        np.arctan2(0.0, tape.symbol(z)) * (180 / np.pi if deg else 1.0)
    ),
    "imag": lambda tape, val: 0.0 * tape.symbol(val),
    "isposinf": lambda tape, x, out=None: tape.symbol(x) == np.inf,
    "isneginf": lambda tape, x, out=None: tape.symbol(x) == -np.inf,
    "iscomplexobj": lambda tape, x: False,
    "isrealobj": lambda tape, x: True,
    "real_if_close": lambda tape, a, tol=100: tape.symbol(a),
}


def log_sum_exp(
    tape: Tape,
    a: Any,
    axis: Any = None,
    b: Any = None,
    keepdims: bool = False,
    return_sign: bool = False,
) -> Any:
    """Return log(sum(b exp(a))), which no exponential leaves the range of."""
    if return_sign:
        refuse("scipy.special.logsumexp with return_sign", "Leave it out.")
    x = tape.symbol(a)
    top = np.max(x, axis=axis, keepdims=True)
    shift = np.where(abs(top) < np.inf, top, 0.0)
    terms = np.exp(x - shift)
    total = (terms if b is None else b * terms).sum(axis=axis, keepdims=True)
    found = np.log(total) + shift
    return found if keepdims else np.squeeze(found, axis=axis)


def softmax(tape: Tape, x: Any, axis: Any = None) -> Any:
    """Return exp(x) over its sum."""
    at = tape.symbol(x)
    terms = np.exp(at - np.max(at, axis=axis, keepdims=True))
    return terms / terms.sum(axis=axis, keepdims=True)


def log_softmax(tape: Tape, x: Any, axis: Any = None) -> Any:
    """Return log(softmax(x))."""
    at = tape.symbol(x)
    return at - log_sum_exp(tape, at, axis, keepdims=True)
