"""
Fitting the distribution of heights
===================================

A histogram of heights, a bell curve with two parameters, and the way from a bad guess to the best one: by hand, by
steepest descent, and by a method made for the purpose.
"""

# %%
# Exercise
# --------
# The bell of middle :math:`\mu` and width :math:`\sigma` is :math:`f = e^{-(x - \mu)^2 / (2 \sigma^2)} / (\sigma \sqrt{2
# \pi})`. Differentiate it by both parameters, on paper, and write both slopes as a function.
#
# *Hint.* Both derivatives are *f* times a factor. The width stands at two places, so its factor has two terms.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
from mmlcore import plot
from mmlcore.optimize import landscapes


def bell_slopes(x, mu, sigma):
    """Return the derivatives of the bell by its middle and by its width."""
    # your lines


# %%
# *Solution.* At (180; 178, 8), beside the derivatives that the library finds.


def bell_slopes(x, mu, sigma):
    """Return the derivatives of the bell by its middle and by its width."""
    away = (x - mu) / sigma
    f = np.exp(-(away**2) / 2) / (sigma * np.sqrt(2 * np.pi))
    return f * away / sigma, f * (away**2 - 1) / sigma


def at_180(p):
    """The bell at 180, as a function of its parameters."""
    return np.exp(-((180 - p[0]) ** 2) / (2 * p[1] ** 2)) / (p[1] * np.sqrt(2 * np.pi))


print(np.round(bell_slopes(180.0, 178.0, 8.0), 9))
print(mml.gradient(at_180, [178.0, 8.0]).round(9))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    bell_slopes(180.0, 178.0, 8.0), mml.gradient(at_180, [178.0, 8.0]), rtol=1e-12
)
# sphinx_gallery_end_ignore

# %%
# The data
# --------
# People are sorted by height into 100 bins of 2.5 cm. Sixteen bins are not empty; the first of them starts at 160 cm. The bars
# are scaled so that their area is 1.


x, y, *_ = mml.datasets.heights()
shown = slice(52, 88)

# %%
# The model
# ---------
# The normal distribution has a middle :math:`\mu` and a width :math:`\sigma`:
#
# .. math:: f(x) = \frac{1}{\sigma \sqrt{2 \pi}} \exp \left( - \frac{(x - \mu)^2}{2 \sigma^2} \right).
#
# How badly it fits is the sum of squared residuals, :math:`\chi^2 = \sum_i (y_i - f(x_i; \mu, \sigma))^2`. It is a function of
# the two parameters: a landscape, and we look for its lowest point.


def bell(x, mu, sigma):
    """Density of the normal distribution."""
    return np.exp(-((x - mu) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))


surface = landscapes.chi_squared(bell, x, y)

# %%
# By hand
# -------
# Move the sliders. Grey is what data and model share; one colour says that the model is too low, the
# other that it is too high. With 178 and 8 the sum is just below the 0.00051 that the course asks for.


def by_hand(ax, mu, sigma):
    """Draw the residuals of a guess."""
    plot.residual_bars(bell, x[shown], y[shown], [mu, sigma], ax=ax)
    ax.set(xlabel="height in cm", ylabel="share per cm")


ax = plot.explore(by_hand, mu=(156.0, 200.0, 0.5), sigma=(2.0, 14.0, 0.25))

guess = surface([178.0, 8.0])
print(f"chi squared at (178, 8): {guess:.8f}")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(guess, 0.00050872, atol=5e-9)
np.testing.assert_allclose(guess, np.sum((y - bell(x, 178.0, 8.0)) ** 2), rtol=1e-12)
# sphinx_gallery_end_ignore

# %%
# Two wrong guesses. Both have the wrong middle; the wider bell reaches some of the data, and its sum is smaller.

for mu, sigma, expected in (
    (155, 6, 0.03233332706185907),
    (155, 12, 0.019030289276183315),
):
    print(f"chi squared at ({mu}, {sigma}): {surface([mu, sigma]):.5f}")
    np.testing.assert_allclose(surface([mu, sigma]), expected, rtol=1e-12)

