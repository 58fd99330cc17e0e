"""Eigenvalues and eigenvectors: against 60 digits, and by what they must satisfy."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
from tests.truth import complex_spectra
from tests.truth import exact as ex
from tests.truth.complex_draws import SHARE
from tests.truth.families import dtype_of, matrix, placed, stacked, symmetric
from tests.truth.orthogonal import orthonormal
from tests.truth.registry import Draw, Wrong, explores

import mmlcore as mml


def norm(a: np.ndarray) -> Fraction:
    """The largest sum of a row's sizes: the largest eigenvalue is not beyond it."""
    return max((sum(ex.sizes(row)) for row in ex.exact(a)), default=Fraction(0))


@explores("eigh")
def eigh(d: Draw) -> None:
    """Values to n units of the largest; orthonormal vectors; only the lower triangle is read; one rule of signs."""
    if d.chance(SHARE):
        complex_spectra.eigh(d)
        return
    dtype = dtype_of(d)
    n = int(d.pick(d.size(5), d.size(5), d.size(20)))
    a, items = stacked(d, lambda: symmetric(d, n, dtype, float(d.pick(0.4, 0.9))), most=6)
    seen = np.array(a)
    if d.chance(0.3):
        seen[..., np.triu_indices(n, 1)[0], np.triu_indices(n, 1)[1]] = np.nan
        values, vectors = mml.eigh(placed(d, seen))
    else:
        values, vectors = mml.eigh(a)
    for w, v, item in zip(values.reshape(-1, n), vectors.reshape(-1, n, n), items, strict=True):
        size = norm(item)
        if size * 2 > ex.most(dtype):
            continue
        name = f"eigh of {item.tolist() if n < 6 else n}"
        bound = 30 * (n + 3) * ex.ulp(dtype) * size
        if n <= 5:
            ex.all_near(w, ex.symmetric_values(item), bound, dtype, name)
        if (np.diff(w) < 0).any():
            raise Wrong(f"{name}: not in order, {w.tolist()}")
        orthonormal(v, dtype, name)
        for k in range(n):
            column = ex.exact(v[:, k])
            if np.abs(v[:, k]).max() > v[:, k].max() * (1 + 1e-4):
                raise Wrong(
                    f"{name}: the largest entry of vector {k} is negative: {v[:, k].tolist()}"
                )
            for row, entry in zip(ex.exact(item), column, strict=True):
                if abs(
                    ex.dot(row, column) - Fraction(float(w[k])) * entry
                ) > 2 * bound + n * ex.tiny(dtype):
                    raise Wrong(f"{name}: residual of pair {k}")


@explores("eigvalsh")
def eigvalsh(d: Draw) -> None:
    """Values to n units of the largest, of small matrices against 60 digits, of others against their vectors."""
    if d.chance(SHARE):
        complex_spectra.eigh(d)
        return
    dtype = dtype_of(d)
    n = int(d.pick(d.size(5), d.size(5), d.size(40)))
    a, items = stacked(d, lambda: symmetric(d, n, dtype, float(d.pick(0.4, 0.9))), most=6)
    values = mml.eigvalsh(placed(d, a), UPLO=d.pick("L", "U"), order=d.pick("ascending", "size"))
    for w, item in zip(values.reshape(-1, n), items, strict=True):
        size = norm(item)
        if size * 2 > ex.most(dtype):
            continue
        bound = 30 * (n + 3) * ex.ulp(dtype) * size
        name = f"eigvalsh of {item.tolist() if n < 6 else n}"
        if n <= 5:
            ex.all_near(np.sort(w), ex.symmetric_values(item), bound, dtype, name)
            continue
        for one, other in zip(ex.exact(np.sort(w)), ex.exact(mml.eigh(item).values), strict=True):
            if abs(one - other) > 2 * bound + n * ex.tiny(dtype):
                raise Wrong(f"{name}: {float(one)}, with vectors {float(other)}")


