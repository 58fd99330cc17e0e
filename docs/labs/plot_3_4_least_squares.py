r"""
Least squares and the prices of houses
======================================

A linear model says :math:`y = X \theta`. The best parameters are those of a projection: :math:`X \hat\theta` is the point of the
column space of *X* that is nearest to *y*,

.. math:: \hat\theta = (X^\top X)^{-1} X^\top y.
"""

# %%
# Exercise
# --------
# Write a function that returns the best parameters for a matrix *X* and a vector *y*. Fit a constant and a slope to the
# points (0, 1), (1, 3), (2, 4).
#
# *Hint.* Solve the linear system with the matrix of the inner products of the columns; the constant has a column of ones.

import matplotlib.pyplot as plt
import numpy as np
from mlxtend.data import boston_housing_data

import mmlcore as mml
from mmlcore import plot


def best_parameters(X, y):
    """Return the parameters with the smallest sum of squared residuals."""
    # your lines


# %%
# *Solution.* The line is 7/6 + 3/2 x.


def best_parameters(X, y):
    """Return the parameters with the smallest sum of squared residuals."""
    return mml.solve(X.T @ X, X.T @ y)


points = np.array([[1.0, 0], [1, 1], [1, 2]])
print(best_parameters(points, np.array([1.0, 3, 4])).round(6))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    best_parameters(points, np.array([1.0, 3, 4])), [7 / 6, 3 / 2], rtol=1e-12
)
# sphinx_gallery_end_ignore

# %%
# Fifty points
# ------------
# The slope of the exercise is 2, the noise has deviation 1. Move the slope, or let the formula find it.


x = np.linspace(0, 10, 50)
y = 2 * x + np.random.RandomState(42).normal(scale=1, size=50)


def by_hand(ax, slope):
    """Draw a line through the origin, and its residuals."""
    ax.vlines(x, y, slope * x, color="C3", linewidth=0.8)
    ax.plot(x, slope * x, color="C0")
    ax.plot(x, y, "k.")
    ax.set(ylim=(-2, 24), title=f"sum of squares {np.sum((y - slope * x) ** 2):.1f}")


ax = plot.explore(by_hand, slope=(1.5, 2.5, 0.01))

theta = mml.linear_regression(x[:, None], y, intercept=False).coefficients
print("theta:", theta[0])
# sphinx_gallery_start_ignore
np.testing.assert_allclose(theta[0], 1.951585423289831, rtol=1e-12)
np.testing.assert_allclose(theta[0], x @ y / (x @ x), rtol=1e-12)
np.testing.assert_allclose(theta, mml.project(y, x).coordinates, rtol=1e-12)
# sphinx_gallery_end_ignore

# %%
# The error of the parameters
# ---------------------------
# More points, smaller error: it falls with the square root of their number. Each dot is a data set of its own; the line is the
# standard error that the theory of one data set predicts, :math:`\sigma / \sqrt{\sum x_i^2}`.

random = np.random.default_rng(0)
sizes = np.unique(np.geomspace(2, 10_000, 40).astype(int))
errors, predicted = [], []
for n in sizes:
    at = np.linspace(0, 10, n)
    for _ in range(5):
        noisy = 2 * at + random.standard_normal(n)
        fit = mml.linear_regression(at[:, None], noisy, intercept=False)
        errors.append(abs(fit.coefficients[0] - 2))
    predicted.append(1 / np.sqrt(at @ at))
_, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.loglog(np.repeat(sizes, 5), errors, ".", color="0.6", label="data sets")
ax.loglog(sizes, predicted, "C3", label="standard error")
ax.set(xlabel="points", ylabel="error of the slope", ylim=(1e-5, 1))
ax.legend()
# The mean size of a normal error is sqrt(2 / pi) of its deviation.
ratio = np.mean(np.array(errors).reshape(-1, 5) / np.array(predicted)[:, None])
print(f"mean error over predicted: {ratio:.2f}, expected {np.sqrt(2 / np.pi):.2f}")
# sphinx_gallery_start_ignore
assert 0.65 < ratio < 0.95
# sphinx_gallery_end_ignore

# %%
# Houses
# ------
# 506 districts of Boston, thirteen numbers about each, and the median price of a house in thousands of dollars of 1978. The first
# version of the course asks for the parameters without a constant.

