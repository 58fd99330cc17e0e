r"""
Polynomials: how many terms?
============================

A polynomial of degree *k* has :math:`k + 1` coefficients. With more of them it comes nearer to the points that it was fitted to,
always; whether it comes nearer to the *next* points is another question. Points that were kept aside answer it.

The fit itself is linear least squares in the powers of *x*. Powers of numbers such as 30 are columns of nearly one direction, so
the coefficients are computed in polynomials that are orthogonal over the interval of the data, and survive degree 30.
"""

# %%
# Exercise
# --------
# The body mass index of patients with diabetes, and how far the disease had gone a year later. Sixty of 442 are used for the
# fits, the others are kept aside. Fit polynomials of degree 1 to 12, and compute for each the root of the mean squared error of
# the sixty, and of the others. Which degree would you choose?
#
# *Hint.* ``mml.polynomial_fit(x, y, degree)`` returns a fit, whose ``predict`` takes new points.

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes

import mmlcore as mml

data = load_diabetes(scaled=False)
index, progress = data.data[:, 2], data.target
order = np.random.default_rng(0).permutation(len(index))
used, aside = order[:60], order[60:]
degrees = np.arange(1, 13)


def error(fit, rows):
    """Return the root of the mean squared error of these rows."""
    # your lines


# %%
# *Solution.* Two lists of errors, one number for each degree.


def error(fit, rows):
    """Return the root of the mean squared error of these rows."""
    return float(np.sqrt(np.mean((fit.predict(index[rows]) - progress[rows]) ** 2)))


fits = [mml.polynomial_fit(index[used], progress[used], int(k)) for k in degrees]
near = [error(fit, used) for fit in fits]
far = [error(fit, aside) for fit in fits]
for k, a, b in zip(degrees, near, far, strict=True):
    print(f"degree {k:2}: {a:5.1f} of the sixty, {b:9.1f} of the others")

# sphinx_gallery_start_ignore
assert all(b <= a + 1e-9 for a, b in pairwise(near))
assert np.argmin(far) == 0
reference = np.polynomial.Polynomial.fit(index[used], progress[used], 5)
np.testing.assert_allclose(fits[4].predict(index), reference(index), rtol=1e-8)
# sphinx_gallery_end_ignore

# %%
# Sixty patients
# --------------

fig, ax = plt.subplots(layout="constrained")
ax.semilogy(degrees, near, "o-", label="the sixty points of the fit")
ax.semilogy(degrees, far, "o-", label="the 382 others")
ax.set(xlabel="degree", ylabel="error")
ax.legend()

# %%
# The error of the sixty falls with every term. The error of the others is least for the straight line and explodes from degree
# 9 on: a polynomial that bends through sixty points goes anywhere between and beyond them.
#
# The band knows it
# -----------------
# No other points are needed to see the danger. The confidence band of the fit widens where the polynomial is not held by data.

grid = np.linspace(index.min(), index.max(), 300)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained", sharey=True)
for ax, k in zip(axes, (1, 9), strict=True):
    fit = fits[k - 1]
    band = fit.predict(grid, confidence=0.95)
    ax.fill_between(grid, band.lower, band.upper, alpha=0.3, color="C0", linewidth=0)
    ax.plot(grid, band.value, color="C0")
    ax.plot(index[aside], progress[aside], ".", color="0.75", markersize=3)
    ax.plot(index[used], progress[used], "k.", markersize=5)
    ax.set(title=f"degree {k}", xlabel="body mass index", ylim=(0, 400))
axes[0].set_ylabel("progress of the disease")

width = [np.ptp(fit.predict([41.0], confidence=0.95)[1:]) for fit in fits]
print(
    "width of the band at an index of 41:",
    np.round(width[0], 0),
    "and",
    np.round(width[8], 0),
)
# sphinx_gallery_start_ignore
assert width[8] > 20 * width[0]
# sphinx_gallery_end_ignore

# %%
# Is the square needed?
# ---------------------
# Ask the fit: a coefficient with its standard error has a *p* value, the probability of one as large if the term were not
# there.

print(fits[1].summary())
# sphinx_gallery_start_ignore
assert fits[1].p_values[-1] > 0.05
# sphinx_gallery_end_ignore

# %%
# The last coefficient may well be zero. The straight line stays.