@explores("eigvals")
def eigvals(d: Draw) -> None:
    """Each is an eigenvalue of a matrix that is n units away; together they have its trace."""
    if d.chance(SHARE):
        complex_spectra.eig(d)
        return
    n = d.size(5)
    a = matrix(d, n, n, np.float64, float(d.pick(0.2, 0.9)))
    if d.chance(0.5):
        among = [matrix(d, n, n, np.float64, 0.4) for _ in range(8)]
        values = mml.eigvals(np.stack([*among, a]))[8]
    else:
        values = np.atleast_1d(mml.eigvals(placed(d, a)))
    backward(a, values, "eigvals")


def backward(a: np.ndarray, values: np.ndarray, name: str) -> None:
    """The smallest singular value of A - w I is small against |A|."""
    size = norm(a)
    if size * 4 > ex.most(np.float64) or not size:
        return
    if not np.isfinite(values).all():
        raise Wrong(f"{name}: {values.tolist()} of {a.tolist()}")
    n = len(a)
    with mpmath.workdps(40):
        scale = mpmath.mpf(2) ** -mpmath.floor(mpmath.log(ex.mp(size), 2))
        b = ex.mp_matrix(a) * scale
        for w in values:
            shifted = b - mpmath.eye(n) * mpmath.mpc(float(w.real), float(w.imag)) * scale
            smallest = min(mpmath.svd_c(shifted, compute_uv=False))
            if smallest > 200 * n * np.finfo(np.float64).eps * n:
                raise Wrong(
                    f"{name}: {w} is off by {mpmath.nstr(smallest, 4)} of the norm, for {a.tolist()}"
                )


@explores("eig")
def eig(d: Draw) -> None:
    """Unit vectors, small residuals."""
    if d.chance(SHARE):
        complex_spectra.eig(d)
        return
    n = d.size(5)
    a = matrix(d, n, n, np.float64, float(d.pick(0.2, 0.45)))
    if d.chance(0.5):
        among = [matrix(d, n, n, np.float64, 0.4) for _ in range(8)]
        values, vectors = (part[8] for part in mml.eig(np.stack([*among, a])))
    else:
        values, vectors = mml.eig(placed(d, a))
    backward(a, values, "eig")
    size = float(np.abs(a).max())
    if not size:
        return
    scaled = a / 2.0 ** np.floor(np.log2(size))
    w = values / 2.0 ** np.floor(np.log2(size))
    if not np.allclose(np.linalg.norm(vectors, axis=0), 1, rtol=1e-12):
        raise Wrong(f"eig: lengths {np.linalg.norm(vectors, axis=0)} for {a.tolist()}")
    off = np.abs(scaled @ vectors - vectors * w).max()
    if (
        off > 1e-8 * n * n
    ):  # values that balancing knows better than |A| u can be a little off against |A|
        raise Wrong(f"eig: residual {off}, for {a.tolist()}")


@explores("top_eigh")
def top_eigh(d: Draw) -> None:
    """The k largest or smallest, or largest in size, copies of repeated ones included; dense, sparse, or a function."""
    n = d.size(60, 2)
    k = int(d.rng.integers(1, min(n, 7)))
    a = symmetric(d, n, np.float64, 0.3)
    kind = d.pick("dense", "sparse", "function")
    which = d.pick("largest", "largest", "smallest", "magnitude")
    every = np.linalg.eigvalsh(a)[::-1]
    right = {"largest": every, "smallest": every[::-1], "magnitude": -np.sort(-np.abs(every))}[
        which
    ][:k]
    if kind == "sparse":
        from scipy import sparse  # noqa: PLC0415

        values, vectors = mml.top_eigh(sparse.csr_array(a), k, which=which)
    elif kind == "function":
        values, vectors = mml.top_eigh(lambda x: a @ x, k, which=which, shape=(n, n))
    elif which == "largest":
        values, vectors = mml.top_eigh(placed(d, a), k)
    else:
        values, vectors = mml.top_eigh(placed(d, a), k, which=which)
    size = np.abs(every).max()
    if np.abs((np.abs(values) if which == "magnitude" else values) - right).max() > 1e-9 * size:
        raise Wrong(f"top_eigh of {kind} {n}: {values.tolist()} for {right.tolist()}")
    if np.abs(vectors.T @ vectors - np.eye(k)).max() > 1e-9:
        raise Wrong(f"top_eigh of {kind} {n}: not orthonormal")
    if size and np.abs(a / size @ vectors - vectors * (values / size)).max() > 1e-8:
        raise Wrong(f"top_eigh of {kind} {n}: residual")


