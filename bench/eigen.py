"""Eigenproblems against numpy, SciPy and torch."""

import numpy as np
import scipy.linalg
import scipy.sparse.linalg

import mmlcore as mml
from bench.harness import as_test
from bench.peers import with_torch
from mmlcore._bench.cases import Peer, agree, data
from mmlcore._bench.compare import Call, Case

STACKS = {2: 40, 3: 31, 4: 24, 6: 14, 8: 10, 16: 4}
NUMPY: Peer = ("numpy", np.linalg.eigh)


def symmetric(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Symmetric matrices of normal numbers."""
    a = data(shape, dtype)
    return a + np.swapaxes(a, -1, -2)


def full(
    n: int, dtype: str = "float64", *, batch: int = 0, target: float = 1.0, peer: Peer = NUMPY
) -> Case:
    """All values and vectors; the values are compared."""

    def setup() -> tuple[Call, Call]:
        a = symmetric((batch, n, n) if batch else (n, n), dtype)
        return lambda: peer[1](a)[0], lambda: mml.eigh(a).values

    name = f"eigh {batch:,} of {n}x{n} {dtype}" if batch else f"eigh {n} {dtype}"
    return Case(name, "eigen", setup, agree(1e3 * np.finfo(dtype).eps), target, peer[0])


GENERAL = {2: 60, 3: 28, 4: 20, 6: 14, 8: 12, 16: 8}
GENERAL_VALUES = {2: 100, 3: 35, 4: 28, 6: 22, 8: 18, 16: 12}


def general(name: str, n: int, batch: int, target: float, dtype: str = "float64") -> Case:
    """Eigenvalues of general matrices, with vectors or without; sums of powers are compared, whatever the order."""

    def setup() -> tuple[Call, Call]:
        a = data((batch, n, n), dtype)

        def powers(values: np.ndarray) -> np.ndarray:
            return np.stack([values.sum(-1).real, (values**2).sum(-1).real]) / n

        if name == "eig":
            return lambda: powers(np.linalg.eig(a)[0]), lambda: powers(mml.eig(a).values)
        return lambda: powers(np.linalg.eigvals(a)), lambda: powers(mml.eigvals(a))

    title = f"{name} {batch:,} of {n}x{n} {dtype}"
    return Case(title, "eigen", setup, agree(1e4 * np.finfo(dtype).eps), target, "numpy")


def largest(n: int, k: int, target: float, peer: Peer) -> Case:
    """The k largest pairs of a covariance matrix."""

    def setup() -> tuple[Call, Call]:
        x = data((2 * n, n), "float64") * np.geomspace(1, 0.03, n)
        a = x.T @ x
        return lambda: peer[1](a), lambda: mml.top_eigh(a, k).values

    return Case(f"top_eigh {n} k={k} float64", "eigen", setup, agree(1e-9), target, peer[0])


def by_subset(n: int, k: int) -> Peer:
    """LAPACK's choice of values by index, through SciPy."""

    def solve(a: np.ndarray) -> np.ndarray:
        return scipy.linalg.eigh(a, subset_by_index=(n - k, n - 1), check_finite=False)[0][::-1]

    return ("scipy subset", solve)


def by_lanczos(k: int) -> Peer:
    """ARPACK, through SciPy."""
    return ("scipy eigsh", lambda a: scipy.sparse.linalg.eigsh(a, k)[0][::-1])


CASES = [
    *(full(n, batch=4_000_000 // n**2, target=t) for n, t in STACKS.items()),
    *(full(n, "float32", batch=4_000_000 // n**2, target=STACKS[n]) for n in (3, 8, 16)),
    *with_torch(
        lambda torch: [
            full(
                n,
                batch=4_000_000 // n**2,
                peer=("torch", lambda a: torch.linalg.eigh(torch.from_numpy(a))),
            )
            for n in (3, 8)
        ]
    ),
    *(general("eig", n, 400_000 // n**2, t) for n, t in GENERAL.items()),
    *(general("eigvals", n, 400_000 // n**2, t) for n, t in GENERAL_VALUES.items()),
    *(general("eig", n, 400_000 // n**2, GENERAL[n], "float32") for n in (3, 8)),
    full(256),
    full(784),
    largest(784, 50, 3, by_subset(784, 50)),
    largest(2048, 20, 3, by_subset(2048, 20)),
    largest(2048, 20, 3, by_lanczos(20)),
]
test_cases = as_test(CASES)
