r"""
Derivatives: slopes of curves, and of curves in space
=====================================================

The derivative is the slope of the tangent, the limit of rise over run:

.. math:: f'(x) = \lim_{h \to 0} \frac{f(x + h) - f(x)}{h}.
"""

# %%
# Exercise
# --------
# Write rise over run as a function, from one step left of *x* to one step right of it. Find the slope of the sine at 1.3.
# Which step is best: 0.1, 1e-5 or 1e-12? The slope is the cosine.
#
# *Hint.* The run is two steps long.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
from mmlcore import plot


def slope_of(f, x, step):
    """Return the slope of the line through the curve at both sides of x."""
    # your lines


# %%
# *Solution.* The curve bends within the long step; the short one leaves few digits of the difference.


def slope_of(f, x, step):
    """Return the slope of the line through the curve at both sides of x."""
    return (f(x + step) - f(x - step)) / (2 * step)


for step in (0.1, 1e-5, 1e-12):
    print(f"step {step:g}: error {abs(slope_of(np.sin, 1.3, step) - np.cos(1.3)):.1e}")
print(f"mml.derivative: error {abs(mml.derivative(np.sin, 1.3) - np.cos(1.3)):.1e}")
# sphinx_gallery_start_ignore
assert abs(slope_of(np.sin, 1.3, 1e-5) - np.cos(1.3)) < 1e-10
# sphinx_gallery_end_ignore

# %%
# Which is the slope of which?
# ----------------------------
# A curve, its derivative, and the derivative of that. Where the curve is flat its derivative is zero; where it bends, the second is not.


functions = {
    "x^3 - 3 x": lambda x: x**3 - 3 * x,
    "sin(x) exp(-x / 4)": lambda x: np.sin(x) * np.exp(-x / 4),
    "1 / (1 + x^2)": lambda x: 1 / (1 + x**2),
    "|x|": np.abs,
    "tanh(3 x)": lambda x: np.tanh(3 * x),
    "log(x)": np.log,
}


def match(ax, function, at):
    """Draw a function, its first two derivatives, and a tangent."""
    f = functions[function]
    x = np.linspace(0.05 if function.startswith("log") else -3, 3, 601)
    first, second = mml.derivative(f, x), mml.derivative(f, x, order=2)
    for y, style, name in (
        (f(x), "k", "f"),
        (first, "C0", "f'"),
        (second, "C1--", "f''"),
    ):
        ax.plot(x, y, style, label=name)
    slope = float(mml.derivative(f, at))
    near = np.array([at - 0.8, at + 0.8])
    ax.plot(near, f(at) + slope * (near - at), "C3", linewidth=2)
    ax.set(ylim=(-5, 5), title=f"{function}: slope {slope:.3f} at {at:g}")
    ax.legend()


ax = plot.explore(match, function=list(functions), at=(0.1, 2.7, 0.1))

# %%
# The rules of sums, products and chains are what the computer follows. On a hundred points they agree with what one finds on paper.

x = np.linspace(0.1, 3, 100)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    mml.derivative(lambda x: x**3 - 3 * x, x), 3 * x**2 - 3, atol=1e-13
)
np.testing.assert_allclose(
    mml.derivative(lambda x: np.sin(x) * np.exp(-x / 4), x),
    (np.cos(x) - np.sin(x) / 4) * np.exp(-x / 4),
    atol=1e-14,
)
np.testing.assert_allclose(mml.derivative(np.log, x, order=2), -1 / x**2, rtol=1e-13)
# sphinx_gallery_end_ignore

# %%
# How small a step?
# -----------------
# Rise over run needs a step. If it is large, the curve bends within it; if it is small, two nearly equal numbers are subtracted, and
# rounding is all that is left. The best of the simplest difference has some eight digits, at a step of 1e-8.

f, at = (lambda x: np.sin(x) * np.exp(-x / 4)), 1.3
exact = float((np.cos(at) - np.sin(at) / 4) * np.exp(-at / 4))
h = np.logspace(-15, 0, 91)
forward = (f(at + h) - f(at)) / h
central = (f(at + h) - f(at - h)) / (2 * h)
_, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for found, name in ((forward, "forward"), (central, "central")):
    ax.loglog(h, np.maximum(np.abs(found / exact - 1), 1e-17), ".-", label=name)
ours = abs(float(mml.derivative(f, at)) / exact - 1)
ax.axhline(max(ours, 1e-17), color="C3", label="mmlcore.derivative")
ax.set(xlabel="step", ylabel="relative error")
ax.legend()
# sphinx_gallery_start_ignore
assert ours < 1e-15
assert np.abs(forward / exact - 1).min() > 1e-12
# sphinx_gallery_end_ignore

