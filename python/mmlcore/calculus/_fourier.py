"""numpy's functions of complex values within traced functions, and Fourier transforms of these and of real ones.

A transform is made of sums and differences of transforms of half the length (J. Cooley, J. Tukey 1965), down to lengths that are
odd or short: these are products with the matrix of the transform.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._complex import (
    FUNCTIONS,
    Complex,
    complex_of,
    is_zero,
    of_complex,
    product_of,
)
from mmlcore.calculus._refuse import refuse, untraced
from mmlcore.calculus.symbol import Tape

# Functions that treat both parts alike.
_LINEAR = frozenset(
    [
        "sum",
        "mean",
        "cumsum",
        "trace",
        "diff",
        "reshape",
        "ravel",
        "squeeze",
        "transpose",
        "swapaxes",
        "moveaxis",
        "expand_dims",
        "flip",
        "roll",
        "tile",
        "repeat",
        "take",
        "broadcast_to",
        "atleast_1d",
        "diagonal",
        "fftshift",
        "ifftshift",
    ]
)
_OF_LISTS = frozenset(["stack", "concatenate", "hstack", "vstack"])


def complex_function(tape: Tape, function: Any, arguments: Any, options: Any) -> Any:
    """Answer numpy's protocol for functions, some of whose arguments are complex."""
    name, z = function.__name__, arguments[0]
    if (getattr(function, "__module__", None) or "") == "numpy.fft" and name in TRANSFORMS:
        return TRANSFORMS[name](tape, *arguments, **options)
    if name in _LINEAR:
        return complex_of(tape, z)._each(lambda part: function(part, *arguments[1:], **options))
    if name in _OF_LISTS:
        items = [complex_of(tape, item) for item in z]
        real, imag = [p.real for p in items], [p.imag for p in items]
        rest = arguments[1:]
        return Complex(tape, function(real, *rest, **options), function(imag, *rest, **options))
    if name == "where" and len(arguments) == 3:
        one, other = (complex_of(tape, x) for x in arguments[1:])
        parts = ((one.real, other.real), (one.imag, other.imag))
        return Complex(tape, *(function(z, *both) for both in parts))
    if name in ("real", "imag"):
        return getattr(complex_of(tape, z), name)
    if name == "angle":
        turn = np.arctan2(z.imag, z.real)
        return np.degrees(turn) if (*arguments[1:], *options.values())[:1] == (True,) else turn
    if name in ("dot", "outer", "inner") and len(arguments) == 2:
        return product_of(complex_of(tape, z), complex_of(tape, arguments[1]), function)
    if name == "vdot":
        w = complex_of(tape, arguments[1])
        return product_of(complex_of(tape, z).conj().reshape(-1), w.reshape(-1), np.dot)
    if name == "iscomplexobj":
        return type(z) is Complex
    return untraced(f"numpy.{name} of complex values")


FUNCTIONS["function"] = complex_function


_SHORT, _LONGEST_ODD = 16, 1024


