"""Transformation matrices, composition, change of basis, points."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.spatial.transform
from hypothesis import given
from hypothesis import strategies as st

import mmlcore as mml

ANGLES = st.floats(-10, 10)


@given(ANGLES, ANGLES)
def test_rotations_add(a, b):
    np.testing.assert_allclose(mml.rotation(a) @ mml.rotation(b), mml.rotation(a + b), atol=1e-13)


def test_rotation3d_against_scipy(rng):
    axis, theta = rng.standard_normal((40, 3)), rng.uniform(-7, 7, 40)
    vectors = axis / np.linalg.norm(axis, axis=1, keepdims=True) * theta[:, None]
    expected = scipy.spatial.transform.Rotation.from_rotvec(vectors).as_matrix()
    np.testing.assert_allclose(mml.rotation3d(axis, theta), expected, atol=1e-14)
    np.testing.assert_allclose(mml.rotation3d(axis * 1e-200, theta), expected, atol=1e-14)
    np.testing.assert_allclose(mml.rotation3d(axis * 1e300, theta), expected, atol=1e-14)
    np.testing.assert_allclose(mml.rotation3d(axis, 0), np.broadcast_to(np.eye(3), (40, 3, 3)))
    assert mml.rotation3d(axis.astype("f4"), theta.astype("f4")).dtype == np.float32


@pytest.mark.parametrize("count", [1, 2, 3, 7, 63, 64, 65, 200, 5000])
def test_stacks_of_rotations(count, dtype, rng):
    """Angles of every size against extended precision; each matrix as the one of its angle alone."""
    angles = (rng.standard_normal(2 * count) * 10.0 ** rng.integers(-8, 9, 2 * count)).astype(dtype)
    axes = rng.standard_normal((2 * count, 3)).astype(dtype)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    bound = 3 * np.finfo(dtype).eps
    for t, n in (
        (angles[:count], axes[:count]),
        (angles[::2], axes[::2]),
        (angles[:count][::-1], axes[:1]),
    ):
        exact = t.astype(np.longdouble)
        c, s = np.cos(exact), np.sin(exact)
        flat = mml.rotation(t)
        assert flat.dtype == dtype
        np.testing.assert_allclose(
            flat, np.stack([c, -s, s, c], -1).reshape(-1, 2, 2), rtol=0, atol=bound
        )
        space = mml.rotation3d(n, t)
        for i in rng.integers(0, count, 5):
            alone = mml.rotation3d(n[i % len(n)], t[i])
            np.testing.assert_allclose(space[i], alone, rtol=0, atol=bound)
    for bad in (np.nan, np.inf):
        broken = angles[:count].copy()
        broken[rng.integers(count)] = bad
        for call in (mml.rotation, lambda t: mml.rotation3d([0.0, 0.0, 1.0], t)):
            with pytest.raises(ValueError, match="theta"):
                call(broken)


def test_small_rotations_keep_their_digits():
    """1 - cos t = t^2 / 2 here, which cos t itself does not hold."""
    turn = mml.rotation3d([1.0, 1.0, 0.0], 1e-9)
    np.testing.assert_allclose(turn[0, 1], 1e-18 / 4, rtol=1e-12)


def test_scaling_shear_stacks():
    np.testing.assert_array_equal(mml.scaling(2, 3, 4), np.diag([2.0, 3, 4]))
    assert mml.scaling([1, 2, 3], 1).shape == (3, 2, 2)
    np.testing.assert_array_equal(mml.shear(2), [[1, 2], [0, 1]])
    np.testing.assert_array_equal(mml.shear([2, 3], axis=1)[1], [[1, 0], [3, 1]])


@pytest.mark.parametrize("d", [1, 2, 3, 7])
def test_reflection(d, dtype, rng):
    n = rng.standard_normal((5, d)).astype(dtype)
    mirror = mml.reflection(n)
    rough = 30 * np.finfo(dtype).eps
    assert mirror.dtype == dtype
    np.testing.assert_allclose(mml.transform_points(mirror, n[:, None])[:, 0], -n, atol=rough * 3)
    np.testing.assert_allclose(
        mirror @ mirror, np.broadcast_to(np.eye(d), mirror.shape), atol=rough
    )
    np.testing.assert_allclose(np.linalg.det(mirror), -1, atol=rough)


def test_reflection_in_the_plane_of_two_vectors():
    """Course: reflect in the plane of v1 and v2, by an orthonormal basis and E diag(1, 1, -1) E'."""
    v1, v2, v3 = np.array([1.0, 1, 1]), np.array([2.0, 0, 1]), np.array([3.0, 1, -1])
    basis = mml.gram_schmidt(np.stack([v1, v2, v3], axis=1))
    np.testing.assert_allclose(
        mml.reflection(np.cross(v1, v2)), basis @ np.diag([1.0, 1, -1]) @ basis.T, atol=1e-15
    )


def test_bear():
    """Course: the mirror along (1, 1.5): T = [[-5, 12], [12, 5]] / 13, and breaks between lines survive."""
    mirror = mml.reflection([-1.5, 1.0])
    np.testing.assert_allclose(mirror, np.array([[-5, 12], [12, 5]]) / 13, atol=1e-15)
    basis = mml.gram_schmidt([[1, -1], [1.5, 2]])
    np.testing.assert_allclose(mml.compose(basis, mml.scaling(1, -1), basis.T), mirror, atol=1e-15)
    line = np.array([[1, 0], [np.nan, np.nan], [2, 1]])
    np.testing.assert_allclose(
        mml.transform_points(mirror, line),
        [[-5 / 13, 12 / 13], [np.nan, np.nan], [2 / 13, 29 / 13]],
    )


