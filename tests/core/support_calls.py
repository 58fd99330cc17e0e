"""One call of every public function, on small data: what leaks, threads and the interpreter's lock are tested with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import mmlcore as mml

rng = np.random.default_rng(20261127)
V, W = rng.standard_normal((2, 40, 5))
A = rng.standard_normal((30, 6, 6))
S = A @ np.swapaxes(A, -1, -2) + np.eye(6)
TALL = rng.standard_normal((200, 6))
SQUARE = rng.standard_normal((24, 24))
SYM = SQUARE @ SQUARE.T + np.eye(24)
Y = TALL @ np.arange(1.0, 7.0) + 0.1 * rng.standard_normal(200)
TIME = np.linspace(0, 4, 30)
CURVES = 2 * np.exp(-1.3 * TIME) + 0.01 * rng.standard_normal((20, 30))
ENDS = rng.integers(0, 100, (2, 800))
GRAPH = mml.Graph.from_edges(*ENDS)
FOLDER = TemporaryDirectory(prefix="mmlcore-")
EDGES = Path(FOLDER.name, "edges.txt")
EDGES.write_text("".join(f"{i} {i * i % 97} 0.5\n" for i in range(3000)), encoding="ascii")
GRAPH.save(EDGES.with_name("saved"))
PCA = mml.PCA(3).fit(TALL)
PPCA = mml.PPCA(2).fit(TALL)
NET = mml.MLP([6, 8, 1], epochs=2, random_state=0).fit(TALL, Y)
IMAGE = rng.random((20, 30))
TRACED = mml.Function(lambda x: np.sum(np.sin(x) * x), 5)


def bowl(x: Any) -> Any:
    """A function of several numbers."""
    return np.sum((x - 1) ** 2 * (1 + x**2))


def pair(x: Any) -> Any:
    """As many results as arguments."""
    return x**2 - 2 + 0.1 * np.sin(x)


def decay(x: Any, a: Any, b: Any) -> Any:
    """A curve."""
    return a * np.exp(-b * x)


def fall(v: Any) -> Any:
    """Residuals of that curve."""
    return decay(TIME, v[0], v[1]) - CURVES[0]


CALLS: dict[str, Callable[[], Any]] = {
    "inner": lambda: mml.inner(V, W),
    "length": lambda: mml.length(V, metric=S[0, :5, :5]),
    "distance": lambda: mml.distance(V, W),
    "angle": lambda: mml.angle(V, W),
    "cosine": lambda: mml.cosine(V, W),
    "scalar_projection": lambda: mml.scalar_projection(V, W),
    "vector_projection": lambda: mml.vector_projection(V, W),
    "pairwise_distances": lambda: mml.pairwise_distances(V, W),
    "nearest_neighbors": lambda: mml.nearest_neighbors(V, W, 3),
    "NeighborIndex": lambda: mml.NeighborIndex(V).query(W, 3),
    "is_independent": lambda: mml.is_independent(V[:3]),
    "coordinates": lambda: mml.coordinates(V[:, :5], S[0, :5, :5]),
    "matmul": lambda: mml.matmul(A, A),
    "einsum": lambda: mml.einsum("bij,bjk->bik", A, A),
    "rotation": lambda: mml.rotation(0.5),
    "rotation3d": lambda: mml.rotation3d([1, 2, 3], 0.5),
    "scaling": lambda: mml.scaling(1, 2, 3),
    "shear": lambda: mml.shear(0.5),
    "row_swap": lambda: mml.row_swap(6, 1, 4),
    "row_scale": lambda: mml.row_scale(6, 1, 0.5),
    "row_add": lambda: mml.row_add(6, 1, 4, 2.0),
    "trace": lambda: mml.trace(A),
    "cross": lambda: mml.cross(V[:, :3], W[:, :3]),
    "reflection": lambda: mml.reflection([1, 2, 3]),
    "oblique_projection": lambda: mml.oblique_projection([1.0, 2, 3], [1.0, 1, 1]),
    "compose": lambda: mml.compose(A, A),
    "change_basis": lambda: mml.change_basis(A, S),
    "transform_points": lambda: mml.transform_points(A[0], TALL),
    "transform_image": lambda: mml.transform_image(IMAGE, mml.rotation(0.3)),
    "classify": lambda: mml.classify(SYM),
    "row_echelon": lambda: mml.row_echelon(A, reduced=True),
    "solve": lambda: mml.solve(A, A),
    "solve one": lambda: mml.solve(SQUARE, SQUARE[0]),
    "solve complex": lambda: mml.solve(A + 1j, A + 2j),
    "inverse complex": lambda: mml.inverse(SQUARE + 1j),
    "determinant complex": lambda: mml.determinant(A + 1j),
    "slogdet complex": lambda: mml.slogdet(A + 1j),
    "matmul complex": lambda: mml.matmul(A + 1j, A + 2j),
    "matrix_power complex": lambda: mml.matrix_power(A + 1j, -2),
    "power_iteration stack": lambda: mml.power_iteration(S, tol=1e-4),
    "svdvals one": lambda: mml.svdvals(SQUARE),
    "svd complex": lambda: mml.svd(A + 1j),
    "qr complex": lambda: mml.qr(A + 1j),
    "solve small": lambda: mml.solve(SQUARE[:3, :3], SQUARE[0, :3]),
    "inverse one": lambda: mml.inverse(SQUARE[:4, :4]),
    "determinant one": lambda: mml.determinant(SQUARE),
    "matmul one": lambda: mml.matmul(SQUARE, SQUARE),
    "matmul larger": lambda: mml.matmul(TALL, TALL.T),
    "inverse": lambda: mml.inverse(A),
    "determinant": lambda: mml.determinant(A),
    "slogdet": lambda: mml.slogdet(A),
    "lu": lambda: mml.lu(A),
    "cholesky": lambda: mml.cholesky(S),
    "rank": lambda: mml.rank(A),
    "null_space": lambda: mml.null_space(TALL[:4]),
    "is_singular": lambda: mml.is_singular(A),
    "condition": lambda: mml.condition(A),
    "lstsq": lambda: mml.lstsq(A[:, :, :3], A),
    "pinv": lambda: mml.pinv(A[:, :, :3]),
    "svd": lambda: mml.svd(A),
    "svdvals": lambda: mml.svdvals(A),
    "gram_schmidt": lambda: mml.gram_schmidt(TALL),
    "qr": lambda: mml.qr(A),
    "span_dimension": lambda: mml.span_dimension(TALL),
    "projection_matrix": lambda: mml.projection_matrix(TALL[:9]),
    "project": lambda: mml.project(TALL, SQUARE[:6, :2]),
    "is_orthogonal": lambda: mml.is_orthogonal(A),
    "orthogonal_complement": lambda: mml.orthogonal_complement(TALL[:9]),
    "eigh": lambda: mml.eigh(S),
    "top_eigh": lambda: mml.top_eigh(SYM, 3),
    "eig": lambda: mml.eig(A),
    "eigvals": lambda: mml.eigvals(A),
    "eigvalsh": lambda: mml.eigvalsh(S),
    "power_iteration": lambda: mml.power_iteration(SYM, tol=1e-4),
    "characteristic_polynomial": lambda: mml.characteristic_polynomial(A[0]),
    "diagonalize": lambda: mml.diagonalize(SYM),
    "matrix_power": lambda: mml.matrix_power(A / 4, 5),
    "Graph.from_edges": lambda: mml.Graph.from_edges(*ENDS, combine="sum").num_edges,
    "Graph.from_labels": lambda: mml.Graph.from_labels(["a", "b"], ["b", "a"]).labels,
    "Graph.read text": lambda: mml.Graph.read(EDGES).num_edges,
    "Graph.read": lambda: mml.Graph.read(EDGES.with_name("saved")).num_edges,
    "pagerank": lambda: mml.pagerank(GRAPH),
    "link_matrix": lambda: mml.link_matrix(GRAPH),
    "derivative": lambda: mml.derivative(np.sin, TIME, order=2),
    "gradient": lambda: mml.gradient(bowl, V),
    "value_and_gradient": lambda: mml.value_and_gradient(bowl, V),
    "jacobian": lambda: mml.jacobian(pair, V),
    "hessian": lambda: mml.hessian(bowl, V),
    "sparse_hessian": lambda: mml.sparse_hessian(bowl, V[0]),
    "sparse_jacobian": lambda: mml.sparse_jacobian(pair, V[0]),
    "hessian_vector_product": lambda: mml.hessian_vector_product(bowl, V, W),
    "jacobian_vector_product": lambda: mml.jacobian_vector_product(pair, V, W),
    "vector_jacobian_product": lambda: mml.vector_jacobian_product(pair, V, W),
    "directional_derivative": lambda: mml.directional_derivative(bowl, V, W),
    "total_derivative": lambda: mml.total_derivative(bowl, pair, TIME[:5]),
    "taylor": lambda: mml.taylor(np.exp, TIME, 5).coefficients,
    "loop": lambda: mml.loop(lambda i, s: 0.5 * s + i, V[0], 9),
    "linearize": lambda: mml.linearize(pair, V[0]).jacobian,
    "finite_difference": lambda: mml.finite_difference(bowl, V[0]),
    "check_gradient": lambda: mml.check_gradient(bowl, V[0])[1:],
    "classify_stationary": lambda: mml.classify_stationary(bowl, np.ones(3))[1:],
    "parity": lambda: mml.parity(np.cos),
    "Function": lambda: TRACED(V),
    "newton": lambda: mml.newton(pair, np.ones(4)).x,
    "minimize": lambda: mml.minimize(bowl, 0.5 + np.zeros(3), method="bfgs").x,
    "minimize many": lambda: mml.minimize(bowl, 0.5 + 0.1 * V, method="lbfgs").x,
    "minimize_globally": lambda: (
        mml.minimize_globally(bowl, [(-2, 3)] * 2, generations=30, raise_on_failure=False).x
    ),
    "lagrange": lambda: mml.lagrange(bowl, lambda x: np.sum(x) - 1, 0.3 * np.ones(3)).x,
    "linear_regression": lambda: mml.linear_regression(TALL, Y),
    "linear_regression stack": lambda: mml.linear_regression(A[:, :, :3], A[:, :, 5]),
    "linear_regression_by": lambda: mml.linear_regression_by(TALL[:, :2], Y, ENDS[0, :200] % 7)[:6],
    "logistic_regression": lambda: mml.logistic_regression(TALL, np.sin(9 * Y) < Y),
    "polynomial_fit": lambda: mml.polynomial_fit(TALL[:, 0], Y, 4).coefficients,
    "least_squares": lambda: mml.least_squares(fall, [1.0, 1.0]).parameters,
    "summary": lambda: mml.linear_regression(TALL, Y).summary(),
    "linear_regression_rolling": lambda: mml.linear_regression_rolling(TALL[:, :2], Y, 20)[:6],
    "curve_fit": lambda: mml.curve_fit(decay, TIME, CURVES[0], [1.0, 1.0]).parameters,
    "curve_fit_batch": lambda: mml.curve_fit_batch(decay, TIME, CURVES, [1.0, 1.0]).parameters,
    "mean": lambda: mml.mean(TALL),
    "variance": lambda: mml.variance(TALL),
    "median": lambda: mml.median(TALL),
    "quantile": lambda: mml.quantile(TALL, [0.25, 0.75]),
    "standardize": lambda: mml.standardize(TALL),
    "covariance": lambda: mml.covariance(TALL),
    "correlation": lambda: mml.correlation(TALL),
    "affine_mean": lambda: mml.affine_mean(TALL[0], SQUARE[:3, :6], [1.0, 2, 3]),
    "affine_covariance": lambda: mml.affine_covariance(S[0], SQUARE[:3, :6]),
    "Moments": lambda: sum([mml.Moments(6).update(TALL), mml.Moments(6).update(TALL)]).covariance(
        1
    ),
    "PCA.fit": lambda: mml.PCA(3).fit_transform(TALL),
    "PCA.partial_fit": lambda: mml.PCA(3).partial_fit(TALL).components_,
    "PCA.transform": lambda: PCA.inverse_transform(PCA.transform(TALL)),
    "PCA.score_samples": lambda: PCA.score_samples(TALL),
    "PPCA": lambda: PPCA.transform(TALL),
    "MLP.predict": lambda: NET.predict(TALL),
    "MLP.gradients": lambda: NET.gradients(TALL, Y)[0],
    "MLP.fit": lambda: mml.MLP([6, 4, 1], epochs=1, random_state=0).fit(TALL, Y).predict(TALL),
}
