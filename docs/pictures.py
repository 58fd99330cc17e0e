"""The pictures of the chapter pages, drawn when the documentation is built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import mmlcore as mml

BLUE, RED, GREY, GREEN = "#4a6fa5", "#b0413e", "#8a8f98", "#2f7f5f"


def vectors(left: Axes, right: Axes) -> None:
    """A projection, and the points at length 1 in two inner products."""
    x, onto = np.array([2.0, 2.2]), np.array([3.0, 0.8])
    shadow = mml.vector_projection(x, onto)
    for v, colour, name in ((x, BLUE, "x"), (onto, GREY, "onto"), (shadow, RED, "projection")):
        _arrow(left, v, colour, name)
    left.plot(*np.stack([x, shadow]).T, color=GREY, linestyle=":")
    left.set(title="vector_projection(x, onto)", xlim=(-0.3, 3.5), ylim=(-0.5, 2.7), aspect="equal")
    circle = mml.transform_points(
        np.eye(2), np.stack([np.cos(t := np.linspace(0, 2 * np.pi, 200)), np.sin(t)], axis=-1)
    )
    metric = np.array([[1.0, 0.6], [0.6, 1.5]])
    right.plot(*circle.T, color=BLUE, label="dot product")
    right.plot(*(circle / mml.length(circle, metric=metric)[:, None]).T, color=RED, label="metric")
    right.set(title="length(x) = 1", aspect="equal")
    right.legend(frameon=False, loc="upper right")


def matrices(left: Axes, right: Axes) -> None:
    """A grid and a letter before and after a matrix."""
    letter = np.array(
        [
            [0, 0],
            [0, 2],
            [1.2, 2],
            [1.2, 1.6],
            [0.4, 1.6],
            [0.4, 1.2],
            [1, 1.2],
            [1, 0.8],
            [0.4, 0.8],
            [0.4, 0],
            [0, 0],
        ]
    )
    matrix = mml.compose(mml.rotation(0.35), mml.shear(0.5))
    for axes, a, name in (
        (left, np.eye(2), "before"),
        (right, matrix, "compose(rotation(0.35), shear(0.5))"),
    ):
        _grid(axes, a)
        axes.fill(*mml.transform_points(a, letter).T, color=BLUE, alpha=0.6)
        axes.set(title=name, xlim=(-2.6, 3.2), ylim=(-1.6, 3), aspect="equal")


def elimination(left: Axes, right: Axes) -> None:
    """A matrix and its echelon form, pivots framed."""
    rng = np.random.default_rng(4)
    a = rng.integers(-4, 5, (5, 6)).astype(float)
    echelon = mml.row_echelon(a)
    for axes, matrix, name in ((left, a, "A"), (right, echelon.matrix, "row_echelon(A).matrix")):
        axes.imshow(np.where(matrix == 0, np.nan, np.abs(matrix)), cmap="Blues", vmin=0, vmax=8)
        for (i, j), value in np.ndenumerate(matrix):
            axes.text(j, i, f"{value:.3g}", ha="center", va="center", fontsize=8)
        axes.set(title=name, xticks=[], yticks=[])
    for row, column in enumerate(echelon.pivots):
        frame = Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor=RED, linewidth=2)
        right.add_patch(frame)


def orthogonal(left: Axes, right: Axes) -> None:
    """Gram-Schmidt in the plane, and the loss of orthogonality of the textbook's recurrence."""
    a = np.array([[2.4, 1.0], [0.8, 2.0]])
    q = mml.gram_schmidt(a)
    for j, name in enumerate(("a1", "a2")):
        _arrow(left, a[:, j], GREY, name)
        _arrow(left, q[:, j], RED, f"q{j + 1}")
    left.set(title="gram_schmidt(A)", xlim=(-1, 2.8), ylim=(-0.4, 2.4), aspect="equal")
    sizes = np.arange(2, 13)
    losses: dict[str, list[float]] = {"textbook": [], "mmlcore": []}
    for n in sizes:
        hilbert = 1 / (np.arange(n)[:, None] + np.arange(n) + 1.0)
        for name, basis in (
            ("textbook", _textbook(hilbert)),
            ("mmlcore", mml.gram_schmidt(hilbert, rtol=0)),
        ):
            losses[name].append(max(float(np.linalg.norm(basis.T @ basis - np.eye(n), 2)), 1e-17))
    right.semilogy(sizes, losses["textbook"], color=RED, marker="o", markersize=3, label="textbook")
    right.semilogy(sizes, losses["mmlcore"], color=GREEN, marker="o", markersize=3, label="mmlcore")
    right.set(title="|Q'Q - I|, Hilbert matrices", xlabel="columns")
    right.legend(frameon=False)


