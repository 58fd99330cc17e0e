"""The pictures of the home page and the first tutorial, drawn when the documentation is built."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import mmlcore as mml

BLUE, RED, GREY, GREEN = "#4a6fa5", "#b0413e", "#8a8f98", "#2f7f5f"
SPECIES = (GREEN, BLUE, RED)
RESULTS = Path(__file__).parents[1] / "bench" / "results.json"
# Rows of the benchmarks: what the chart calls them. One of each kind, those that gain nothing as well.
ROWS = {
    "100,000 gaussian fits, 50 points vs scipy loop": "100,000 curve fits",
    "solve 1,000,000 of 2x2 float64 vs numpy": "1,000,000 systems 2 x 2",
    "variance 2,000,000 x 64 float32 vs numpy": "variances of 64 columns",
    "eigh 444,444 of 3x3 float64 vs numpy": "444,444 eigenproblems 3 x 3",
    "solve 3 float64 vs numpy": "one system 3 x 3",
    "nearest_neighbors images 60,000 x 784 float32 vs scikit-learn": "neighbours of 60,000 images",
    "covariance 1,000,000 x 32 float64 vs numpy": "covariance of 32 columns",
    "pagerank RMAT 18 vs scipy": "PageRank",
    "gram_schmidt 100,000 x 32 float64 vs scipy": "Gram-Schmidt, 32 columns",
    "transform_image 1000 x 1000 order 1 vs scipy": "an image rotated",
    "gradient and Hessian of the sandpit, 1,000,000 points vs JAX": "gradients at 1,000,000 points",
    "solve 1024 float64 vs scipy": "one system 1024 x 1024",
    "top_eigh 2048 k=20 float64 vs scipy eigsh": "20 eigenvectors of 2048",
    "matmul 1024 float64 vs numpy": "one product 1024 x 1024",
}


def measured() -> list[tuple[str, str, float]]:
    """Return what each row of the chart is called, its peer, and the peer's time divided by ours; the largest first."""
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))["results"]
    found = {f"{row['name']} vs {row['peer']}": row for row in rows}
    chosen = [(said, found[key]["peer"], found[key]["ratio"]) for key, said in ROWS.items()]
    return sorted(chosen, key=lambda row: -row[2])


def ratios(figure: Figure) -> None:
    """How many times as fast as the peer, on a logarithmic axis."""
    rows = measured()[::-1]
    axes = figure.subplots()
    places = np.arange(len(rows))
    values = np.array([ratio for *_, ratio in rows])
    axes.barh(places, values - 1, left=1, color=[BLUE if v >= 1.05 else GREY for v in values])
    for place, (_, peer, ratio) in zip(places, rows, strict=True):
        text = f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.1f}x"
        note = (5, 0)
        at = (max(ratio, 1.0), place)
        axes.annotate(f"{text}  {peer}", at, note, textcoords="offset points", va="center", size=8)
    axes.set_yticks(places, [said for said, *_ in rows])
    axes.set(xscale="log", xlim=(0.9, 3000), xlabel="times as fast as the library named")
    axes.set_xticks([1, 10, 100], ["1", "10", "100"])
    axes.minorticks_off()
    axes.tick_params(axis="y", length=0)


def home(figure: Figure) -> None:
    """A matrix and what it keeps; a descent; a fit with its band."""
    left, middle, right = figure.subplots(1, 3)
    matrix = np.array([[1.5, 0.6], [0.6, 0.9]])
    circle = np.stack([np.cos(t := np.linspace(0, 2 * np.pi, 200)), np.sin(t)], axis=-1)
    left.plot(*circle.T, color=GREY, linewidth=1)
    left.plot(*mml.transform_points(matrix, circle).T, color=BLUE)
    values, vectors = mml.eigh(matrix)
    for value, v in zip(values, vectors.T, strict=True):
        left.annotate("", value * v, (0, 0), arrowprops={"arrowstyle": "-|>", "color": RED})
    left.set(title="the directions that a matrix keeps", aspect="equal", xticks=[], yticks=[])
    _descent(middle)
    iris = mml.datasets.iris()
    _band(right, iris.data[:, 2], iris.data[:, 3], iris.target)
    right.set(title="a fit, and how sure it is", xlabel="", ylabel="", xticks=[], yticks=[])


