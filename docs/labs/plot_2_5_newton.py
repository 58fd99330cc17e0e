"""
Newton and Raphson's method, and which starts it likes
======================================================

Where is a function zero? Follow the tangent to where *it* is zero, and start again from there. Near a root the digits double at
every step. Far from it, anything may happen, and the pictures of what happens are among the finest of mathematics.
"""

# %%
# Exercise
# --------
# Write the method of Newton and Raphson for one number: from *x* to where the tangent is zero, and again. Find the root of
# 2, that is where :math:`x^2 - 2` is zero, from 1. How many digits are right after each step?
#
# *Hint.* The tangent at *x* is zero at *x* minus value over slope.

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
from mmlcore import plot
from mmlcore.optimize import strategies


def tangents(f, slope, x, steps):
    """Return the places that Newton's steps lead to."""
    # your lines


# %%
# *Solution.* The number of right digits doubles.


def tangents(f, slope, x, steps):
    """Return the places that Newton's steps lead to."""
    places = []
    for _ in range(steps):
        x = x - f(x) / slope(x)
        places.append(x)
    return np.array(places)


found = tangents(lambda x: x**2 - 2, lambda x: 2 * x, 1.0, 5)
for x in found:
    print(f"{x:.15f}, off by {abs(x - 2**0.5):.0e}")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(found[-1], mml.newton(lambda x: x**2 - 2, 1.0).x, rtol=1e-15)
# sphinx_gallery_end_ignore

# %%
# One number
# ----------
# The step is :math:`x_{i+1} = x_i - f(x_i) / f'(x_i)`. The function of the course has two roots, and
# a valley at 3 that does not reach zero:


def f(x):
    """The polynomial of the course."""
    return x**6 / 6 - 3 * x**4 - 2 * x**3 / 3 + 27 * x**2 / 2 + 18 * x - 30


def walk(ax, x0, steps):
    """Draw the tangents of some steps."""
    x = np.linspace(-4.6, 4.6, 400)
    ax.plot(x, f(x), "k")
    ax.axhline(0, color="0.6", linewidth=0.8)
    path = mml.newton(f, x0, safeguard=False, max_iter=steps, trajectory=True).path
    for here, there in pairwise(path):
        ax.plot([here, here, there], [0, f(here), 0], "C3.-", linewidth=1)
    ax.set(
        xlim=(-4.6, 4.6),
        ylim=(-150, 150),
        xlabel="x",
        title=f"from {x0:g} to {path[-1]:.6g}",
    )


ax = plot.explore(walk, x0=[3.1, 1.99, -4.0, 0.0, 2.5, 4.5], steps=(1, 9))

# %%
# From -4 five steps suffice for all digits.

path = mml.newton(f, -4.0, trajectory=True).path
print(*(f"{x:.12f}" for x in path[:6]), sep="\n")
expected = [
    -4.0,
    -3.811287477954,
    -3.763093064493,
    -3.760223721459,
    -3.760213972310,
    -3.760213972197,
]
# sphinx_gallery_start_ignore
np.testing.assert_allclose(path[:6], expected, atol=1e-11)
# sphinx_gallery_end_ignore

# %%
# Less lucky starts
# -----------------
# At 1.99 the slope is nearly zero, and the first tangent leads far away: the way back is long. From 3.1 the plain steps jump
# about in the valley between; they are chaotic, and after some steps every rounding error counts. The safeguard of ``newton``
# shortens steps that do not make :math:`|f|` smaller, and says so when it is caught in a valley that does not reach zero.

for x0 in (1.99, 3.1):
    plain = mml.newton(f, x0, safeguard=False, max_iter=100, trajectory=True)
    first = ", ".join(f"{x:.4g}" for x in plain.path[:7])
    print(f"from {x0}: {first}, ... -> {plain.x:.6f} after {plain.iterations} steps")