def eigen(left: Axes, right: Axes) -> None:
    """The unit circle under a symmetric matrix and its eigenvectors; a rotation has none."""
    t = np.linspace(0, 2 * np.pi, 200)
    circle = np.stack([np.cos(t), np.sin(t)], axis=-1)
    a = np.array([[1.5, 0.6], [0.6, 0.8]])
    values, directions = mml.eigh(a)
    left.plot(*circle.T, color=GREY)
    left.plot(*mml.transform_points(a, circle).T, color=BLUE)
    for value, v in zip(values, (directions * np.sign(directions[0])).T, strict=True):
        _arrow(left, value * v, RED, f"{value:.2f} v")
    left.set(title="eigh(A): directions that stay", aspect="equal")
    shear = mml.shear(0.8)
    for v in circle[::25]:
        right.annotate("", shear @ v, v, arrowprops={"arrowstyle": "->", "color": GREY})
    right.plot(*circle.T, color=GREY)
    right.plot(*mml.transform_points(shear, circle).T, color=BLUE)
    _arrow(right, np.array([1.0, 0]), RED, "the only one")
    right.set(title="a shear is defective", aspect="equal")


def sensitivity(left: Axes, right: Axes) -> None:
    """Eigenvalues of 400 matrices within 0.05 of a symmetric one, and of one with parallel eigenvectors."""
    rng = np.random.default_rng(0)
    changes = rng.standard_normal((400, 3, 3))
    changes *= 0.05 / np.linalg.norm(changes, ord=2, axis=(-2, -1))[:, None, None]
    symmetric = np.diag([1.0, 2.0, 3.0])
    slanted = symmetric + np.triu(np.full((3, 3), 6.0), 1)
    for axes, a, name in (
        (left, symmetric, "symmetric: condition 1"),
        (right, slanted, "with 6 above the diagonal"),
    ):
        values = mml.eigvals(a + changes).ravel()
        axes.plot(values.real, np.imag(values), ".", color=BLUE, markersize=2)
        axes.plot([1, 2, 3], [0, 0, 0], "+", color=RED)
        axes.set(title=name, xlim=(-0.3, 4.3), ylim=(-1.6, 1.6), aspect="equal")


def subspaces(left: Axes, right: Axes) -> None:
    """Eigenvectors of slightly changed matrices: with a gap beside the value, and without one."""
    rng = np.random.default_rng(1)
    for axes, gap in ((left, 1.0), (right, 0.02)):
        for change in rng.standard_normal((25, 2, 2)) * 0.02:
            a = np.diag([1.0 + gap, 1.0]) + change + change.T
            for v, colour in zip(mml.eigh(a).vectors.T, (GREY, BLUE), strict=True):
                axes.plot(*np.stack([-v, v]).T, color=colour, linewidth=0.8)
        axes.set(title=f"a gap of {gap:g}, a change of 0.02", aspect="equal")


def beside(left: Axes, right: Axes) -> None:
    """Singular vectors at a right angle, and eigenvectors that are nearly parallel, of one matrix."""
    t = np.linspace(0, 2 * np.pi, 200)
    circle = np.stack([np.cos(t), np.sin(t)], axis=-1)
    a = np.array([[1.0, 1.5], [0.0, 1.3]])
    u, s, _ = mml.svd(a)
    values, directions = mml.eig(a)
    for axes, arrows, name in (
        (
            left,
            [(s[i] * u[:, i], f"{s[i]:.2f} u") for i in range(2)],
            "svd(A): axes of the ellipse",
        ),
        (right, [(values[i] * directions[:, i], f"{values[i]:.2f} v") for i in range(2)], "eig(A)"),
    ):
        axes.plot(*circle.T, color=GREY)
        axes.plot(*mml.transform_points(a, circle).T, color=BLUE)
        for v, text in arrows:
            _arrow(axes, v, RED, text)
        axes.set(title=name, aspect="equal")


CHAPTERS: dict[str, Callable[[Axes, Axes], None]] = {
    "vectors": vectors,
    "matrices": matrices,
    "elimination": elimination,
    "orthogonal": orthogonal,
    "eigen": eigen,
    "sensitivity": sensitivity,
    "subspaces": subspaces,
    "beside": beside,
}


def draw(folder: Path) -> list[Path]:
    """Write one SVG for each chapter; return where."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, chapter in CHAPTERS.items():
        figure = Figure(figsize=(7.5, 3.4), layout="constrained")
        left, right = figure.subplots(1, 2)
        chapter(left, right)
        for axes in (left, right):
            axes.title.set_fontsize(10)
            axes.spines[["top", "right"]].set_visible(False)
        paths.append(folder / f"{name}.svg")
        figure.savefig(paths[-1], facecolor="white")
    return paths


def _arrow(axes: Axes, v: np.ndarray, colour: str, name: str) -> None:
    axes.annotate(
        "", v, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.8}
    )
    axes.annotate(name, v, textcoords="offset points", xytext=(4, 4), color=colour, fontsize=9)
    axes.plot([0, v[0]], [0, v[1]], alpha=0)  # arrows alone do not widen the axes


def _grid(axes: Axes, a: np.ndarray) -> None:
    span = np.arange(-2, 4)
    for k in span:
        for line in (np.array([[k, -2], [k, 3]]), np.array([[-2, k], [3, k]])):
            axes.plot(*mml.transform_points(a, line).T, color=GREY, linewidth=0.6, alpha=0.6)


def _textbook(a: np.ndarray) -> np.ndarray:
    q = a.copy()
    for j in range(a.shape[1]):
        q[:, j] -= q[:, :j] @ (q[:, :j].T @ a[:, j])
        q[:, j] /= np.linalg.norm(q[:, j])
    return q