def _descent(axes: Axes) -> None:
    def valley(p):  # type: ignore[no-untyped-def]
        return (1 - p[0]) ** 2 + 5 * (p[1] - p[0] ** 2) ** 2

    x, y = np.meshgrid(np.linspace(-1.6, 1.6, 120), np.linspace(-0.8, 2.2, 120))
    height = mml.Function(valley, 2)(np.stack([x, y], axis=-1))
    axes.contour(x, y, np.log1p(height), 14, colors=GREY, linewidths=0.7)
    path = mml.minimize(valley, [-1.3, 1.6], method="bfgs", trajectory=True).path
    axes.plot(*np.asarray(path).T, "o-", color=RED, markersize=3, linewidth=1.2)
    axes.set(title="the way to a minimum", xticks=[], yticks=[])


def _band(axes: Axes, x: np.ndarray, y: np.ndarray, target: np.ndarray) -> None:
    fit = mml.linear_regression(x[:, None], y)
    line = np.linspace(x.min() - 0.2, x.max() + 0.2, 100)
    for options, alpha in (({"prediction": 0.95}, 0.15), ({"confidence": 0.95}, 0.4)):
        band = fit.predict(line[:, None], **options)
        axes.fill_between(line, band.lower, band.upper, color=BLUE, alpha=alpha, linewidth=0)
    axes.plot(line, fit.predict(line[:, None]), color=BLUE)
    axes.scatter(x, y, c=[SPECIES[t] for t in target], s=9)


def first_scores(figure: Figure) -> None:
    """The flowers in the plane of the first two components, and how the measurements point there."""
    iris = mml.datasets.iris()
    axes = figure.subplots()
    pca = mml.PCA(2).fit(iris.data)
    scores = pca.transform(iris.data)
    for k, name in enumerate(iris.classes):
        axes.scatter(*scores[iris.target == k].T, color=SPECIES[k], s=14, label=name)
    for name, arrow in zip(iris.features, pca.components_.T, strict=True):
        axes.annotate("", 2 * arrow, (0, 0), arrowprops={"arrowstyle": "-|>", "color": GREY})
        at = 2 * arrow + np.array([0.0, 0.22 if name == "petal_width" else 0.05])
        axes.annotate(name, at, fontsize=8, color="black")
    axes.set(xlabel="first component, cm", ylabel="second component, cm", aspect="equal")
    axes.set(ylim=(-1.5, 1.9))
    axes.legend(frameon=False)


def first_fit(figure: Figure) -> None:
    """The width of petals over their length, with the line and both bands."""
    iris = mml.datasets.iris()
    axes = figure.subplots()
    _band(axes, iris.data[:, 2], iris.data[:, 3], iris.target)
    axes.set(xlabel="petal length, cm", ylabel="petal width, cm")


CHARTS: dict[str, tuple[Callable[[Figure], None], tuple[float, float]]] = {
    "ratios": (ratios, (7.5, 4.6)),
    "home": (home, (9.5, 3.0)),
    "first_scores": (first_scores, (7.0, 3.6)),
    "first_fit": (first_fit, (6.0, 3.6)),
}


def draw(folder: Path) -> list[Path]:
    """Write each as SVG; return where."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, (chart, size) in CHARTS.items():
        figure = Figure(figsize=size, layout="constrained")
        chart(figure)
        for axes in figure.axes:
            axes.title.set_fontsize(10)
            axes.spines[["top", "right"]].set_visible(False)
        paths.append(folder / f"{name}.svg")
        figure.savefig(paths[-1], facecolor="white")
    return paths
