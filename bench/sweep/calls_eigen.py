"""Eigenvalues: numpy and SciPy."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import scipy.linalg
import scipy.sparse.linalg

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.table import Calls, Verify, entry, near
from mmlcore.core.arrays import Array


def pairs_of(a: Array, dtype: str, factor: float = 10.0) -> Verify:
    """Check A V = V D, and the sorted values against the peer's."""

    def check(expected: Any, got: Any) -> None:
        near(dtype, factor)(_sorted(expected[0]), _sorted(got[0]))
        values, vectors = got[0], got[1]
        left, right = a @ vectors, vectors * np.asarray(values)[..., None, :]
        near(dtype, factor)(left, right)

    return check


def _sorted(values: Any) -> Array:
    # By size, which two that are conjugate share: real parts alone, then, would be in any order.
    return np.sort(np.abs(np.asarray(values)), axis=-1)


@entry("eigen", "eigh", 3)
def eigh(draw: Draw) -> Calls:
    n = draw.size(2, 250)
    a = draw.symmetric(*draw.stack(n * n, 500_000), n, n)
    peers: dict[str, Any] = {"numpy": partial(np.linalg.eigh, a)}
    for driver in ("evr", "evd"):
        peers[f"scipy {driver}"] = partial(scipy.linalg.eigh, a, check_finite=False, driver=driver)
    return Calls(partial(mml.eigh, a), peers, pairs_of(a, draw.dtype))


@entry("eigen", "eigvalsh")
def eigvalsh(draw: Draw) -> Calls:
    n = draw.size(2, 250)
    a = draw.symmetric(*draw.stack(n * n, 500_000), n, n)
    peers = {
        "numpy": partial(np.linalg.eigvalsh, a),
        "scipy": partial(scipy.linalg.eigh, a, check_finite=False, eigvals_only=True),
    }

    def check(expected: Any, got: Any) -> None:
        near(draw.dtype, 10)(_sorted(expected), _sorted(got))

    return Calls(partial(mml.eigvalsh, a), peers, check)


def general(draw: Draw) -> Array:
    """A matrix, or a stack, without symmetry."""
    n = draw.size(2, 120)
    return draw.array(*draw.stack(n * n, 50_000), n, n)


@entry("eigen", "eig")
def eig(draw: Draw) -> Calls:
    a = general(draw)
    peers = {
        "numpy": partial(np.linalg.eig, a),
        "scipy": partial(scipy.linalg.eig, a, check_finite=False),
    }
    return Calls(partial(mml.eig, a), peers, pairs_of(a, draw.dtype, 100))


@entry("eigen", "eigvals")
def eigvals(draw: Draw) -> Calls:
    a = general(draw)
    peers = {
        "numpy": partial(np.linalg.eigvals, a),
        "scipy": partial(scipy.linalg.eigvals, a, check_finite=False),
    }

    def check(expected: Any, got: Any) -> None:
        near(draw.dtype, 1000)(_sorted(expected), _sorted(got))

    return Calls(partial(mml.eigvals, a), peers, check)


@entry("eigen", "top_eigh")
def top_eigh(draw: Draw) -> Calls:
    n = draw.size(3, 400)
    k = draw.size(1, max(1, n // 5))
    x = draw.rng.standard_normal((2 * n, n)) * np.geomspace(1, 0.03, n)
    a = draw.lay((x.T @ x).astype(draw.dtype))
    draw.say(f"k={k}")
    window = (n - k, n - 1)

    def by_subset() -> Any:
        values, vectors = scipy.linalg.eigh(a, subset_by_index=window, check_finite=False)
        return values[::-1], vectors[:, ::-1]

    def by_all() -> Any:
        values, vectors = np.linalg.eigh(a)
        return values[: -k - 1 : -1], vectors[:, : -k - 1 : -1]

    def by_lanczos() -> Any:
        values, vectors = scipy.sparse.linalg.eigsh(a, k)
        return values[::-1], vectors[:, ::-1]

    peers = {"scipy subset": by_subset, "numpy all": by_all}
    if k < n - 1:
        peers["scipy eigsh"] = by_lanczos
    return Calls(partial(mml.top_eigh, a, k), peers, pairs_of(a, draw.dtype, 10))


@entry("eigen", "power_iteration")
def power_iteration(draw: Draw) -> Calls:
    n = draw.size(2, 300)
    # A value well apart from the others, as for a matrix of positive numbers.
    a = draw.lay((draw.rng.random((n, n)) + np.eye(n)).astype(draw.dtype))
    tol = 1e-10 if draw.dtype == "float64" else 1e-5

    def loop() -> Any:
        v = np.ones(n, a.dtype) / np.sqrt(n)
        while True:
            w = a @ v
            value = v @ w
            if np.linalg.norm(w - value * v) <= tol * abs(value):
                return value
            v = w / np.linalg.norm(w)

    def check(expected: Any, got: Any) -> None:
        near(draw.dtype, 10)(expected, getattr(got, "value", got))

    return Calls(partial(mml.power_iteration, a, tol=tol), {"numpy loop": loop}, check)


@entry("eigen", "characteristic_polynomial", 0.5)
def characteristic_polynomial(draw: Draw) -> Calls:
    n = draw.size(2, 30)
    a = draw.array(n, n)
    peers = {"numpy": partial(np.poly, a)}
    return Calls(partial(mml.characteristic_polynomial, a), peers, near(draw.dtype, 100))


@entry("eigen", "diagonalize", 0.5)
def diagonalize(draw: Draw) -> Calls:
    a = general(draw)
    n = a.shape[-1]

    def by_numpy() -> Any:
        values, vectors = np.linalg.eig(a)
        d = np.zeros(a.shape, values.dtype)
        d[..., np.arange(n), np.arange(n)] = values
        return vectors, d, np.linalg.inv(vectors)

    def check(_expected: Any, got: Any) -> None:
        near(draw.dtype, 1000)(a, got[0] @ got[1] @ got[2])

    return Calls(partial(mml.diagonalize, a), {"numpy": by_numpy}, check)


@entry("eigen", "matrix_power")
def matrix_power(draw: Draw) -> Calls:
    n = draw.size(2, 200)
    power = draw.choice(2, 3, 5, 10, 20, -1, -3)
    draw.say(f"power {power}")
    a = draw.matrix(*draw.stack(n * n, 300_000), n, n)
    a /= np.asarray(2 * np.sqrt(n), a.dtype)
    peers = {"numpy": partial(np.linalg.matrix_power, a, power)}
    return Calls(partial(mml.matrix_power, a, power), peers, near(draw.dtype, 100))
