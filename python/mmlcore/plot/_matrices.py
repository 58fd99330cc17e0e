"""A matrix as what it does to the plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import as_array, finite, shape_error
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

    Examples
    --------
    >>> import mmlcore.plot
    >>> mmlcore.plot.transformation([[2.0, 1.0], [0.0, 1.0]]).get_title()
    'determinant 2, eigenvalues 1, 2'
    """
    a = finite(as_array(A, "A"), "A")
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
