"""Numbers that lie anywhere in memory: arrays of another process begin at any byte, and kernels count on alignment."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import mmlcore as mml

RNG = np.random.default_rng(0)
POINTS = RNG.standard_normal((60, 5))
ENDS = RNG.integers(0, 20, (2, 90))


def anywhere(thing: Any) -> Iterator[Any]:
    """Yield copies as a cluster sends them, out of one message: at every distance from an aligned place, half read-only."""
    buffers: list[pickle.PickleBuffer] = []
    content = pickle.dumps(thing, protocol=5, buffer_callback=buffers.append)
    for shift in range(8):
        kind = bytes if shift % 2 else bytearray
        moved = [memoryview(kind(bytes(shift) + bytes(part.raw())))[shift:] for part in buffers]
        yield pickle.loads(content, buffers=moved)


def test_the_copies_are_not_aligned() -> None:
    assert not all(a.flags.aligned for a in anywhere(POINTS))


def moments(points: np.ndarray) -> np.ndarray:
    return mml.Moments(5).update(points).covariance()


@pytest.mark.parametrize(
    "function",
    [
        np.asarray,
        mml.mean,
        mml.covariance,
        moments,
        lambda x: mml.PCA(2).fit_transform(x),
        lambda x: mml.matmul(x.T, x),
        lambda x: mml.solve(x[:5], x[5:10]),
        lambda x: mml.qr(x)[1],
        lambda x: mml.linear_regression(x, x[:, 0]).coefficients,
        lambda x: mml.nearest_neighbors(x, x, 3).indices,
        lambda x: mml.gradient(lambda v: np.sum(v * v), x),
        lambda x: mml.eigvals(x[:5] + 0j),
    ],
)
def test_arguments(function: Callable[[np.ndarray], np.ndarray]) -> None:
    expected = function(POINTS)
    for copy in anywhere(POINTS):
        np.testing.assert_allclose(function(copy), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("make", "use"),
    [
        (lambda x: mml.PCA(3).fit(x), lambda model, x: model.transform(x)),
        (lambda x: mml.PCA(3, whiten=True).fit(x), lambda model, x: model.transform(x)),
        (lambda x: mml.PCA(3).fit(x), lambda model, x: model.score_samples(x)),
        (lambda x: mml.PPCA(2).fit(x), lambda model, x: model.transform(x)),
        (lambda x: mml.Moments(5).update(x), lambda model, x: (model + model).covariance()),
        (
            lambda x: mml.MLP([5, 4, 1], random_state=0, epochs=2).fit(x, x[:, 0]),
            lambda model, x: model.predict(x),
        ),
        (
            lambda x: mml.Function(lambda v: np.sum(v @ x[:5].astype(float)), 5),
            lambda model, x: model.gradient(x),
        ),
        (lambda x: mml.Graph.from_edges(*ENDS), lambda model, x: mml.pagerank(model).ranks),
        (
            lambda x: mml.Graph.from_edges(*ENDS, weight=np.arange(1.0, 91)),
            lambda model, x: mml.pagerank(model).ranks,
        ),
    ],
)
def test_models(
    make: Callable[[np.ndarray], Any], use: Callable[[Any, np.ndarray], Any], dtype: Any
) -> None:
    x = POINTS.astype(dtype)
    model = make(x)
    expected = use(model, x)
    for copy in anywhere(model):
        np.testing.assert_array_equal(use(copy, x), expected)


def test_models_go_on_learning() -> None:
    y = POINTS[:, 0]
    net = mml.MLP([5, 4, 1], random_state=0, epochs=2, warm_start=True).fit(POINTS, y)
    moments = mml.Moments(5).update(POINTS)
    for copied, added in anywhere((net, moments)):
        assert copied.fit(POINTS, y).n_iter_ == 2 * net.n_iter_
        assert added.update(POINTS).count == 120
    np.testing.assert_allclose(moments.mean, mml.mean(POINTS), rtol=1e-13)


def test_columns_of_a_graph() -> None:
    expected = mml.pagerank(mml.Graph.from_edges(*ENDS)).ranks
    for source, target in anywhere((ENDS[0], ENDS[1].astype(np.int32))):
        found = mml.pagerank(mml.Graph.from_edges(source, target)).ranks
        np.testing.assert_array_equal(found, expected)


def test_sparse_matrices() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.random_array((300, 40), density=0.1, rng=1, format="csr")
    expected = mml.PCA(2, solver="lanczos", random_state=0).fit(matrix).components_
    square = sparse.csr_array(sparse.random_array((30, 30), density=0.2, rng=2))
    ranks = mml.pagerank(mml.Graph.from_scipy(square)).ranks
    for rows, links, pairs in anywhere((matrix, square, square.tocoo())):
        found = mml.PCA(2, solver="lanczos", random_state=0).fit(rows).components_
        np.testing.assert_array_equal(found, expected)
        for form in (links, links.tocsc(), pairs):
            found = mml.pagerank(mml.Graph.from_scipy(form)).ranks
            np.testing.assert_allclose(found, ranks, rtol=1e-12)
