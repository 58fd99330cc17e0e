"""Ready models: each finds its parameters again from noisy data, without a start."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.optimize import models

X = np.linspace(0, 10, 80)
# A model, the ranges that its parameters are drawn from, and the noise.
CASES = {
    "gaussian": (models.gaussian, [(2, 9), (3, 7), (0.5, 1.5), (-2, 2)], 0.1),
    "hole": (models.gaussian, [(-9, -2), (3, 7), (0.5, 1.5), (-2, 2)], 0.1),
    "lorentzian": (models.lorentzian, [(2, 9), (3, 7), (0.4, 1.2), (-2, 2)], 0.1),
    "pseudo_voigt": (models.pseudo_voigt, [(4, 9), (4, 6), (0.5, 1), (0.3, 0.7), (0, 1)], 0.02),
    "exponential_decay": (models.exponential_decay, [(2, 9), (0.3, 2), (-1, 1)], 0.05),
    "logistic": (models.logistic, [(2, 9), (0.8, 3), (3, 7)], 0.1),
    "michaelis_menten": (models.michaelis_menten, [(2, 9), (0.5, 5)], 0.05),
    "power_law": (models.power_law, [(0.5, 3), (-1.5, 2.5)], 0.02),
    "sine": (models.sine, [(1, 5), (0.2, 2.5), (-1.5, 1.5), (-3, 3)], 0.2),
    "polynomial": (models.polynomial(4), [(-2, 2)] * 5, 0.1),
}


@pytest.mark.parametrize("name", CASES)
def test_found_again(name: str) -> None:
    """300 curves: the true parameters are as far away as the standard errors say."""
    model, ranges, noise = CASES[name]
    rng = np.random.default_rng(0)
    x = X[1:] if name == "power_law" else X
    true = np.stack([rng.uniform(low, high, 300) for low, high in ranges], axis=1)
    with np.errstate(divide="ignore"):
        clean = model(x, *true.T[:, :, None])
    fits = mml.curve_fit_batch(model, x, clean + noise * rng.standard_normal(clean.shape))
    assert fits.success.mean() > 0.98
    good = fits.success
    found = fits.parameters[good]
    if "width" in model.names:
        i = model.names.index("width")
        found[:, i] = np.abs(found[:, i])
    away = np.abs(found - true[good]) / fits.standard_errors[good]
    assert (away.max(axis=1) < 6).mean() > 0.98
    assert np.median(away) < 1
    one = mml.curve_fit(model, x, clean[0] + noise * rng.standard_normal(x.size))
    assert one.parameters.shape == (len(model.names),)


def test_surface_peak() -> None:
    """A spot in an image, with a background."""
    u, v = (part.ravel() for part in np.meshgrid(np.arange(20.0), np.arange(16.0)))
    true = [5.0, 11.3, 6.2, 2.1, 1.4, 0.7]
    points = np.stack([u, v])
    rng = np.random.default_rng(1)
    y = models.gaussian2d(points, *true) + 0.1 * rng.standard_normal((40, u.size))
    fits = mml.curve_fit_batch(models.gaussian2d, points, y)
    assert fits.success.all()
    assert np.abs((np.abs(fits.parameters) - true) / fits.standard_errors).max() < 6


def test_starts() -> None:
    """One row or many, NaN left out of the guess, bounds kept to."""
    y = models.gaussian(X, 3, 4, 0.5, 1)
    assert models.gaussian.start(X, y).shape == (4,)
    np.testing.assert_allclose(models.gaussian.start(X, y), [3, 4, 0.5, 1], atol=0.2)
    spoilt = np.stack([y, y])
    spoilt[0, 5] = np.nan
    spoilt[1] = np.nan
    starts = models.gaussian.start(X, spoilt)
    assert np.isfinite(starts).all()
    np.testing.assert_allclose(starts[0], [3, 4, 0.5, 1], atol=0.2)
    fits = mml.curve_fit_batch(models.gaussian, X, spoilt)
    assert fits.status.tolist() == [3, -2]
    box = ([0, 0, 0.1, 1.5], [9, 9, 9, 2])
    assert mml.curve_fit(models.gaussian, X, y, bounds=box).parameters[3] == 1.5


def test_models_tell_their_names() -> None:
    """Signatures, representations, pickles."""
    assert models.gaussian.names == ("height", "center", "width", "background")
    assert repr(models.sine) == "_sine(x, amplitude, frequency, phase, background)".removeprefix(
        "_"
    )
    again = pickle.loads(pickle.dumps(models.logistic))
    assert again.names == models.logistic.names
    with pytest.raises(ValueError, match="degree"):
        models.polynomial(-1)


PLACES = np.linspace(-3, 5, 90)


@pytest.mark.parametrize(
    ("model", "truth"),
    [
        (models.gaussian + models.polynomial(1), [3.0, 1.0, 0.6, 0.5, 0.25]),
        (models.polynomial(1) + models.lorentzian, [0.1, 2.0, 0.5, 0.4, -1.0]),
        (models.gaussian + models.gaussian, [4.0, -1.0, 0.5, 1.5, 3.0, 0.7, 0.2]),
        (models.sine + models.polynomial(2), [1.0, 0.7, 0.4, 1.0, 0.1, 0.3]),
        (models.logistic * models.michaelis_menten, None),
    ],
    ids=str,
)
def test_sums_and_products(model, truth):
    if truth is None:
        assert model.names == ("height", "rate", "middle", "limit", "half")
        assert model(2.0, 1.0, 1.0, 2.0, 3.0, 4.0) == models.logistic(
            2.0, 1.0, 1.0, 2.0
        ) * models.michaelis_menten(2.0, 3.0, 4.0)
        return
    y = model(PLACES, *truth)
    fit = mml.curve_fit(model, PLACES, y + 0.01 * np.sin(37 * PLACES))
    found = np.asarray(fit.parameters)
    np.testing.assert_allclose(model(PLACES, *found), y, atol=0.02)
    assert np.isfinite(fit.covariance).all()
    many = mml.curve_fit_batch(model, PLACES, np.stack([y, 2 * y]))
    assert many.success.all()


def test_joined_models_name_their_parameters_and_pickle():
    model = models.gaussian + models.gaussian + models.polynomial(1)
    assert model.names == (
        "height",
        "center",
        "width",
        "height_2",
        "center_2",
        "width_2",
        "c0",
        "c1",
    )
    fit = mml.curve_fit(
        models.gaussian,
        PLACES,
        models.gaussian(PLACES, 3.0, 1.0, 0.5, 0.1) + 0.01 * np.cos(50 * PLACES),
    )
    assert fit.names == ["height", "center", "width", "background"]
    for one in (model, models.gaussian, models.polynomial(2), models.gaussian * models.sine):
        again = pickle.loads(pickle.dumps(one))
        assert again.names == one.names
        parameters = np.arange(1.0, 1 + len(one.names)) / 3
        np.testing.assert_array_equal(again(PLACES, *parameters), one(PLACES, *parameters))
    assert pickle.loads(pickle.dumps(models.gaussian)) is models.gaussian
    with pytest.raises(TypeError):
        models.gaussian + 1.0
