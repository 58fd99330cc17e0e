"""Complex values within traced functions: pairs of symbols, for functions whose arguments and results are real.

``abs(numpy.exp(1j * x))``, ``numpy.abs(numpy.fft.rfft(x)) ** 2`` and their like. A part that is zero is not computed with: 1j x is
purely imaginary. Quotients go by Smith's formula, as numpy's do: nothing overflows that need not.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._refuse import refuse, untraced
from mmlcore.calculus.operations import OPS
from mmlcore.calculus.symbol import Symbol, Tape

_TYPES = frozenset([complex, np.complex128, np.complex64])
FUNCTIONS: dict[
    str, Callable[..., Any]
] = {}  # "function": what answers numpy's functions, from `_fourier`
_POWERS = 64  # whole exponents up to which products are taken


class Complex:
    """An array of complex numbers of a traced function: its real and imaginary parts, symbols of one shape."""

    __slots__ = ("imag", "real", "tape")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, tape: Tape, real: Any, imag: Any) -> None:
        shape = np.broadcast_shapes(real.shape, imag.shape)
        self.tape = tape
        self.real: Any = real if real.shape == shape else np.broadcast_to(real, shape)
        self.imag: Any = imag if imag.shape == shape else np.broadcast_to(imag, shape)

    shape = property(lambda self: self.real.shape)
    ndim = property(lambda self: self.real.ndim)
    size = property(lambda self: self.real.size)
    dtype = property(lambda self: np.dtype(complex))
    T = property(lambda self: self._each(np.transpose))

    def __len__(self) -> int:
        """Length of the first axis."""
        return len(self.real)

    def __iter__(self) -> Any:
        """Go along the first axis."""
        return iter([self[i] for i in range(len(self))])

    def __getitem__(self, key: Any) -> Complex:
        """Pick elements."""
        return self._each(lambda part: part[key])

    def __array__(self, *_: Any, **__: Any) -> Any:
        """Say that no real number can be made of it."""
        refuse(
            "a complex value stands where a real one is needed",
            "Take .real, .imag, numpy.abs or numpy.angle of it.",
        )

    __float__ = __complex__ = __bool__ = __int__ = __array__

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Take part in numpy's elementwise functions."""
        if method == "reduce" and ufunc.__name__ == "add":
            return self._each(lambda part: np.add.reduce(part, *inputs[1:], **options))
        if method != "__call__" or options:
            untraced(f"numpy.{ufunc.__name__}.{method} of complex values")
        return of_complex(self.tape, ufunc.__name__, inputs)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        """Take part in numpy's other functions."""
        return FUNCTIONS["function"](self.tape, function, arguments, options)

    def _each(self, f: Callable[[Any], Any]) -> Complex:
        return Complex(self.tape, f(self.real), f(self.imag))

    def conj(self) -> Complex:
        """Turn the sign of the imaginary part."""
        return Complex(self.tape, self.real, -self.imag)

    conjugate = conj

    def reshape(self, *shape: Any) -> Complex:
        """Give the elements another shape."""
        return self._each(lambda part: part.reshape(*shape))

    def copy(self) -> Complex:
        """Return the same numbers."""
        return self


def _method(name: str) -> Callable[..., Any]:
    def method(self: Complex, *arguments: Any, **options: Any) -> Any:
        return getattr(np, name)(self, *arguments, **options)

    return method


for _name in ("sum", "mean", "ravel", "squeeze", "transpose", "swapaxes", "cumsum", "dot", "trace"):
    setattr(Complex, _name, _method(_name))
Complex.flatten = Complex.ravel  # type: ignore[attr-defined]


def is_complex(x: Any) -> bool:
    """Tell complex values from real ones."""
    kind = type(x)
    return kind is Complex or kind in _TYPES or (kind is np.ndarray and x.dtype.kind == "c")


def complex_of(tape: Tape, x: Any) -> Complex:
    if type(x) is Complex:
        return x
    if is_complex(x):
        return Complex(tape, tape.symbol(np.real(x)), tape.symbol(np.imag(x)))
    return Complex(tape, tape.symbol(x), tape.symbol(0.0))


def is_zero(x: Any) -> bool:
    """Tell constants that are zero everywhere."""
    graph = x.tape.graph
    return graph.is_constant(x.id) and not np.any(graph.values(x.id))


def _times(x: Any, y: Any) -> Any:
    """Multiply; what is zero by itself stays so."""
    return x * y if not (is_zero(x) or is_zero(y)) else x.tape.symbol(0.0)


def _plus(x: Any, y: Any) -> Any:
    return y if is_zero(x) else x if is_zero(y) else x + y


def _minus(x: Any, y: Any) -> Any:
    return x if is_zero(y) else -y if is_zero(x) else x - y


def product_of(z: Complex, w: Complex, times: Callable[[Any, Any], Any] = _times) -> Complex:
    a, b, c, d = z.real, z.imag, w.real, w.imag
    return Complex(z.tape, _minus(times(a, c), times(b, d)), _plus(times(a, d), times(b, c)))


def _divide(z: Complex, w: Complex) -> Complex:
    a, b, c, d = z.real, z.imag, w.real, w.imag
    if is_zero(d):
        return Complex(z.tape, a / c, b if is_zero(b) else b / c)
    if is_zero(c):
        return Complex(z.tape, b / d, -a / d)
    first = abs(c) >= abs(d)
    large, small = np.where(first, c, d), np.where(first, d, c)
    ratio = small / large
    scale = large + small * ratio
    return Complex(
        z.tape,
        np.where(first, a + b * ratio, a * ratio + b) / scale,
        np.where(first, b - a * ratio, b * ratio - a) / scale,
    )