# %%
# Steepest descent
# ----------------
# The derivatives come from the model as it is written. They agree with the formulas of the lecture,
#
# .. math:: \frac{\partial f}{\partial \mu} = f \, \frac{x - \mu}{\sigma^2}, \qquad
#           \frac{\partial f}{\partial \sigma} = f \left( \frac{(x - \mu)^2}{\sigma^3} - \frac{1}{\sigma} \right).

slopes = mml.jacobian(lambda p: bell(x, p[0], p[1]), [155.0, 6.0])
value, away = bell(x, 155.0, 6.0), x - 155.0
# sphinx_gallery_start_ignore
np.testing.assert_allclose(slopes[:, 0], value * away / 6**2, atol=1e-16)
np.testing.assert_allclose(slopes[:, 1], value * (away**2 / 6**3 - 1 / 6), atol=1e-16)
# sphinx_gallery_end_ignore

# %%
# A step goes 2000 gradients down. From (155, 6) the width first overshoots to 20, then both parameters creep to the valley's
# floor. The colours are logarithms, or the steep rise towards narrow bells would hide the rest.

found = mml.minimize(
    surface,
    [155.0, 6.0],
    method="gradient_descent",
    learning_rate=2000.0,
    max_iter=50,
    tol=0.0,
    trajectory=True,
)
ax = plot.landscape(lambda p: np.log10(surface(p)), ((150, 200), (2, 35)), levels=24)
ax.plot(*found.path.T, color="C3", marker=".", label="50 steps")
ax.plot(*found.x, color="C3", marker="*", markersize=14)
ax.set(xlabel="mu", ylabel="sigma", title="log10 of chi squared")
ax.legend()
for step in (0, 1, 10, 50):
    print(
        f"step {step:2}: mu {found.path[step, 0]:.5f}, sigma {found.path[step, 1]:.5f}"
    )
# sphinx_gallery_start_ignore
np.testing.assert_allclose(found.path[10], [164.96415800, 19.58684687], rtol=1e-8)
np.testing.assert_allclose(found.x, [178.51982, 7.54991], atol=5e-6)
# sphinx_gallery_end_ignore

# %%
# The same walk in plain numpy, gradient by gradient, ends in the same place.

p = np.array([155.0, 6.0])
for _ in range(50):
    value, away = bell(x, *p), x - p[0]
    rest = y - value
    d_mu, d_sigma = value * away / p[1] ** 2, value * (away**2 / p[1] ** 3 - 1 / p[1])
    p = p + 2000 * 2 * np.array([rest @ d_mu, rest @ d_sigma])
# sphinx_gallery_start_ignore
np.testing.assert_allclose(found.x, p, rtol=1e-10)
# sphinx_gallery_end_ignore

# %%
# A method made for sums of squares
# ---------------------------------
# Levenberg and Marquardt's method knows that the landscape is a sum of squares. It needs no length of step, and a handful of
# iterations. It also says how uncertain the parameters are.

fit = mml.curve_fit(bell, x, y, [155.0, 6.0])
for name, best, error in zip(
    ("mu", "sigma"), fit.parameters, fit.standard_errors, strict=True
):
    print(f"{name:5} = {best:.5f} +- {error:.2f}")
print(f"chi squared {fit.chi2:.9f} after {fit.iterations} iterations")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(fit.parameters, [178.51982, 7.54991], atol=5e-6)
np.testing.assert_allclose(fit.chi2, 0.000439245, atol=5e-10)
# sphinx_gallery_end_ignore

_, (left, right) = plt.subplots(
    1, 2, figsize=(10, 4), layout="constrained", sharey=True
)
plot.residual_bars(bell, x[shown], y[shown], [155.0, 6.0], ax=left)
plot.residual_bars(bell, x[shown], y[shown], fit.parameters, ax=right)
left.set(xlabel="height in cm", ylabel="share per cm")
right.set(xlabel="height in cm")

# %%
# The histogram has its highest bars left of the best middle and a bump at 185 cm. No bell can follow both: the residuals say so,
# where a single number would not.

# sphinx_gallery_thumbnail_number = 2
