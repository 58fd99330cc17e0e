r"""
A straight line through data
============================

The best line :math:`y = m x + c` has the smallest :math:`\chi^2 = \sum_i (y_i - m x_i - c)^2`. There is a formula for it, and one
for how well it is known.
"""

# %%
# Exercise
# --------
# Write a function that returns slope and constant of the best line, from sums over the points. Find the line through (0.4,
# 0.1), (0.5, 0.25), (0.6, 0.55), (0.7, 0.75), (0.8, 0.85).
#
# *Hint.* Measure *x* from its mean: then :math:`m = \sum x_i y_i / \sum x_i^2`. The line goes through the point of both
# means.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
from mmlcore import plot
from mmlcore.optimize import landscapes


def best_line(x, y):
    """Return slope and constant of the line with the smallest chi squared."""
    # your lines


# %%
# *Solution.* Both numbers are rounder than the points.


def best_line(x, y):
    """Return slope and constant of the line with the smallest chi squared."""
    away = x - np.mean(x)
    slope = away @ y / (away @ away)
    return slope, np.mean(y) - slope * np.mean(x)


five = np.array([[0.4, 0.5, 0.6, 0.7, 0.8], [0.1, 0.25, 0.55, 0.75, 0.85]])
print(np.round(best_line(*five), 6))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(best_line(*five), [2, -0.7], rtol=1e-12)
# sphinx_gallery_end_ignore

# %%
# By hand
# -------
# Five points. Move slope and constant until the sum of squares is small; below 0.02 is a good eye.


x = np.array([0.4, 0.5, 0.6, 0.7, 0.8])
y = np.array([0.1, 0.25, 0.55, 0.75, 0.85])


def line(x, m, c):
    """A straight line."""
    return m * x + c


chi_squared = landscapes.chi_squared(line, x, y)


def by_hand(ax, m, c):
    """Draw a line and its residuals."""
    wide = np.array([0.3, 0.9])
    ax.vlines(x, y, line(x, m, c), color="C3")
    ax.plot(wide, line(wide, m, c), color="C0")
    ax.plot(x, y, "ko")
    ax.set(ylim=(-0.2, 1.2), title=f"chi squared {chi_squared([m, c]):.4f}")


ax = plot.explore(by_hand, m=(0.6, 3.0, 0.05), c=(-1.4, 0.4, 0.02))

# %%
# By the formula
# --------------
# At the minimum both derivatives are zero. With the means :math:`\bar x, \bar y`,
#
# .. math:: m = \frac{\sum (x_i - \bar x) \, y_i}{\sum (x_i - \bar x)^2}, \qquad c = \bar y - m \bar x, \qquad
#           \sigma_m^2 = \frac{\chi^2}{(N - 2) \sum (x_i - \bar x)^2}.

fit = mml.linear_regression(x, y)
(m,), c = fit.coefficients, fit.intercept
errors = fit.standard_errors
print(f"m = {m:.3f} +- {errors[0]:.3f}, c = {c:.3f} +- {errors[1]:.3f}")
print(f"chi squared {fit.chi2:.4f}")
away = x - x.mean()
# sphinx_gallery_start_ignore
np.testing.assert_allclose([m, c, fit.chi2], [2, -0.7, 0.01], atol=1e-12)
np.testing.assert_allclose(m, away @ y / (away @ away), rtol=1e-12)
np.testing.assert_allclose([m, c], np.polyfit(x, y, 1), rtol=1e-12)
np.testing.assert_allclose(errors[0] ** 2, fit.chi2 / (3 * away @ away), rtol=1e-10)
np.testing.assert_allclose(mml.gradient(chi_squared, [m, c]), 0, atol=1e-12)
# sphinx_gallery_end_ignore

# %%
# The landscape of chi squared is a bowl, and a very long one: slope and constant must change together. Measured from the mean of
# *x*, the same bowl lies along the axes, and the constant is known well: lines are best written :math:`y = \bar y + m (x - \bar x)`.

_, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
centred = landscapes.chi_squared(line, away, y)
for ax, bowl, at, title in (
    (left, chi_squared, c, "y = m x + c"),
    (right, centred, y.mean(), "y = m (x - mean) + c"),
):
    limits = ((m - 1, m + 1), (at - 0.6, at + 0.6))
    plot.landscape(
        lambda p, f=bowl: np.log10(f(p)), limits, filled=False, levels=15, ax=ax
    )
    ax.plot(m, at, "r*", markersize=12)
    ax.set(xlabel="m", ylabel="c", title=title)
flat = mml.linear_regression(away, y)
print("errors of c:", errors[1].round(3), "and", flat.standard_errors[1].round(3))

# %%
# The band of the fit is narrow where the data are, and opens like a trumpet beyond.

both = mml.curve_fit(line, x, y)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(both.parameters, [m, c], rtol=1e-9)
# sphinx_gallery_end_ignore
axes = plot.fit(line, x, y, both)
axes[0].set_title("line, two standard deviations of it, residuals")

# %%
# A number is not a picture
# -------------------------
# Anscombe's four sets of data have the same line, the same chi squared and the same correlation. Look at the residuals.

same = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
sets = {
    "I": (same, [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]),
    "II": (same, [9.14, 8.14, 8.74, 8.77, 9.26, 8.10, 6.13, 3.10, 9.13, 7.26, 4.74]),
    "III": (same, [7.46, 6.77, 12.74, 7.11, 7.81, 8.84, 6.08, 5.39, 8.15, 6.42, 5.73]),
    "IV": (
        [8, 8, 8, 8, 8, 8, 8, 19, 8, 8, 8],
        [6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.50, 5.56, 7.91, 6.89],
    ),
}
_, axes = plt.subplots(1, 4, figsize=(13, 3.3), layout="constrained", sharey=True)
for ax, (name, (at, values)) in zip(axes, sets.items(), strict=True):
    fit = mml.linear_regression(at, values)
    ends = np.array([3.0, 20.0])
    ax.plot(ends, line(ends, *fit.coefficients, fit.intercept), color="C1")
    ax.plot(at, values, "ko", markersize=4)
    ax.set_title(f"{name}: {fit.coefficients[0]:.2f} x + {fit.intercept:.2f}")
    print(f"{name:3}: chi squared {fit.chi2:.2f}, r squared {fit.r2:.3f}")
    np.testing.assert_allclose(
        [fit.coefficients[0], fit.intercept], [0.5, 3.0], atol=4e-3
    )
    np.testing.assert_allclose(fit.chi2, 13.75, atol=0.03)

# %%
# Points that are known better count more
# ---------------------------------------
# With :math:`\chi^2 = \sum (y_i - m x_i - c)^2 / \sigma_i^2` the point of set III that lies off loses its say, once it is known to
# be unsure. A loss that grows slower than the square does the same without being told.

at, values = (np.array(part, float) for part in sets["III"])
sigma = np.where(values > 12, 10.0, 1.0)
weighted = mml.linear_regression(at, values, sigma=sigma)
robust = mml.curve_fit(line, at, values, [0.5, 3.0], loss="cauchy")
_, ax = plt.subplots(figsize=(6, 3.8), layout="constrained")
ends = np.array([3.0, 15.0])
ax.plot(at, values, "ko")
for colour, found, name in (
    ("0.6", mml.linear_regression(at, values), "all equal"),
    ("C0", weighted, "weighted"),
):
    ax.plot(ends, line(ends, *found.coefficients, found.intercept), colour, label=name)
ax.plot(ends, line(ends, *robust.parameters), "C3--", label="Cauchy's loss")
ax.legend()
expected = np.polyfit(at, values, 1, w=1 / sigma)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    [weighted.coefficients[0], weighted.intercept], expected, rtol=1e-10
)
# sphinx_gallery_end_ignore

# sphinx_gallery_thumbnail_number = 4