def _absolute(z: Complex) -> Any:
    if is_zero(z.imag) or is_zero(z.real):
        return abs(_plus(z.real, z.imag))
    return np.hypot(z.real, z.imag)


def _polar(z: Complex, size: Any, turn: Any) -> Complex:
    return Complex(z.tape, size * np.cos(turn), size * np.sin(turn))


def _exp(z: Complex) -> Complex:
    return _polar(z, 1.0 if is_zero(z.real) else np.exp(z.real), z.imag)


def _log(z: Complex) -> Complex:
    return Complex(z.tape, np.log(_absolute(z)), np.arctan2(z.imag, z.real))


def _tangent(x: Any, y: Any) -> tuple[Any, Any]:
    """Return the parts of tan(x + i y), of tan x and tanh y, which overflow nowhere."""
    t, h = np.tan(x), np.tanh(y)
    below = 1 + (t * h) ** 2
    rest: Any = Symbol(y.tape, y.tape.graph.unary(OPS["sech_squared"], y.id), y.shape)
    return t * rest / below, h * (1 + t * t) / below


def _tan(z: Complex) -> Complex:
    return Complex(z.tape, *_tangent(z.real, z.imag))


def _tanh(z: Complex) -> Complex:
    imag, real = _tangent(z.imag, z.real)
    return Complex(z.tape, real, imag)


def _scaled_log(base: float) -> Callable[[Complex], Complex]:
    return lambda z: _log(z)._each(lambda part: part / np.log(base))


def _sqrt(z: Complex) -> Complex:
    a, b, size = z.real, z.imag, _absolute(z)
    root: Any = np.sqrt((size + abs(a)) / 2)
    other: Any = np.where(size == 0, 0.0, b / (2 * root))
    positive = a >= 0
    return Complex(
        z.tape,
        np.where(positive, root, abs(other)),
        np.where(positive, other, np.copysign(root, b)),
    )


def _power(z: Complex, w: Complex) -> Complex:
    graph = z.tape.graph
    if is_zero(w.imag) and not w.shape and graph.is_constant(w.real.id):
        exponent = float(graph.values(w.real.id)[0])
        if exponent == int(exponent) and abs(exponent) <= _POWERS:
            return _whole_power(z, int(exponent))
    return _exp(product_of(w, _log(z)))


def _whole_power(z: Complex, n: int) -> Complex:
    if n < 0:
        return _divide(complex_of(z.tape, 1.0), _whole_power(z, -n))
    result, factor = complex_of(z.tape, 1.0), z
    while n:
        if n & 1:
            result = product_of(result, factor)
        n >>= 1
        factor = product_of(factor, factor) if n else factor
    return result


_ELEMENTWISE: dict[str, Callable[..., Any]] = {
    "add": lambda z, w: Complex(z.tape, _plus(z.real, w.real), _plus(z.imag, w.imag)),
    "subtract": lambda z, w: Complex(z.tape, _minus(z.real, w.real), _minus(z.imag, w.imag)),
    "multiply": product_of,
    "divide": _divide,
    "true_divide": _divide,
    "power": _power,
    "matmul": lambda z, w: product_of(z, w, operator.matmul),
    "negative": lambda z: Complex(z.tape, -z.real, -z.imag),
    "positive": lambda z: z,
    "conjugate": Complex.conj,
    "absolute": _absolute,
    "square": lambda z: product_of(z, z),
    "reciprocal": lambda z: _divide(complex_of(z.tape, 1.0), z),
    "exp": _exp,
    "log": _log,
    "log2": _scaled_log(2.0),
    "log10": _scaled_log(10.0),
    "sqrt": _sqrt,
    "tan": _tan,
    "tanh": _tanh,
    "cos": lambda z: Complex(
        z.tape, np.cos(z.real) * np.cosh(z.imag), -np.sin(z.real) * np.sinh(z.imag)
    ),
    "sin": lambda z: Complex(
        z.tape, np.sin(z.real) * np.cosh(z.imag), np.cos(z.real) * np.sinh(z.imag)
    ),
    "cosh": lambda z: Complex(
        z.tape, np.cosh(z.real) * np.cos(z.imag), np.sinh(z.real) * np.sin(z.imag)
    ),
    "sinh": lambda z: Complex(
        z.tape, np.sinh(z.real) * np.cos(z.imag), np.cosh(z.real) * np.sin(z.imag)
    ),
    "equal": lambda z, w: (z.real == w.real) & (z.imag == w.imag),
    "not_equal": lambda z, w: (z.real != w.real) | (z.imag != w.imag),
}


def of_complex(tape: Tape, name: str, inputs: Any) -> Any:
    """Apply an elementwise function, some of whose arguments are complex."""
    if name not in _ELEMENTWISE:
        untraced(f"numpy.{name} of complex values")
    return _ELEMENTWISE[name](*(complex_of(tape, x) for x in inputs))


def _operator(name: str, swapped: bool = False) -> Callable[..., Any]:
    def method(self: Complex, *other: Any) -> Any:
        given = (*other, self) if swapped else (self, *other)
        return of_complex(self.tape, name, given)

    return method


for _name, _ufunc in {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "pow": "power",
    "matmul": "matmul",
}.items():
    setattr(Complex, f"__{_name}__", _operator(_ufunc))
    setattr(Complex, f"__r{_name}__", _operator(_ufunc, swapped=True))
for _name, _ufunc in {
    "neg": "negative",
    "pos": "positive",
    "abs": "absolute",
    "eq": "equal",
    "ne": "not_equal",
}.items():
    setattr(Complex, f"__{_name}__", _operator(_ufunc))
