"""PCA against scikit-learn's, over routes, shapes and types."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

sklearn = pytest.importorskip("sklearn.decomposition")
ROUTES = ("auto", "covariance", "dual", "svd", "randomized")


def decaying(rng, n, d, dtype=np.float64):
    return (
        rng.standard_normal((n, d))
        * np.geomspace(1, 1e-3, d)
        @ np.linalg.qr(rng.standard_normal((d, d)))[0]
        + 3
    ).astype(dtype)


@pytest.mark.parametrize("solver", ROUTES)
@pytest.mark.parametrize("shape", [(40, 6), (6, 40), (700, 30), (30, 700)])
def test_against_scikit_learn(solver, shape, dtype, rng):
    x = decaying(rng, *shape, dtype)
    ours = mml.PCA(3, solver=solver, random_state=0).fit(x)
    theirs = sklearn.PCA(3, svd_solver="full").fit(x)
    rough = 2e-3 if dtype == np.float32 else 1e-8
    if solver == "randomized":
        rough = 5e-3  # a sketch: as good as the decay of the spectrum
    for name in (
        "components_",
        "explained_variance_",
        "explained_variance_ratio_",
        "singular_values_",
        "mean_",
    ):
        assert getattr(ours, name).dtype == dtype
        np.testing.assert_allclose(
            np.abs(getattr(ours, name)), np.abs(getattr(theirs, name)), rtol=rough, atol=rough
        )
    np.testing.assert_allclose(ours.noise_variance_, theirs.noise_variance_, rtol=2e-2)
    np.testing.assert_allclose(
        np.abs(ours.transform(x)), np.abs(theirs.transform(x)), atol=30 * rough
    )
    np.testing.assert_allclose(
        ours.inverse_transform(ours.transform(x)),
        theirs.inverse_transform(theirs.transform(x)),
        atol=30 * rough,
    )
    assert (ours.n_components_, ours.n_features_in_, ours.n_samples_) == (3, shape[1], shape[0])


@pytest.mark.parametrize("n_components", [None, 0, 1, 5, 0.3, 0.95, 2.0, "mle"])
def test_how_many_components(n_components, rng):
    x = decaying(rng, 200, 8)
    same = int(n_components) if n_components == 2.0 else n_components
    ours, theirs = mml.PCA(n_components).fit(x), sklearn.PCA(same, svd_solver="full").fit(x)
    assert ours.n_components_ == theirs.n_components_
    np.testing.assert_allclose(
        ours.explained_variance_ratio_, theirs.explained_variance_ratio_, rtol=1e-9
    )


@pytest.mark.parametrize(("k", "d"), [(2, 200), (20, 400), (60, 400)])
def test_top_components_without_the_full_decomposition(k, d, rng):
    x = decaying(rng, 1500, d)
    ours, theirs = mml.PCA(k).fit(x), sklearn.PCA(k, svd_solver="full").fit(x)
    np.testing.assert_allclose(ours.explained_variance_, theirs.explained_variance_, rtol=1e-9)
    overlap = np.linalg.svd(ours.components_ @ theirs.components_.T, compute_uv=False)
    assert overlap.min() > 1 - 1e-8


def test_flat_spectrum_falls_back(rng):
    x = rng.standard_normal((1200, 300))
    ours, theirs = mml.PCA(5).fit(x), sklearn.PCA(5, svd_solver="full").fit(x)
    np.testing.assert_allclose(ours.explained_variance_, theirs.explained_variance_, rtol=1e-9)


@pytest.mark.parametrize("solver", ROUTES)
def test_fewer_dimensions_than_components(solver, rng):
    """Rank 2 in 6 dimensions: variances 0, components still orthonormal, nothing NaN."""
    x = rng.standard_normal((50, 2)) @ rng.standard_normal((2, 6))
    pca = mml.PCA(4, solver=solver, random_state=0, whiten=True).fit(x)
    np.testing.assert_allclose(pca.explained_variance_[2:], 0, atol=1e-12)
    np.testing.assert_allclose(pca.components_ @ pca.components_.T, np.eye(4), atol=1e-9)
    scores = pca.transform(x)
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(scores[:, :2].std(axis=0, ddof=1), 1)
    np.testing.assert_allclose(pca.inverse_transform(scores), x, atol=1e-6)


@pytest.mark.parametrize(
    "x", [np.ones((1, 3)), np.ones((5, 3)), np.full((4, 1), 7.0), np.zeros((3, 600))]
)
@pytest.mark.parametrize("solver", ["auto", "covariance", "dual", "svd"])
def test_no_variance(x, solver):
    pca = mml.PCA(1, solver=solver, random_state=0).fit(x)
    np.testing.assert_array_equal(pca.explained_variance_, [0])
    np.testing.assert_array_equal(pca.explained_variance_ratio_, [0])
    np.testing.assert_allclose(np.linalg.norm(pca.components_), 1)
    np.testing.assert_array_equal(pca.transform(x), np.zeros((len(x), 1)))


def test_far_from_the_origin(rng):
    x = decaying(rng, 2000, 5)
    near, far = mml.PCA(solver="covariance").fit(x), mml.PCA(solver="covariance").fit(x + 1e8)
    np.testing.assert_allclose(far.explained_variance_, near.explained_variance_, rtol=1e-4)
    np.testing.assert_allclose(far.transform(x + 1e8), near.transform(x), atol=1e-5)


def test_signs_and_seeds_repeat(rng):
    x = decaying(rng, 300, 20)
    for solver in ROUTES:
        first, again = (mml.PCA(4, solver=solver, random_state=3).fit(x) for _ in range(2))
        np.testing.assert_array_equal(first.components_, again.components_)
        assert (first.components_[np.arange(4), np.abs(first.components_).argmax(axis=1)] > 0).all()


@pytest.mark.parametrize("n", [10, 700])
def test_memory_orders(n, layout, dtype, rng):
    x = decaying(rng, n, 8, dtype)
    atol = 1e-4 if dtype == np.float32 else 1e-11
    pca = mml.PCA(2).fit(x)
    np.testing.assert_allclose(
        np.abs(mml.PCA(2).fit(layout(x)).components_), np.abs(pca.components_), atol=atol
    )
    np.testing.assert_allclose(pca.transform(layout(x)), pca.transform(x), atol=atol)


def test_likelihood_and_covariance(rng):
    x = decaying(rng, 400, 6)
    ours, theirs = mml.PCA(3).fit(x), sklearn.PCA(3, svd_solver="full").fit(x)
    np.testing.assert_allclose(
        ours.get_covariance(), theirs.get_covariance(), rtol=1e-8, atol=1e-12
    )
    np.testing.assert_allclose(ours.score_samples(x), theirs.score_samples(x), rtol=1e-6)
    np.testing.assert_allclose(ours.score(x), theirs.score(x), rtol=1e-8)
    reconstructed = theirs.inverse_transform(theirs.transform(x))
    np.testing.assert_allclose(
        ours.reconstruction_error(x), ((x - reconstructed) ** 2).sum(axis=1).mean(), rtol=1e-8
    )


def test_reference(reference_case):
    inputs, expected = reference_case["inputs"], reference_case["expected"]
    x = np.array(inputs["X"])
    pca = mml.PCA(inputs["k"]).fit(x)
    variances = pca.explained_variance_ * (len(x) - 1) / len(x)
    np.testing.assert_allclose(variances, expected["values"], rtol=1e-10)
    if "reconstruction" in expected:
        np.testing.assert_allclose(
            pca.inverse_transform(pca.transform(x)), expected["reconstruction"], atol=1e-10
        )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 7}, "n_components: got 7, needed an integer between 0 and 5"),
        ({"n_components": -1}, "n_components: got -1"),
        ({"n_components": 2.5}, "n_components: got 2.5, needed an integer or a fraction"),
        ({"n_components": "all"}, "n_components: got 'all'"),
        ({"solver": "magic"}, "solver: got 'magic', needed 'auto' or one of 'covariance'"),
    ],
)
def test_bad_parameters(parameters, message, rng):
    with pytest.raises(ValueError, match=message):
        mml.PCA(**parameters).fit(rng.standard_normal((9, 5)))


@pytest.mark.parametrize("solver", ROUTES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite(solver, bad, rng):
    x = rng.standard_normal((30, 4))
    pca = mml.PCA(2, solver=solver, random_state=0).fit(x)
    x[7, 2] = bad
    with pytest.raises(ValueError, match="X: contains NaN or infinity"):
        mml.PCA(2, solver=solver, random_state=0).fit(x)
    with pytest.raises(ValueError, match="X: contains NaN or infinity"):
        pca.transform(x)


def test_bad_data(rng):
    pca = mml.PCA(2)
    with pytest.raises(ValueError, match="not fitted yet"):
        pca.transform([[1.0, 2.0]])
    with pytest.raises(AttributeError, match="not fitted yet"):
        pca.get_covariance()
    pca.fit(rng.standard_normal((9, 5)))
    with pytest.raises(ValueError, match=r"X: got shape \(1, 2\), needed \(n, 5\)"):
        pca.transform([[1.0, 2.0]])
    with pytest.raises(
        ValueError, match=r"X: got shape \(0, 5\), needed at least one point and one feature"
    ):
        pca.fit(np.empty((0, 5)))
    assert pca.transform(np.empty((0, 5))).shape == (0, 2)


@pytest.mark.parametrize("d", [3, 4, 7, 8, 9, 13, 16, 20, 25, 33, 70])
@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_scores_on_few_components(d, k, dtype, rng):
    """Sums along the rows, rows of any length; far from the origin, where subtracting comes first."""
    x = (rng.standard_normal((75, d)) + 1e3).astype(dtype)
    model = mml.PCA(min(k, d)).fit(x)
    for data in (x, x[:1], x[:9], np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2]):
        wanted = (data.astype(float) - x.astype(float).mean(0)) @ model.components_.T.astype(float)
        found = model.transform(data)
        assert found.dtype == dtype
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=0, atol=3000 * np.finfo(dtype).eps * d)
    x[3, d // 2] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        model.transform(x)


@pytest.mark.parametrize("d", range(1, 9))
def test_scores_of_short_rows(d, dtype, rng):
    """Rows that are taken apart in registers: any number of them, into contiguous and other memory, each number checked."""
    x = (rng.standard_normal((150, d)) + 1e3).astype(dtype)
    for k in range(1, d + 1):
        model = mml.PCA(k).fit(x)
        wanted = (x.astype(float) - x.astype(float).mean(0)) @ model.components_.T.astype(float)
        bound = 3000 * np.finfo(dtype).eps * d
        wide = np.full((150, k + 1), 7.0, dtype)
        for n in [*range(1, 40), 63, 64, 65, 150]:
            np.testing.assert_allclose(model.transform(x[-n:]), wanted[-n:], rtol=0, atol=bound)
            model.transform(x[:n], out=wide[:n, :k])
            np.testing.assert_allclose(wide[:n, :k], wanted[:n], rtol=0, atol=bound)
        assert (wide[:, k] == 7).all()
    for at in rng.integers(0, 150, 20):
        holed = x.copy()
        holed[at, at % d] = rng.choice([np.nan, np.inf])
        with pytest.raises(ValueError, match="NaN"):
            model.transform(holed)