def test_shadows(rng):
    """Course: the sun's direction, points fall on the ground."""
    sun = np.array([4.0, -3, -12]) / 13
    ground = mml.oblique_projection(sun)
    np.testing.assert_allclose(ground[:2] @ [6, 2, 3], [7, 1.25])
    np.testing.assert_array_equal(ground[2], 0)
    np.testing.assert_allclose(ground @ ground, ground, atol=1e-15)
    normal = rng.standard_normal((6, 3))
    wall = mml.oblique_projection(sun, normal)
    np.testing.assert_allclose(wall @ wall, wall, atol=1e-12)
    np.testing.assert_allclose((normal[:, None] @ wall)[:, 0], 0, atol=1e-13)
    np.testing.assert_allclose(wall @ sun, 0, atol=1e-14)


@pytest.mark.parametrize("sizes", [(3,), (3, 3, 3, 3), (40, 2, 40, 3, 50), (1, 9, 1, 9)])
def test_compose(sizes, dtype, rng):
    parts = [
        rng.standard_normal(shape).astype(dtype)
        for shape in zip(sizes, sizes[1:] or sizes, strict=False)
    ]
    expected = np.linalg.multi_dot(parts) if len(parts) > 1 else parts[0]
    np.testing.assert_allclose(mml.compose(*parts), expected, rtol=1e-4, atol=1e-4)


def test_compose_of_stacks_acts_from_the_right(rng):
    turns = mml.rotation(rng.uniform(0, 6, 5))
    x = rng.standard_normal((5, 1, 2))
    both = mml.transform_points(mml.compose(mml.scaling(2, 3), turns), x)
    one = mml.transform_points(mml.scaling(2, 3), mml.transform_points(turns, x))
    np.testing.assert_allclose(both, one)


def test_change_basis(dtype, rng):
    a, b = (rng.standard_normal((7, 4, 4)).astype(dtype) for _ in range(2))
    b += 4 * np.eye(4, dtype=dtype)
    expected = np.linalg.inv(b.astype(float)) @ a @ b
    np.testing.assert_allclose(mml.change_basis(a, b), expected, rtol=1e-3, atol=1e-4)
    assert mml.change_basis(a[0], b).shape == (7, 4, 4)


def test_change_to_a_hilbert_basis_beats_the_inverse():
    """Condition 1e13: forming the inverse loses more than solving."""
    n = 10
    hilbert = 1 / (np.arange(n)[:, None] + np.arange(n) + 1)
    seen = mml.change_basis(np.eye(n), hilbert)
    assert (
        np.abs(seen - np.eye(n)).max() <= np.abs(np.linalg.inv(hilbert) @ hilbert - np.eye(n)).max()
    )


@pytest.mark.parametrize("n", [1, 5, 3000])
@pytest.mark.parametrize(("m", "d"), [(2, 2), (2, 3), (3, 3), (5, 4)])
def test_points(n, m, d, dtype, layout, rng):
    a, p = rng.standard_normal((m, d)).astype(dtype), rng.standard_normal((n, d)).astype(dtype)
    moved = mml.transform_points(layout(a), layout(p))
    assert moved.dtype == dtype
    np.testing.assert_allclose(moved, p @ a.T, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(mml.transform_points(a, p[0]), a @ p[0], rtol=1e-4, atol=1e-5)


def test_homogeneous_coordinates(rng):
    p = rng.standard_normal((20, 2))
    affine = np.array([[1, 2, 5], [0, 1, -3], [0, 0, 1.0]])
    np.testing.assert_allclose(mml.transform_points(affine, p), p @ affine[:2, :2].T + [5, -3])
    full = np.array([[1, 2, 5], [0, 1, -3], [0.01, 0.02, 1.0]])
    expected = np.c_[p, np.ones(20)] @ full.T
    np.testing.assert_allclose(mml.transform_points(full, p), expected[:, :2] / expected[:, 2:])
    np.testing.assert_allclose(
        mml.transform_points(full, p[3]), (expected[:, :2] / expected[:, 2:])[3]
    )
    with pytest.raises(ValueError, match="to infinity"):
        mml.transform_points([[1, 0, 0], [0, 1, 0], [1, 0, 0]], [[0.0, 3.0]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mml.rotation(np.nan), "theta: contains NaN"),
        (lambda: mml.rotation3d([0, 0, 0], 1), "axis: a vector of length zero"),
        (lambda: mml.rotation3d([1, 0], 1), r"axis: got shape \(2,\)"),
        (lambda: mml.rotation3d(np.ones((2, 3)), np.ones(3)), "axis and theta"),
        (mml.scaling, "factors: got none"),
        (lambda: mml.scaling(1, np.inf), r"factors\[1\]: contains"),
        (lambda: mml.shear(1, axis=2), "axis: got 2"),
        (lambda: mml.reflection([0.0, 0.0]), "normal: a vector of length zero"),
        (lambda: mml.oblique_projection([1, 0, 0]), "direction: is parallel"),
        (lambda: mml.oblique_projection([1, 0, 0], [1, 0]), "normal: got shape"),
        (mml.compose, "matrices: got none"),
        (lambda: mml.compose(np.eye(2), np.eye(3)), r"matrices\[1\]: got shape \(3, 3\)"),
        (lambda: mml.change_basis(np.eye(2), np.eye(3)), "basis: got shape"),
        (lambda: mml.change_basis(np.eye(2), np.ones((2, 2))), "basis: the columns"),
        (lambda: mml.transform_points(np.eye(4), np.ones((5, 2))), "matrix: got shape"),
        (lambda: mml.transform_points(np.eye(2), 1.0), "points: got shape"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
