"""Linear estimators, the scaler, and components in batches beside scikit-learn's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")
from scipy import sparse
from sklearn import datasets, decomposition, linear_model, preprocessing

from mmlcore.estimators import (
    IncrementalPCA,
    LinearRegression,
    Ridge,
    StandardScaler,
    TruncatedSVD,
    least,
)

HERE = Path(__file__).parent
THEIRS = {
    IncrementalPCA: decomposition.IncrementalPCA,
    LinearRegression: linear_model.LinearRegression,
    Ridge: linear_model.Ridge,
    StandardScaler: preprocessing.StandardScaler,
    TruncatedSVD: decomposition.TruncatedSVD,
}


def test_the_same_parameters():
    for ours, theirs in THEIRS.items():
        given = theirs().get_params()
        assert {key: ours().get_params()[key] for key in given} == given


def test_scikit_learns_own_tests(tmp_path):
    """One short module whole; how the others stand is said in docs/howto/scikit_learn.md."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "replace_ours"),
            *("--pyargs", "sklearn.decomposition.tests.test_truncated_svd"),
        ],
        env={**os.environ, "PYTHONPATH": str(HERE)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"fits of ours: (\d+)", done.stdout)[1]) > 20


@pytest.fixture
def data(rng):
    x = rng.standard_normal((120, 6)) * np.arange(1, 7) + 2
    y = x @ rng.standard_normal((6, 2)) + rng.standard_normal((120, 2))
    return x, y, rng.random(120) * (np.arange(120) % 7 > 0)


def close(ours, theirs, tolerance=1e-7):
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=tolerance, atol=tolerance)
    assert np.shape(ours.coef_) == np.shape(theirs.coef_)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize(
    "options", [{}, {"positive": True}, {"alpha": [0.1, 30]}, {"solver": "svd"}]
)
def test_ridge(options, fit_intercept, weighted, data):
    x, y, w = data
    for rows in (120, 4):
        for targets in (y, y[:, 0], y[:, :1]):
            if "alpha" in options and targets.shape != y.shape:
                continue
            given = (x[:rows], targets[:rows], w[:rows] if weighted else None)
            options = {**options, "fit_intercept": fit_intercept}
            close(
                Ridge(**options).fit(*given), linear_model.Ridge(tol=1e-13, **options).fit(*given)
            )


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("kind", [LinearRegression, Ridge])
def test_sparse(kind, wide, data, monkeypatch):
    x, y, w = data
    if wide:
        monkeypatch.setattr(least, "_WIDE", 3)
    for fit_intercept in (True, False):
        found = kind(fit_intercept=fit_intercept).fit(sparse.csr_matrix(x), y, w)
        right = kind(fit_intercept=fit_intercept).fit(x, y, w)
        close(found, right)
        np.testing.assert_allclose(found.predict(sparse.csc_matrix(x)), right.predict(x), rtol=1e-9)


def test_positive_like_theirs(data, rng):
    x, y, w = data
    for fit_intercept in (True, False):
        for weights in (None, w):
            given = (x, y - 3, weights)
            options = {"positive": True, "fit_intercept": fit_intercept}
            ours = LinearRegression(**options).fit(*given)
            assert (ours.coef_ >= 0).all()
            close(ours, linear_model.LinearRegression(**options).fit(*given))
    wide = rng.standard_normal((10, 40))
    ours = LinearRegression(positive=True).fit(wide, y[:10])
    theirs = linear_model.LinearRegression(positive=True).fit(wide, y[:10])
    residual = [np.linalg.norm(m.predict(wide) - y[:10]) for m in (ours, theirs)]
    assert residual[0] <= residual[1] + 1e-9


def test_ridge_of_dependent_and_far_columns(rng):
    x = rng.standard_normal((50, 3))
    x = np.column_stack([x, x[:, 0]])
    y = rng.standard_normal(50)
    right = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean())[0]
    np.testing.assert_allclose(Ridge(0).fit(x, y).coef_, right, rtol=1e-10)
    far = Ridge(1e-3).fit(x + 1e8, y)
    np.testing.assert_allclose(far.coef_, Ridge(1e-3).fit(x, y).coef_, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"alpha": -1}, ValueError, "alpha: got -1"),
        ({"alpha": [1.0, 2.0]}, ValueError, "Number of targets and number of penalties"),
        ({"solver": "no"}, ValueError, "solver: got 'no'"),
        ({"solver": "svd", "positive": True}, ValueError, "does not support positive fitting"),
        ({"solver": "lbfgs"}, ValueError, "only when positive=True"),
    ],
)
def test_refusals_of_ridge(options, error, message, data):
    with pytest.raises(error, match=message):
        Ridge(**options).fit(data[0], data[1][:, 0])


