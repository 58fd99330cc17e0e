r"""
The reflecting bear
===================

A bear looks into a mirror. In a basis whose first vector lies along the mirror and whose second is perpendicular to it, the
reflection is simple; :math:`E` has these vectors as columns and takes it back to our coordinates:

.. math:: T_E = \begin{pmatrix} 1 & 0 \\ 0 & -1 \end{pmatrix}, \qquad T = E\, T_E\, E^{-1}

:math:`E` is orthonormal, so :math:`E^{-1} = E^{\mathsf T}`, and costs nothing.
"""

# %%
# Exercise
# --------
# You know two vectors: the first lies along the mirror, the second does not. Write a function that returns the matrix of
# the reflection. Reflect the point (1, 2) in the mirror along (1, 1).
#
# *Hint.* Make the basis orthonormal, reflect there, and come back.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
import mmlcore.plot


def reflection_of(basis):
    """Return the matrix of the reflection; the first column lies along the mirror."""
    # your lines


# %%
# *Solution.* The mirror along the diagonal exchanges both coordinates.


def reflection_of(basis):
    """Return the matrix of the reflection; the first column lies along the mirror."""
    E = mml.gram_schmidt(basis)
    return E @ np.diag([1.0, -1.0]) @ E.T


print((reflection_of([[1.0, 0], [1, 1]]) @ [1, 2]).round(12))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    reflection_of([[1.0, 0], [1, 1]]), [[0, 1], [1, 0]], atol=1e-15
)
# sphinx_gallery_end_ignore

# %%
# The bear's basis is skew
# ------------------------
# The first vector is along the mirror, the second only somewhere to its left. Gram-Schmidt puts that right.

basis = np.array([[1.0, -1.0], [1.5, 2.0]])  # vectors are columns
E = mml.gram_schmidt(basis)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(E, np.array([[2.0, -3], [3, 2]]) / 13**0.5, atol=1e-15)
# sphinx_gallery_end_ignore

T = mml.compose(E, mml.scaling(1, -1), E.T)
print((13 * T).round(12), "/ 13")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(T, np.array([[-5.0, 12], [12, 5]]) / 13, atol=1e-15)
np.testing.assert_allclose(T, E @ np.diag([1, -1]) @ np.linalg.inv(E), atol=1e-15)
# sphinx_gallery_end_ignore

# %%
# The same matrix from the direction that is turned round, :math:`I - 2 n n^{\mathsf T}`. Twice a reflection is nothing; areas keep
# their size and change their sign.

# sphinx_gallery_start_ignore
np.testing.assert_allclose(T, mml.reflection(E[:, 1]), atol=1e-15)
np.testing.assert_allclose(mml.matrix_power(T, 2), np.eye(2), atol=1e-15)
# sphinx_gallery_end_ignore
print(sorted(mml.classify(T, rtol=1e-12)), f"determinant {mml.determinant(T):.3f}")

# %%
# A bear of polygons
# ------------------
# Outlines are rows of points with a row of NaN between one polygon and the next. All of them go through one call of
# ``mml.transform_points``; a row of NaN remains one.


def oval(x, y, width, height, tilt=0.0, points=28):
    """Return the outline of an ellipse, by its half axes, then a break."""
    turn = np.linspace(0, 2 * np.pi, points)
    outline = np.stack([width * np.cos(turn), height * np.sin(turn)], axis=-1)
    outline = mml.transform_points(mml.rotation(tilt), outline)
    return np.vstack([outline + np.array([x, y]), np.full(2, np.nan)])


