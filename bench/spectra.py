"""The table of spectra: eigenvalues, singular values and what stands on them, stacks and single ones, real and complex.

`python -m bench spectra` prints all rows; the peer is the better of numpy and SciPy, as three calls of each tell. Values are
compared, sorted; vectors are not unique.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg

import mmlcore as mml
from bench.harness import as_test
from mmlcore._bench.cases import agree, data
from mmlcore._bench.compare import Call, Case

Make = Callable[[Any], Any]
numpy_values = partial(np.linalg.svd, compute_uv=False)


def better(*calls: Call) -> Call:
    """Return the call that took least of three."""

    def least(call: Call) -> float:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        return min(times)

    return min(calls, key=least) if len(calls) > 1 else calls[0]


def row(
    title: str,
    target: float,
    make: Callable[[], Any],
    ours: Make,
    *peers: Make,
    rough: float = 1e-8,
) -> Case:
    """One row: the same array for all; absolute values of the results are compared in ascending order, off the clock."""

    def setup() -> tuple[Call, Call]:
        a = make()
        return better(*[partial(peer, a) for peer in peers]), partial(ours, a)

    def verify(expected: Any, got: Any) -> None:
        agree(rough)(_sorted(expected), _sorted(got))

    return Case(title, "spectra", setup, verify, target, "numpy, scipy")


def _sorted(result: Any) -> np.ndarray:
    sizes = np.abs(np.asarray(result)).astype(np.float64)
    return np.sort(sizes, axis=-1) if sizes.ndim else sizes


def _size(upper: np.ndarray) -> float:
    """The logarithm of a determinant: pivots are chosen by other sizes of complex numbers here and there."""
    return float(np.log(np.abs(np.diagonal(upper))).sum())


def general(n: int, count: int = 0, dtype: str = "float64") -> Callable[[], np.ndarray]:
    """Numbers without structure."""
    shape = (count, n, n) if count else (n, n)
    if dtype.startswith("complex"):
        kind = "float64" if dtype == "complex128" else "float32"
        return lambda: (data(shape, kind) + 1j * data(shape, kind, 1)).astype(dtype)
    return lambda: data(shape, dtype)


def symmetric(n: int, count: int = 0, dtype: str = "float64") -> Callable[[], np.ndarray]:
    """Symmetric matrices."""

    def make() -> np.ndarray:
        a = general(n, count, dtype)()
        return a + np.swapaxes(a, -1, -2)

    return make


def rough(dtype: str) -> float:
    """A tolerance of a type."""
    return 1e-3 if dtype in ("float32", "complex64") else 1e-8


def stacks() -> list[Case]:
    """Stacks of 200,000 numbers."""
    rows = []
    for name, ours, peer, targets in (
        (
            "eig",
            lambda a: mml.eig(a).values,
            lambda a: np.linalg.eig(a)[0],
            {2: 60, 3: 28, 4: 20, 6: 14, 8: 12, 16: 8},
        ),
        ("eigvals", mml.eigvals, np.linalg.eigvals, {2: 100, 3: 35, 4: 28, 6: 22, 8: 18, 16: 12}),
        (
            "svd",
            lambda a: mml.svd(a)[1],
            lambda a: np.linalg.svd(a)[1],
            {2: 80, 3: 40, 4: 28, 8: 12, 16: 8},
        ),
        ("svdvals", mml.svdvals, numpy_values, {2: 70, 3: 38, 4: 25, 8: 13, 16: 9}),
    ):
        for n, target in targets.items():
            rows.append(
                row(
                    f"{name} stack of {n}",
                    target,
                    general(n, 200_000 // n**2),
                    ours,
                    peer,
                    rough=1e-5,
                )
            )
    for dtype, targets in (
        ("float64", {20: 4.5, 32: 5.5, 48: 5.5, 64: 5, 100: 4.5}),
        ("float32", {20: 5, 32: 6, 48: 8, 64: 8, 100: 8}),
    ):
        for n, target in targets.items():
            made = symmetric(n, 200_000 // n**2, dtype)
            title = f"eigh stack of {n} {dtype}"
            rows.append(
                row(
                    title,
                    target,
                    made,
                    lambda a: mml.eigh(a)[0],
                    lambda a: np.linalg.eigh(a)[0],
                    rough=rough(dtype),
                )
            )
    for n, target in {3: 20, 8: 8, 32: 3}.items():

        def definite(n: int = n) -> np.ndarray:
            a = general(n, 200_000 // n**2)()
            return a @ np.swapaxes(a, -1, -2) + n * np.eye(n)

        rows.append(
            row(f"cholesky stack of {n}", target, definite, mml.cholesky, np.linalg.cholesky)
        )
    tall = partial(data, (2000, 10, 3), "float64")
    rows.append(row("pinv stack of 10 x 3", 20, tall, mml.pinv, np.linalg.pinv))
    side = data((10,), "float64", 2)

    def loop(a: np.ndarray) -> np.ndarray:
        return np.stack([np.linalg.lstsq(one, side, rcond=None)[0] for one in a])

    rows.append(row("lstsq stack of 10 x 3", 20, tall, lambda a: mml.lstsq(a, side)[0], loop))
    rows.append(
        row(
            "rank stack of 4",
            15,
            general(4, 5000),
            lambda a: mml.rank(a) * 1.0,
            lambda a: np.linalg.matrix_rank(a) * 1.0,
        )
    )
    rows.append(
        row("condition stack of 4", 15, general(4, 5000), mml.condition, np.linalg.cond, rough=1e-5)
    )
    return rows


def single() -> list[Case]:
    """One matrix at a time."""
    rows = []
    evd = partial(scipy.linalg.eigh, check_finite=False, driver="evd")
    for dtype, targets in (
        ("float64", {10: 4, 20: 3, 32: 3, 50: 3, 100: 2.5, 200: 2, 300: 2, 500: 1, 1000: 1}),
        (
            "float32",
            {10: 4, 20: 3.5, 32: 3.5, 50: 3.8, 100: 3.5, 200: 3.5, 300: 3, 500: 1, 1000: 1},
        ),
    ):
        for n, target in targets.items():
            made, title = symmetric(n, 0, dtype), f"eigh {n} {dtype}"
            peers = (lambda a: np.linalg.eigh(a)[0], lambda a: evd(a)[0])
            rows.append(
                row(title, target, made, lambda a: mml.eigh(a)[0], *peers, rough=rough(dtype))
            )
    for name, ours, peers, targets in (
        (
            "eig",
            lambda a: mml.eig(a)[0],
            (lambda a: np.linalg.eig(a)[0], lambda a: scipy.linalg.eig(a, check_finite=False)[0]),
            {3: 8, 5: 6, 10: 4, 20: 3, 50: 2.7, 100: 3, 500: 1},
        ),
        (
            "eigvals",
            mml.eigvals,
            (np.linalg.eigvals, partial(scipy.linalg.eigvals, check_finite=False)),
            {3: 8, 5: 6, 10: 3.5, 20: 2.5, 50: 2.2, 100: 2.7},
        ),
        (
            "svd",
            lambda a: mml.svd(a)[1],
            (lambda a: np.linalg.svd(a, full_matrices=False)[1],),
            {3: 8, 10: 2.7, 20: 3, 50: 3, 100: 2.7, 200: 2.3, 500: 1, 1000: 1},
        ),
        (
            "svdvals",
            mml.svdvals,
            (numpy_values,),
            {3: 1.8, 10: 1.8, 20: 1.8, 40: 1.8, 64: 1.8, 80: 1.8, 100: 1.8, 200: 1.8},
        ),
        ("rank", lambda a: mml.rank(a) * 1.0, (lambda a: np.linalg.matrix_rank(a) * 1.0,), {3: 5}),
        ("condition", mml.condition, (np.linalg.cond,), {3: 5, 64: 1.8}),
    ):
        for n, target in targets.items():
            rows.append(row(f"{name} {n}", target, general(n), ours, *peers, rough=1e-6))
    for m, n, target in ((500, 50, 2.2), (100_000, 20, 3.2)):
        made = partial(data, (m, n), "float64")
        rows.append(
            row(
                f"svd {m} x {n}",
                target,
                made,
                lambda a: mml.svd(a)[1],
                lambda a: np.linalg.svd(a, full_matrices=False)[1],
            )
        )
    return rows


def complex_rows() -> list[Case]:
    """Complex matrices, single ones and stacks."""
    rows = []
    calls: dict[str, tuple[Make, tuple[Make, ...]]] = {
        "solve": (
            lambda a: mml.solve(a, a[..., :1]),
            (lambda a: np.linalg.solve(a, a[..., :1]),),
        ),
        "inverse": (mml.inverse, (np.linalg.inv,)),
        "determinant": (mml.determinant, (np.linalg.det,)),
        "matmul": (lambda a: mml.matmul(a, a), (lambda a: np.matmul(a, a),)),
        "matrix_power": (
            lambda a: mml.matrix_power(a, 5),
            (lambda a: np.linalg.matrix_power(a, 5),),
        ),
    }
    for name, (ours, peers) in calls.items():
        for n in (3, 8, 16):
            made = general(n, 60_000 // n**2, "complex128")
            rows.append(row(f"{name} stack of {n} complex", 4, made, ours, *peers, rough=1e-6))
        for n in (3, 16, 64, 200):
            if name == "determinant" and n == 200:
                continue
            rows.append(
                row(f"{name} {n} complex", 1, general(n, 0, "complex128"), ours, *peers, rough=1e-6)
            )
    factors: dict[str, tuple[Make, Make]] = {
        "qr": (lambda a: np.diagonal(mml.qr(a)[1]), lambda a: np.diagonal(np.linalg.qr(a)[1])),
        "svd": (lambda a: mml.svd(a)[1], lambda a: np.linalg.svd(a)[1]),
        "svdvals": (mml.svdvals, numpy_values),
        "lu": (
            lambda a: _size(mml.lu(a)[2]),
            lambda a: _size(scipy.linalg.lu(a, check_finite=False)[2]),
        ),
    }
    for name, (ours, peer) in factors.items():
        for n in (3, 16, 64, 100, 200):
            rows.append(
                row(f"{name} {n} complex", 1, general(n, 0, "complex128"), ours, peer, rough=1e-6)
            )
    return rows


def complex_spectra() -> list[Case]:
    """Eigenvalues of complex matrices, single ones and stacks."""
    rows = []
    evd = partial(scipy.linalg.eigh, check_finite=False, driver="evd")
    eig = partial(scipy.linalg.eig, check_finite=False)
    calls: dict[str, tuple[Make, tuple[Make, ...]]] = {
        "eigh": (
            lambda a: mml.eigh(a)[0],
            (lambda a: np.linalg.eigh(a)[0], lambda a: evd(a)[0]),
        ),
        "eigvalsh": (mml.eigvalsh, (np.linalg.eigvalsh,)),
        "eig": (lambda a: mml.eig(a)[0], (lambda a: np.linalg.eig(a)[0], lambda a: eig(a)[0])),
        "eigvals": (mml.eigvals, (np.linalg.eigvals,)),
    }
    for name, (ours, peers) in calls.items():
        for n, target in {3: 3, 8: 2, 20: 3, 50: 2.5, 100: 2.5, 200: 1.5}.items():
            made = general(n, 0, "complex128")
            if name in ("eigh", "eigvalsh"):
                made = hermitian(made)
            rows.append(row(f"{name} {n} complex", target, made, ours, *peers, rough=1e-6))
        for n, target in {2: 2, 4: 2, 8: 2, 16: 2}.items():
            made = general(n, 60_000 // n**2, "complex128")
            if name in ("eigh", "eigvalsh"):
                made = hermitian(made)
            title = f"{name} stack of {n} complex"
            rows.append(row(title, target, made, ours, peers[0], rough=1e-5))
    return rows


def hermitian(make: Callable[[], np.ndarray]) -> Callable[[], np.ndarray]:
    """Of any matrices Hermitian ones."""

    def made() -> np.ndarray:
        a = make()
        return a + np.conj(np.swapaxes(a, -1, -2))

    return made


def few() -> list[Case]:
    """The largest pairs of sparse matrices."""
    n = 20_000
    grid = scipy.sparse.diags(
        [np.linspace(1, 4, n), np.full(n - 1, 0.5), np.full(n - 1, 0.5)], [0, -1, 1]
    ).tocsr()
    wide = scipy.sparse.random(4000, 1000, 0.01, format="csr", random_state=0)
    return [
        row(
            "top_eigh sparse 20,000 k = 5",
            2,
            lambda: grid,
            lambda a: mml.top_eigh(a, 5).values,
            lambda a: scipy.sparse.linalg.eigsh(a, 5)[0],
        ),
        row(
            "svd sparse 4000 x 1000 k = 5",
            1,
            lambda: wide,
            lambda a: mml.svd(a, k=5)[1],
            lambda a: scipy.sparse.linalg.svds(a, 5)[1],
        ),
    ]


CASES = [*stacks(), *single(), *complex_rows(), *complex_spectra(), *few()]
test_cases = as_test(CASES)