def _rows(z: Complex, sign: int) -> Complex:
    """Transform the last axis: sums of z_j exp(sign 2 pi i j k / n)."""
    n = z.shape[-1]
    if n % 2 or n <= _SHORT:
        if n > _LONGEST_ODD:
            refuse(
                f"a Fourier transform whose length has the odd factor {n}",
                f"Odd factors up to {_LONGEST_ODD} are traced.",
            )
        turns = 2 * np.pi / n * (np.outer(np.arange(n), np.arange(n)) % n)
        return product_of(
            z, complex_of(z.tape, np.cos(turns) + 1j * sign * np.sin(turns)), _product
        )
    half = z._each(lambda p: np.swapaxes(p.reshape((*p.shape[:-1], n // 2, 2)), -1, -2))
    found = _rows(half, sign)
    even, odd = found[..., 0, :], found[..., 1, :]
    turns = 2 * np.pi / n * np.arange(n // 2)
    odd = product_of(odd, complex_of(z.tape, np.cos(turns) + 1j * sign * np.sin(turns)))
    both = [of_complex(z.tape, name, (even, odd)) for name in ("add", "subtract")]
    return Complex(
        z.tape,
        np.concatenate([w.real for w in both], -1),
        np.concatenate([w.imag for w in both], -1),
    )


def _product(x: Any, matrix: Any) -> Any:
    """Multiply rows by a matrix; what is zero stays so."""
    if is_zero(x) or is_zero(matrix):
        return x.tape.symbol(0.0)
    return x @ matrix


def _scale(norm: Any, n: int, sign: int) -> float:
    if norm not in (None, "backward", "ortho", "forward"):
        msg = f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".'
        raise ValueError(msg)
    if norm == "ortho":
        return 1 / np.sqrt(n)  # type: ignore[no-any-return]
    return 1 / n if (norm == "forward") == (sign < 0) else 1.0


def _fitted(z: Complex, n: int) -> Complex:
    """Cut the last axis to n numbers, or add zeros."""
    if n < 1:
        msg = f"Invalid number of FFT data points ({n}) specified."
        raise ValueError(msg)
    own = z.shape[-1]
    if own >= n:
        return z[..., :n]
    return z._each(lambda p: np.concatenate([p, np.zeros((*p.shape[:-1], n - own))], -1))


def _along(z: Complex, n: Any, axis: int, norm: Any, sign: int) -> Complex:
    moved = z._each(lambda p: np.moveaxis(p, axis, -1))
    size = moved.shape[-1] if n is None else operator.index(n)
    found, scale = _rows(_fitted(moved, size), sign), _scale(norm, size, sign)
    return found._each(lambda p: np.moveaxis(p if scale == 1 else p * scale, -1, axis))


def _transform(sign: int) -> Callable[..., Complex]:
    def transform(tape: Tape, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Complex:
        return _along(complex_of(tape, a), n, axis, norm, sign)

    return transform


def _several(sign: int, count: int | None) -> Callable[..., Complex]:
    def transform(tape: Tape, a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Complex:
        z = complex_of(tape, a)
        least = count or (z.ndim if s is None else len(s))
        along = list(range(-least, 0) if axes is None else axes)
        sizes = [None] * len(along) if s is None else list(s)
        if len(sizes) != len(along):
            msg = "Shape and axes have different lengths."
            raise ValueError(msg)
        for axis, size in zip(reversed(along), reversed(sizes), strict=True):
            z = _along(z, None if size == -1 else size, axis, norm, sign)
        return z

    return transform


def _real_transform(tape: Tape, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Complex:
    """Keep the half that tells the other."""
    found = _along(complex_of(tape, tape.symbol(a)), n, axis, norm, -1)
    moved = found._each(lambda p: np.moveaxis(p, axis, -1))
    return moved[..., : moved.shape[-1] // 2 + 1]._each(lambda p: np.moveaxis(p, -1, axis))


def _inverse_of_half(tape: Tape, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    moved = complex_of(tape, a)._each(lambda p: np.moveaxis(p, axis, -1))
    size = 2 * (moved.shape[-1] - 1) if n is None else operator.index(n)
    half = _fitted(moved, size // 2 + 1)
    # Its first number, and the middle one of an even length, are real.
    keep = np.ones(size // 2 + 1)
    keep[0] = 0
    keep[-1] *= size % 2
    half = Complex(tape, half.real, half.imag * keep)
    rest = half[..., 1 : (size + 1) // 2][..., ::-1].conj()
    whole = Complex(
        tape,
        np.concatenate([half.real, rest.real], -1),
        np.concatenate([half.imag, rest.imag], -1),
    )
    return np.moveaxis(_rows(whole, 1).real * _scale(norm, size, 1), -1, axis)


TRANSFORMS: dict[str, Callable[..., Any]] = {
    "fft": _transform(-1),
    "ifft": _transform(1),
    "fft2": _several(-1, 2),
    "ifft2": _several(1, 2),
    "fftn": _several(-1, None),
    "ifftn": _several(1, None),
    "rfft": _real_transform,
    "irfft": _inverse_of_half,
}
