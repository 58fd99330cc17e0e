"""PPCA: the closed form where nothing is missing, the likelihood of what is there where something is."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

stats = pytest.importorskip("scipy.stats")


def data(rng, n=300, d=8, k=2, dtype=np.float64):
    loadings = rng.standard_normal((d, k)) * np.linspace(3, 1, k)
    points = rng.standard_normal((n, k)) @ loadings.T + 0.4 * rng.standard_normal((n, d)) + 7
    return points.astype(dtype)


def with_gaps(rng, x, share=0.25):
    return np.where(rng.random(x.shape) < share, np.nan, x).astype(x.dtype)


def likelihood(model, x):
    """The definition, point by point."""
    covariance = model.get_covariance()
    total = []
    for point in x:
        there = ~np.isnan(point)
        if not there.any():
            total.append(0.0)
            continue
        total.append(
            stats.multivariate_normal.logpdf(
                point[there], model.mean_[there], covariance[np.ix_(there, there)]
            )
        )
    return np.array(total)


@pytest.mark.parametrize("shape", [(300, 8), (40, 60)])
def test_complete_data_have_a_closed_form(shape, dtype, rng):
    x = data(rng, *shape, dtype=dtype)
    n, d = shape
    model, pca = mml.PPCA(2).fit(x), mml.PCA(2).fit(x)
    rough = 2e-3 if dtype == np.float32 else 1e-8
    np.testing.assert_allclose(model.components_, pca.components_, atol=rough)
    np.testing.assert_allclose(
        model.explained_variance_, pca.explained_variance_ * (n - 1) / n, rtol=rough
    )
    rest = np.linalg.eigvalsh(np.cov(x.T.astype(float), ddof=0))[:-2].sum() / (d - 2)
    assert model.noise_variance_ == pytest.approx(rest, rel=rough)
    assert (model.n_iter_, model.converged_, model.n_samples_) == (0, True, n)
    assert model.components_.dtype == dtype
    np.testing.assert_allclose(
        model.score_samples(x), likelihood(model, x), rtol=2e-3 if dtype == np.float32 else 1e-8
    )
    assert model.log_likelihood_ == pytest.approx(model.score(x) * n, rel=1e-5)


@pytest.mark.parametrize("share", [0.05, 0.4])
def test_missing_values(share, rng):
    full = data(rng, 600)
    x = with_gaps(rng, full, share)
    x[3] = np.nan  # a point of which nothing is known
    model = mml.PPCA(2).fit(x)
    assert model.converged_
    np.testing.assert_allclose(model.score_samples(x), likelihood(model, x), rtol=1e-8, atol=1e-10)
    # A maximum: no small step in any parameter does better.
    best = model.score_samples(x).sum()
    for name in ("components_", "mean_", "explained_variance_"):
        value = getattr(model, name).copy()
        for sign in (-1, 1):
            setattr(model, name, value + sign * 1e-3 * rng.standard_normal(value.shape))
            assert likelihood(model, x).sum() < best + 1e-6
        setattr(model, name, value)
    complete = mml.PPCA(2).fit(full)
    assert np.abs(model.components_ @ complete.components_.T).diagonal().min() > 0.99
    filled = model.impute(x)
    np.testing.assert_array_equal(filled[~np.isnan(x)], x[~np.isnan(x)])
    assert np.sqrt(np.mean((filled - full)[np.isnan(x)] ** 2)) < 0.35 * full.std()
    np.testing.assert_allclose(filled[3], model.mean_)
    np.testing.assert_allclose(model.transform(x)[3], 0, atol=1e-12)


def test_what_is_missing_follows_from_the_rest(rng):
    """The conditional mean of a Gaussian, by its definition."""
    x = with_gaps(rng, data(rng))
    model = mml.PPCA(2).fit(x)
    covariance = model.get_covariance()
    for point, filled in zip(x[:20], model.impute(x[:20]), strict=True):
        gone = np.isnan(point)
        weights = np.linalg.solve(
            covariance[np.ix_(~gone, ~gone)], point[~gone] - model.mean_[~gone]
        )
        expected = model.mean_[gone] + covariance[np.ix_(gone, ~gone)] @ weights
        np.testing.assert_allclose(filled[gone], expected, rtol=1e-9)


def test_latent_space(rng):
    x = data(rng)
    model = mml.PPCA(3).fit(x)
    z = model.transform(x)
    assert z.shape == (300, 3)
    # Shrunk scores: the posterior mean lies nearer to zero than the least squares fit.
    scale = np.sqrt(model.explained_variance_ - model.noise_variance_)
    fitted = (x - model.mean_) @ model.components_.T
    np.testing.assert_allclose(z, fitted * scale / model.explained_variance_, rtol=1e-9)
    np.testing.assert_allclose(
        model.inverse_transform(z), z * scale @ model.components_ + model.mean_, rtol=1e-12
    )


def test_samples(rng):
    model = mml.PPCA(2).fit(data(rng))
    drawn = model.sample(200_000, random_state=5)
    np.testing.assert_array_equal(drawn[:7], model.sample(200_000, random_state=5)[:7])
    np.testing.assert_allclose(drawn.mean(axis=0), model.mean_, atol=0.05)
    np.testing.assert_allclose(mml.covariance(drawn), model.get_covariance(), atol=0.25)
    assert model.sample(0).shape == (0, 8)
    assert (model.sample(3) != model.sample(3, random_state=1)).all()


def test_data_without_noise(rng):
    x = rng.standard_normal((50, 2)) @ rng.standard_normal((2, 6))
    for values in (x, with_gaps(rng, x, 0.1)):
        model = mml.PPCA(2, max_iter=5000).fit(values)
        np.testing.assert_allclose(model.impute(values), x, atol=1e-3)
        assert np.isfinite(model.log_likelihood_)


def test_precision(rng):
    for model in (mml.PPCA(2).fit(data(rng)), mml.PCA(3).fit(data(rng)), mml.PCA().fit(data(rng))):
        product = model.get_precision() @ model.get_covariance()
        np.testing.assert_allclose(product, np.eye(8), atol=1e-9)
    flat = mml.PCA(2).fit(rng.standard_normal((20, 2)) @ rng.standard_normal((2, 4)))
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        flat.get_precision()


def test_no_convergence(rng):
    x = with_gaps(rng, data(rng), 0.5)
    with pytest.warns(RuntimeWarning, match="2 steps did not reach tol"):
        model = mml.PPCA(2, max_iter=2).fit(x)
    assert not model.converged_


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: mml.PPCA(8).fit(x), "n_components: got 8, needed an integer between 1 and 7"),
        (lambda x: mml.PPCA(0).fit(x), "n_components: got 0"),
        (lambda x: mml.PPCA(1, max_iter=0).fit(x), "max_iter: got 0"),
        (lambda x: mml.PPCA(1, tol=-1).fit(x), "tol: got -1"),
        (lambda x: mml.PPCA(1).fit(x[:1]), "at least two points"),
        (lambda x: mml.PPCA(1).fit(np.where(x > 0, np.inf, x)), "X: contains infinity"),
        (lambda x: mml.PPCA(1).fit(x * np.array([np.nan] + [1.0] * 7)), "every value of column 0"),
        (lambda x: mml.PPCA(1).fit(np.ones_like(x)), "no feature varies"),
        (lambda x: mml.PPCA(1).transform(x), "not fitted yet"),
        (lambda x: mml.PPCA(1).fit(x).impute(x[:, :3]), r"needed \(n, 8\)"),
        (lambda x: mml.PPCA(1).fit(x).inverse_transform(x), r"needed \(n, 1\)"),
    ],
)
def test_refusals(call, message, rng):
    with pytest.raises(ValueError, match=message):
        call(data(rng))