chaotic = mml.newton(f, 3.1, safeguard=False, max_iter=6, trajectory=True).path
expected = [3.1, 2.52060307, 3.22980804, 2.93652514, 4.06661702, 3.67910902, 3.38262637]
# sphinx_gallery_start_ignore
np.testing.assert_allclose(chaotic, expected, rtol=1e-6)
# sphinx_gallery_end_ignore

# %%
# A double root takes one bit per step, not twice the digits.

double = mml.newton(
    lambda x: (x - 1) ** 2, 2.0, safeguard=False, max_iter=5, trajectory=True
).path
# sphinx_gallery_start_ignore
np.testing.assert_allclose(double, 1 + 0.5 ** np.arange(6.0))
# sphinx_gallery_end_ignore

# %%
# Where each start leads
# ----------------------
# All starts at once, a curve of where they end. Around the hills and valleys of *f* the ends change wildly.

starts = np.linspace(-4.5, 4.5, 2001)
found = mml.newton(f, starts, safeguard=False, max_iter=200)
roots, which = strategies.basins(found.x, found.converged)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(f(roots), 0, atol=1e-9)
# sphinx_gallery_end_ignore
_, (top, below) = plt.subplots(
    2, 1, figsize=(7, 5), sharex=True, height_ratios=(2, 1), layout="constrained"
)
top.plot(starts, f(starts), "k")
top.axhline(0, color="0.6", linewidth=0.8)
top.set(ylim=(-60, 150), ylabel="f")
for k, root in enumerate(roots):
    top.plot(root, 0, "o", color=f"C{k}", label=f"root {root:.4f}")
    below.plot(
        starts[which == k],
        found.iterations[which == k],
        ".",
        color=f"C{k}",
        markersize=2,
    )
below.set(xlabel="start", ylabel="steps", yscale="log")
top.legend()

# %%
# The plane
# ---------
# :math:`z^3 = 1` has three complex roots; real and imaginary part are two equations in two unknowns, and the step is
# :math:`x - J^{-1} F`, with the Jacobian of the pair. 160,000 starts show who goes where. Each basin touches
# both others at every point of its border.


def cube(v):
    """Real and imaginary part of z^3 - 1."""
    return np.stack(
        [v[0] ** 3 - 3 * v[0] * v[1] ** 2 - 1, 3 * v[0] ** 2 * v[1] - v[1] ** 3]
    )


at = np.linspace(-2, 2, 400)
plane = np.stack(np.meshgrid(at, at), axis=-1)
found = mml.newton(cube, plane, safeguard=False, max_iter=60)
_, ax = plt.subplots(figsize=(6, 6), layout="constrained")
plot.basins(found, ((-2, 2), (-2, 2)), ax=ax)

# %%
# The same in numpy, for complex numbers, step by step.

z = plane[..., 0] + 1j * plane[..., 1]
for _ in range(60):
    z = z - (z**3 - 1) / (3 * z**2)
places, which = strategies.basins(found.x, found.converged)
same = np.abs(places[which, 0] + 1j * places[which, 1] - z) < 1e-6
print(f"{same.mean():.2%} of the starts lead to the same root")
# sphinx_gallery_start_ignore
assert same.mean() > 0.999
# sphinx_gallery_end_ignore

# %%
# More roots, more borders: :math:`z^n = 1`.


def power(v, n):
    """Real and imaginary part of z^n - 1, by repeated products."""
    re, im = v[0], v[1]
    for _ in range(n - 1):
        re, im = re * v[0] - im * v[1], re * v[1] + im * v[0]
    return np.stack([re - 1, im])


def roots_of_one(ax, n):
    """Draw the basins of the n-th roots of 1."""
    found = mml.newton(
        lambda v: power(v, n), plane[::2, ::2], safeguard=False, max_iter=60
    )
    plot.basins(found, ((-2, 2), (-2, 2)), ax=ax)
    ax.set_aspect("equal")


ax = plot.explore(roots_of_one, n=[5, 2, 3, 4, 6, 7])

# sphinx_gallery_thumbnail_number = 3
