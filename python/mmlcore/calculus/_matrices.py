"""Linear algebra of symbols, of numpy.linalg and of mmlcore: operations of their own, with derivatives of every order.

Matrices where numpy raises an error (singular, not positive definite) give NaN, so that other points keep their numbers.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.calculus._complex import Complex
from mmlcore.calculus._keywords import NOTHING
from mmlcore.calculus._products import PRODUCTS, matmul
from mmlcore.calculus._reductions import sum_of
from mmlcore.calculus._refuse import refuse
from mmlcore.calculus.operations import OPS
from mmlcore.calculus.symbol import Symbol, Tape, rearranged, size_of, spread

# Of the kernels for eigenvectors and singular vectors.
_LARGEST_SYMMETRIC, _LARGEST_SIDE, _LARGEST_GENERAL = 300, 200, 128
_TRIANGLES = {"lower": 2, "upper": 8}

EighResult = namedtuple("EighResult", ["eigenvalues", "eigenvectors"])
SVDResult = namedtuple("SVDResult", ["U", "S", "Vh"])
QRResult = namedtuple("QRResult", ["Q", "R"])
SlogdetResult = namedtuple("SlogdetResult", ["sign", "logabsdet"])


def matrix_of(tape: Tape, a: Any, name: str, square: bool = True) -> Any:
    """Return an argument that has to be a matrix, or a stack of them."""
    x: Any = tape.symbol(a)
    if x.ndim < 2 or (square and x.shape[-1] != x.shape[-2]):
        kind = "square matrices (..., n, n)" if square else "matrices (..., m, n)"
        msg = f"{name}: got shape {x.shape}, needed {kind}."
        raise ValueError(msg)
    return x


def _applied(
    tape: Tape,
    op: str,
    x: Any,
    shape: tuple[int, ...],
    second: int = -1,
    k: int = 0,
    aux: int = 0,
) -> Any:
    m, n = x.shape[-2:]
    node = tape.graph.matrices(OPS[op], x.id, second, m, n, k, aux)
    return Symbol(tape, node, x.shape[:-2] + shape)


def solve(tape: Tape, a: Any, b: Any, *, aux: int = 0, vectors: bool | None = None) -> Any:
    """Solve A X = B; `vectors`: whether b is one vector for each matrix, by numpy's rule if None."""
    x, y = matrix_of(tape, a, "a"), tape.symbol(b)
    n = x.shape[-1]
    if vectors is None:
        vectors = y.ndim == 1
    if vectors:
        y = y[..., None]
    if y.ndim < 2 or y.shape[-2] != n:
        msg = f"b: got shape {tape.symbol(b).shape}, needed {n} rows, as A of shape {x.shape} has."
        raise ValueError(msg)
    k = y.shape[-1]
    stack = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    if len(y.shape) > 2 or stack:
        y = spread(y, (*stack, n, k))
    if x.ndim > 2:
        x = spread(x, (*stack, n, n))
    node = tape.graph.matrices(OPS["solve"], x.id, y.id, n, k, 0, aux)
    result = Symbol(tape, tape.graph.full(node, size_of((*stack, n, k))), (*stack, n, k))
    return result[..., 0] if vectors else result


def inverse(tape: Tape, a: Any) -> Any:
    """Invert."""
    x = matrix_of(tape, a, "a")
    return _applied(tape, "inverse", x, x.shape[-2:])


def determinant(tape: Tape, a: Any) -> Any:
    """Return determinants: polynomials up to three rows, by elimination from there on."""
    x = matrix_of(tape, a, "a")
    n = x.shape[-1]
    if n == 0:
        return tape.symbol(np.ones(x.shape[:-2]))
    entry: Callable[..., Any] = lambda i, j: x[..., i, j]
    if n == 1:
        return entry(0, 0).copy()
    if n == 2:
        return entry(0, 0) * entry(1, 1) - entry(0, 1) * entry(1, 0)
    if n == 3:
        minor: Callable[..., Any] = lambda j, k: (
            entry(1, j) * entry(2, k) - entry(1, k) * entry(2, j)
        )
        return entry(0, 0) * minor(1, 2) - entry(0, 1) * minor(0, 2) + entry(0, 2) * minor(0, 1)
    return _applied(tape, "determinant", x, ())


def slogdet(tape: Tape, a: Any) -> Any:
    """Return signs and logarithms of determinants."""
    x = matrix_of(tape, a, "a")
    return SlogdetResult(
        _applied(tape, "determinant", x, (), aux=2), _applied(tape, "determinant", x, (), aux=1)
    )


