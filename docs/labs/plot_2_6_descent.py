"""
Gradient descent in a sandpit
=============================

The sandpit again, now with a strategy: a rule that makes the next step from depth, slope and curvature where one stands.
"""

# %%
# Exercise
# --------
# A strategy is a function of depth *f*, gradient *J* and Hessian *H* where you stand. Write the one that goes to where the
# parabola :math:`f + J \delta + \tfrac12 \delta^T H \delta` is stationary.
#
# *Hint.* Set the derivative by the step to zero. The result is a linear system: do not invert a matrix.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
from mmlcore import plot
from mmlcore.optimize import landscapes, strategies


def newton_step(f, J, H):
    """Go to where the parabola is stationary."""
    # your lines


# %%
# *Solution.* The derivative :math:`J + H \delta` is zero.


def newton_step(f, J, H):
    """Go to where the parabola is stationary."""
    return -mml.solve(H, J)


print(newton_step(0.0, np.array([1.0, 2.0]), np.diag([2.0, 4.0])))

# %%
# A strategy
# ----------
# A strategy is a function ``next_step(f, J, H)`` of the depth, the gradient :math:`J` and the Hessian :math:`H`, which returns the
# step. Steepest descent goes against the gradient, :math:`\delta = - \gamma J`. How large should :math:`\gamma` be?


square = ((0, landscapes.SIDE), (0, landscapes.SIDE))
pit = landscapes.sandpit()
phone = mml.minimize(pit, [1.4, 3.8]).x


def descend(ax, gamma, x, y):
    """Walk by steepest descent from a place, twenty steps."""
    path = strategies.explore(pit, lambda f, J, H: -gamma * J, [x, y], steps=20)
    plot.descent(pit, path, limits=square, ax=ax)
    ax.plot(*phone, "k+", markersize=12)


ax = plot.explore(
    descend, gamma=[0.15, 0.02, 0.4, 0.8, 0.9], x=(0.0, 5.0, 0.1), y=(0.8, 6.0, 0.1)
)

# %%
# Too small, and the phone is not reached in twenty steps; too large, and the steps jump over the hole. Near the bottom a step
# multiplies the distance by :math:`1 - \gamma \lambda`, with the curvature :math:`\lambda`: what is above
# :math:`2 / \lambda` cannot settle.

curvature = float(np.linalg.eigvalsh(mml.hessian(pit, phone)).max())
print(f"largest curvature {curvature:.2f}: gamma must stay below {2 / curvature:.2f}")
for gamma in (0.02, 0.15, 0.4, 0.8, 0.9):
    path = strategies.explore(
        pit, lambda f, J, H, g=gamma: -g * J, [2.5, 3.4], steps=20
    )
    away = mml.distance(path[-1], phone)
    print(f"gamma {gamma:4}: {away:8.2g} from the phone after 20 steps")
    assert (away < 0.15) == (0.1 < gamma < 2 / curvature)

# %%
# Newton's step
# -------------
# The Taylor series to second order, :math:`f + J \delta + \tfrac12 \delta^T H \delta`, is stationary at
#
# .. math:: \delta = - H^{-1} J.
#
# Near the phone that is all one could wish. But it looks for *stationary* points: from elsewhere it goes to saddles and tops.


# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    newton_step(0.0, np.array([1.0, 2.0]), np.diag([2.0, 4.0])), [-0.5, -0.5]
)
# sphinx_gallery_end_ignore


def hybrid(f, J, H):
    """Newton's step where it is short and leads down; else a fifth of the slope."""
    step = newton_step(f, J, H)
    return step if -step @ J > 0 and mml.length(step) <= 2 else -J / 5


_, axes = plt.subplots(1, 3, figsize=(13, 4.3), layout="constrained", sharey=True)
near, far = [1.9, 3.6], [3.4, 3.2]
for ax, (name, rule) in zip(
    axes,
    {
        "slope / 5": lambda f, J, H: -J / 5,
        "Newton": newton_step,
        "hybrid": hybrid,
    }.items(),
    strict=True,
):
    plot.landscape(pit, square, filled=False, ax=ax)
    for colour, start in (("C3", near), ("C0", far)):
        path = strategies.explore(pit, rule, start, steps=12)
        ax.plot(*path.T, ".-", color=colour)
        ax.plot(*start, "o", color=colour)
        print(
            f"{name:9} from {start}: {mml.distance(path[-1], phone):.1e} from the phone"
        )
    ax.plot(*phone, "k+", markersize=12)
    ax.set(title=name, aspect="equal", xlim=square[0], ylim=square[1])

# sphinx_gallery_start_ignore
assert (
    mml.distance(strategies.explore(pit, newton_step, near, steps=12)[-1], phone) < 1e-9
)
assert mml.distance(strategies.explore(pit, hybrid, far, steps=12)[-1], phone) < 1e-9
# sphinx_gallery_end_ignore

# %%
# The eigenvalues of the Hessian tell what kind of place Newton ends in.

end = strategies.explore(pit, newton_step, far, steps=20)[-1]
print(
    "from",
    far,
    "Newton goes to",
    end.round(3),
    "-",
    mml.classify_stationary(pit, end).kind,
)
values = np.linalg.eigvalsh(mml.hessian(pit, end))
# sphinx_gallery_start_ignore
assert (values < 0).all()
# sphinx_gallery_end_ignore

# %%
# Several holes
# -------------
# On a chess board of holes the start decides which one is found. Newton's method finds every stationary point of the board, and
# which starts lead to which is not a matter of nearness: the picture has a colour for each place, darker where more steps are
# needed. White starts leave the board.

board = landscapes.chess()
at = np.linspace(1.2, 4.8, 240)
starts = np.stack(np.meshgrid(at, at), axis=-1)
slope = mml.Function(board, 2).gradient
found = mml.newton(
    lambda p: mml.gradient(board, p), starts, safeguard=False, max_iter=30, tol=1e-10
)
inside = np.abs(found.x - 3).max(axis=-1) < 1.8
found = found._replace(converged=found.converged & inside)
_, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
plot.landscape(board, ((1.2, 4.8), (1.2, 4.8)), ax=left)
plot.basins(found, ((1.2, 4.8), (1.2, 4.8)), ax=right)
left.set(title="holes, hills and saddles", aspect="equal")
right.set_aspect("equal")

places, which = strategies.basins(found.x, found.converged)
kinds = [mml.classify_stationary(board, place).kind for place in places]
for kind in sorted(set(kinds)):
    print(f"{kind:9}: {kinds.count(kind)} places")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(slope(places), 0, atol=1e-6)
# sphinx_gallery_end_ignore

# %%
# ``minimize`` does what the hybrid does with more care: a trust region bounds Newton's steps, and saddles are left. From every start
# it ends in a minimum.

ends = np.array(
    [mml.minimize(board, start).x for start in starts[::24, ::24].reshape(-1, 2)]
)
curved = np.linalg.eigvalsh(mml.hessian(board, ends))
print(f"{(curved > -1e-6).all(axis=1).sum()} of {len(ends)} starts end in a minimum")

# sphinx_gallery_thumbnail_number = 3
