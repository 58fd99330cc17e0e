r"""
Lagrange multipliers: the lowest point of a path
================================================

Where is a function lowest, if one must stay on a curve? Where the curve touches a contour: there both gradients are parallel,

.. math:: \nabla f = \lambda \nabla g, \qquad g = 0.

That is a system of equations in the unknowns *x*, *y* and :math:`\lambda`.
"""

# %%
# Exercise
# --------
# Where on the circle :math:`x^2 + y^2 = 1` is :math:`x + 2 y` least? Write the three equations, and hand them to
# ``mml.newton``, from a start that is not far.
#
# *Hint.* The gradients are (1, 2) and (2 x, 2 y). The third equation is the circle. The point you look for has two negative
# coordinates.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
from mmlcore import plot


def on_circle(u):
    """Three numbers that are zero where x, y and the multiplier solve the task."""
    # your lines


# %%
# *Solution.* The point is opposite to the direction (1, 2), at :math:`-(1, 2) / \sqrt 5`.


def on_circle(u):
    """Three numbers that are zero where x, y and the multiplier solve the task."""
    x, y, multiplier = u[0], u[1], u[2]
    return np.stack([1 - 2 * multiplier * x, 2 - 2 * multiplier * y, x**2 + y**2 - 1])


solved = mml.newton(on_circle, [-0.5, -0.8, -1.0]).x
print("x, y, multiplier:", solved.round(6))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    solved, [-(5**-0.5), -2 * 5**-0.5, -(5**0.5) / 2], rtol=1e-12
)
# sphinx_gallery_end_ignore

# %%
# The map
# -------
# The function of the exercise is a bell, the constraint an ellipse. Walk along the ellipse: the arrows are both gradients. At four
# places they lie on one line.


window = ((-1.6, 1.6), (-1.9, 0.3))


def f(v):
    """A bell, longer in one direction."""
    x, y = v[0], v[1]
    return np.exp(-(2 * x**2 + y**2 - x * y) / 2)


def g(v):
    """Zero on an ellipse."""
    return v[0] ** 2 + 3 * (v[1] + 1) ** 2 - 1


def ellipse(t):
    """Points of the ellipse."""
    return np.stack([np.cos(t), np.sin(t) / np.sqrt(3) - 1])


turn = np.linspace(0, 2 * np.pi, 400)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(g(ellipse(turn)), 0, atol=1e-14)
# sphinx_gallery_end_ignore


def walk(ax, degrees):
    """Draw both gradients at a place of the ellipse."""
    at = ellipse(np.radians(degrees))
    plot.landscape(f, window, filled=False, ax=ax)
    ax.plot(*ellipse(turn), "k", linewidth=1)
    up, out = mml.gradient(f, at), mml.gradient(g, at)
    for arrow, colour in ((up / mml.length(up), "C3"), (out / mml.length(out), "C0")):
        ax.annotate(
            "", at + 0.5 * arrow, at, arrowprops={"arrowstyle": "-|>", "color": colour}
        )
    ax.plot(*at, "ko")
    between = np.degrees(mml.angle(up, out))
    ax.set(
        aspect="equal",
        title=f"f = {f(at):.3f}, {between:.0f} degrees between the gradients",
    )


ax = plot.explore(walk, degrees=(-180, 250, 5))

# %%
# The equations
# -------------
# The course writes them out and hands them to a solver of systems: three functions of three unknowns. Newton's method with exact
# derivatives does it from a grid of starts at once, and finds them all.


def equations(u):
    """Gradient of f minus lambda times that of g, and g."""
    v = u[:2]
    return np.concatenate(
        [mml.gradient(f, v) - u[2] * mml.gradient(g, v), np.stack([g(v)])]
    )


starts = np.stack(
    np.meshgrid(np.linspace(-1, 1, 7), np.linspace(-1.6, -0.4, 7), [-0.3, 0.0, 0.3]),
    axis=-1,
)
found = mml.newton(equations, starts.reshape(-1, 3))
places = np.unique(found.x[found.converged].round(8), axis=0)
for x, y, multiplier in places:
    print(f"x {x:8.5f}  y {y:8.5f}  lambda {multiplier:8.5f}  f {f([x, y]):.5f}")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(g(places.T), 0, atol=1e-7)
# sphinx_gallery_end_ignore

# %%
# The lowest of them is at x = 0.930942, the 0.93 of the course. ``lagrange`` needs neither the equations nor the derivatives, and
# says what kind of place it found.

lowest = places[np.argmin(f(places.T))]
# sphinx_gallery_start_ignore
np.testing.assert_allclose(lowest[:2], [0.930941838884, -1.210829546170], atol=1e-8)
# sphinx_gallery_end_ignore
for start in lowest[:2] + 0.1, [-0.1, -0.4], [-0.9, -0.9]:
    near = mml.lagrange(f, g, start)
    print(f"{np.round(start, 2)}: {near.kind} at {near.x.round(6)}, f {near.value:.6f}")
best = mml.lagrange(f, g, lowest[:2] + 0.1)
# sphinx_gallery_start_ignore
assert best.kind == "minimum"
np.testing.assert_allclose(best.x, lowest[:2], atol=1e-8)
# sphinx_gallery_end_ignore

_, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
plot.landscape(f, window, ax=left)
left.plot(*ellipse(turn), "k", linewidth=1)
left.plot(*places[:, :2].T, "o", color="C3")
left.set_aspect("equal")
right.plot(np.degrees(turn), f(ellipse(turn)), "k")
angles = np.arctan2(np.sqrt(3) * (places[:, 1] + 1), places[:, 0]) % (2 * np.pi)
right.plot(np.degrees(angles), f(places.T), "o", color="C3")
right.set(
    xlabel="degrees along the ellipse", ylabel="f", title="stationary along the path"
)

# The same by brute force, along the ellipse in small steps.
fine = ellipse(np.linspace(0, 2 * np.pi, 1_000_001))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(f(fine).min(), best.value, rtol=1e-10)
# sphinx_gallery_end_ignore

# %%
# What the multiplier says
# ------------------------
# Move the constraint a little, to :math:`g = c`: the best value changes by :math:`\lambda c`. Economists call it a shadow price.

c = 1e-4
moved = [mml.lagrange(f, lambda v, c=c: g(v) - c, best.x).value for c in (c, -c)]
price = (moved[0] - moved[1]) / (2 * c)
print(f"multiplier {best.multipliers[0]:.8f}, by moving the constraint {price:.8f}")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(price, best.multipliers[0], rtol=1e-6)
# sphinx_gallery_end_ignore

# %%
# The second exercise: :math:`-e^{x - y^2 + xy}` on :math:`\cosh y + x = 2`.

second = mml.lagrange(
    lambda v: -np.exp(v[0] - v[1] ** 2 + v[0] * v[1]),
    lambda v: np.cosh(v[1]) + v[0] - 2,
    [1.0, 0.1],
)
print(f"{second.kind} at {second.x}, multiplier {second.multipliers[0]:.6f}")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(second.x, [0.95778236083364, 0.28956479021842], rtol=1e-8)
np.testing.assert_allclose(second.multipliers[0], -4.077888912160426, rtol=1e-8)
np.testing.assert_allclose(second.value, -3.162221040068695, rtol=1e-9)
# sphinx_gallery_end_ignore

# sphinx_gallery_thumbnail_number = 2