@explores("power_iteration")
def power_iteration(d: Draw) -> None:
    """A pair with the residual that it tells, or a ConvergenceError."""
    n = d.size(6)
    a = symmetric(d, n, np.float64, 0.9)
    try:
        value, vector, _, residual = mml.power_iteration(placed(d, a))
    except mml.ConvergenceError:
        return
    size = float(np.abs(a).max())
    if not size:
        return
    step = 2.0 ** np.floor(np.log2(size))
    off = np.linalg.norm(a / step @ vector - value / step * vector)
    if not off <= 1e-8 * n or not np.isfinite(residual):
        raise Wrong(
            f"power_iteration: {value}, residual {off} told as {residual}, for {a.tolist()}"
        )


def coefficients(rows: list[list[Fraction]]) -> list[Fraction]:
    """Of det(x I - A), highest first, by Faddeev and Leverrier without rounding."""
    n = len(rows)
    told, m = [Fraction(1)], [[Fraction(0)] * n for _ in range(n)]
    for k in range(1, n + 1):
        m = ex.product(rows, m)
        for i in range(n):
            m[i][i] += told[-1]
        told.append(
            -sum((ex.dot(rows[i], [row[i] for row in m]) for i in range(n)), Fraction(0)) / k
        )
    return told


@explores("characteristic_polynomial")
def characteristic_polynomial(d: Draw) -> None:
    """Each coefficient to n units of the sums of products of singular values, whatever the other coefficients are."""
    n = d.size(5)
    a = matrix(d, n, n, np.float64, 0.15)
    got = mml.characteristic_polynomial(placed(d, a))
    sums = [Fraction(1)]
    for s in ex.singular_values(a):
        sums = [u + s * v for u, v in zip([*sums, Fraction(0)], [Fraction(0), *sums], strict=True)]
    right = coefficients(ex.exact(a))
    for k, (g, r, s) in enumerate(zip(got, right, sums, strict=True)):
        largest = max(sums[1] / n, ex.tiny(np.float64)) if k else Fraction(1)
        bound = 400 * n * ex.ulp(np.float64) * max(s, largest * sums[k - 1] if k else s)
        ex.near(g, r, bound, np.float64, f"coefficient {k} of {a.tolist()}")


@explores("diagonalize")
def diagonalize(d: Draw) -> None:
    """P D P^-1 = A for matrices with distinct eigenvalues, in any units of the coordinates."""
    n = d.size(5)
    values = d.rng.permutation(np.arange(1, n + 1)).astype(float) * float(d.pick(1.0, -1.0))
    s = np.round(d.rng.standard_normal((n, n)) * 4) + 8 * np.eye(n)
    if abs(np.linalg.det(s)) < 1:
        return
    a = s @ np.diag(values) @ np.linalg.inv(s)
    units = 2.0 ** d.rng.integers(-40, 40, n) if d.chance(0.5) else np.ones(n)
    a = a * units[:, None] / units * 2.0 ** int(d.pick(0, 0, d.rng.integers(-800, 800)))
    p, diagonal, inverse = mml.diagonalize(placed(d, a))
    w = np.diag(diagonal) if np.ndim(diagonal) == 2 else diagonal
    # In the units given or in those of the coordinates: what is not defective as it stands is not balanced.
    off, bound = np.abs((p * w) @ inverse - a), 1e-4 * np.linalg.cond(s)
    fits = off.max() <= bound * np.abs(a).max()
    balanced = np.abs(a / units[:, None] * units).max()
    if not (fits or (off / units[:, None] * units).max() <= bound * balanced):
        raise Wrong(f"diagonalize: off by {off.max()} for {a.tolist()}")
