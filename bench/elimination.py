"""Linear systems against the LAPACK of numpy and of SciPy."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

import mmlcore as mml
from bench.harness import as_test
from bench.peers import with_torch
from mmlcore._bench.cases import agree, data, rounding, solve
from mmlcore._bench.compare import Call, Case

BATCH = {2: 20, 3: 28, 4: 10, 6: 9, 8: 14, 16: 9, 24: 1.5, 32: 1.5, 64: 1.5}

SCIPY = ("scipy", functools.partial(scipy.linalg.solve, assume_a="gen", check_finite=False))

INVERSES = {2: 38, 3: 24, 4: 15, 6: 12, 8: 12, 16: 9, 24: 1.5, 64: 1.5}
DETERMINANTS = {2: 55, 3: 48, 4: 20, 6: 14, 8: 17, 16: 9, 24: 1.5, 64: 1.5}
FACTORS = {2: 20, 3: 20, 4: 15, 8: 8, 16: 6, 32: 3, 64: 1.5}
CALLS: dict[str, tuple[Callable[..., object], Callable[..., object]]] = {
    "inverse": (np.linalg.inv, mml.inverse),
    "determinant": (np.linalg.det, mml.determinant),
}


def torch_cases(torch: Any) -> list[Case]:
    """Stacks of inverses and of systems."""

    def solve_of(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return torch.linalg.solve(torch.from_numpy(a), torch.from_numpy(b)).numpy()

    return [solve(n, batch=4_000_000 // n**2, peer=("torch", solve_of)) for n in (3, 8, 32)]


def of_one_matrix(name: str, n: int, *, batch: int = 0, target: float = 1.0) -> Case:
    """A function of one matrix, or of a stack, against numpy's."""

    def setup() -> tuple[Call, Call]:
        a = data((batch or 1, n, n), "float64") / n**0.5 + np.eye(n)
        a = a if batch else a[0]
        return lambda: CALLS[name][0](a), lambda: CALLS[name][1](a)

    title = f"{name} {batch:,} of {n}x{n} float64" if batch else f"{name} {n} float64"
    return Case(title, "elimination", setup, agree(1e5 * n * rounding("float64")), target, "numpy")


def factor(n: int, dtype: str = "float64", *, batch: int = 0, target: float = 1.0) -> Case:
    """Cholesky's factor of one matrix, or of a stack, against numpy's."""

    def setup() -> tuple[Call, Call]:
        x = data((batch or 1, n, n), dtype)
        a = x @ np.swapaxes(x, -1, -2) / n + np.eye(n, dtype=dtype)
        a = a if batch else a[0]
        return lambda: np.linalg.cholesky(a), lambda: mml.cholesky(a)

    title = f"cholesky {batch:,} of {n}x{n} {dtype}" if batch else f"cholesky {n} {dtype}"
    return Case(title, "elimination", setup, agree(1e3 * n * rounding(dtype)), target, "numpy")


def shortest(name: str, m: int, n: int, batch: int, target: float) -> Case:
    """Least squares or pseudo-inverses of a stack; numpy solves one system at a time."""

    def setup() -> tuple[Call, Call]:
        a, b = data((batch, m, n), "float64"), data((batch, m, 1), "float64")
        if name == "pinv":
            return lambda: np.linalg.pinv(a), lambda: mml.pinv(a)
        return (
            lambda: np.stack(
                [np.linalg.lstsq(x, y, rcond=None)[0] for x, y in zip(a, b, strict=True)]
            ),
            lambda: mml.lstsq(a, b).x,
        )

    title = f"{name} {batch:,} of {m}x{n} float64"
    return Case(title, "elimination", setup, agree(1e7 * rounding("float64")), target, "numpy")


CASES = [
    solve(3, target=10),
    *(solve(n) for n in (8, 16, 32, 64, 100, 128, 256, 500, 512, 2048)),
    solve(1024, target=1.3),
    solve(1024, "float32", target=1.4),
    solve(4096),
    solve(1024, target=1.3, peer=SCIPY),
    solve(1024, "float32", target=1.4, peer=SCIPY),
    solve(3, target=10, peer=SCIPY),
    *(solve(n, batch=4_000_000 // n**2, target=target) for n, target in BATCH.items()),
    *(solve(n, "float32", batch=8_000_000 // n**2, target=BATCH[n]) for n in (3, 8, 16, 32)),
    *(of_one_matrix("inverse", n, target=t) for n, t in ((3, 10), (64, 1), (256, 1), (1024, 1.2))),
    *(
        of_one_matrix("determinant", n, target=t)
        for n, t in ((3, 10), (64, 1), (256, 1), (1024, 1.2))
    ),
    *(of_one_matrix("inverse", n, batch=4_000_000 // n**2, target=t) for n, t in INVERSES.items()),
    *(
        of_one_matrix("determinant", n, batch=4_000_000 // n**2, target=t)
        for n, t in DETERMINANTS.items()
    ),
    *(factor(n, target=t) for n, t in ((3, 10), (16, 4), (64, 1.5), (256, 1), (1024, 1))),
    *(factor(n, "float32") for n in (64, 256, 1024)),
    *(factor(n, batch=4_000_000 // n**2, target=t) for n, t in FACTORS.items()),
    *(factor(n, "float32", batch=4_000_000 // n**2, target=FACTORS[n]) for n in (3, 8, 32)),
    *(shortest(name, 10, 3, 10_000, 20) for name in ("lstsq", "pinv")),
    *(shortest(name, 40, 16, 500, 4) for name in ("lstsq", "pinv")),
    *with_torch(torch_cases),
]
test_cases = as_test(CASES)