def _mirrored(x: Any, lower: bool = True) -> Any:
    """Return the symmetric matrix of which numpy reads one triangle."""
    n = x.shape[-1]
    i, j = np.indices((n, n))
    rows, columns = (
        (np.maximum(i, j), np.minimum(i, j)) if lower else (np.minimum(i, j), np.maximum(i, j))
    )
    return rearranged(x, lambda index: index[..., rows, columns])


def mirrored(tape: Tape, a: Any, lower: bool) -> Any:
    """Return the symmetric matrix of which a function reads one triangle."""
    return _mirrored(matrix_of(tape, a, "a"), lower)


def cholesky(tape: Tape, a: Any, *, upper: bool = False) -> Any:
    """Return L with A = L L', or U = L'."""
    x = _mirrored(matrix_of(tape, a, "a"), not upper)
    factor = _applied(tape, "cholesky", x, x.shape[-2:])
    return np.swapaxes(factor, -1, -2) if upper else factor


def _pairs(tape: Tape, a: Any, lower: bool) -> tuple[Any, Any]:
    """Return the symmetric matrix, and its values and vectors in one."""
    x = _mirrored(matrix_of(tape, a, "a"), lower)
    n = x.shape[-1]
    if n > _LARGEST_SYMMETRIC:
        refuse(
            f"eigenvalues of {n} x {n}",
            f"Up to {_LARGEST_SYMMETRIC} rows are traced; use mmlcore.finite_difference.",
        )
    return x, _applied(tape, "eigh", x, (n + n * n,))


def _triangle(uplo: str) -> bool:
    if str(uplo).upper() not in ("L", "U"):
        msg = "UPLO argument must be 'L' or 'U'"
        raise ValueError(msg)
    return str(uplo).upper() == "L"


