"""What kind of matrix is it?"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_real, as_square, finite, shape_error


def classify(matrix: ArrayLike, *, rtol: float | None = None) -> frozenset[str]:
    """Name the classes that a square matrix belongs to.

    Parameters
    ----------
    matrix : array_like of shape (n, n), float32 or float64
        Matrix; a stack is refused.
    rtol : float, optional
        Rounding that is overlooked, relative to the size of the matrix. Default: n times the machine epsilon.

    Returns
    -------
    frozenset of str
        Of 'zero', 'identity', 'diagonal', 'upper_triangular', 'lower_triangular', 'symmetric', 'skew_symmetric',
        'orthogonal', 'permutation', 'idempotent', 'involutory', 'nilpotent', 'positive_definite',
        'positive_semidefinite', 'singular', 'invertible'.

    Raises
    ------
    ValueError
        Not one square matrix; NaN or infinity.

    Notes
    -----
    Zero means exactly zero. Entries count as equal when they differ by at most rtol times the largest entry;
    products are held to the rounding of a product. Definite, singular and nilpotent are decided by eigenvalues and singular
    values relative to the largest: nilpotent by taking null spaces off in turn [1]_, as eigenvalues of a nilpotent matrix
    are known to eps^(1/n) only. A definite matrix is symmetric here. Cost: some 30 n^3 operations, n times that for a
    matrix that is nilpotent or nearly so.

    References
    ----------
    .. [1] G. H. Golub, J. H. Wilkinson, "Ill-conditioned eigensystems and the computation of the Jordan canonical form",
       SIAM Rev. 18 (1976), section 10.

    Examples
    --------
    >>> import mmlcore as mml
    >>> sorted(mml.classify([[0.0, 1.0], [0.0, 0.0]]))
    ['nilpotent', 'singular', 'upper_triangular']
    """
    a = finite(as_square(matrix, "matrix"), "matrix")
    if a.ndim != 2:
        raise shape_error("matrix", a.shape, "one matrix (n, n)")
    n = len(a)
    if rtol is None:
        rtol = n * float(np.finfo(a.dtype).eps)
    rtol = as_real(rtol, "rtol", 0, 1)
    size = float(np.abs(a).max(initial=0))
    a = a.astype(np.float64) / (size or 1.0)
    one = min(1 / size, 1e150) if size else 1.0  # the identity at this scale
    kinds = _by_entries(a, rtol, one) | _by_products(a, rtol, one) | _by_spectrum(a, rtol)
    return frozenset(kinds | {"zero"} if size == 0 else kinds)


def _by_entries(a: Array, tol: float, one: float) -> set[str]:
    eye = np.eye(len(a))
    kinds = {
        "identity": a - one * eye,
        "diagonal": a * (1 - eye),
        "upper_triangular": np.tril(a, -1),
        "lower_triangular": np.triu(a, 1),
        "symmetric": a - a.T,
        "skew_symmetric": a + a.T,
    }
    found = {kind for kind, gap in kinds.items() if _largest(gap) <= tol}
    ones = np.abs(a - one) <= tol
    if (
        (ones | (np.abs(a) <= tol)).all()
        and (ones.sum(axis=0) == 1).all()
        and (ones.sum(axis=1) == 1).all()
    ):
        found.add("permutation")
    return found


def _by_products(a: Array, tol: float, one: float) -> set[str]:
    """Entries are at most 1, so products are rounded by n units; and what a product should be counts by its own size."""
    eye = one * one * np.eye(len(a))
    square = a @ a
    kinds = {
        "orthogonal": (a.T @ a - eye, one * one),
        "idempotent": (square - one * a, one),
        "involutory": (square - eye, one * one),
    }
    return {kind for kind, (gap, size) in kinds.items() if _largest(gap) <= min(tol, size / 2)}


def _by_spectrum(a: Array, tol: float) -> set[str]:
    n = len(a)
    if n == 0:
        return {"invertible", "positive_definite", "positive_semidefinite", "nilpotent"}
    values = np.linalg.svd(a, compute_uv=False)
    found = {"singular" if values[-1] <= tol * values[0] else "invertible"}
    if _largest(a - a.T) <= tol:
        low, high = np.linalg.eigvalsh((a + a.T) / 2)[[0, -1]]
        if low > tol * high:
            found.add("positive_definite")
        if low >= -tol * max(high, 0):
            found.add("positive_semidefinite")
    if "singular" in found and _is_nilpotent(a, tol * max(float(values[0]), 1e-300)):
        found.add("nilpotent")
    return found


def _is_nilpotent(a: Array, tol: float) -> bool:
    """Take off the null space, go on with the map of what remains, until nothing does or none is null."""
    while len(a):
        _, values, right = np.linalg.svd(a)
        kept = right[: int((values > tol).sum())]
        if len(kept) == len(a):
            return False
        a = kept @ a @ kept.T
    return True


def _largest(gap: Array) -> float:
    return float(np.abs(gap).max(initial=0))
