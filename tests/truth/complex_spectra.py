"""Eigenvalues of complex matrices, for the explorers of real ones: residuals in fractions, values against 40 digits."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
from tests.truth import exact as ex
from tests.truth.complex_draws import drawn, embedded, orthonormal
from tests.truth.families import dtype_of, placed, stacked, symmetric
from tests.truth.registry import Draw, Wrong

import mmlcore as mml


def hermitian(d: Draw, n: int, dtype: type) -> np.ndarray:
    """A Hermitian matrix: of two families, or a real one in coordinates turned by phases."""
    part = float(d.pick(0.4, 0.9))
    kind = np.result_type(dtype, np.complex64)
    if d.chance(0.5):
        turns = np.array([1, 1j, -1, -1j])[d.rng.integers(0, 4, n)]  # exact
        return (symmetric(d, n, dtype, part) * turns * turns.conj()[:, np.newaxis]).astype(kind)
    a, _ = drawn(d, n, n, part)
    half = a.astype(complex) / 2
    return (half + half.conj().T).astype(kind)


def norm(a: np.ndarray) -> Fraction:
    """The largest sum of a row's sizes in the real matrix that stands for `a`."""
    return max((sum(ex.sizes(row)) for row in embedded(a)), default=Fraction(0))


def same(a: np.ndarray, values: np.ndarray, vectors: np.ndarray, room: Fraction, name: str) -> None:
    """A V = V diag(values)."""
    left, columns = embedded(a), ex.transposed(embedded(vectors))
    n = len(a)
    for k in range(n):
        re, im = Fraction(float(values[k].real)), Fraction(float(values[k].imag))
        column = columns[k]  # real parts, then imaginary ones
        for i, row in enumerate(left):
            own, other = column[i], column[(i + n) % (2 * n)]
            wanted = re * own + (im if i >= n else -im) * other
            if abs(ex.dot(row, column) - wanted) > room:
                raise Wrong(f"{name}: residual of pair {k}")


def pointed(vectors: np.ndarray, name: str) -> None:
    """The entry of largest size of each vector is real and positive."""
    for k, column in enumerate(vectors.T):
        lead = column[np.abs(column) >= np.abs(column).max() * (1 - 1e-4)]
        if not ((lead.imag == 0) & (lead.real > 0)).any():
            raise Wrong(f"{name}: no leading entry of vector {k} is positive: {column.tolist()}")


def eigh(d: Draw) -> None:
    """Values to n units of the largest, orthonormal vectors; only a triangle is read; the values alone are the same."""
    dtype = dtype_of(d)
    n = int(d.pick(d.size(4), d.size(9)))
    a, items = stacked(d, lambda: hermitian(d, n, dtype), most=4)
    seen = np.array(a)
    if d.chance(0.3):
        seen[..., np.triu_indices(n, 1)[0], np.triu_indices(n, 1)[1]] = np.nan
    if not all(np.isfinite(item).all() and norm(item) * 2 <= ex.most(dtype) for item in items):
        return
    values, vectors = mml.eigh(placed(d, seen))
    alone = mml.eigvalsh(placed(d, np.conj(np.swapaxes(seen, -1, -2))), UPLO="U")
    for w, v, other, item in zip(
        values.reshape(-1, n), vectors.reshape(-1, n, n), alone.reshape(-1, n), items, strict=True
    ):
        name = f"eigh of {item.tolist() if n < 5 else n}"
        bound = 30 * (n + 3) * ex.ulp(dtype) * norm(item)
        if (np.diff(w) < 0).any():
            raise Wrong(f"{name}: not in order, {w.tolist()}")
        if n <= 3:
            twice = mpmath.matrix([[ex.mp(x) for x in row] for row in embedded(item)])
            right = sorted(ex.as_fraction(x) for x in mpmath.eigsy(twice, eigvals_only=True))[::2]
            ex.all_near(w, right, bound, dtype, name)
        ex.all_near(other, ex.exact(w), 2 * bound, dtype, f"eigvalsh beside {name}")
        orthonormal(v, 30 * (n + 3) * ex.ulp(dtype), name)
        pointed(v, name)
        same(item, w, v, 2 * bound + n * ex.tiny(dtype), name)


def eig(d: Draw) -> None:
    """Each value belongs to a matrix n units away; unit vectors with small residuals."""
    n = d.size(5)
    a, dtype = drawn(d, n, n, float(d.pick(0.2, 0.45)))
    size = norm(a)
    if size * 4 > ex.most(dtype) or not size:
        return
    name = f"eig of {a.tolist()}"
    values, vectors = mml.eig(placed(d, a))
    alone = mml.eigvals(placed(d, a))
    if not (np.isfinite(values).all() and np.isfinite(alone).all()):
        raise Wrong(f"{name}: {values.tolist()}, {alone.tolist()}")
    with mpmath.workdps(40):
        scale = mpmath.mpf(2) ** -mpmath.floor(mpmath.log(ex.mp(size), 2))
        for w in (*values, *alone):
            shifted = mpmath.matrix(n, n)
            for i in range(n):
                for j in range(n):
                    x = mpmath.mpc(complex(a[i, j])) - (mpmath.mpc(complex(w)) if i == j else 0)
                    shifted[i, j] = x * scale
            smallest = min(mpmath.svd_c(shifted, compute_uv=False))
            if smallest > 200 * n * n * float(ex.ulp(dtype)):
                raise Wrong(f"{name}: {w} is off by {mpmath.nstr(smallest, 4)} of the norm")
    lengths = np.linalg.norm(vectors.astype(complex), axis=0)
    if not np.allclose(lengths, 1, rtol=float(100 * ex.ulp(dtype))):
        raise Wrong(f"{name}: lengths {lengths.tolist()}")
    pointed(vectors, name)
    room = (
        1e-8 if dtype is np.float64 else 1e-3
    )  # as for real matrices: balancing has units of its own
    same(a, values, vectors, Fraction(room) * n * n * size + n * ex.tiny(dtype), name)
