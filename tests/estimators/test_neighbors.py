"""Estimators of neighbours beside scikit-learn's own."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")
from scipy import sparse
from sklearn import neighbors

from mmlcore.estimators import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    NearestNeighbors,
    space,
)

PAIRS = [
    (KNeighborsClassifier, neighbors.KNeighborsClassifier),
    (KNeighborsRegressor, neighbors.KNeighborsRegressor),
    (NearestNeighbors, neighbors.NearestNeighbors),
]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_the_same_parameters(ours, theirs):
    assert ours().get_params() == theirs().get_params()


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine"])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_nearest_like_theirs(metric, kind, dtype, rng):
    x, q = (rng.standard_normal((n, 4)).astype(dtype) for n in (80, 11))
    ours = NearestNeighbors(n_neighbors=3, metric=metric).fit(kind(x))
    theirs = neighbors.NearestNeighbors(n_neighbors=3, metric=metric, algorithm="brute").fit(x)
    tolerance = 1e-3 if dtype == np.float32 else 1e-7
    for asked in (q, None):
        own = asked if asked is None else kind(asked)
        for a, b in zip(ours.kneighbors(own), theirs.kneighbors(asked), strict=True):
            np.testing.assert_allclose(a, b, atol=tolerance)
        for options in ({}, {"sort_results": True}):
            found = ours.radius_neighbors(own, 0.8, **options)
            right = theirs.radius_neighbors(asked, 0.8, **options)
            for a, b in zip(*found, strict=True):
                assert len(a) == len(b)
            for a, b in zip([*found[0], *found[1]], [*right[0], *right[1]], strict=True):
                np.testing.assert_allclose(a, b, atol=tolerance)
        for mode in ("connectivity", "distance"):
            for name in ("kneighbors_graph", "radius_neighbors_graph"):
                a = getattr(ours, name)(own, mode=mode)
                b = getattr(theirs, name)(asked, mode=mode)
                assert a.shape == b.shape
                np.testing.assert_allclose(a.toarray(), b.toarray(), atol=tolerance)
    assert ours.kneighbors(q, 2, return_distance=False).shape == (11, 2)


def test_rows_of_zeros_point_nowhere():
    x, q = np.array([[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]]), np.array([[2.0, 0.0], [0.0, 0.0]])
    ours = NearestNeighbors(n_neighbors=3, metric="cosine").fit(x)
    theirs = neighbors.NearestNeighbors(n_neighbors=3, metric="cosine").fit(x)
    for a, b in zip(ours.kneighbors(q), theirs.kneighbors(q), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-15)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_sparse_points_by_blocks(metric, monkeypatch, rng):
    x = sparse.random_array((90, 30), density=0.2, rng=rng, format="csr")
    whole = NearestNeighbors(metric=metric).fit(x.toarray())
    monkeypatch.setattr(space, "_DENSE", 0)
    monkeypatch.setattr(space, "_BLOCK", 30 * 8 * 20)
    parts = NearestNeighbors(metric=metric).fit(x)
    for asked in (None, x[:50]):
        dense = None if asked is None else asked.toarray()
        for a, b in zip(parts.kneighbors(asked), whole.kneighbors(dense), strict=True):
            np.testing.assert_array_equal(a, b)
        found = (m.radius_neighbors(at, 0.9) for m, at in ((parts, asked), (whole, dense)))
        for a, b in zip(*found, strict=True):
            assert all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))


@pytest.mark.parametrize("weights", ["uniform", "distance", None, lambda d: 1 / (1 + d)])
def test_several_outputs(weights, rng):
    x, q = rng.standard_normal((120, 3)), rng.standard_normal((15, 3))
    q[0] = x[7]
    labels = np.stack([rng.integers(0, 3, 120), rng.integers(5, 7, 120)], axis=1)
    ours = KNeighborsClassifier(4, weights=weights).fit(x, labels)
    theirs = neighbors.KNeighborsClassifier(4, weights=weights).fit(x, labels)
    np.testing.assert_array_equal(ours.predict(q), theirs.predict(q))
    for a, b in zip(ours.predict_proba(q), theirs.predict_proba(q), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)
    for targets in (labels, labels[:, 0], rng.standard_normal((120, 2))):
        ours = KNeighborsRegressor(4, weights=weights).fit(x, targets)
        theirs = neighbors.KNeighborsRegressor(4, weights=weights).fit(x, targets)
        for asked in (q, None):
            np.testing.assert_allclose(ours.predict(asked), theirs.predict(asked), rtol=1e-12)
        if callable(weights):
            continue
        again = pickle.loads(pickle.dumps(ours))
        np.testing.assert_array_equal(again.predict(q), ours.predict(q))


def test_distances_too_small_for_a_reciprocal():
    x = np.array([[0.0], [1e-320], [1.0]])
    assert KNeighborsRegressor(2, weights="distance").fit(x, [1.0, 3.0, 9.0]).predict(
        [[5e-321]]
    ) == [2.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "precomputed"}, "metric: got 'precomputed', needed one of 'euclidean'"),
        ({"p": 1}, "p: got 1, needed 2"),
        ({"algorithm": "magic"}, "algorithm: got 'magic'"),
        ({"leaf_size": 0}, "leaf_size: got 0"),
        ({"n_neighbors": 0}, "n_neighbors: got 0"),
        ({"metric_params": {"w": 1}}, r"metric_params: got \['w'\]"),
    ],
)
@pytest.mark.parametrize("kind", [KNeighborsClassifier, KNeighborsRegressor, NearestNeighbors])
def test_refusals(kind, options, message, rng):
    with pytest.raises(ValueError, match=message):
        kind(**options).fit(rng.standard_normal((20, 2)), rng.integers(0, 2, 20))


def test_queries_that_do_not_fit(rng):
    model = NearestNeighbors(n_neighbors=4).fit(rng.standard_normal((4, 2)))
    for call, message in (
        (lambda: model.kneighbors(np.full((1, 2), np.nan)), "contains NaN"),
        (lambda: model.kneighbors(np.ones((1, 3))), "3 features"),
        (model.kneighbors, "Expected n_neighbors < n_samples_fit"),
        (lambda: model.kneighbors(np.ones((1, 2)), 5), "Expected n_neighbors <= n_samples_fit"),
        (lambda: model.kneighbors(np.ones((1, 2)), 0), "Expected n_neighbors > 0"),
        (lambda: model.radius_neighbors(np.ones((1, 2)), -1), "radius: got -1"),
        (lambda: model.kneighbors_graph(mode="no"), "Unsupported mode"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="n_neighbors does not take"):
        model.kneighbors(np.ones((1, 2)), 1.5)
