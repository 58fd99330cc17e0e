"""Nothing along an axis: the right empty result, or a sentence that names the argument. Every function, every axis in turn."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mmlcore as mml

o = np.ones
NONE = np.zeros(0, int)

# Each argument is the length of an axis.
CALLS: dict[str, Callable[..., Any]] = {
    "inner": lambda b, n: mml.inner(o((b, n)), o((b, n))),
    "inner1": lambda b, n: mml.inner(o(n), o(n)),
    "length": lambda b, n: mml.length(o((b, n))),
    "distance": lambda b, n: mml.distance(o((b, n)), o((b, n))),
    "cosine": lambda b, n: mml.cosine(o((b, n)), o((b, n))),
    "angle": lambda b, n: mml.angle(o((b, n)), o((b, n))),
    "scalar_projection": lambda b, n: mml.scalar_projection(o((b, n)), o((b, n))),
    "vector_projection": lambda b, n: mml.vector_projection(o((b, n)), o((b, n))),
    "pairwise": lambda m, n, k: mml.pairwise_distances(o((m, k)), o((n, k))),
    "pairwise self": lambda m, k: mml.pairwise_distances(o((m, k))),
    "nearest": lambda m, n, k: mml.nearest_neighbors(o((m, k)), o((n, k)), 1),
    "is_independent": lambda m, n: mml.is_independent(np.eye(m, n) if m and n else o((m, n))),
    "coordinates": lambda b, n: mml.coordinates(o((b, n)), np.eye(n)),
    "matmul": lambda m, k, n: mml.matmul(o((m, k)), o((k, n))),
    "matmul b": lambda b, m, k, n: mml.matmul(o((b, m, k)), o((b, k, n))),
    "einsum": lambda m, k, n: mml.einsum("ij,jk->ik", o((m, k)), o((k, n))),
    "compose": lambda n: mml.compose(o((n, n)), o((n, n))),
    "change_basis": lambda n: mml.change_basis(o((n, n)), np.eye(n)),
    "transform_points": lambda m, n: mml.transform_points(o((n, n)), o((m, n))),
    "transform_image": lambda m, n: mml.transform_image(o((m, n)), np.eye(2)),
    "classify": lambda n: mml.classify(o((n, n))),
    "row_echelon": lambda m, n: mml.row_echelon(o((m, n))),
    "row_echelon b": lambda b, m, n: mml.row_echelon(o((b, m, n))),
    "solve": lambda n, k: mml.solve(np.eye(n), o((n, k))),
    "solve b": lambda b, n, k: mml.solve(np.zeros((b, 1, 1)) + np.eye(n), o((b, n, k))),
    "inverse": lambda b, n: mml.inverse(np.zeros((b, 1, 1)) + np.eye(n)),
    "determinant": lambda b, n: mml.determinant(np.zeros((b, 1, 1)) + np.eye(n)),
    "determinant1": lambda n: mml.determinant(np.eye(n)),
    "slogdet": lambda b, n: mml.slogdet(np.zeros((b, 1, 1)) + np.eye(n)),
    "lu": lambda m, n: mml.lu(o((m, n))),
    "cholesky": lambda b, n: mml.cholesky(np.zeros((b, 1, 1)) + np.eye(n)),
    "rank": lambda m, n: mml.rank(o((m, n))),
    "null_space b": lambda b, m, n: mml.null_space(o((b, m, n))),
    "orthogonal_complement b": lambda b, m, n: mml.orthogonal_complement(o((b, m, n))),
    "lstsq": lambda b, m, n, k: mml.lstsq(o((b, m, n)), o((b, m, k))),
    "lstsq1": lambda m, n: mml.lstsq(o((m, n)), o(m)),
    "pinv": lambda b, m, n: mml.pinv(o((b, m, n))),
    "null_space": lambda m, n: mml.null_space(o((m, n))),
    "is_singular": lambda b, n: mml.is_singular(o((b, n, n))),
    "condition": lambda m, n: mml.condition(o((m, n))),
    "gram_schmidt": lambda m, n: mml.gram_schmidt(o((m, n))),
    "qr": lambda m, n: mml.qr(o((m, n))),
    "qr b": lambda b, m, n: mml.qr(o((b, m, n))),
    "span_dimension": lambda m, n: mml.span_dimension(o((m, n))),
    "projection_matrix": lambda m, n: mml.projection_matrix(np.eye(m, n)),
    "project": lambda b, m, n: mml.project(o((b, m)), np.eye(m, n)),
    "project1": lambda m, n: mml.project(o(m), np.eye(m, n)),
    "is_orthogonal": lambda m, n: mml.is_orthogonal(np.eye(m, n)),
    "orthogonal_complement": lambda m, n: mml.orthogonal_complement(o((m, n))),
    "eigh": lambda b, n: mml.eigh(o((b, n, n))),
    "eig": lambda b, n: mml.eig(o((b, n, n))),
    "eigvals": lambda b, n: mml.eigvals(o((b, n, n))),
    "eigvalsh": lambda b, n: mml.eigvalsh(o((b, n, n))),
    "top_eigh": lambda n: mml.top_eigh(o((n, n)), 1),
    "power_iteration": lambda n: mml.power_iteration(o((n, n))),
    "charpoly": lambda n: mml.characteristic_polynomial(o((n, n))),
    "diagonalize": lambda n: mml.diagonalize(o((n, n))),
    "matrix_power": lambda b, n: mml.matrix_power(o((b, n, n)), 3),
    "matrix_power0": lambda b, n: mml.matrix_power(o((b, n, n)), 0),
    "mean": lambda m, n: mml.mean(o((m, n))),
    "variance": lambda m, n: mml.variance(o((m, n))),
    "covariance": lambda m, n: mml.covariance(o((m, n))),
    "correlation": lambda m, n: mml.correlation(o((m, n))),
    "affine_mean": lambda m, n: mml.affine_mean(o(n), o((m, n)), o(m)),
    "affine_cov": lambda m, n: mml.affine_covariance(np.eye(n), o((m, n))),
    "Moments": lambda m, n: mml.Moments(n).update(o((m, n))).covariance(),
    "PCA": lambda m, n: mml.PCA().fit(o((m, n))).components_,
    "from_edges": lambda n: mml.Graph.from_edges(NONE, NONE, num_nodes=n).num_nodes,
    "pagerank": lambda n: mml.pagerank(mml.Graph.from_edges(NONE, NONE, num_nodes=n)).ranks,
    "link_matrix": lambda n: mml.link_matrix(mml.Graph.from_edges(NONE, NONE, num_nodes=n)),
    "gradient": lambda b, n: mml.gradient(lambda x: np.sum(x * x), o((b, n))),
    "jacobian": lambda b, n: mml.jacobian(lambda x: x * x, o((b, n))),
    "hessian": lambda b, n: mml.hessian(lambda x: np.sum(x * x), o((b, n))),
    "derivative": lambda b: mml.derivative(np.sin, o(b)),
    "taylor": lambda b: mml.taylor(np.sin, o(b), 3).coefficients,
    "newton": lambda n: mml.newton(lambda x: x * x - 2, o(n)).x,
    "newton b": lambda b, n: mml.newton(lambda x: x * x - 2, o((b, n))).x,
    "minimize": lambda n: mml.minimize(lambda x: np.sum((x - 1) ** 2), np.zeros(n)).x,
    "linear_regression": lambda m, n: mml.linear_regression(o((m, n)), o(m)),
    "curve_fit": lambda m: mml.curve_fit(lambda x, a: a * x, o(m), o(m), [1.0]).parameters,
    "curve_fit_batch": lambda b, m: (
        mml.curve_fit_batch(lambda x, a: a * x, np.arange(1.0, m + 1), o((b, m)), [1.0]).parameters
    ),
    "finite_difference": lambda n: mml.finite_difference(lambda x: np.sum(x * x), o(n)),
    "lagrange": lambda n: mml.lagrange(lambda x: np.sum(x * x), lambda x: np.sum(x) - 1, o(n)).x,
}


def cases() -> list[Any]:
    """Every call with every choice of axes that are empty, at least one."""
    return [
        pytest.param(call, sizes, id=f"{name} {sizes}")
        for name, call in CALLS.items()
        for sizes in itertools.product((0, 3), repeat=len(inspect.signature(call).parameters))
        if 0 in sizes
    ]


@pytest.mark.parametrize(("call", "sizes"), cases())
def test_nothing_along_an_axis(call: Callable[..., Any], sizes: tuple[int, ...]) -> None:
    try:
        with np.errstate(all="raise"):
            told = call(*sizes)
    except ValueError as refused:
        assert re.match(r"[\w, ]+: |There are no points", str(refused)), str(refused)
        return
    for part in told if isinstance(told, tuple) else (told,):
        if isinstance(part, np.ndarray) and part.dtype.kind in "fc":
            assert not np.isnan(part).any()


def test_sums_and_products_of_nothing() -> None:
    """What mathematics says of them."""
    assert not mml.matmul(o((2, 0)), o((0, 3))).any()
    assert mml.determinant(o((0, 0))) == 1
    assert (mml.determinant(o((4, 0, 0))) == 1).all()
    assert mml.inner(o(0), o(0)) == 0
    assert (mml.matrix_power(o((0, 0)), 5)).shape == (0, 0)
    np.testing.assert_array_equal(mml.null_space(o((0, 3))), np.eye(3))
    assert mml.characteristic_polynomial(o((0, 0))).tolist() == [1]
    assert mml.rank(o((0, 4))) == 0
    np.testing.assert_array_equal(mml.projection_matrix(o((3, 0))), np.zeros((3, 3)))