fur = np.vstack(
    [
        oval(-1.25, 0.85, 0.5, 0.15, 0.9),  # one arm up
        oval(-2.5, 0.45, 0.42, 0.15, 0.9),
        oval(-2.15, -0.3, 0.2, 0.3, -0.1),
        oval(-1.6, -0.3, 0.2, 0.3, 0.1),
        oval(-1.87, 0.4, 0.52, 0.72),
        oval(-2.3, 1.85, 0.17, 0.17),
        oval(-1.5, 1.85, 0.17, 0.17),
        oval(-1.9, 1.45, 0.58, 0.5),
    ]
)
black = np.vstack(
    [
        oval(-2.1, 1.58, 0.06, 0.08),
        oval(-1.7, 1.58, 0.06, 0.08),
        oval(-1.9, 1.4, 0.11, 0.07),
        oval(-2.3, 1.87, 0.08, 0.08),
        oval(-1.5, 1.87, 0.08, 0.08),
        oval(-2.2, -0.5, 0.1, 0.06),
        oval(-1.55, -0.5, 0.1, 0.06),
    ]
)
smile = np.linspace(np.pi, 2 * np.pi, 15)
face = np.vstack(
    [
        np.stack([-2.0 + 0.1 * np.cos(smile), 1.27 + 0.09 * np.sin(smile)], axis=-1),
        np.full((1, 2), np.nan),
        np.stack([-1.8 + 0.1 * np.cos(smile), 1.27 + 0.09 * np.sin(smile)], axis=-1),
    ]
)


def draw_bear(ax, matrix):
    """Draw the bear behind a matrix."""
    for points, how in (
        (fur, {"facecolor": "w", "edgecolor": "k", "linewidth": 0.8}),
        (black, {"facecolor": "k"}),
    ):
        moved = mml.transform_points(matrix, points)
        breaks = np.flatnonzero(np.isnan(moved[:, 0]))
        for polygon in np.split(moved, breaks + 1)[:-1]:
            ax.fill(*polygon[:-1].T, **how)
    ax.plot(*mml.transform_points(matrix, face).T, "k", linewidth=1)


def mirror(ax, direction):
    """Draw the mirror and shade what lies behind it."""
    far = 10 * direction / mml.length(direction)
    behind = np.array([far[1], -far[0]])
    ax.fill(
        *np.transpose([-far, far, far + behind, behind - far]), color="C0", alpha=0.15
    )
    ax.plot([-far[0], far[0]], [-far[1], far[1]], color="C0", linewidth=2)
    ax.set(xlim=(-3.5, 3.5), ylim=(-3.5, 3.5), aspect="equal")


fig, ax = plt.subplots(figsize=(5.5, 5.5), layout="constrained")
draw_bear(ax, np.eye(2))
draw_bear(ax, T)
mml.plot.arrows(basis.T, names=["$b_1$", "$b_2$"], color="0.4", ax=ax)
mml.plot.arrows(E.T, names=["$e_1$", "$e_2$"], color="C3", ax=ax)
mirror(ax, basis[:, 0])

moved = mml.transform_points(T, fur)
# sphinx_gallery_start_ignore
np.testing.assert_array_equal(np.isnan(moved), np.isnan(fur))
np.testing.assert_allclose(moved, fur @ T.T, atol=1e-14)
# sphinx_gallery_end_ignore

# %%
# Turn the mirror
# ---------------
# Move the slider, and watch both bears.


def turned(ax, degrees):
    direction = mml.transform_points(mml.rotation(np.deg2rad(degrees)), [1.0, 0.0])
    mirror(ax, direction)
    draw_bear(ax, np.eye(2))
    draw_bear(ax, mml.reflection([-direction[1], direction[0]]))
    ax.set_title(f"mirror at {degrees} degrees")


mml.plot.explore(turned, degrees=(0, 180, 5))

# %%
# A mirror in space
# -----------------
# The plane of (1, 1, 1) and (2, 0, 1); a third vector points out of it. Gram-Schmidt of the three gives two directions in the
# plane and its normal.

E = mml.gram_schmidt(np.transpose([[1.0, 1, 1], [2, 0, 1], [3, 1, -1]]))
T = mml.compose(E, mml.scaling(1, 1, -1), E.T)
r = mml.transform_points(T, [2.0, 3.0, 5.0])
print(r, "= (11, 14, 5) / 3")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(r, np.array([11, 14, 5]) / 3, atol=1e-14)
np.testing.assert_allclose(T, mml.reflection(E[:, 2]), atol=1e-15)
# sphinx_gallery_end_ignore
