"""What kind of matrix is it?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_real, as_square, require_finite
from mmlcore.core.door import door
from mmlcore.core.lapack import patiently
from mmlcore.core.scaling import balance, balanced, equilibrated, equilibration, exponents

_PRODUCTS = 8  # times the tolerance of entries: what products of rounded factors are held to


@door("classify")
def classify(matrix: ArrayLike, *, rtol: float | None = None) -> Any:
    """Name the classes that a square matrix belongs to.

    Parameters
    ----------
    matrix : array_like of shape (..., n, n), float32 or float64
        Matrix, or a stack of them.
    rtol : float, optional
        Rounding that is overlooked, relative to the size of the matrix. Default: n times the machine epsilon.

    Returns
    -------
    frozenset of str, or ndarray (...) of dtype object of such
        Of 'zero', 'identity', 'diagonal', 'upper_triangular', 'lower_triangular', 'symmetric', 'skew_symmetric',
        'orthogonal', 'permutation', 'idempotent', 'involutory', 'nilpotent', 'positive_definite',
        'positive_semidefinite', 'singular', 'invertible'.

    Raises
    ------
    ValueError
        Not square; NaN or infinity.

    Notes
    -----
    Zero means exactly zero. Entries count as equal when they differ by at most rtol times the largest entry; products are
    held to eight times that for their size, as their factors come with rounding. Units of the coordinates do not count:
    singular and definite are decided by singular values and eigenvalues after rows and columns were scaled alike,
    idempotent, involutory and nilpotent after the matrix was balanced [2]_. Nilpotent is decided by the pattern of zeros,
    by traces, or by taking null spaces off in turn [1]_, as
    eigenvalues of a nilpotent matrix are known to eps^(1/n) only. A definite matrix is symmetric here. No label contradicts
    another: what is involutory or orthogonal is invertible, what is idempotent is singular or the identity. Cost: 2/3 n^3
    operations for most matrices; up to 30 n^3 for symmetric and singular ones, n times that for a matrix that is nilpotent or
    nearly so and has no zeros.

    References
    ----------
    .. [1] G. H. Golub, J. H. Wilkinson, "Ill-conditioned eigensystems and the computation of the Jordan canonical form",
       SIAM Rev. 18 (1976), section 10.
    .. [2] B. N. Parlett, C. Reinsch, "Balancing a matrix for calculation of eigenvalues and eigenvectors", Numer. Math. 13
       (1969).

    Examples
    --------
    >>> import mmlcore as mml
    >>> sorted(mml.classify([[0.0, 1.0], [0.0, 0.0]]))
    ['nilpotent', 'singular', 'upper_triangular']
    """
    given = require_finite(as_square(matrix, "matrix"), "matrix")
    batch, n = given.shape[:-2], given.shape[-1]
    if rtol is None:
        rtol = n * float(np.finfo(given.dtype).eps)
    rtol = as_real(rtol, "rtol", 0, 1)
    a = given.reshape(math.prod(batch), n, n).astype(np.float64)
    kinds = _kinds(a, rtol)
    found = np.empty(len(a), object)
    for i in range(len(a)):
        found[i] = frozenset(kind for kind, holds in kinds.items() if holds[i])
    return found.reshape(batch) if batch else found[0]


def _kinds(a: Array, tol: float) -> dict[str, Array]:
    """Tell for each class which of the matrices (m, n, n) belong to it."""
    top = _largest(a)
    power = np.frexp(top)[1]
    near_one = np.ldexp(a, -power[:, np.newaxis, np.newaxis])
    # In balanced coordinates what products and null spaces show does not depend on units. The diagonal keeps its size.
    diagonal = np.abs(np.diagonal(near_one, axis1=-2, axis2=-1)).max(axis=-1, initial=0)
    scale = balance(near_one, diagonal)
    kinds = {"zero": top == 0}
    kinds |= _by_entries(near_one, tol, np.ldexp(1.0, np.minimum(-power, 1000)))
    kinds |= _by_triangles(equilibrated(near_one, *equilibration(near_one)), tol)
    kinds |= _by_products(a, balanced(a, scale), tol)
    kinds |= _by_spectrum(near_one, tol, kinds)
    kinds["nilpotent"] = _nilpotent(balanced(near_one, scale), tol, kinds)
    return kinds


def _by_entries(a: Array, tol: float, one: Array) -> dict[str, Array]:
    """Compare the entries, of which the largest is near 1, at which scale the identity has `one` on its diagonal."""
    n = a.shape[-1]
    eye, turned = np.eye(n), np.swapaxes(a, -1, -2)
    one = one[:, np.newaxis, np.newaxis]
    gaps = {
        "identity": a - one * eye,
        "symmetric": a - turned,
        "skew_symmetric": a + turned,
    }
    kinds = {kind: _largest(gap) <= tol for kind, gap in gaps.items()}
    ones = np.abs(a - one) <= tol
    kinds["permutation"] = (
        (ones | (np.abs(a) <= tol)).all(axis=(-2, -1))
        & (ones.sum(axis=-2) == 1).all(axis=-1)
        & (ones.sum(axis=-1) == 1).all(axis=-1)
    )
    return kinds


def _by_triangles(b: Array, tol: float) -> dict[str, Array]:
    low, high = (_largest(side) <= tol * _largest(b) for side in (np.triu(b, 1), np.tril(b, -1)))
    return {"lower_triangular": low, "upper_triangular": high, "diagonal": low & high}


def _by_products(a: Array, b: Array, tol: float) -> dict[str, Array]:
    """Compare squares of the balanced matrices b, and A'A; what a product should be counts by its own size too."""
    if a.shape[-1] == 0:
        return dict.fromkeys(("orthogonal", "idempotent", "involutory"), np.ones(len(a), bool))
    eye = np.eye(a.shape[-1])
    top, size = _largest(a), _largest(b)
    with np.errstate(over="ignore", invalid="ignore"):
        square = b @ b
        rounding = _PRODUCTS * tol * size * size
        turned = np.swapaxes(a, -1, -2)
        return {
            "orthogonal": _largest(turned @ a - eye)
            <= np.minimum(_PRODUCTS * tol * top * top, 0.5),
            "idempotent": _largest(square - b) <= np.minimum(rounding, size / 2),
            "involutory": _largest(square - eye) <= np.minimum(rounding, 0.5),
        }


