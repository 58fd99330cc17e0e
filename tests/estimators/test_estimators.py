"""The estimators in scikit-learn's own hands: its checks, its pipelines and frames, and its tests of PCA."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mmlcore as mml

pytest.importorskip("sklearn")
from sklearn import datasets, decomposition, linear_model, neighbors
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from mmlcore.estimators import (
    PCA,
    IncrementalPCA,
    KNeighborsClassifier,
    KNeighborsRegressor,
    LinearRegression,
    MLPClassifier,
    MLPRegressor,
    NearestNeighbors,
    Ridge,
    StandardScaler,
    TruncatedSVD,
)

HERE = Path(__file__).parent
ESTIMATORS = [
    PCA(),
    PCA(whiten=True),
    PCA(svd_solver="randomized"),
    KNeighborsClassifier(),
    KNeighborsClassifier(weights="distance", metric="cosine"),
    KNeighborsRegressor(),
    NearestNeighbors(),
    LinearRegression(),
    LinearRegression(fit_intercept=False),
    LinearRegression(positive=True),
    Ridge(),
    StandardScaler(),
    IncrementalPCA(),
    TruncatedSVD(),
    MLPClassifier(),
    MLPClassifier(solver="sgd", learning_rate="adaptive"),
    MLPRegressor(),
    MLPRegressor(solver="lbfgs"),
]


CHECKS = parametrize_with_checks(
    ESTIMATORS
).mark  # with an iterator before scikit-learn 1.8, which pytest 9 refuses


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(CHECKS.args[0], list(CHECKS.args[1]), **CHECKS.kwargs)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_scikit_learn_own_tests_of_pca(tmp_path):
    """All but those of a private name (which solver 'auto' took, what theirs estimate the dimension with), and one of likelihoods.

    That one asks for another likelihood where scores are whitened, although the data are the same.
    """
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "replace_pca"),
            *("--pyargs", "sklearn.decomposition.tests.test_pca"),
            *("-k", "not test_pca_svd_solver_auto and not (test_pca_score and not samples)"),
        ],
        env={**os.environ, "PYTHONPATH": str(HERE)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"fits of ours: (\d+)", done.stdout)[1]) > 500


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames(library):
    frames = pytest.importorskip(library)
    x, y = datasets.load_iris(return_X_y=True)
    frame = frames.DataFrame(dict(zip("abcd", x.T, strict=True)))
    model = PCA(2).set_output(transform=library).fit(frame)
    out = model.transform(frame)
    assert isinstance(out, frames.DataFrame)
    assert list(out.columns) == ["pca0", "pca1"]
    np.testing.assert_allclose(out.to_numpy(), mml.PCA(2).fit_transform(x), atol=1e-12)
    if hasattr(decomposition.PCA().fit(frame), "feature_names_in_"):  # not in polars 2 before 1.8
        np.testing.assert_array_equal(model.feature_names_in_, list("abcd"))
        with pytest.raises(ValueError, match="feature names"):
            model.transform(frame[["b", "a", "c", "d"]])
    classes = KNeighborsClassifier(3).fit(frame, y)
    assert classes.score(frame, y) > 0.95


def test_pipelines_and_searches():
    x, y = datasets.load_digits(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), PCA(20), KNeighborsClassifier())
    search = GridSearchCV(
        pipeline, {"pca__n_components": [5, 25], "kneighborsclassifier__n_neighbors": [1, 3]}, cv=3
    )
    search.fit(x, y)
    assert search.best_params_["pca__n_components"] == 25
    assert search.best_score_ > 0.9
    theirs = make_pipeline(
        StandardScaler(), decomposition.PCA(20), neighbors.KNeighborsClassifier()
    )
    ours = cross_val_score(pipeline, x, y, cv=3)
    np.testing.assert_allclose(ours, cross_val_score(theirs, x, y, cv=3), atol=0.005)
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict(x[:50]), search.predict(x[:50]))
    assert clone(search.best_estimator_).get_params()["pca__n_components"] == 25


@pytest.mark.parametrize("weights", ["uniform", "distance", lambda d: np.exp(-d)])
def test_neighbors_like_theirs(weights, dtype, rng):
    x, y = rng.standard_normal((300, 5)).astype(dtype), rng.integers(0, 4, 300)
    queries = rng.standard_normal((100, 5)).astype(dtype)
    queries[:3] = x[:3]
    names = np.array(list("wxyz"))[y]
    ours = KNeighborsClassifier(7, weights=weights).fit(x, names)
    theirs = neighbors.KNeighborsClassifier(7, weights=weights, algorithm="brute").fit(x, names)
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    np.testing.assert_array_equal(ours.predict(queries), theirs.predict(queries))
    tolerance = 1e-3 if dtype == np.float32 else 1e-9
    np.testing.assert_allclose(
        ours.predict_proba(queries), theirs.predict_proba(queries), atol=tolerance
    )
    for a, b in zip(ours.kneighbors(queries, 3), theirs.kneighbors(queries, 3), strict=True):
        np.testing.assert_allclose(a, b, atol=5e-3 if dtype == np.float32 else 1e-7)


def test_mahalanobis_like_theirs(rng):
    x, y = rng.standard_normal((300, 4)) * [1, 5, 0.2, 3], rng.integers(0, 3, 300)
    given = {"metric": "mahalanobis", "metric_params": {"VI": np.linalg.inv(np.cov(x.T))}}
    ours = KNeighborsClassifier(5, **given).fit(x, y)
    theirs = neighbors.KNeighborsClassifier(5, algorithm="brute", **given).fit(x, y)
    for a, b in zip(ours.kneighbors(x), theirs.kneighbors(x), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-7)
    np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))


@pytest.mark.parametrize("targets", [1, 3])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_regression_like_theirs(targets, fit_intercept, weighted, dtype, rng):
    x = (rng.standard_normal((200, 6)) + 3).astype(dtype)
    y = (x @ rng.standard_normal((6, targets)) + rng.standard_normal((200, targets))).astype(dtype)
    y = y if targets > 1 else y[:, 0]
    weights = rng.integers(0, 3, 200).astype(float) if weighted else None
    ours = LinearRegression(fit_intercept=fit_intercept).fit(x, y, weights)
    theirs = linear_model.LinearRegression(fit_intercept=fit_intercept).fit(x, y, weights)
    tolerance = 1e-3 if dtype == np.float32 else 1e-9
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(x), rtol=tolerance, atol=tolerance)
    assert ours.coef_.shape == theirs.coef_.shape
    assert ours.score(x, y) == pytest.approx(theirs.score(x, y), rel=1e-4)


def test_cases_of_the_course():
    """knn.1 and knn.2: iris, first two features."""
    x, y = datasets.load_iris(return_X_y=True)
    assert KNeighborsClassifier(1).fit(x[:, :2], y).predict([[5.013, 3.377]]) == [0]
    assert KNeighborsClassifier(3).fit(x[:, :2], y).predict([[6.0513, 2.9471]]) == [1]


def test_iris_components():
    """The published values of pca.iris."""
    model = PCA().fit(datasets.load_iris().data)
    np.testing.assert_allclose(
        model.explained_variance_,
        [4.228241706034864, 0.24267074792863336, 0.07820950004291938, 0.023835092973449434],
        rtol=1e-9,
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, _: PCA(svd_solver="magic").fit(x), "svd_solver: got 'magic'"),
        (lambda x, _: PCA(power_iteration_normalizer="no").fit(x), "power_iteration_normalizer"),
        (lambda x, _: PCA("all").fit(x), "cannot be a string"),
        (lambda x, y: KNeighborsClassifier(0).fit(x, y), "n_neighbors: got 0"),
        (lambda x, y: KNeighborsClassifier(metric="l1").fit(x, y), "metric: got 'l1'"),
        (
            lambda x, y: KNeighborsClassifier(metric="mahalanobis").fit(x, y),
            r"metric_params: got \[\], needed {'VI': matrix} for 'mahalanobis'",
        ),
        (
            lambda x, y: KNeighborsClassifier(metric_params={"p": 2}).fit(x, y),
            r"metric_params: got \['p'\]",
        ),
        (lambda x, y: KNeighborsClassifier(weights="no").fit(x, y), "weights: got 'no'"),
        (
            lambda x, y: KNeighborsClassifier(31).fit(x, y).predict(x),
            "n_neighbors <= n_samples_fit",
        ),
    ],
)
def test_refusals(call, message, rng):
    with pytest.raises(ValueError, match=message):
        call(rng.standard_normal((30, 4)), rng.integers(0, 2, 30))


def test_likelihood_on_the_space_of_the_components(rng):
    plane = rng.standard_normal((40, 2)) @ rng.standard_normal((2, 5)) + 3
    model = PCA(2).fit(plane)
    inside = model.score_samples(plane)
    flat = mml.PCA().fit(model.transform(plane))
    np.testing.assert_allclose(inside, flat.score_samples(model.transform(plane)), rtol=1e-8)
    assert (model.score_samples(plane + rng.standard_normal((40, 5))) == -np.inf).all()


def test_likelihood_does_not_depend_on_the_scale_of_scores(rng):
    x = rng.standard_normal((80, 5)) * np.arange(1, 6) + 3
    for k in (2, 5):
        plain, white = (PCA(k, whiten=whiten).fit(x) for whiten in (False, True))
        np.testing.assert_array_equal(plain.score_samples(x), white.score_samples(x))
        np.testing.assert_array_equal(plain.get_covariance(), white.get_covariance())
        assert plain.score(x) == pytest.approx(decomposition.PCA(k).fit(x).score(x))
        assert mml.PCA(k, whiten=True).fit(x).score(x) == pytest.approx(plain.score(x))


def test_neighbours_without_weight():
    x, y = [[0.0], [1.0], [2.0]], [0, 1, 1]
    for weights in (lambda d: 0 * d, lambda d: np.where(d > 3, 0.0, 1.0)):
        model = KNeighborsClassifier(2, weights=weights).fit(x, y)
        for call in (model.predict, model.predict_proba):
            with pytest.raises(
                ValueError, match="All neighbors of some sample is getting zero weights"
            ):
                call([[0.5], [50.0]])