def eigvalsh(tape: Tape, a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues of symmetric matrices, ascending."""
    x, both = _pairs(tape, a, _triangle(UPLO))
    return _applied(tape, "eigenvalues", x, x.shape[-1:], both.id)


def eigh(tape: Tape, a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues and eigenvectors of symmetric matrices."""
    x, both = _pairs(tape, a, _triangle(UPLO))
    n = x.shape[-1]
    vectors = both[..., n:].reshape(x.shape)
    return EighResult(_applied(tape, "eigenvalues", x, (n,), both.id), vectors)


def eigvals(tape: Tape, a: Any) -> Any:
    """Eigenvalues of general matrices, complex also where all are real: an imaginary part may come and go with the argument."""
    x = matrix_of(tape, a, "a")
    n = x.shape[-1]
    if n > _LARGEST_GENERAL:
        refuse(
            f"eigenvalues of {n} x {n}",
            f"Up to {_LARGEST_GENERAL} rows are traced; use mmlcore.finite_difference.",
        )
    both = _applied(tape, "eigvals", x, (2 * n,))
    return Complex(tape, both[..., :n], both[..., n:])


def _singular(tape: Tape, a: Any) -> tuple[Any, Any, Any]:
    x = matrix_of(tape, a, "a", square=False)
    m, n = x.shape[-2:]
    p = min(m, n)
    if p > _LARGEST_SIDE:
        refuse(
            f"singular values of {m} x {n}",
            f"Up to {_LARGEST_SIDE} rows or columns are traced; use mmlcore.finite_difference.",
        )
    whole = _applied(tape, "svd", x, ((m + n + 1) * p,))
    return x, whole, _applied(tape, "singular_values", x, (p,), whole.id)


def svdvals(tape: Tape, x: Any) -> Any:
    """Singular values, descending."""
    return _singular(tape, x)[2]


def svd(
    tape: Tape, a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """Singular value decomposition."""
    if hermitian:
        refuse("numpy.linalg.svd with hermitian=True", "Leave it out, or use numpy.linalg.eigh.")
    x, whole, values = _singular(tape, a)
    if not compute_uv:
        return values
    m, n = x.shape[-2:]
    if full_matrices and m != n:
        refuse(
            f"numpy.linalg.svd of {m} x {n} with full_matrices=True",
            "The vectors beyond the rank have no derivative: pass full_matrices=False.",
        )
    p = min(m, n)
    left = whole[..., : m * p].reshape(*x.shape[:-1], p)
    right = whole[..., (m + 1) * p :].reshape(*x.shape[:-2], p, n)
    return SVDResult(left, values, right)


def qr(tape: Tape, a: Any, mode: str = "reduced") -> Any:
    """QR decomposition, with numpy's signs."""
    x = matrix_of(tape, a, "a", square=False)
    m, n = x.shape[-2:]
    if mode not in ("reduced", "r") and not (mode == "complete" and m <= n):
        refuse(f"numpy.linalg.qr with mode={mode!r}", "Traced are mode='reduced' and mode='r'.")
    first = x[..., : min(m, n)]
    p = first.shape[-1]
    whole = _applied(tape, "qr", first, (m * p + p * p,))
    q = whole[..., : m * p].reshape(*x.shape[:-1], p)
    r = whole[..., m * p :].reshape(*x.shape[:-2], p, p)
    if n > m:
        r = np.concatenate([r, np.swapaxes(q, -1, -2) @ x[..., m:]], axis=-1)
    return r if mode == "r" else QRResult(q, r)


def pinv(
    tape: Tape, a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = NOTHING
) -> Any:
    """Pseudo-inverse; the rank is taken to stay what it is."""
    x = matrix_of(tape, a, "a", square=False)
    m, n = x.shape[-2:]
    if hermitian:
        refuse("numpy.linalg.pinv with hermitian=True", "Leave it out.")
    least = rcond if rtol is NOTHING else rtol
    if least is None:
        least = 1e-15 if rtol is NOTHING else max(m, n) * np.finfo(float).eps
    if isinstance(least, Symbol) or np.ndim(least):
        refuse("numpy.linalg.pinv with several limits", "Pass one number.")
    number = tape.graph.number(float(least))
    return _applied(tape, "pinv", x, (n, m), number)


def lstsq(tape: Tape, a: Any, b: Any, rcond: Any = None) -> Any:
    """Least squares: the shortest solution, residuals, rank, singular values."""
    x, y = matrix_of(tape, a, "a", square=False), tape.symbol(b)
    if x.ndim != 2 or y.ndim not in (1, 2):
        msg = f"numpy.linalg.lstsq: got shapes {x.shape} and {y.shape}, needed a matrix and a vector or matrix."
        raise ValueError(msg)
    m, n = x.shape
    least = max(m, n) * np.finfo(float).eps if rcond is None or rcond == -1 else rcond
    found = pinv(tape, x, least) @ y
    values = svdvals(tape, x)
    rank = sum_of(tape, (values > least * values[0]) + 0.0)
    away = y - x @ found
    residuals = sum_of(tape, away * away, 0, keepdims=y.ndim == 1)
    return found, (residuals if m > n else tape.symbol(np.empty(0))), rank, values


def matrix_power(tape: Tape, a: Any, n: int) -> Any:
    """Powers by squaring."""
    x = matrix_of(tape, a, "a")
    if n < 0:
        x, n = inverse(tape, x), -n
    result = None
    while n:
        if n & 1:
            result = x if result is None else matmul(tape, result, x)
        n >>= 1
        x = matmul(tape, x, x) if n else x
    return (
        np.broadcast_to(tape.symbol(np.eye(x.shape[-1])), x.shape).copy()
        if result is None
        else result.copy()
    )


def multi_dot(tape: Tape, arrays: Any, *, out: Any = None) -> Any:
    """Product of matrices, from the side that is cheaper."""
    parts = [tape.symbol(x) for x in arrays]
    if parts[-1].ndim == 1 or parts[-1].shape[-1] < parts[0].shape[0]:
        result = parts[-1]
        for x in reversed(parts[:-1]):
            result = matmul(tape, x, result)
        return result
    result = parts[0]
    for x in parts[1:]:
        result = matmul(tape, result, x)
    return result


def _trace(tape: Tape, x: Any, *, offset: int = 0, dtype: Any = None) -> Any:
    return sum_of(tape, np.diagonal(tape.symbol(x), offset, -2, -1), -1)


def _diagonal(tape: Tape, x: Any, *, offset: int = 0) -> Any:
    return np.diagonal(tape.symbol(x), offset, -2, -1)


# By the names of numpy.linalg.
OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "solve": lambda tape, a, b: solve(tape, a, b),
    "inv": inverse,
    "det": determinant,
    "slogdet": slogdet,
    "cholesky": cholesky,
    "eigh": eigh,
    "eigvals": eigvals,
    "eigvalsh": eigvalsh,
    "svd": svd,
    "svdvals": svdvals,
    "qr": qr,
    "pinv": pinv,
    "lstsq": lstsq,
    "matrix_power": matrix_power,
    "multi_dot": multi_dot,
}
# Of numpy.linalg alone, where numpy has another function of the name.
OF_LINALG: dict[str, Callable[..., Any]] = {
    "trace": _trace,
    "diagonal": _diagonal,
    "matmul": lambda tape, x1, x2: matmul(tape, x1, x2),
    "vecdot": lambda tape, x1, x2, axis=-1: PRODUCTS["vecdot"](tape, x1, x2, axis),
    "cross": lambda tape, x1, x2, axis=-1: np.cross(tape.symbol(x1), x2, axis=axis),
}
