r"""
Mean and covariance of images
=============================

An image is a vector of its pixels, a set of images a cloud of points. Its middle and its shape are the mean and the covariance,

.. math:: \mu = \frac1N \sum_i x_i, \qquad S = \frac1N \sum_i (x_i - \mu)(x_i - \mu)^\top.
"""

# %%
# Exercise
# --------
# Write mean and covariance as loops over the points, as the formulas read. Each point is a row.
#
# *Hint.* ``np.outer`` makes the matrix of one point.

import time

import matplotlib.pyplot as plt
import numpy as np
from skimage.data import lfw_subset

import mmlcore as mml
from mmlcore import plot


def mean_naive(X):
    """Mean by a loop over the points."""
    # your lines


def cov_naive(X):
    """Covariance by a loop over the points."""
    # your lines


# %%
# *Solution.* Three points in the plane.


def mean_naive(X):
    """Mean by a loop over the points."""
    total = np.zeros(X.shape[1])
    for x in X:
        total += x
    return total / len(X)


def cov_naive(X):
    """Covariance by a loop over the points."""
    mean, total = mean_naive(X), np.zeros((X.shape[1], X.shape[1]))
    for x in X:
        total += np.outer(x - mean, x - mean)
    return total / len(X)


three = np.array([[1.0, 2], [3, 4], [5, 0]])
print(mean_naive(three))
print(cov_naive(three))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(cov_naive(three), mml.covariance(three), rtol=1e-14)
# sphinx_gallery_end_ignore

# %%
# Faces
# -----
# A hundred faces of 25 x 25 pixels, which scikit-image carries with it: the course uses larger ones that cannot be passed on. Each
# becomes a row of 625 numbers.


faces = lfw_subset()[:100]
X = faces.reshape(100, 625)


def browse(ax, face):
    """Show one of the faces."""
    ax.imshow(faces[face], cmap="gray")
    ax.set(title=f"face {face}", xticks=[], yticks=[])


ax = plot.explore(browse, face=(0, 99))

# %%
# The mean face
# -------------
# The mean of the rows is an image again: what faces have in common. The variance of each pixel is one too: bright where they
# differ, at the hair, the eyes and the edge of the head.

mean, variance = mml.mean(X), mml.variance(X)
plot.images(
    [faces[0], faces[1], mean.reshape(25, 25), variance.reshape(25, 25)],
    ["a face", "another", "mean", "variance"],
    columns=4,
)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(mean, X.mean(axis=0), rtol=1e-12)
np.testing.assert_allclose(variance, X.var(axis=0), rtol=1e-10)
# sphinx_gallery_end_ignore

# %%
# Covariance
# ----------
# A pixel varies together with its neighbours, and with its mirror image across the face. The row of the covariance that belongs to
# one pixel is an image as well. Choose the pixel.

S = mml.covariance(X)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(S, np.cov(X, rowvar=False, bias=True), atol=1e-15)
# sphinx_gallery_end_ignore
correlation = mml.correlation(X)


def together(ax, row, column):
    """Show how all pixels go with one."""
    image = correlation[25 * row + column].reshape(25, 25)
    ax.imshow(image, cmap="RdBu_r", vmin=-1, vmax=1)
    ax.plot(column, row, "k+", markersize=14)
    ax.set(title=f"correlation with pixel ({row}, {column})", xticks=[], yticks=[])


ax = plot.explore(together, row=(2, 18), column=(0, 14))

# %%
# Loops and vectors
# -----------------
# The exercise asks for both as loops over the points. One pass of compiled code over whole arrays gives the same numbers; how
# much sooner, the curves show.


# sphinx_gallery_start_ignore
np.testing.assert_allclose(mean_naive(X), mean, rtol=1e-12)
np.testing.assert_allclose(cov_naive(X), S, atol=1e-14)
# sphinx_gallery_end_ignore