def _by_spectrum(a: Array, tol: float, kinds: dict[str, Array]) -> dict[str, Array]:
    every = np.ones(len(a), bool)
    if a.shape[-1] == 0:
        names = ("invertible", "positive_definite", "positive_semidefinite")
        return {"singular": ~every, **dict.fromkeys(names, every)}
    low, high = np.zeros((2, len(a)))
    if (own := kinds["symmetric"]).any():
        b = a[own]
        low[own], high[own] = _scaled_spectrum(
            np.ldexp(b, -1) + np.ldexp(np.swapaxes(b, -1, -2), -1)
        )
    definite = own & (low > tol * high)
    proven = definite.copy()
    for kind in ("identity", "orthogonal", "permutation", "involutory"):
        proven |= kinds[kind]
    singular = np.zeros(len(a), bool)
    if (open_ := ~proven).any():
        b = a[open_]
        values = patiently(np.linalg.svd, equilibrated(b, *equilibration(b)), compute_uv=False)
        singular[open_] = values[:, -1] <= tol * values[:, 0]
    singular |= kinds["idempotent"] & ~kinds["identity"]
    return {
        "singular": singular,
        "invertible": ~singular,
        "positive_definite": definite & ~singular,
        "positive_semidefinite": kinds["symmetric"] & (low >= -tol * np.maximum(high, 0)),
    }


def _scaled_spectrum(a: Array) -> tuple[Array, Array]:
    """Return the ends of the spectra of symmetric matrices, coordinates scaled by the roots of their diagonals."""
    own, most = exponents(np.diagonal(a, axis1=-2, axis2=-1)), exponents(a).max(axis=-1)
    own = np.where(own > -(1 << 20), own, most)
    half = np.where(own > -(1 << 20), own // 2, 0)
    spectrum = patiently(np.linalg.eigvalsh, equilibrated(a, half, half))
    return spectrum[:, 0], spectrum[:, -1]


def _nilpotent(b: Array, tol: float, kinds: dict[str, Array]) -> Array:
    if b.shape[-1] == 0:
        return np.ones(len(b), bool)
    found = np.zeros(len(b), bool)
    for i in np.flatnonzero(kinds["singular"] & (~kinds["idempotent"] | kinds["zero"])):
        found[i] = _is_nilpotent(b[i], tol)
    return found


def _is_nilpotent(a: Array, tol: float) -> bool:
    """Ask for what costs little first: a cycle of entries, then traces, then null spaces."""
    n, size = len(a), float(np.linalg.norm(a))
    if _has_no_cycle(a != 0):
        return True
    # Of a nilpotent matrix and a perturbation E, |E| <= n tol |A|, traces are those of E and of N E.
    bound = 8 * n * n * tol * size
    if abs(float(np.trace(a))) > bound or abs(float((a * a.T).sum())) > bound * size:
        return False
    return _is_used_up(a, tol)


def _has_no_cycle(entries: Array) -> bool:
    """Tell whether the coordinates can be put in an order in which the matrix is strictly triangular."""
    left = entries.sum(axis=1)  # of each row, in columns that are not taken off yet
    ready = list(np.flatnonzero(left == 0))
    for taken in ready:
        column = entries[:, taken]
        left -= column
        ready.extend(np.flatnonzero(column & (left == 0)))
    return len(ready) == len(left)


def _is_used_up(a: Array, tol: float) -> bool:
    """Take off the null space, go on with the map of what remains, until nothing does or none is null."""
    limit = None
    while len(a):
        _, values, right = patiently(np.linalg.svd, a)
        limit = tol * max(float(values[0]), 1e-300) if limit is None else limit
        kept = right[: int((values > limit).sum())]
        if len(kept) == len(a):
            return False
        a = kept @ a @ kept.T
    return True


def _largest(gap: Array) -> Array:
    return np.asarray(np.abs(gap).max(axis=(-2, -1), initial=0))
