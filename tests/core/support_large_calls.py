"""Calls that run for some 50 ms or more, one or more for every public function that can: what a signal may meet."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

import mmlcore as mml

rng = np.random.default_rng(20261128)


@cache
def normal(*shape: int) -> np.ndarray:
    """One array of each shape, made when it is needed first."""
    return rng.standard_normal(shape)


@cache
def positive(n: int) -> np.ndarray:
    """A symmetric positive definite matrix."""
    a = normal(n, n)
    return a @ a.T + n * np.eye(n)


@cache
def turned(n: int, items: int = 1) -> np.ndarray:
    """A complex matrix, or a stack of them."""
    a = normal(items, n, n) + 1j * normal(items, n, n)[..., ::-1]
    return a if items > 1 else a[0]


@cache
def graph() -> mml.Graph:
    """A graph of 200,000 nodes."""
    return mml.Graph.from_edges(*ends())


@cache
def ends() -> np.ndarray:
    """Ends of two million edges."""
    return rng.integers(0, 200_000, (2, 2_000_000))


def bowl(x: Any) -> Any:
    """A function of several numbers."""
    return np.sum((x - 1) ** 2 * (1 + x**2) + np.exp(np.sin(x)))


def pair(x: Any) -> Any:
    """As many results as arguments."""
    return x**2 - 2 + 0.1 * np.sin(x)


def decay(x: Any, a: Any, b: Any) -> Any:
    """A curve."""
    return a * np.exp(-b * x)


TIME = np.linspace(0, 4, 50)

LARGE: dict[str, Callable[[], Any]] = {
    "inner": lambda: mml.inner(normal(300_000, 30), normal(300_000, 30), metric=positive(30)),
    "length": lambda: mml.length(normal(300_000, 30), metric=positive(30)),
    "angle": lambda: mml.angle(normal(1_000_000, 10), normal(1_000_000, 10)),
    "vector_projection": lambda: mml.vector_projection(normal(1_000_000, 10), normal(10)),
    "pairwise_distances": lambda: mml.pairwise_distances(normal(3000, 100)),
    "nearest_neighbors": lambda: mml.nearest_neighbors(normal(20_000, 20), normal(3000, 20), 5),
    "NeighborIndex": lambda: mml.NeighborIndex(normal(300_000, 3)).query(normal(100_000, 3), 4),
    "matmul": lambda: mml.matmul(normal(1500, 1500), normal(1500, 1500)),
    "matmul reversed": lambda: mml.matmul(normal(900, 900)[:, ::-1], normal(900, 900)),
    "matmul stack": lambda: mml.matmul(normal(100_000, 6, 6), normal(100_000, 6, 6)),
    "einsum": lambda: mml.einsum("ij,jk,kl->il", *[normal(900, 900)] * 3),
    "matrix_power": lambda: mml.matrix_power(normal(600, 600) / 40, 9),
    "transform_points": lambda: mml.transform_points(normal(40, 40), normal(300_000, 40)),
    "transform_image": lambda: mml.transform_image(normal(1500, 1500), mml.rotation(0.3), order=3),
    "change_basis": lambda: mml.change_basis(normal(20_000, 8, 8), positive(8)),
    "row_echelon": lambda: mml.row_echelon(normal(700, 700)),
    "solve": lambda: mml.solve(positive(1200), normal(1200, 1200)),
    "solve stack": lambda: mml.solve(normal(200_000, 5, 5), normal(200_000, 5, 1)),
    "solve complex": lambda: mml.solve(turned(500), turned(500)),
    "inverse": lambda: mml.inverse(positive(1000)),
    "inverse stack": lambda: mml.inverse(normal(20_000, 20, 20)),
    "inverse complex": lambda: mml.inverse(turned(20, 10_000)),
    "determinant": lambda: mml.determinant(normal(30_000, 20, 20)),
    "slogdet": lambda: mml.slogdet(positive(1500)),
    "determinant complex": lambda: mml.determinant(turned(600)),
    "lu": lambda: mml.lu(positive(1200)),
    "cholesky": lambda: mml.cholesky(positive(1200)),
    "rank": lambda: mml.rank(normal(700, 700)),
    "null_space": lambda: mml.null_space(normal(300, 500)),
    "is_singular": lambda: mml.is_singular(normal(700, 700)),
    "condition": lambda: mml.condition(normal(700, 700)),
    "is_independent": lambda: mml.is_independent(normal(600, 700)),
    "coordinates": lambda: mml.coordinates(normal(900, 900), positive(900)),
    "gram_schmidt": lambda: mml.gram_schmidt(normal(100_000, 40)),
    "qr": lambda: mml.qr(normal(900, 900)),
    "project": lambda: mml.project(normal(100_000, 60), normal(60, 20)),
    "orthogonal_complement": lambda: mml.orthogonal_complement(normal(700, 300)),
    "eigh": lambda: mml.eigh(positive(500)),
    "eigh stack": lambda: mml.eigh(positive(6) + np.zeros((60_000, 1, 1))),
    "eig": lambda: mml.eig(normal(250, 250)),
    "eigvals": lambda: mml.eigvals(normal(300, 300)),
    "eigvalsh": lambda: mml.eigvalsh(positive(500)),
    "top_eigh": lambda: mml.top_eigh(positive(900), 20),
    "diagonalize": lambda: mml.diagonalize(normal(200, 200)),
    "diagonalize symmetric": lambda: mml.diagonalize(positive(500)),
    "classify": lambda: mml.classify(positive(600)),
    "power_iteration": lambda: mml.power_iteration(positive(6) + np.zeros((100_000, 1, 1))),
    "svd": lambda: mml.svd(normal(400, 300)),
    "svd stack": lambda: mml.svd(normal(20_000, 6, 6)),
    "svd complex": lambda: mml.svd(turned(180)),
    "svdvals": lambda: mml.svdvals(normal(400, 180)),
    "Graph.from_edges": lambda: mml.Graph.from_edges(*ends()),
    "pagerank": lambda: mml.pagerank(graph(), damping=0.99),
    "gradient": lambda: mml.gradient(bowl, normal(300_000, 10)),
    "jacobian": lambda: mml.jacobian(pair, normal(60_000, 10)),
    "hessian": lambda: mml.hessian(bowl, normal(60_000, 10)),
    "taylor": lambda: mml.taylor(lambda x: np.exp(np.sin(x)), normal(200_000), 10).coefficients,
    "newton": lambda: mml.newton(pair, 1 + rng.random((20_000, 4))),
    "minimize": lambda: mml.minimize(bowl, np.full(300, 0.5), method="bfgs"),
    "minimize many": lambda: mml.minimize(bowl, 0.5 * normal(20_000, 4), method="lbfgs"),
    "minimize_globally": lambda: mml.minimize_globally(
        bowl, [(-3, 3)] * 8, population=2000, generations=60, raise_on_failure=False
    ),
    "curve_fit_batch": lambda: mml.curve_fit_batch(
        decay, TIME, 2 * np.exp(-1.3 * TIME) + 0.01 * normal(20_000, 50), [1.0, 1.0]
    ),
    "linear_regression": lambda: mml.linear_regression(normal(300_000, 20), normal(300_000)),
    "linear_regression stack": lambda: mml.linear_regression(
        normal(60_000, 20, 3), normal(60_000, 20)
    ),
    "linear_regression_by": lambda: mml.linear_regression_by(
        normal(1_000_000, 3), normal(1_000_000), np.arange(1_000_000) % 9973
    ),
    "logistic_regression": lambda: mml.logistic_regression(
        normal(100_000, 20), normal(100_000, 1)[:, 0] + normal(100_000, 20)[:, 0] > 0
    ),
    "mean": lambda: mml.mean(normal(2_000_000, 10)),
    "variance": lambda: mml.variance(normal(2_000_000, 10)),
    "covariance": lambda: mml.covariance(normal(300_000, 60)),
    "correlation": lambda: mml.correlation(normal(300_000, 60)),
    "PCA": lambda: mml.PCA(10).fit(normal(60_000, 100)).transform(normal(60_000, 100)),
    "PCA dual": lambda: mml.PCA(10).fit(normal(300, 20_000)),
    "MLP": lambda: mml.MLP([20, 30, 1], epochs=3, random_state=0).fit(
        normal(20_000, 20), normal(20_000)
    ),
}
