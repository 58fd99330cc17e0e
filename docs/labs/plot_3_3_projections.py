r"""
Orthogonal projections
======================

The point of a subspace that is nearest to *x* lies where the rest is orthogonal to the subspace. With a basis in the columns of *B*,

.. math:: \lambda = (B^\top B)^{-1} B^\top x, \qquad p = B \lambda = P x, \qquad P = B (B^\top B)^{-1} B^\top.
"""

# %%
# Exercise
# --------
# Write the projection matrix for a basis in the columns of *B*. Project (6, 0, 0) on the plane of (1, 1, 1) and (0, 1, 2).
# Then check that what is left is orthogonal to the plane.
#
# *Hint.* The formula is above. Numbers orthogonal to both columns satisfy :math:`B^\top r = 0`.

import matplotlib.pyplot as plt
import numpy as np
from skimage.data import lfw_subset

import mmlcore as mml
from mmlcore import plot


def onto(B):
    """Return the matrix that projects on the span of the columns."""
    # your lines


# %%
# *Solution.* The shadow is (5, 2, -1).


def onto(B):
    """Return the matrix that projects on the span of the columns."""
    return B @ np.linalg.inv(B.T @ B) @ B.T


B, x = np.array([[1.0, 0], [1, 1], [1, 2]]), np.array([6.0, 0, 0])
shadow = onto(B) @ x
print(shadow.round(12), "left:", (B.T @ (x - shadow)).round(12) + 0.0)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(shadow, mml.project(x, B).points, atol=1e-13)
# sphinx_gallery_end_ignore

# %%
# On a line
# ---------
# Turn the line, and watch the shadows of the points. The sum of the squared distances is smallest along the direction in which the
# points vary most: that will be the idea of principal components.


random = np.random.default_rng(3)
points = random.standard_normal((40, 2)) @ [[1.6, 0.9], [0.0, 0.5]]


def shadows(ax, degrees):
    """Project the points on a line through the origin."""
    turn = np.radians(degrees)
    found = mml.project(points, np.array([np.cos(turn), np.sin(turn)]))
    ax.plot(
        *np.stack([points, found.points]).transpose(2, 0, 1), color="0.8", linewidth=0.8
    )
    ax.plot(*points.T, ".", color="C0")
    ax.plot(*found.points.T, ".", color="C3")
    error = float(np.sum(found.residual**2))
    ax.set(
        aspect="equal",
        xlim=(-4, 4),
        ylim=(-3, 3),
        title=f"squared distances {error:.1f}",
    )


ax = plot.explore(shadows, degrees=(-80, 100))

# %%
# Matrices of projections
# -----------------------
# The numbers of the exercise, and what every projection fulfils: projecting twice changes nothing, and the matrix is symmetric.

b = np.array([1.0, 2.0, 2.0])
P = mml.projection_matrix(b)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(9 * P, [[1, 2, 2], [2, 4, 4], [2, 4, 4]], atol=1e-14)
np.testing.assert_allclose(
    9 * mml.project([1, 1, 1], b).points, [5, 10, 10], atol=1e-14
)
np.testing.assert_allclose(
    mml.project([1, 1, 1], [3, 0, 4]).points, [0.84, 0, 1.12], atol=1e-15
)
# sphinx_gallery_end_ignore

B = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
P = mml.projection_matrix(B)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(6 * P, [[5, 2, -1], [2, 2, 2], [-1, 2, 5]], atol=1e-13)
np.testing.assert_allclose(P, B @ np.linalg.inv(B.T @ B) @ B.T, atol=1e-14)
np.testing.assert_allclose(P @ P, P, atol=1e-15)
np.testing.assert_array_equal(P, P.T)
# sphinx_gallery_end_ignore

x = np.array([6.0, 0.0, 0.0])
found = mml.project(x, B)
print("shadow", found.points.round(10), "coordinates", found.coordinates.round(10))
print("distance", round(float(found.residual), 4))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(found.points, [5, 2, -1], atol=1e-14)
np.testing.assert_allclose(found.coordinates, [5, -3], atol=1e-14)
np.testing.assert_allclose(found.points @ (found.points - x), 0, atol=1e-13)
np.testing.assert_allclose(found.residual, np.linalg.norm(x - P @ x), rtol=1e-14)
# sphinx_gallery_end_ignore