X, price = boston_housing_data()
names = [
    "CRIM",
    "ZN",
    "INDUS",
    "CHAS",
    "NOX",
    "RM",
    "AGE",
    "DIS",
    "RAD",
    "TAX",
    "PTRATIO",
    "B",
    "LSTAT",
]
plain = mml.linear_regression(X, price, intercept=False)
full = mml.linear_regression(X, price)
print(f"{'':8}{'no constant':>12}{'constant':>10}{'error':>8}{'t':>7}")
for name, a, b, e, t in zip(
    names,
    plain.coefficients,
    full.coefficients,
    full.standard_errors,
    full.t_values,
    strict=False,
):
    print(f"{name:8}{a:12.4f}{b:10.4f}{e:8.4f}{t:7.1f}")
print(f"constant {full.intercept:.3f}, r squared {full.r2:.4f}")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    plain.coefficients, np.linalg.lstsq(X, price, rcond=None)[0], rtol=1e-7
)
np.testing.assert_allclose(
    plain.coefficients[:3], [-0.0928965, 0.0487150, -0.0040600], rtol=1e-4
)
np.testing.assert_allclose(full.intercept, 36.45948838508989, rtol=1e-7)
# sphinx_gallery_end_ignore
design = np.column_stack([X, np.ones(506)])
expected = np.linalg.lstsq(design, price, rcond=None)[0]
# sphinx_gallery_start_ignore
np.testing.assert_allclose([*full.coefficients, full.intercept], expected, rtol=1e-7)
# sphinx_gallery_end_ignore

# %%
# Prices as the model has them, against those that were paid. The cap at 50 is one of the data: dearer houses were recorded as 50.

said = X @ full.coefficients + full.intercept
_, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
left.scatter(price, said, s=8, alpha=0.6)
left.plot([0, 50], [0, 50], "k", linewidth=0.8)
left.set(xlabel="price", ylabel="model", title=f"r squared {full.r2:.3f}")
order = np.argsort(-np.abs(full.t_values[:13]))
right.barh([names[k] for k in order], full.t_values[order], color="C0")
right.invert_yaxis()
right.set(title="coefficient / standard error")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    full.r2, 1 - np.var(price - said) / np.var(price), rtol=1e-12
)
# sphinx_gallery_end_ignore

# %%
# What is learned, and what is learned by heart
# ---------------------------------------------
# Polynomials of rising degree through ten points: the error on the points falls and falls, the error on new points does not. A
# little ridge, which adds :math:`\lambda |\theta|^2` to the sum of squares, keeps the parameters small.


def wave(x):
    """What the points are drawn from."""
    return np.sin(2 * x)


few, new = np.sort(random.uniform(-2, 2, 10)), np.linspace(-2, 2, 200)
seen = wave(few) + 0.2 * random.standard_normal(10)


def fitted(degree, ridge):
    """Fit a polynomial; return the function."""
    fit = mml.linear_regression(
        few[:, None] ** np.arange(1, degree + 1), seen, ridge=ridge
    )
    return lambda x: (
        x[:, None] ** np.arange(1, degree + 1) @ fit.coefficients + fit.intercept
    )


def flexible(ax, degree, ridge):
    """Draw a polynomial through few points."""
    f = fitted(degree, ridge)
    ax.plot(new, wave(new), "0.7", label="truth")
    ax.plot(new, f(new), "C3", label="fit")
    ax.plot(few, seen, "ko")
    rest = np.sqrt(np.mean((f(few) - seen) ** 2))
    ax.set(ylim=(-2.5, 2.5), title=f"root mean square on the points: {rest:.3f}")
    ax.legend()


ax = plot.explore(flexible, degree=(1, 8), ridge=[0.0, 0.001, 0.01, 0.1, 1.0])

degrees = range(1, 9)
_, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
for ridge, style in ((0.0, "-"), (0.01, "--")):
    fits = [fitted(degree, ridge) for degree in degrees]
    on_points = [np.sqrt(np.mean((f(few) - seen) ** 2)) for f in fits]
    on_new = [np.sqrt(np.mean((f(new) - wave(new)) ** 2)) for f in fits]
    ax.semilogy(
        degrees, on_points, "C0" + style, label=f"on the points, ridge {ridge:g}"
    )
    ax.semilogy(degrees, on_new, "C3" + style, label=f"on new ones, ridge {ridge:g}")
    if not ridge:
        assert (np.diff(on_points) < 1e-12).all()
ax.set(xlabel="degree", ylabel="root mean square error")
ax.legend(fontsize=8)

# sphinx_gallery_thumbnail_number = 2
