"""Complex values within real functions, and Fourier transforms, against numpy and differences of its values."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import mmlcore as mml

_RNG = np.random.default_rng(1)
M = _RNG.standard_normal((8, 8)) + 1j * _RNG.standard_normal((8, 8))
w = _RNG.uniform(0.2, 2, 8)
FUNCTIONS = [
    lambda x: np.abs(np.exp(1j * x)) ** 2,
    lambda x: abs(1 / (1 + 1j * x) - 2j),
    lambda x: (x * np.exp(1j * w)).real + (w * 1j - x).imag,
    lambda x: np.angle(1 + 1j * x) + np.angle(x - 1j, deg=True),
    lambda x: np.real(np.conj(1j * x) * (x + 1j)),
    lambda x: abs(M @ x) + (x @ M).imag + np.dot(M, x).real,
    lambda x: abs((x + 1j * x[::-1]) ** 3 / (2 - 1j * x)),
    lambda x: abs((x + 1j) ** -2 + (x - 2j) ** 0.3 + 1j**x + (1 + 1j) ** (x * 1j)),
    lambda x: np.sqrt(x - 1 + 1j * (x - 0.5)).imag + np.sqrt(x + 0j).real,
    lambda x: np.log(x - 1 + 0.2j).imag - np.log(1j * x).real,
    lambda x: abs(np.sum(np.exp(1j * np.outer(w, x)), axis=1)),
    lambda x: (np.sin(1j * x + x) * np.cos(x - 1j) + np.sinh(1j * x) - np.cosh(x + 2j)).imag,
    lambda x: (
        abs(np.stack([1j * x, x + 1]).mean(axis=0)) + np.concatenate([1j * x[:4], x[4:]]).real
    ),
    lambda x: np.vdot(1j * x, M @ x).real * np.outer(x, 1j * x)[0].imag,
    lambda x: np.where(np.abs(x - 1j) > 1.3, abs(1j * x), x),
    lambda x: np.where(x > 1, 1j * x, x).imag,
    lambda x: np.reciprocal(x + 1j).real + np.square(x - 1j).imag - (-(1j * x)).imag,
    lambda x: np.array([z.real for z in np.exp(1j * x)]),
    lambda x: abs(np.fft.fft(x)) + np.fft.ifft(np.fft.fft(x)).real,
    lambda x: abs(np.fft.rfft(x)) ** 2,
    lambda x: np.fft.irfft(np.fft.rfft(x) * np.exp(-np.arange(5))),
    lambda x: np.fft.irfft(np.fft.rfft(x, 7, norm="ortho"), 7, norm="forward"),
    lambda x: abs(np.fft.fft(x, 20)) - np.fft.ifft(1j * x, 20, norm="ortho").imag,
    lambda x: abs(np.fft.fft2(x.reshape(2, 4))) + np.fft.ifftn(x.reshape(2, 4)).real,
    lambda x: np.fft.fftshift(abs(np.fft.fft(x.reshape(4, 2), axis=0))),
    lambda x: abs(np.fft.fftshift(np.fft.fft(x)).reshape(2, 4).T),
    lambda x: np.fft.irfft(np.fft.rfft(x)[:4]),
    lambda x: np.tan(x + 1j).real + np.tan(0.3 * x - 2j * x).imag + np.tan(1j * x).imag,
    lambda x: np.tanh(x + 1j).real + np.tanh(0.3 * x - 0.4j * x).imag + np.tanh(x + 0j).real,
    lambda x: (np.log2(1j + x) + np.log10(x - 2j)).imag + np.log10(1j * x).real,
    lambda x: abs(np.fft.fft2(x.reshape(2, 4), s=(3, 2))),
    lambda x: abs(np.fft.fftn(x.reshape(2, 2, 2), s=(4,), axes=(1,), norm="ortho")),
    lambda x: abs(np.fft.fftn(x.reshape(2, 4), s=[2, 8], axes=[1, 0])),
    lambda x: np.fft.ifft2(1j * x.reshape(2, 2, 2), s=(2, 3), axes=(0, -1)).imag,
]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_values_and_slopes(f, rng):
    x = rng.uniform(0.2, 1.9, (3, 8))
    function = mml.Function(f, 8)
    np.testing.assert_allclose(function(x), [f(row) for row in x], rtol=1e-12, atol=1e-13)
    slopes = mml.finite_difference(functools.partial(f), x[0])
    np.testing.assert_allclose(function.jacobian(x)[0], slopes, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 3, 17, 48, 100, 256, 1023])
def test_transforms_of_any_length(n, rng):
    x = rng.standard_normal(n)
    spectrum = mml.Function(lambda x: abs(np.fft.fft(x)), n)(x)
    np.testing.assert_allclose(spectrum, abs(np.fft.fft(x)), rtol=1e-11, atol=1e-12 * n)
    power = mml.gradient(lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2), x)
    np.testing.assert_allclose(power, 2 * n * x, rtol=1e-10, atol=1e-11 * n)  # Parseval


def test_nothing_overflows():
    f = mml.Function(lambda x: abs(1 / (x[0] + 1j * x[1])), 2)
    for x in ([1e200, 1e200], [1e-200, 3e-200], [0.0, 2.0], [2.0, 0.0]):
        np.testing.assert_allclose(f(x), 1 / abs(complex(*x)), rtol=1e-14)


def test_tangents_far_out():
    """Where cosh overflows, and next to poles."""
    for x in ([1.0, 800.0], [1.0, -800.0], [np.pi / 2, 1e-3], [3.0, 20.0]):
        f = mml.Function(
            lambda x: np.stack([np.tan(x[0] + 1j * x[1]).real, np.tan(x[0] + 1j * x[1]).imag]), 2
        )
        expected = np.tan(complex(*x))
        np.testing.assert_allclose(f(x), [expected.real, expected.imag], rtol=1e-13, atol=1e-300)
        assert np.isfinite(f.jacobian(x)).all()


def test_sizes_of_transforms_have_to_fit():
    with pytest.raises(ValueError, match="different lengths"):
        mml.Function(lambda x: abs(np.fft.fft2(x.reshape(2, 2), s=(2, 2, 2))), 4)


def test_what_is_refused():
    x = np.ones(4)
    for f in (
        lambda x: 1j * x,
        lambda x: np.arctan(1j * x).real,
        lambda x: np.maximum(1j * x, x),
        lambda x: np.where(x > 0, 1j * x, x),  # a complex result
        np.fft.hfft,
        lambda x: float((1j * x)[0]),
    ):
        with pytest.raises(mml.TraceError, match="line"):
            mml.Function(f, 4)(x)
    with pytest.raises(mml.TraceError, match="odd factor 1025"):
        mml.Function(lambda x: abs(np.fft.fft(x)), 2050)
