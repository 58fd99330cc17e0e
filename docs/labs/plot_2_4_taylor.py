r"""
Visualising Taylor series
=========================

A function that is smooth at a point is known near it by its derivatives there:

.. math:: f(x) = \sum_n \frac{f^{(n)}(p)}{n!} (x - p)^n.

How near is near, and how many terms does it take?
"""

# %%
# Exercise
# --------
# Find the Taylor coefficients of the cosine around 0, on paper: differentiate, set *x* to 0, see the pattern. Then write it
# as a function of the order.
#
# *Hint.* The derivatives at 0 are 1, 0, -1, 0, and again.

from math import factorial

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
from mmlcore import plot


def cosine_coefficients(order):
    """Return the coefficients of 1, x, x^2, ... of the cosine around 0."""
    # your lines


# %%
# *Solution.* Only even powers are left, with signs that alternate.


def cosine_coefficients(order):
    """Return the coefficients of 1, x, x^2, ... of the cosine around 0."""
    return [(1, 0, -1, 0)[n % 4] / factorial(n) for n in range(order + 1)]


print(np.round(cosine_coefficients(6), 6))
print(mml.taylor(np.cos, 0.0, 6).coefficients.round(6))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    cosine_coefficients(12), mml.taylor(np.cos, 0.0, 12).coefficients, atol=1e-17
)
# sphinx_gallery_end_ignore

# %%
# Order by order
# --------------
# ``taylor`` computes the coefficients exactly, by recurrences, not by taking derivatives of derivatives. Each further order keeps to
# the curve a little longer.


print("cos:", mml.taylor(np.cos, 0.0, 6))
print("exp:", mml.taylor(np.exp, 0.0, 4))
print("1/x at 4:", mml.taylor(lambda x: 1 / x, 4.0, 2))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    mml.taylor(lambda x: 1 / x, 4.0, 2).coefficients,
    [1 / 4, -1 / 16, 1 / 64],
    rtol=1e-12,
)
np.testing.assert_allclose(
    mml.taylor(lambda x: np.exp(x) + x + np.sin(x), 0.0, 4).coefficients,
    [1, 3, 1 / 2, 0, 1 / 24],
    atol=1e-15,
)
# sphinx_gallery_end_ignore

ax = plot.taylor(np.cos, 0.0, (0, 2, 4, 6, 8), limits=(-7, 7))
ax.set_title("cos, around 0")

# %%
# Choose
# ------
# Choose a function, the point around which it is expanded, and the order. Some functions are given up by their polynomials at a
# certain distance, whatever the order.

functions = {
    "sin(x)": np.sin,
    "exp(-x^2)": lambda x: np.exp(-(x**2)),
    "1 / (1 + x^2)": lambda x: 1 / (1 + x**2),
    "log(1 + x^2)": lambda x: np.log(1 + x**2),
    "x sin(3 x)": lambda x: x * np.sin(3 * x),
    "tanh(2 x)": lambda x: np.tanh(2 * x),
}


def choose(ax, function, centre, order):
    """Draw a function and one of its polynomials."""
    f = functions[function]
    plot.taylor(f, centre, (order,), limits=(-4, 4), ax=ax)
    ax.plot(centre, f(centre), "ko")
    ax.set_title(f"{function}, around {centre:g}")


ax = plot.explore(
    choose, function=list(functions), centre=(-3.0, 3.0, 0.1), order=(0, 14)
)

# %%
# The radius of convergence
# -------------------------
# :math:`1 / (1 + x^2)` is smooth on the whole line, yet its series around 0 fails beyond 1. The reason lies in the plane: at
# :math:`\pm i` the function has poles, and the series converges in the largest disc that holds none. Around *p* the radius is
# :math:`|p - i| = \sqrt{1 + p^2}`.


def witch(x):
    """A bell with poles at i and -i."""
    return 1 / (1 + x**2)


_, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
plot.taylor(witch, 0.0, (2, 8, 16, 32), limits=(-2.5, 2.5), ax=left)
left.axvspan(-1, 1, color="0.93", zorder=0)
left.set(title="polynomials around 0; grey: the disc", ylim=(-0.5, 1.5))

centres = np.linspace(0, 2, 9)
radii = [float(mml.taylor(witch, p, 100).radius()) for p in centres]
right.plot(centres, radii, "o", label="from 100 coefficients")
right.plot(centres, np.sqrt(1 + centres**2), "k", label="distance to the pole")
right.set(xlabel="centre", ylabel="radius", ylim=(0, None))
right.legend()
# sphinx_gallery_start_ignore
np.testing.assert_allclose(radii, np.sqrt(1 + centres**2), rtol=0.03)
# sphinx_gallery_end_ignore

