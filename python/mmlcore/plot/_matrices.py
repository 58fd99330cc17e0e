"""A matrix as numbers, vectors as arrows, a matrix as what it does to the plane."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import as_array, require_finite, shape_error
from mmlcore.eigen import eig
from mmlcore.elimination import determinant
from mmlcore.plot._axes import axes_or_new

_LINES = np.linspace(-3, 3, 13)


def transformation(A: ArrayLike, *, ax: Any = None) -> Any:
    """A 2 x 2 matrix as a transformation: the grid and the unit square that it makes, and its real eigenvectors.

    Parameters
    ----------
    A : array_like of shape (2, 2)
        Matrix.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore.plot
    >>> mmlcore.plot.transformation([[2.0, 1.0], [0.0, 1.0]]).get_title()
    'determinant 2, eigenvalues 1, 2'
    """
    a = require_finite(as_array(A, "A"), "A")
    if a.shape != (2, 2):
        raise shape_error("A", a.shape, "(2, 2)")
    ax = axes_or_new(ax)
    ends = np.array([_LINES[0], _LINES[-1]])
    for at in _LINES:
        for line in ((ends, [at, at]), ([at, at], ends)):
            ax.plot(*line, color="0.85", linewidth=0.6, zorder=0)
            ax.plot(*(a @ np.array(line)), color="C0", linewidth=0.6, alpha=0.6)
    square = np.array([[0, 1, 1, 0, 0], [0, 0, 1, 1, 0]])
    ax.fill(*(a @ square), color="C0", alpha=0.3, label="unit square")
    for k, column in enumerate(a.T):
        ax.annotate("", column, (0, 0), arrowprops={"arrowstyle": "->", "color": f"C{k + 1}"})
    values, vectors = eig(a)
    values = np.where(np.abs(values) < 1e-14 * np.abs(values).max(), 0, values)  # rounding
    real = np.isreal(values)
    for value, vector in zip(values[real].real, vectors.T[real].real, strict=True):
        far = vector / np.abs(vector).max() * ends[1]
        ax.plot(*np.stack([-far, far], axis=1), "k--", linewidth=1, label=f"eigenvalue {value:.3g}")
    listed = ", ".join(
        f"{v.real:.3g}" if r else f"{v:.3g}"
        for v, r in zip(np.sort(values), real[np.argsort(values)], strict=True)
    )
    ax.set_title(f"determinant {float(determinant(a)):.3g}, eigenvalues {listed}")
    ax.set(xlim=(-4, 4), ylim=(-4, 4), aspect="equal")
    ax.legend(loc="lower right", fontsize=8)
    return ax


def matrix(A: ArrayLike, *, frames: Iterable[tuple[int, int]] = (), ax: Any = None) -> Any:
    """The numbers of a matrix, coloured by size and sign; zeros are left white.

    Parameters
    ----------
    A : array_like of shape (m, n)
        Matrix.
    frames : iterable of (row, column), optional
        Entries to be framed, such as pivots.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore as mml, mmlcore.plot
    >>> echelon = mml.row_echelon([[1.0, 2.0], [3.0, 4.0]])
    >>> ax = mmlcore.plot.matrix(echelon.matrix, frames=enumerate(echelon.pivots))
    >>> [text.get_text() for text in ax.texts]
    ['3', '4', '0', '0.667']
    """
    a = require_finite(as_array(A, "A"), "A")
    if a.ndim != 2 or not a.size:
        raise shape_error("A", a.shape, "(m, n), neither 0")
    ax = axes_or_new(ax)
    most = float(np.abs(a).max()) or 1.0
    ax.imshow(a, cmap="RdBu_r", vmin=-1.6 * most, vmax=1.6 * most)  # the numbers stay readable
    for (i, j), value in np.ndenumerate(a):
        ax.text(j, i, f"{value + 0.0:.3g}", ha="center", va="center", fontsize=9)
    rectangle = import_module("matplotlib.patches").Rectangle
    for i, j in frames:
        box = rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, edgecolor="k", linewidth=2)
        ax.add_patch(box)
    ax.set(xticks=[], yticks=[])
    return ax


def arrows(
    vectors: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    origin: ArrayLike = (0.0, 0.0),
    color: str = "C0",
    ax: Any = None,
) -> Any:
    """Vectors of the plane as arrows from one point.

    Parameters
    ----------
    vectors : array_like of shape (n, 2)
        One vector a row.
    names : sequence of str, optional
        Written at the heads.
    origin : array_like of shape (2,), default (0, 0)
        Where all arrows start.
    color : str, default 'C0'
        Colour of matplotlib.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore.plot
    >>> ax = mmlcore.plot.arrows([[1.0, 1.5], [-1.0, 2.0]], names=["b1", "b2"])
    >>> [text.get_text() for text in ax.texts]
    ['b1', 'b2']
    """
    v = require_finite(as_array(vectors, "vectors"), "vectors")
    if v.ndim != 2 or v.shape[1] != 2:
        raise shape_error("vectors", v.shape, "(n, 2)")
    if names is not None and len(names) != len(v):
        msg = f"names: got {len(names)}, needed one for each of {len(v)} vectors."
        raise ValueError(msg)
    start = np.asarray(origin, float)
    ax = axes_or_new(ax)
    how = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.008, "zorder": 3}
    ax.quiver(*np.broadcast_to(start, v.shape).T, *v.T, color=color, **how)
    ends = v + start
    ax.plot(*ends.T, linestyle="", marker="")  # arrows alone do not widen the axes
    for name, end in zip(names or (), ends, strict=names is not None):
        ax.annotate(name, end, xytext=(4, 4), textcoords="offset points", color=color)
    ax.set_aspect("equal")
    return ax