# %%
# Noisy data
# ----------
# A table of measured values has no formula. Differences multiply its noise by the reciprocal of the step. A parabola fitted to the
# neighbours of each point has a slope too, and averages the noise away.

t = np.linspace(0, 6, 241)
random = np.random.default_rng(0)
measured = np.sin(t) + 0.02 * random.standard_normal(t.size)
rough = np.gradient(measured, t)
width = 20
offsets = (t[1] - t[0]) * np.arange(-width, width + 1)
windows = np.lib.stride_tricks.sliding_window_view(measured, 2 * width + 1)
design = np.stack([np.ones_like(offsets), offsets, offsets**2], axis=1)
smooth = mml.project(windows, design).coordinates[:, 1]
_, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
ax.plot(t, rough, "0.75", label="differences")
ax.plot(t[width:-width], smooth, "C3", label="parabolas through 41 points")
ax.plot(t, np.cos(t), "k--", linewidth=1, label="cos(t)")
ax.set(xlabel="t", ylabel="slope of noisy sin(t)")
ax.legend()
by_hand = np.polyfit(offsets, windows[50], 2)[1]
# sphinx_gallery_start_ignore
np.testing.assert_allclose(smooth[50], by_hand, rtol=1e-9)
assert np.std(smooth - np.cos(t)[width:-width]) < 0.05 * np.std(rough - np.cos(t))
# sphinx_gallery_end_ignore

# %%
# Many variables
# --------------
# The slopes along all axes make the gradient, which stands at right angles to the contours and points upwards. Its own slopes make
# the Hessian. Where the gradient is zero, the signs of the Hessian's eigenvalues tell a minimum from a maximum and a saddle.


def hills(p):
    """Three hills and three hollows."""
    x, y = p[0], p[1]
    return (
        3 * (1 - x) ** 2 * np.exp(-(x**2) - (y + 1) ** 2)
        - 10 * (x / 5 - x**3 - y**5) * np.exp(-(x**2) - y**2)
        - np.exp(-((x + 1) ** 2) - y**2) / 3
    )


ax = plot.landscape(hills, ((-3, 3), (-3, 3)))
grid = np.stack(np.meshgrid(np.arange(-2, 2.1), np.arange(-2, 2.1)), axis=-1).reshape(
    -1, 2
)
plot.slopes(hills, grid, scale=0.08, ax=ax)
near = np.stack(
    np.meshgrid(np.linspace(-2.5, 2.5, 15), np.linspace(-2.5, 2.5, 15)), axis=-1
)
found = mml.newton(lambda p: mml.gradient(hills, p), near.reshape(-1, 2))
inside = found.converged & (np.abs(found.x) < 2.5).all(axis=1)
places = np.unique(found.x[inside].round(6), axis=0)
marks = {"minimum": "wv", "maximum": "k^", "saddle": "C3x"}
for place in places:
    kind = mml.classify_stationary(hills, place).kind
    ax.plot(*place, marks[kind], markeredgewidth=2)
    print(f"{kind:8} at {place.round(3)}, height {hills(place):.3f}")
ax.set_title("arrows lead down; triangles: minima and maxima, crosses: saddles")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(mml.gradient(hills, places), 0, atol=1e-4)
assert len(places) == 9
# sphinx_gallery_end_ignore

# %%
# The chain rule
# --------------
# Along a path the height changes by the gradient times the velocity. For a map of several outputs the slopes make a matrix, the
# Jacobian; for two maps one after the other, the product of both.


def polar(p):
    """From radius and angle to the plane."""
    return np.stack([p[0] * np.cos(p[1]), p[0] * np.sin(p[1])])


J = mml.jacobian(polar, [2.0, 0.5])
c, s = np.cos(0.5), np.sin(0.5)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(J, [[c, -2 * s], [s, 2 * c]], rtol=1e-14)
np.testing.assert_allclose(
    mml.determinant(J), 2.0, rtol=1e-14
)  # areas grow with the radius
# sphinx_gallery_end_ignore

chained = mml.gradient(lambda p: hills(polar(p)), [2.0, 0.5])
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    chained, mml.gradient(hills, polar(np.array([2.0, 0.5]))) @ J, rtol=1e-12
)
# sphinx_gallery_end_ignore
print("slope by radius and angle:", chained.round(4))

# sphinx_gallery_thumbnail_number = 4
