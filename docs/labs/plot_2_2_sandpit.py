"""
The sandpit: looking for the lowest point
=========================================

A phone lies at the lowest point of a sandpit, out of sight. You may put a stick into the sand at places of your choice and
measure the depth, or the slope. How few attempts do you need?
"""

# %%
# Exercise
# --------
# You can measure a depth wherever you like, and nothing else. Write a function that finds the slope at a place from four
# depths. Try it in the bowl :math:`x^2 + 3 y^2` at (1, 2), where the slope is (2, 12).
#
# *Hint.* Two depths along each axis, a step of 0.01 before and after the place.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
from mmlcore import plot
from mmlcore.optimize import landscapes, strategies


def measured_slope(depth, place, step=0.01):
    """Return both slopes at a place from four depths."""
    # your lines


# %%
# *Solution.* The rows of a unit matrix are the directions of the axes.


def measured_slope(depth, place, step=0.01):
    """Return both slopes at a place from four depths."""
    place, axes = np.asarray(place, float), step * np.eye(2)
    return np.array([(depth(place + a) - depth(place - a)) / (2 * step) for a in axes])


def bowl(p):
    """Depth of a bowl."""
    return p[0] ** 2 + 3 * p[1] ** 2


print(measured_slope(bowl, [1, 2]).round(10), mml.gradient(bowl, [1.0, 2.0]))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(measured_slope(bowl, [1, 2]), [2, 12], rtol=1e-10)
# sphinx_gallery_end_ignore

# %%
# The sandpit
# -----------
# The surface of the lab is a slope with a hole in it, over the square from 0 to 6:
#
# .. math:: - (x - 4.1)^2 - (y - 0.9)^2 - 30 \, e^{-((x - 1.5)^2 + (y - 3.7)^2) / 2.8},
#
# scaled so that the depths run from -9 to -1. The phone is found by whoever digs within 0.15 of it.


square = ((0, landscapes.SIDE), (0, landscapes.SIDE))
pit = landscapes.sandpit()
phone = mml.minimize(pit, [1.4, 3.8]).x
print("the phone lies at", phone.round(4), "at depth", round(float(pit(phone)), 4))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(phone, [1.2128337689597404, 4.00925594112028], rtol=1e-8)
# sphinx_gallery_end_ignore


def raw(x, y):
    """The surface before it is scaled."""
    return (
        -((x - 4.1) ** 2)
        - (y - 0.9) ** 2
        - 30 * np.exp(-((x - 1.5) ** 2 + (y - 3.7) ** 2) / 2.8)
    )


# sphinx_gallery_start_ignore
np.testing.assert_allclose(raw(*phone), -46.154371557250116, rtol=1e-12)
# sphinx_gallery_end_ignore

# %%
# Part 1: depths alone
# --------------------
# Without slopes one can only compare. Twenty-five measurements on a grid, then the lowest of them: close, but not within 0.15.

at = np.linspace(0.6, 5.4, 5)
sticks = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
depths = pit(sticks.T)
best = sticks[np.argmin(depths)]
print(
    "best stick",
    best,
    "misses the phone by",
    round(float(mml.distance(best, phone)), 2),
)

_, ax = plt.subplots(figsize=(6, 5), layout="constrained")
seen = ax.scatter(
    *sticks.T, c=depths, s=140, cmap="YlGnBu_r", edgecolor="k", vmin=-9, vmax=-1
)
ax.figure.colorbar(seen, ax=ax, label="depth")
ax.plot(*phone, "r*", markersize=14, label="phone")
ax.set(xlim=square[0], ylim=square[1], xlabel="x[0]", ylabel="x[1]", title="25 sticks")
ax.legend()

# %%
# Part 2: slopes
# --------------
# The slope at a place is the vector of both partial derivatives, the Jacobian. An arrow that points the other way leads down;
# here it is a fifth of the slope, and at most 1 long. With the map revealed, the arrows stand at right angles to the contours.

few = sticks[::2]
ax = plot.landscape(pit, square)
plot.slopes(pit, few, ax=ax)
ax.plot(*phone, "r*", markersize=14)
ax.set_title("a fifth of the slope, downwards")

# %%
# A stick cannot give an exact slope. The course takes two depths 0.01 apart, and divides: a central difference. It is right to
# four digits; the derivative that ``mmlcore`` finds from the formula is right to sixteen.

h = 0.01
steps = h * np.eye(2)
by_sticks = np.stack(
    [(pit((few + s).T) - pit((few - s).T)) / (2 * h) for s in steps], axis=1
)
exact = mml.gradient(pit, few)
print("largest error of the differences:", f"{np.abs(by_sticks - exact).max():.1e}")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(by_sticks, exact, atol=2e-3)
np.testing.assert_allclose(mml.finite_difference(pit, few), exact, atol=1e-7)
# sphinx_gallery_end_ignore

# %%
# Follow the arrows. Choose where to begin: from the lower right corner the slope leads away from the hole, and out of the pit.


def walk(ax, x, y, steps):
    """Walk down from a place and draw the way."""
    path = strategies.explore(pit, strategies.steepest, [x, y], steps=steps)
    plot.descent(pit, path, limits=square, ax=ax)
    ax.plot(*phone, "k+", markersize=12)


ax = plot.explore(walk, x=(0.0, 5.0, 0.1), y=(1.0, 6.0, 0.1), steps=(2, 20))
path = strategies.explore(pit, strategies.steepest, [2.5, 3.5], steps=11)
# sphinx_gallery_start_ignore
assert mml.distance(path[-1], phone) < 0.15
# sphinx_gallery_end_ignore

# %%
# Harder ground
# -------------
# The slope at one place says nothing about the next hill. The lab has four more landscapes: smooth random ground; the same
# strewn with rocks, where every slope is that of some rock; a narrow well that no slope announces; and a chess board of holes.

_, axes = plt.subplots(1, 4, figsize=(15, 4), layout="constrained")
grounds = {
    "waves": landscapes.waves(14),
    "rocks": landscapes.rocks(14),
    "well": landscapes.well(14),
    "chess": landscapes.chess(),
}
corner = np.array(
    [[1.0, 1.0], [3.0, 1.0], [5.0, 1.0], [1.0, 3.0], [4.6, 3.4], [5.0, 5.0]]
)
for ax, (name, ground) in zip(axes, grounds.items(), strict=True):
    plot.landscape(ground, square, filled=False, ax=ax)
    plot.slopes(ground, corner, ax=ax)
    ax.set(title=name, aspect="equal")

# %%
# How often does such a walk end at the lowest point? A hundred starts on a grid, all of which take their steps at the same time:
# short ones, so that none jumps over a hole, and none beyond the walls.

at = np.linspace(0.3, 5.7, 10)
starts = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
fine = np.linspace(0, landscapes.SIDE, 241)
plane = np.stack(np.meshgrid(fine, fine))
for name, ground in grounds.items():
    places = starts
    for _ in range(300):
        step = -0.02 * mml.gradient(ground, places)
        step /= np.maximum(1, 20 * mml.length(step))[:, None]
        places = np.clip(places + step, 0, landscapes.SIDE)
    depths = ground(plane)
    goal = plane[:, depths == depths.min()][:, 0]
    found = mml.distance(places, goal) < 0.15
    print(f"{name:6}: {found.sum():3} of 100 walks find the lowest point")

# %%
# Where slopes mislead, one needs many starts, or methods that compare depths alone. The mathematics of slopes finds *a* lowest
# point, fast; which one is decided by where one begins.

# sphinx_gallery_thumbnail_number = 2