@pytest.mark.parametrize("options", [{}, {"with_mean": False}, {"with_std": False}])
def test_scaler(options, dtype, data):
    x, _, w = data
    x = x.astype(dtype)
    for weights in (None, w):
        ours = StandardScaler(**options).fit(x, sample_weight=weights)
        theirs = preprocessing.StandardScaler(**options).fit(x, sample_weight=weights)
        for name in ("mean_", "var_", "scale_", "n_samples_seen_"):
            a, b = getattr(ours, name), getattr(theirs, name)
            assert (a is None) == (b is None), name
            if b is not None:
                np.testing.assert_allclose(a, b, rtol=1e-6, err_msg=name)
        found = ours.transform(x)
        assert found.dtype == dtype
        np.testing.assert_allclose(
            found, theirs.transform(x), atol=2e-5 if dtype == np.float32 else 1e-12
        )
        np.testing.assert_allclose(ours.inverse_transform(found), x, rtol=1e-4, atol=1e-5)
    parts = StandardScaler(**options)
    for first in range(0, 120, 50):
        parts.partial_fit(x[first : first + 50])
    np.testing.assert_allclose(
        parts.transform(x), StandardScaler(**options).fit_transform(x), atol=1e-5
    )


def test_scaler_with_gaps_and_sparse(data):
    x, _, w = data
    gaps = np.where(x > 8, np.nan, x)
    gaps[:, 0] = np.where(np.arange(120) > 60, np.nan, x[:, 0])
    thin = sparse.csr_matrix(np.where(np.abs(x) < 3, x, 0))
    for weights in (None, w):
        for kind, given in (({}, gaps), ({"with_mean": False}, thin)):
            ours = StandardScaler(**kind).fit(given, sample_weight=weights)
            theirs = preprocessing.StandardScaler(**kind).fit(given, sample_weight=weights)
            for name in ("mean_", "var_", "scale_", "n_samples_seen_"):
                np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-10)
            found, right = ours.transform(given), theirs.transform(given)
            np.testing.assert_allclose(
                *(m.toarray() if sparse.issparse(m) else m for m in (found, right)), atol=1e-10
            )
    with pytest.raises(ValueError, match="Cannot center sparse matrices"):
        StandardScaler().fit(thin)


def test_scaler_of_constants_and_small_units():
    x = np.column_stack([np.full(1000, 14.62), np.arange(1000) * 1e-140, 1e9 + np.arange(1000) % 2])
    scaler = StandardScaler()
    for part in np.array_split(x, 7):
        scaler.partial_fit(part)
    found = scaler.transform(x)
    assert (found[:, 0] == 0).all()
    assert scaler.transform([[15.62, 0, 1e9]])[0, 0] == 1
    np.testing.assert_allclose(found.std(axis=0)[1:], 1, rtol=1e-10)
    np.testing.assert_allclose(found[:, 2], np.where(np.arange(1000) % 2, 1, -1), rtol=1e-12)


def test_batches_of_any_size_give_the_same(data):
    x = data[0]
    whole = IncrementalPCA(3).fit(x)
    for size in (7, 119, 60):
        parts = IncrementalPCA(3, batch_size=size).fit(x)
        np.testing.assert_allclose(parts.components_, whole.components_, atol=1e-10)
        np.testing.assert_allclose(parts.explained_variance_ratio_, whole.explained_variance_ratio_)
    one = IncrementalPCA(3).partial_fit(x[:-1]).partial_fit(x[-1:])
    theirs = decomposition.PCA(3).fit(x)
    for model in (one, whole, IncrementalPCA(3).fit(sparse.csr_matrix(x))):
        for name in ("explained_variance_", "singular_values_", "mean_", "noise_variance_"):
            np.testing.assert_allclose(getattr(model, name), getattr(theirs, name), rtol=1e-9)
        np.testing.assert_allclose(
            np.abs(model.transform(x)), np.abs(theirs.transform(x)), atol=1e-8
        )
        np.testing.assert_allclose(model.var_, x.var(axis=0), rtol=1e-10)


def test_truncated_svd_has_one_rule(dtype):
    x = datasets.load_digits().data.astype(dtype)
    for given in (x, sparse.csr_matrix(x)):
        model = TruncatedSVD(5, random_state=0)
        scores = model.fit_transform(given)
        np.testing.assert_array_equal(
            scores, TruncatedSVD(5, random_state=0).fit(given).transform(given)
        )
        theirs = decomposition.TruncatedSVD(5, algorithm="arpack", random_state=0).fit(x)
        tolerance = 1e-3 if dtype == np.float32 else 1e-9
        for name in ("singular_values_", "explained_variance_", "explained_variance_ratio_"):
            np.testing.assert_allclose(getattr(model, name), getattr(theirs, name), rtol=tolerance)
        assert model.components_.dtype == scores.dtype == dtype
