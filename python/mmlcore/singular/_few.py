"""A few of the largest singular values: of dense matrices, of sparse ones, and of what is known by its products alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_index, is_sparse, shape_error
from mmlcore.core.scaling import times_power
from mmlcore.core.signs import pointed
from mmlcore.core.sparse import as_csr
from mmlcore.core.sparse_rows import SparseRows
from mmlcore.singular._largest import (
    Product,
    Products,
    Triplets,
    as_real_products,
    complex_triplets,
    largest_triplets,
    turned_tall,
)

_BOUND = 1e-11
_FAR = 300  # powers of two from which on squares may leave the range
# Measured: one dense matrix of that side, for less than such a share of all triplets, is met by products sooner.
_DENSE_FROM, _DENSE_SHARE = 400, 40


def by_products(A: Any) -> bool:
    """Tell what is known by its products: sparse matrices and operators with matvec and rmatvec."""
    return is_sparse(A) or (hasattr(A, "matvec") and hasattr(A, "rmatvec"))


def pays(a: Array, k: int) -> bool:
    """Tell a dense matrix of which so few triplets come sooner by products."""
    return a.ndim == 2 and min(a.shape) >= max(_DENSE_FROM, _DENSE_SHARE * k)


def few(A: Any, k: Any, seed: int) -> Triplets:
    """Return the k largest triplets of a sparse matrix, an operator, or a dense matrix that is finite."""
    times, back, shape, kind = _operator(A)
    count = as_index(k, "k", 1, min(shape))
    power = _power(times, shape[1], kind)
    times, back = _scaled(times, power), _scaled(back, power)
    if kind.kind == "c":
        a, turned = turned_tall(as_real_products(times, back, shape))
        found = complex_triplets(a, back if turned else times, count, _BOUND, seed)
    else:
        a, turned = turned_tall(Products(times, back, shape))
        found = largest_triplets(a, count, _BOUND, seed)
    u, s, v = found
    left, right = (v, u) if turned else (u, v)
    return _finished(left, s, right, power, kind)


def _finished(left: Array, s: Array, right: Array, power: int, kind: np.dtype[Any]) -> Triplets:
    """The leading entry of each right vector positive, values in their units, all of the type of the matrix."""
    turned = pointed(np.ascontiguousarray(right).copy())
    left = left * np.einsum("ij,ij->j", right.conj(), turned)
    values = times_power(s, power).astype(np.zeros(0, kind).real.dtype)
    if not np.isfinite(values).all():
        msg = f"A: a singular value leaves the range of {values.dtype}; divide A by a constant."
        raise ValueError(msg)
    return Triplets(left.astype(kind), values, turned.astype(kind))


def _operator(A: Any) -> tuple[Product, Product, tuple[int, int], np.dtype[Any]]:
    """Products with A and its adjoint, its shape and the type of the results."""
    given = np.dtype(getattr(A, "dtype", None) or np.float64)
    if given.kind not in "fiubc":
        msg = f"A: got dtype {given}, needed numbers."
        raise TypeError(msg)
    kind = given if given.char in "fFD" else np.dtype(np.float64)
    if is_sparse(A):
        a = as_csr(A, "A")
        if a.shape[0] == 0 or a.shape[1] == 0:
            raise shape_error("A", a.shape, "at least one row and one column")
        if not np.isfinite(a.data).all():
            msg = "A: contains NaN or infinity."
            raise ValueError(msg)
        if kind.kind == "c":
            a = a.astype(np.complex128)
            turned = a.conj().T.tocsr()
            return a.dot, turned.dot, a.shape, kind
        a = a.astype(np.float64)
        return SparseRows(a, "A").dot, SparseRows(a.T.tocsr(), "A").dot, a.shape, kind
    if isinstance(A, np.ndarray):
        wide = A.astype(np.complex128 if kind.kind == "c" else np.float64, copy=False)
        adjoint = wide.conj().T
        return wide.dot, adjoint.dot, A.shape, kind
    shape = tuple(int(side) for side in A.shape)
    if len(shape) != 2 or min(shape) < 1:
        raise shape_error("A", shape, "at least one row and one column")
    return _checked(A.matvec, shape[0], kind), _checked(A.rmatvec, shape[1], kind), shape, kind


def _checked(times: Callable[[Array], Any], size: int, kind: np.dtype[Any]) -> Product:
    """Products that are arrays of their own, of the right length and type, and finite."""

    def product(v: Array) -> Array:
        image = np.asarray(times(v.copy()))
        if image.shape != (size,):
            raise shape_error("A", image.shape, f"an operator whose products have shape ({size},)")
        if image.dtype.kind not in ("fiubc" if kind.kind == "c" else "fiub"):
            msg = f"A: a product has dtype {image.dtype}, needed {'' if kind.kind == 'c' else 'real '}numbers."
            raise TypeError(msg)
        if not np.isfinite(image).all():
            msg = "A: a product contains NaN or infinity."
            raise ValueError(msg)
        return image.astype(np.complex128 if kind.kind == "c" else np.float64)

    return product


def _power(times: Product, n: int, kind: np.dtype[Any]) -> int:
    """The power of two of the matrix, where squares of what products give may leave the range."""
    image = times(
        np.random.default_rng(0)
        .standard_normal(n)
        .astype(np.complex128 if kind.kind == "c" else float)
    )
    power = int(np.frexp(max(np.abs(image.real).max(), np.abs(image.imag).max()))[1])
    return power if abs(power) > _FAR else 0


def _scaled(times: Product, power: int) -> Product:
    return (lambda v: times_power(times(v), -power)) if power else times
