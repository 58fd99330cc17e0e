"""Powers of two by which rows and columns of matrices are scaled: no digit changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore.core.arrays import Array

_NONE = -(1 << 40)  # the exponent of zero


def times_power(x: Array, power: Any) -> Array:
    """Return x times powers of two, real or complex."""
    with np.errstate(over="ignore", under="ignore"):
        if x.dtype.kind != "c":
            return np.asarray(np.ldexp(x, power))
        out = np.empty(np.broadcast_shapes(x.shape, np.shape(power)), x.dtype)
        out.real = np.ldexp(x.real, power)
        out.imag = np.ldexp(x.imag, power)
        return out


def sizes(x: Array) -> Array:
    """Return the sizes of numbers, of complex ones those of their larger parts, which no square makes leave the range."""
    return np.maximum(np.abs(x.real), np.abs(x.imag)) if x.dtype.kind == "c" else np.abs(x)


def exponents(x: Array) -> Array:
    """Return exponents of two: of a real x that |x| lies in [1/2, 1) times it, very small for zero."""
    size = sizes(x)
    return np.where(size != 0, np.frexp(size)[1].astype(np.int64), _NONE)


def equilibration(a: Array) -> tuple[Array, Array]:
    """Return exponents of rows (..., m) and columns (..., n) that bring the largest entry of each near 1.

    Rows and columns in turn, in whole numbers, as in equilibrate.hpp.
    """
    own = exponents(a)
    rows, columns = (
        np.zeros(a.shape[:-1], np.int64),
        np.zeros((*a.shape[:-2], a.shape[-1]), np.int64),
    )
    for _ in range(8):
        changed = _taken(rows, own - rows[..., :, np.newaxis] - columns[..., np.newaxis, :], -1)
        changed |= _taken(columns, own - rows[..., :, np.newaxis] - columns[..., np.newaxis, :], -2)
        if not changed:
            break
    return rows, columns


def _taken(side: Array, left: Array, axis: int) -> bool:
    """Add to the exponents of one side what is left of their largest entries; tell whether anything was."""
    more = left.max(axis=axis, initial=_NONE)
    more = np.where(more > _NONE // 2, more, 0)
    side += more
    return bool(more.any())


def equilibrated(a: Array, rows: Array, columns: Array) -> Array:
    """Return matrices with the powers of rows and columns taken out."""
    return times_power(a, -(rows[..., :, np.newaxis] + columns[..., np.newaxis, :]))


def balance(a: Array, size: Array) -> Array:
    """Return exponents (m, n) of a diagonal similarity that makes the largest entries of row i and column i alike.

    Rows and columns count as large as `size` (m,), which is that of the eigenvalues, at least: what lies off the diagonal of a
    triangle could be made as small as one likes, and an eigenvalue without a second eigenvector would hide. All coordinates
    move together, by a quarter of what each lacks, which goes by a half at a time. In the new coordinates the matrix is
    a_ij 2^(s_j - s_i).
    """
    n = a.shape[-1]
    with np.errstate(divide="ignore"):
        off = np.log2(np.abs(a).astype(np.float64))
        least = np.log2(size.astype(np.float64))[:, np.newaxis]
    off[:, np.arange(n), np.arange(n)] = -np.inf
    scale = np.zeros(a.shape[:-1])
    for _ in range(
        64 if n else 0
    ):  # until what is left, which halves each time, is far below the half that is rounded
        now = off + scale[:, np.newaxis, :] - scale[:, :, np.newaxis]
        row, column = (np.maximum(now.max(axis=axis), least) for axis in (-1, -2))
        known = np.isfinite(row) & np.isfinite(column)
        lacking = row[known] - column[known]
        scale[known] += lacking / 4
        if np.abs(lacking).max(initial=0) < 0.01:
            break
    return np.rint(scale).astype(np.int64)


def balanced(a: Array, scale: Array) -> Array:
    """Return matrices (m, n, n) in coordinates scaled by the powers that `balance` found."""
    return times_power(a, scale[:, np.newaxis, :] - scale[:, :, np.newaxis])
