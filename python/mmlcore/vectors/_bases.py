"""Linear independence and coordinates in a basis."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    as_array,
    as_real,
    plain,
    real_pairs,
    require_finite,
    require_finite_items,
    same_dtype,
    shape_error,
)
from mmlcore.core.door import door
from mmlcore.core.errors import SingularMatrixError
from mmlcore.core.lapack import patiently
from mmlcore.core.scaling import sizes, times_power
from mmlcore.elimination import solve
from mmlcore.vectors.rows import as_vectors, lengths


@door("is_independent")
def is_independent(vectors: ArrayLike, *, rtol: float | None = None) -> bool | Array:
    """Tell whether vectors are linearly independent.

    Parameters
    ----------
    vectors : array_like of shape (..., n, d), float32, float64 or complex
        Rows are the vectors.
    rtol : float, optional
        Singular values of the rows, scaled to length 1, below rtol times the largest count as zero. Default:
        max(n, d) times the machine epsilon.

    Returns
    -------
    bool, or ndarray of bool of shape (...)
        True where no vector is a combination of the others.

    Raises
    ------
    ValueError
        NaN or infinity; fewer than two axes.

    Notes
    -----
    The lengths of the vectors do not matter, except that a zero vector is dependent. No vectors are independent. Cost:
    that of a singular value decomposition [1]_.

    References
    ----------
    .. [1] G. H. Golub, C. F. Van Loan, "Matrix computations" (2013), section 5.4.1.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.is_independent([[1.0, 2.0], [3.0, 4.0]]), mml.is_independent([[1.0, 2.0], [2.0, 4.0]])
    (True, False)
    """
    v = as_array(vectors, "vectors", complex_ok=True)
    if v.ndim < 2:
        raise shape_error("vectors", v.shape, "at least 2 axes: rows are vectors")
    require_finite_items(v, "vectors")
    n, d = v.shape[-2:]
    if n == 0 or n > d:
        full = np.full(v.shape[:-2], n == 0)
        return plain(full, bool)
    if rtol is None:
        rtol = _core.default_rank_rtol(n, d, v.real.dtype == np.float32)
    rtol = as_real(rtol, "rtol", 0, 1)
    # To where no length leaves the range.
    v = times_power(v, -np.frexp(sizes(v).max(axis=-1, keepdims=True))[1])
    long = np.asarray(lengths(real_pairs(v)))[..., np.newaxis]
    values = patiently(np.linalg.svd, v / np.where(long > 0, long, 1), compute_uv=False)
    independent = values[..., -1] > rtol * values[..., 0]
    return plain(independent, bool)


@door("coordinates")
def coordinates(x: ArrayLike, basis: ArrayLike, *, out: Array | None = None) -> Array:
    """Coordinates of vectors in a basis: c with basis @ c = x.

    Parameters
    ----------
    x : array_like of shape (..., d)
        Vectors.
    basis : array_like of shape (d, k)
        Columns are the basis vectors: k = d for a basis of the space, fewer for one of a subspace that x lies in.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., k)
        What the columns of `basis` are multiplied by to make x.

    Raises
    ------
    SingularMatrixError
        The columns are linearly dependent.
    ValueError
        x does not lie in the span of the columns; shapes that do not fit; NaN or infinity.

    Notes
    -----
    The basis need not be orthogonal. Solved by elimination, without forming an inverse; a basis of a subspace by QR, and
    the residual is checked [1]_. Cost: 2/3 d^3 + 2 d^2 a vector.

    References
    ----------
    .. [1] N. J. Higham, "Accuracy and stability of numerical algorithms" (2002), chapters 9 and 20.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.coordinates([5.0, -1.0], [[1.0, 1.0], [1.0, -1.0]])
    array([2., 3.])
    """
    v, b = same_dtype(as_vectors(x, "x"), as_array(basis, "basis"))
    if b.ndim != 2 or b.shape[0] != v.shape[-1]:
        raise shape_error("basis", b.shape, f"({v.shape[-1]}, k) to fit x of shape {v.shape}")
    require_finite(v, "x")
    require_finite(b, "basis")
    d, k = b.shape
    if k > d or not is_independent(b.T):
        msg = f"basis: the {k} columns are linearly dependent."
        raise SingularMatrixError(msg)
    columns = v.reshape(math.prod(v.shape[:-1]), d).T
    if k == d:
        found = solve(b, columns)
    else:
        q, r = patiently(np.linalg.qr, b)
        found = solve(r, np.matmul(q.T, columns))
        left = np.asarray(lengths(np.ascontiguousarray((columns - np.matmul(b, found)).T)))
        size = np.asarray(lengths(np.ascontiguousarray(columns.T)))
        bad = np.flatnonzero(left > 64 * d * np.finfo(v.dtype).eps * size)
        if bad.size:
            msg = (
                f"x: vector {int(bad[0])} does not lie in the span of the basis: its distance from it is "
                f"{left[bad[0]]:.3g}, its length {size[bad[0]]:.3g}."
            )
            raise ValueError(msg)
    return np.ascontiguousarray(found.T).reshape(*v.shape[:-1], k)
