"""Images resampled by a matrix, against scipy.ndimage and by properties."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage

import mmlcore as mml

FLIP = np.array([[-1.0, 0], [0, 1]])


def reference(image, matrix, order, center=None, fill=0.0):
    """The same through scipy: nearest values beyond the rim, filled further out."""
    h, w = image.shape[:2]
    cx, cy = ((w - 1) / 2, (h - 1) / 2) if center is None else center
    full = np.eye(3)
    full[: len(matrix), : len(matrix)] = np.linalg.inv(matrix)
    y, x = np.mgrid[:h, :w].astype(float)
    u, v, s = np.tensordot(full, np.stack([x - cx, y - cy, np.ones_like(x)]), axes=1)
    u, v = u / s + cx, v / s + cy
    inside = (np.abs(u - (w - 1) / 2) <= w / 2 + 1e-9) & (np.abs(v - (h - 1) / 2) <= h / 2 + 1e-9)
    inside &= s > 0
    planes = image.reshape(h, w, -1).astype(float)
    seen = np.empty_like(planes)
    for c in range(planes.shape[2]):
        got = scipy.ndimage.map_coordinates(
            planes[..., c], [v, u], order=order, mode="nearest", prefilter=False
        )
        seen[..., c] = np.where(inside, got, fill)
    return seen.reshape(image.shape)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (20, 31), (64, 129, 3), (5, 6, 1)])
@pytest.mark.parametrize("order", [0, 1])
def test_against_scipy(shape, order, dtype, rng):
    image = rng.standard_normal(shape).astype(dtype)
    for matrix in (
        mml.rotation(0.3),
        [[1.3, 0.2], [0.1, 0.8]],
        np.diag([2.0, 2, 1]) + np.eye(3)[[2, 0, 1]] * 0.01,
    ):
        got = mml.transform_image(image, matrix, order=order, fill=0.25)
        assert (got.dtype, got.shape) == (dtype, shape)
        np.testing.assert_allclose(
            got, reference(image, np.asarray(matrix), order, fill=0.25), atol=2e-6
        )


@pytest.mark.parametrize("order", [0, 1, 3])
def test_exact_maps_are_exact(order, dtype, layout, rng):
    image = rng.standard_normal((12, 12, 2)).astype(dtype)
    seen = layout(image)
    np.testing.assert_array_equal(mml.transform_image(seen, np.eye(2), order=order), image)
    np.testing.assert_array_equal(mml.transform_image(seen, FLIP, order=order), image[:, ::-1])
    # A quarter turn takes x (columns) to y (rows).
    turned = mml.transform_image(seen, mml.rotation(np.pi / 2), order=order)
    np.testing.assert_allclose(
        turned, np.rot90(image, -1), atol=1e-5 if dtype == np.float32 else 1e-13
    )


def test_cubic_is_exact_for_parabolas():
    y, x = np.mgrid[:40, :50].astype(float)
    image = 3 + 0.5 * x - 0.2 * y + 0.01 * x * x - 0.03 * x * y + 0.02 * y * y
    shift = np.array([[1, 0, 0.3], [0, 1, -0.6], [0, 0, 1]])
    got = mml.transform_image(image, shift, order=3)[4:-4, 4:-4]
    u, v = (x - 0.3)[4:-4, 4:-4], (y + 0.6)[4:-4, 4:-4]
    np.testing.assert_allclose(
        got, 3 + 0.5 * u - 0.2 * v + 0.01 * u * u - 0.03 * u * v + 0.02 * v * v
    )


def test_the_skull_is_undone():
    """Course: a skewed picture put right by the inverse, up to interpolation."""
    y, x = np.mgrid[:80, :80]
    image = np.sin(x / 9.0) * np.cos(y / 7.0)
    skew = np.array([[1, 0.4], [0.1, 0.9]])
    back = mml.transform_image(
        mml.transform_image(image, skew, order=3), np.linalg.inv(skew), order=3
    )
    np.testing.assert_allclose(back[25:55, 25:55], image[25:55, 25:55], atol=1e-3)


@pytest.mark.parametrize("order", [0, 1, 3])
def test_a_result_of_another_size(order, dtype, rng):
    image = rng.standard_normal((6, 8, 2)).astype(dtype)
    turn = mml.rotation(0.4)
    large = mml.transform_image(image, turn, order=order, fill=np.nan, shape=(12, 14))
    assert (large.shape, large.dtype) == ((12, 14, 2), dtype)
    tol = 1e-5 if dtype == np.float32 else 1e-12
    same = mml.transform_image(image, turn, order=order, fill=np.nan)
    np.testing.assert_allclose(large[3:9, 3:11], same, atol=tol)  # the middle is the middle
    cut = mml.transform_image(image, turn, order=order, fill=np.nan, shape=(2, 4))
    np.testing.assert_allclose(cut, same[2:4, 2:6], atol=tol)
    corner = mml.transform_image(image, np.eye(2), order=order, center=(0, 0), shape=(9, 3))
    np.testing.assert_array_equal(corner[:6], image[:, :3])  # a center keeps its place
    assert (corner[6:] == 0).all()


def test_results_of_odd_sizes(rng):
    image = rng.standard_normal((3, 4))
    assert mml.transform_image(image, np.eye(2), shape=(0, 5)).shape == (0, 5)
    assert mml.transform_image(image, np.eye(2), shape=[2, 2]).shape == (2, 2)
    assert np.isnan(mml.transform_image(image[:0], np.eye(2), fill=np.nan, shape=(2, 2))).all()
    out = np.empty((5, 6))
    assert mml.transform_image(image, np.eye(2), shape=(5, 6), out=out) is out
    np.testing.assert_array_equal(out, mml.transform_image(image, np.eye(2), shape=(5, 6)))
    for shape in (5, (1, 2, 3), (1.5, 2), (-1, 2), "ab"):
        with pytest.raises((ValueError, TypeError), match="shape"):
            mml.transform_image(image, np.eye(2), shape=shape)


def test_fill_and_center():
    image = np.ones((4, 4, 2))
    got = mml.transform_image(image, np.eye(2) / 2, center=(0, 0), fill=[5, np.nan])
    np.testing.assert_array_equal(got[:2, :2], 1)
    np.testing.assert_array_equal(got[3, 3], [5, np.nan])
    np.testing.assert_array_equal(
        mml.transform_image(np.zeros((0, 3)), np.eye(2)), np.zeros((0, 3))
    )
    assert mml.transform_image(np.ones((2, 2), np.uint8), np.eye(2)).dtype == np.float64


def test_nan_in_the_image_spreads_no_further_than_it_must(rng):
    image = rng.standard_normal((9, 9))
    image[4, 4] = np.nan
    np.testing.assert_array_equal(mml.transform_image(image, np.eye(2)), image)
    half = np.array([[1, 0, 0.5], [0, 1, 0], [0, 0, 1]])
    assert np.isnan(mml.transform_image(image, half)).sum() == 2


def test_same_for_every_number_of_threads(rng):
    image = rng.standard_normal((400, 300))
    full = mml.transform_image(image, mml.rotation(0.2))
    with mml.threads(1):
        np.testing.assert_array_equal(mml.transform_image(image, mml.rotation(0.2)), full)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mml.transform_image(np.ones(3), np.eye(2)), ValueError, "image: got shape"),
        (lambda: mml.transform_image(np.ones((3, 3)), np.eye(4)), ValueError, "matrix: got shape"),
        (
            lambda: mml.transform_image(np.ones((3, 3)), np.ones((2, 2))),
            mml.SingularMatrixError,
            "singular",
        ),
        (
            lambda: mml.transform_image(np.ones((3, 3)), np.eye(2), order=2),
            ValueError,
            "order: got 2",
        ),
        (
            lambda: mml.transform_image(np.ones((3, 3)), np.eye(2), fill=[1, 2]),
            ValueError,
            "fill: got",
        ),
        (
            lambda: mml.transform_image(np.ones((3, 3)), np.eye(2), center=[1]),
            ValueError,
            "center: got",
        ),
        (lambda: mml.transform_image(np.ones((3, 3)), [[np.nan, 0], [0, 1]]), ValueError, "NaN"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
