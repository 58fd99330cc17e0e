"""Whatever the units of the data and their distance from zero: the route never decides the answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA as Reference

import mmlcore as mml

ROUTES = ("svd", "covariance", "dual", "randomized")


def of_parts(x, **options):
    model = mml.PCA(**options)
    for part in np.array_split(x, 7):
        model.partial_fit(part)
    return model


def all_models(x, **options):
    """Fit by every route there is."""
    for solver in ROUTES:
        yield solver, mml.PCA(solver=solver, **options).fit(x)
    yield "parts", of_parts(x, **options)
    yield "chunks", mml.PCA(**options).fit_chunks(np.array_split(x, 5))
    for solver in ("covariance", "dual", "lanczos"):
        yield f"sparse {solver}", mml.PCA(solver=solver, **options).fit(sparse.csr_array(x))


@pytest.mark.parametrize(("n", "d"), [(40, 6), (600, 5), (12, 30)])
def test_far_from_zero(n, d, dtype, rng):
    """Whole numbers about 2^23 and 2^52: centred they are small whole numbers, of which everything is known to rounding."""
    small = rng.integers(-8, 9, (n, d)) * np.arange(1.0, d + 1)
    small[:, 0] *= 3
    far = (small + (2.0**23 if dtype == np.float32 else 2.0**52)).astype(dtype)
    reference = np.linalg.svd(small - small.mean(axis=0))
    variances = reference[1] ** 2 / (n - 1)
    scores = np.abs((small - small.mean(axis=0)) @ reference[2].T[:, :2])
    u = float(np.finfo(dtype).eps)
    for name, model in all_models(far, n_components=2):
        np.testing.assert_allclose(
            model.explained_variance_, variances[:2], rtol=max(200 * u, 1e-10), err_msg=name
        )
        for points in (far, sparse.csr_array(far)):
            found = model.transform(points)
            np.testing.assert_allclose(
                np.abs(found), scores, atol=max(1e3 * u, 1e-9) * scores.max(), err_msg=name
            )
        exact = mml.PCA(d, solver="svd").fit(far) if n > d else None
        if exact is not None:
            assert exact.reconstruction_error(far) < 1e3 * u**2 * variances.sum() + 1e-20
            np.testing.assert_allclose(
                exact.inverse_transform(exact.transform(far)), far, rtol=2 * u
            )


def test_two_points_of_float32():
    x = np.array([[1e7 + 1, 1e7], [1e7, 1e7 + 1]], np.float32)
    for name, model in all_models(x, n_components=1):
        assert model.explained_variance_ == pytest.approx(1.0, rel=1e-6), name
        np.testing.assert_allclose(np.abs(model.transform(x)).ravel(), np.sqrt(0.5), rtol=1e-6)


@pytest.mark.parametrize("power", [-900, -530, 400, 505])
@pytest.mark.parametrize(("n", "d"), [(60, 4), (700, 30), (10, 40)])
def test_units(power, n, d, rng):
    """Multiplying by a power of two multiplies singular values, and changes no component."""
    x = rng.standard_normal((n, d)) * np.geomspace(9, 1e-2, d)
    scaled = np.ldexp(x, power)
    for (name, one), (_, other) in zip(
        all_models(x, n_components=2), all_models(scaled, n_components=2), strict=True
    ):
        np.testing.assert_allclose(other.components_, one.components_, atol=1e-7, err_msg=name)
        np.testing.assert_allclose(
            np.ldexp(other.singular_values_, -power), one.singular_values_, rtol=1e-10, err_msg=name
        )
        np.testing.assert_allclose(
            np.ldexp(other.transform(scaled), -power), one.transform(x), atol=1e-6, err_msg=name
        )
        other.whiten = True
        white = other.transform(scaled)
        np.testing.assert_allclose(white.std(axis=0, ddof=1), 1, rtol=1e-6, err_msg=name)
        np.testing.assert_allclose(
            np.ldexp(other.inverse_transform(white), -power),
            one.inverse_transform(one.transform(x)),
            atol=1e-6,
            err_msg=name,
        )


@pytest.mark.parametrize("unit", [1e-25, 1e-18, 1e17])
@pytest.mark.parametrize(("n", "d"), [(60, 4), (700, 30), (10, 40)])
def test_units_of_float32(unit, n, d, rng):
    x = rng.standard_normal((n, d)) * np.geomspace(9, 1e-2, d)
    wide = mml.PCA(2, solver="svd").fit(x)
    for solver in ROUTES:
        model = mml.PCA(2, solver=solver, random_state=0).fit((x * unit).astype(np.float32))
        np.testing.assert_allclose(np.abs(model.components_), np.abs(wide.components_), atol=1e-4)
        np.testing.assert_allclose(model.singular_values_, wide.singular_values_ * unit, rtol=1e-4)


def test_a_variance_that_the_type_does_not_hold(rng):
    for solver in ROUTES:
        with pytest.raises(ValueError, match="squares of the data overflow in float64"):
            mml.PCA(2, solver=solver, random_state=0).fit(rng.standard_normal((9, 3)) * 1e200)


@pytest.mark.parametrize("shape", [(30, 8), (8, 30)])
def test_signs_where_entries_tie(shape, rng):
    """Columns x and -x: the first of the entries that tie is positive, whatever rounding makes of them."""
    column = rng.standard_normal(shape[0])
    x = np.outer(column, np.resize([-1.0, 1.0], shape[1]))
    for dtype in (np.float32, np.float64):
        for scale in (1.0, 3.7e-5, 1.1e4):
            for name, model in all_models((scale * x).astype(dtype), n_components=1):
                assert model.components_[0, 0] > 0, (name, dtype, scale)


@pytest.mark.parametrize("solver", ROUTES)
def test_data_of_lower_rank(solver, dtype):
    """Components without variance complete the others to an orthonormal set."""
    x = np.outer(np.arange(30.0), np.arange(8.0)).astype(dtype)
    model = mml.PCA(5, solver=solver, random_state=0).fit(x)
    identity = model.components_ @ model.components_.T
    np.testing.assert_allclose(identity, np.eye(5), atol=1e-5 if dtype == np.float32 else 1e-12)
    assert model.explained_variance_[1:].max() <= 1e-6 * model.explained_variance_[0]


def test_minka(rng):
    """As scikit-learn, without its units; equal variances have an answer."""
    x = rng.standard_normal((300, 30)) * np.r_[np.full(4, 5.0), np.ones(26)]
    expected = Reference("mle").fit(x).n_components_
    for unit in (1e-150, 1e-8, 1.0, 1e100):
        assert mml.PCA("mle").fit(x * unit).n_components_ == expected
    assert mml.PCA("mle").fit([[1, 0], [-1, 0], [0, 1], [0, -1]]).n_components_ == 1
    cross = np.concatenate([np.eye(6), -np.eye(6)])
    assert 1 <= mml.PCA("mle").fit(cross).n_components_ <= 5
    assert mml.PCA("mle").fit(np.outer(np.arange(9.0), [1, 2, 3])).n_components_ == 1
    assert mml.PCA("mle").fit(np.ones((5, 3))).n_components_ == 1


def test_a_fraction_of_any_type(rng):
    x = rng.standard_normal((50, 6)) * np.arange(1, 7)
    expected = mml.PCA(0.9).fit(x).n_components_
    assert expected > 1
    for fraction in (np.float32(0.9), np.float64(0.9), np.float16(0.9)):
        assert mml.PCA(fraction).fit(x).n_components_ == expected


def test_parts_of_few_rows(rng):
    """A first part may have fewer rows than there are components."""
    x = rng.standard_normal((12, 5))
    model = mml.PCA(4)
    for row in x[:3]:
        assert model.partial_fit(row[None]) is model
        with pytest.raises(mml.decomposition.NotFittedError):
            model.transform(x)
    for row in x[3:]:
        model.partial_fit(row[None])
    expected = mml.PCA(4).fit(x)
    np.testing.assert_allclose(model.components_, expected.components_, atol=1e-10)
    assert model.n_samples_ == 12


def bad_matrices():
    base = sparse.random_array((6, 5), density=0.5, rng=np.random.default_rng(0), format="csr")
    for name, change in {
        "a column beyond": lambda m: m.indices.__setitem__(0, 10**6),
        "a negative column": lambda m: m.indices.__setitem__(0, -7),
        "starts that fall": lambda m: m.indptr.__setitem__(2, 10**6),
        "too few numbers": lambda m: setattr(m, "data", m.data[:3]),
        "too few indices": lambda m: setattr(m, "indices", m.indices[:3]),
        "too few starts": lambda m: setattr(m, "indptr", m.indptr[:3]),
    }.items():
        for form in ("csr", "csc"):
            matrix = base.asformat(form, copy=True)
            change(matrix)
            yield pytest.param(matrix, id=f"{form}: {name}")


@pytest.mark.parametrize("bad", list(bad_matrices()))
def test_damaged_sparse_matrices(bad, rng):
    model = mml.PCA(2).fit(rng.standard_normal((9, 5)))
    for call in (model.transform, mml.PCA(2).fit, model.fit_transform):
        with pytest.raises(ValueError, match="X: is damaged"):
            call(bad)


def test_sparse_matrices_of_other_types(rng):
    x = sparse.random_array((20, 5), density=0.5, rng=rng, format="csr")
    model = mml.PCA(2).fit(x)
    for call in (model.transform, mml.PCA(2).fit):
        with pytest.raises(TypeError, match="dtype complex128, needed real numbers"):
            call(x.astype(complex))
    whole = (10 * x).astype(np.int64)
    np.testing.assert_allclose(model.transform(whole), model.transform(whole.toarray()), atol=1e-12)
    small = model.transform(x.astype(np.float32))
    np.testing.assert_allclose(small, model.transform(x.toarray()), atol=1e-5)