def clock(f, *arguments):
    """Return the shortest of three times."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        f(*arguments)
        times.append(time.perf_counter() - start)
    return min(times)


sizes = [10, 100, 1000, 10_000, 30_000]
random = np.random.default_rng(0)
_, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for ax, title, ways in (
    (left, "mean", (mean_naive, lambda X: X.mean(axis=0), mml.mean)),
    (
        right,
        "covariance",
        (cov_naive, lambda X: np.cov(X.T, bias=True), mml.covariance),
    ),
):
    for name, way in zip(("a loop", "numpy", "mmlcore"), ways, strict=True):
        took = [clock(way, random.random((n, 20))) for n in sizes]
        ax.loglog(sizes, took, "o-", label=name)
    ax.set(title=title, xlabel="points of 20 features", ylabel="seconds")
    ax.legend()

# %%
# Affine maps
# -----------
# Brightness and contrast change every pixel by :math:`A x + b`. Mean and covariance follow without looking at the data again:
# :math:`A \mu + b` and :math:`A S A^\top`.

S2, A2 = np.array([[2.0, 0.0], [0.0, 2.0]]), np.array([[0.0, 1.0], [2.0, 3.0]])
# sphinx_gallery_start_ignore
np.testing.assert_allclose(mml.affine_covariance(S2, A2, [0.0, 0.0]), [[2, 6], [6, 26]])
# sphinx_gallery_end_ignore

state = np.random.RandomState(42)
A, b, data = state.randn(4, 4), state.randn(4), state.randn(100, 4)
moved = data @ A.T + b
mean_after = mml.affine_mean(mml.mean(data), A, b)
covariance_after = mml.affine_covariance(mml.covariance(data), A, b)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(mean_after, moved.mean(axis=0), rtol=1e-12)
np.testing.assert_allclose(covariance_after, np.cov(moved.T, bias=True), atol=1e-13)
# sphinx_gallery_end_ignore
print("mean after the map:", mean_after.round(4))
print("its first variance:", covariance_after[0, 0].round(4))

cloud = state.randn(300, 2) @ [[1.5, 0.4], [0.0, 0.5]]
turned = cloud @ A2.T + [9.0, 1.0]
_, ax = plt.subplots(figsize=(5.5, 5), layout="constrained")
for points, name in ((cloud, "x"), (turned, "A x + b")):
    plot.principal_axes(mml.PCA(2).fit(points), points, ax=ax)
    ax.annotate(name, points.mean(axis=0), xytext=(8, -14), textcoords="offset points")

# %%
# One more point
# --------------
# A mean need not be computed anew when a point arrives. ``Moments`` keeps number, mean and covariance, and takes points in, or out:
#
# .. math:: \mu_n = \mu_{n-1} + \frac{x - \mu_{n-1}}{n}, \qquad
#           \sigma_n^2 = \frac{n-1}{n} \sigma_{n-1}^2 + \frac{(x - \mu_{n-1})(x - \mu_n)}{n}.

numbers = np.array([2.0, 4, 4, 4, 5, 5, 7])[:, None]
moments = mml.Moments(1).update(numbers)
before = moments.mean[0], moments.covariance()[0, 0]
moments.update([[9.0]])
after = moments.mean[0], moments.covariance()[0, 0]
print(f"mean and variance: {before[0]:.4f}, {before[1]:.4f}")
print(f"with a 9: {after[0]:.4f}, {after[1]:.4f}")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(after, [5, 4], rtol=1e-12)
# sphinx_gallery_end_ignore
n, mu, var = 8, *before
# sphinx_gallery_start_ignore
np.testing.assert_allclose(after[0], mu + (9 - mu) / n, rtol=1e-12)
np.testing.assert_allclose(
    after[1], (n - 1) / n * var + (9 - mu) * (9 - after[0]) / n, rtol=1e-12
)
# sphinx_gallery_end_ignore

# sphinx_gallery_thumbnail_number = 3