# %%
# Where columns depend on each other the formula fails, since :math:`B^\top B` has no inverse; the projection exists all the same. An
# affine subspace, here the line at height 3, is moved to the origin and back.

# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    mml.projection_matrix([[1, 2], [1, 2], [1, 2]]), np.full((3, 3), 1 / 3)
)
# sphinx_gallery_end_ignore
offset = np.array([0.0, 3.0])
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    offset + mml.project([4.0, 7.0] - offset, np.array([1.0, 0.0])).points, [4, 3]
)
# sphinx_gallery_end_ignore

# %%
# Eigenfaces
# ----------
# A hundred faces, as vectors of 625 pixels. Their principal components are faces too, from the one that tells most to those that tell
# details. The course reads a file of such eigenfaces; ours come from eighty of the faces, and twenty are kept for a test.

faces = lfw_subset()[:100].reshape(100, 625)
known, new = faces[:80], faces[80:]
pca = mml.PCA(79).fit(known)
basis, mean = pca.components_.T, pca.mean_
axes = plot.components(pca, (25, 25), count=9)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(basis.T @ basis, np.eye(79), atol=1e-12)
# sphinx_gallery_end_ignore

# %%
# A face that was not among the eighty, projected on the first eigenfaces: fifty numbers instead of 625.


def side_by_side(images):
    """Join images of 25 x 25, with white between them."""
    return np.hstack(
        [np.pad(image.reshape(25, 25), 1, constant_values=1) for image in images]
    )


def faces_beside(ax, face, numbers):
    """Draw a face, its projection, and what is lost."""
    shadow = mean + mml.project(new[face] - mean, basis[:, :numbers]).points
    both = [new[face], shadow, 0.5 + new[face] - shadow]
    ax.imshow(side_by_side(both), cmap="gray", vmin=0, vmax=1)
    error = mml.distance(new[face], shadow)
    ax.set(title=f"the face, {numbers} eigenfaces, the rest: {error:.2f} long")
    ax.set_axis_off()


_, ax = plt.subplots(figsize=(9, 3.4), layout="constrained")
ax = plot.explore(faces_beside, ax=ax, face=(0, 19), numbers=[50, 5, 10, 20, 30, 79])

# %%
# Is it the eigenfaces, or would any fifty vectors do? A random basis of the same size gives noise. The curves: what is left of the new
# faces, against the number of basis vectors.

noise = mml.gram_schmidt(random.standard_normal((625, 79)))
others = mml.gram_schmidt(known[:79].T - mean[:, None])
counts = np.arange(1, 80, 3)
_, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4), width_ratios=(3, 2), layout="constrained"
)
for name, vectors in (
    ("random", noise),
    ("other faces", others),
    ("eigenfaces", basis),
):
    errors = [np.mean(mml.project(new - mean, vectors[:, :k]).residual) for k in counts]
    left.plot(counts, errors, ".-", label=name)
    # What is orthogonal adds up: Pythagoras, one basis vector after the other.
    parts = np.cumsum(((new - mean) @ vectors) ** 2, axis=1)[:, counts - 1]
    whole = np.sum((new - mean) ** 2, axis=1, keepdims=True)
    np.testing.assert_allclose(errors, np.sqrt(whole - parts).mean(axis=0), rtol=1e-9)
    before = np.sqrt(whole).mean()
    print(f"{name:11}: {errors[16]:.2f} left of {before:.2f} with {counts[16]}")
left.set(xlabel="basis vectors", ylabel="mean distance to the span", ylim=(0, None))
left.legend()
pair = [mean + mml.project(new[0] - mean, v[:, :50]).points for v in (noise, basis)]
right.imshow(side_by_side(pair), cmap="gray")
right.set_title("50 random vectors, 50 eigenfaces")
right.set_axis_off()

# sphinx_gallery_thumbnail_number = 2