# %%
# The quadratic coefficient around 2 is 11/125.

# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    mml.taylor(witch, 2.0, 2).coefficients[2], 11 / 125, rtol=1e-12
)
# sphinx_gallery_end_ignore

# %%
# What is left over
# -----------------
# The error of the polynomial of order *n* is of order :math:`(x - p)^{n+1}`. On logarithmic scales that is a line of slope
# *n* + 1, until rounding ends it. ``remainder`` estimates the error from the last
# two terms, cautiously: one of them may be zero by chance, and so it counts on one order less.

away = np.geomspace(1e-4, 1, 60)
_, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
for k, order in enumerate((2, 4, 8, 12)):
    series = mml.taylor(np.exp, 0.5, order)
    error = np.abs(series(0.5 + away) - np.exp(0.5 + away))
    estimate = series.remainder(0.5 + away)
    assert (error <= 3 * estimate + 1e-15).all()
    ax.loglog(
        away, np.maximum(error, 1e-17), ".", color=f"C{k}", label=f"order {order}"
    )
    ax.loglog(away, estimate, color=f"C{k}", linewidth=0.8)
ax.set(xlabel="distance from 0.5", ylabel="error of exp's polynomial", ylim=(1e-17, 10))
ax.legend(title="dots: error, lines: estimate")

# %%
# Two variables
# -------------
# Value, gradient and Hessian are the orders 0, 1 and 2:
#
# .. math:: f(p + \delta) = f + J \delta + \tfrac12 \delta^T H \delta + O(|\delta|^3).
#
# A constant is a level plane, the first order a tangent plane, the second a paraboloid.


def bumps(v):
    """A bell times a wave."""
    return np.exp(-(v[0] ** 2 + v[1] ** 2) / 2) * np.cos(1.5 * v[0] + v[1])


at = np.array([0.4, -0.3])
order_two = mml.taylor(bumps, at, 2)
value, slope, curvature = order_two.coefficients
# sphinx_gallery_start_ignore
np.testing.assert_allclose(slope, mml.gradient(bumps, at), rtol=1e-12)
np.testing.assert_allclose(curvature, mml.hessian(bumps, at), rtol=1e-12)
# sphinx_gallery_end_ignore


def polynomial(v, order):
    """The Taylor polynomial, written out with numpy."""
    d = np.moveaxis(v, 0, -1) - at
    terms = [
        value + 0 * d[..., 0],
        d @ slope,
        np.einsum("...i,ij,...j", d, curvature, d) / 2,
    ]
    return sum(terms[: order + 1])


# sphinx_gallery_start_ignore
np.testing.assert_allclose(order_two(at + 0.1), polynomial(at + 0.1, 2), rtol=1e-12)
# sphinx_gallery_end_ignore
axis = np.linspace(-2, 2, 60)
plane = np.stack(np.meshgrid(axis, axis))
near = np.hypot(plane[0] - at[0], plane[1] - at[1]) < 0.9
figure = plt.figure(figsize=(12, 4), layout="constrained")
for order in range(3):
    ax = figure.add_subplot(1, 3, order + 1, projection="3d")
    ax.plot_surface(*plane, bumps(plane), color="0.8", alpha=0.5, linewidth=0)
    red = np.where(near, polynomial(plane, order), np.nan)
    ax.plot_surface(*plane, red, color="C3", alpha=0.8, linewidth=0)
    ax.set(title=f"order {order}", zlim=(-1, 1.5))

# %%
# The same from above: the contours of the second order are conics, which touch those of the function at the point.


def touch(ax, x, y):
    """Draw contours of a function, and of its second order around a point."""
    series = mml.taylor(bumps, [x, y], 2)
    levels = np.linspace(-0.6, 1.0, 17)
    ax.contour(*plane, bumps(plane), levels, colors="0.6")
    ax.contour(
        *plane, series(np.moveaxis(plane, 0, -1)), levels, colors="C3", linewidths=0.8
    )
    ax.plot(x, y, "ko")
    ax.set(aspect="equal", xlabel="x", ylabel="y")


ax = plot.explore(touch, x=(-1.2, 2.0, 0.1), y=(-1.9, 1.3, 0.1))

# sphinx_gallery_thumbnail_number = 5
