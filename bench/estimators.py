"""The estimators against scikit-learn's, and functions of Dask arrays against the same by dask.array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import decomposition, linear_model, neighbors, preprocessing

import mmlcore as mml
import mmlcore.estimators as own
from bench.harness import as_test
from mmlcore._bench.cases import agree, data
from mmlcore._bench.compare import Call, Case

Result = Callable[[Any], Any]


def fitted(
    name: str, theirs: Any, ours: Any, shape: tuple[int, int], told: Result, target: float
) -> Case:
    """Fit both to the same points and one answer that depends on them."""

    def setup() -> tuple[Call, Call]:
        n, d = shape
        x = data(shape, "float64") @ np.diag(1 + np.arange(d) % 7) + 3
        y = x @ np.arange(1.0, d + 1) + data((n,), "float64", 1)
        return lambda: told(theirs.fit(x, y)), lambda: told(ours.fit(x, y))

    size = " x ".join(f"{n:,}" for n in shape)
    return Case(f"fit {name} {size}", "estimators", setup, agree(1e-6), target, "scikit-learn")


def asked(
    name: str, theirs: Any, ours: Any, shape: tuple[int, int], queries: int, target: float
) -> Case:
    """Ask models that were fitted before."""

    def setup() -> tuple[Call, Call]:
        x = data(shape, "float64")
        y = np.digitize(x[:, 0], [-0.5, 0.5])
        q = data((queries, shape[1]), "float64", 1)
        theirs.fit(x, y)
        ours.fit(x, y)
        return lambda: theirs.predict(q), lambda: ours.predict(q)

    size = " x ".join(f"{n:,}" for n in shape)
    points = f"{queries:,} queries" if queries > 1 else "one query"
    return Case(
        f"predict {name} {size}, {points}", "estimators", setup, agree(1e-9), target, "scikit-learn"
    )


def scaled(shape: tuple[int, int], target: float) -> Case:
    """Bring the features to mean 0 and variance 1."""

    def setup() -> tuple[Call, Call]:
        x = data(shape, "float64") + 3
        theirs, ours = preprocessing.StandardScaler(), own.StandardScaler()
        return lambda: theirs.fit_transform(x), lambda: ours.fit_transform(x)

    size = " x ".join(f"{n:,}" for n in shape)
    return Case(f"StandardScaler {size}", "estimators", setup, agree(1e-12), target, "scikit-learn")


def on_dask(name: str, shape: tuple[int, int], blocks: int, target: float) -> Case:
    """Covariance or regression of an array in blocks; the peer adds numpy's sums over the blocks."""
    import dask.array as da  # noqa: PLC0415  (half a second)

    import mmlcore.dask  # noqa: PLC0415

    def setup() -> tuple[Call, Call]:
        n, d = shape
        rows = data(shape, "float64")
        x = da.from_array(rows, chunks=(n // blocks, d)).persist()
        noisy = rows @ np.arange(1.0, d + 1) + data((n,), "float64", 1)
        y = da.from_array(noisy, chunks=n // blocks).persist()
        if name == "covariance":
            centred = x - x.mean(axis=0)
            return (centred.T @ centred / n).compute, lambda: mmlcore.dask.covariance(x)
        wide = da.concatenate([x, da.ones((n, 1), chunks=(n // blocks, 1))], axis=1).rechunk(
            {1: -1}
        )

        def normal() -> Any:
            import dask  # noqa: PLC0415

            return np.linalg.solve(*dask.compute(wide.T @ wide, wide.T @ y))[:d]

        return normal, lambda: mmlcore.dask.linear_regression(x, y).coefficients

    size = " x ".join(f"{n:,}" for n in shape)
    return Case(
        f"dask {name} {size}, {blocks} blocks",
        "estimators",
        setup,
        agree(1e-8),
        target,
        "dask.array",
    )


def in_parts(shape: tuple[int, int], size: int, target: float) -> Case:
    """A PCA of batches that come one by one."""

    def setup() -> tuple[Call, Call]:
        x = data(shape, "float64") @ np.diag(2.0 ** -np.arange(shape[1]))
        parts = [x[i : i + size] for i in range(0, len(x), size)]

        def theirs() -> Any:
            pca = decomposition.IncrementalPCA(3)
            for part in parts:
                pca.partial_fit(part)
            return pca.explained_variance_

        return theirs, lambda: mml.PCA(3).fit_chunks(iter(parts)).explained_variance_

    name = f"PCA in parts of {size:,}, {shape[0]:,} x {shape[1]}"
    return Case(name, "estimators", setup, agree(0.02), target, "scikit-learn")


def near(points: int, d: int, target: float) -> Case:
    """Neighbours of all points, the index included."""

    def setup() -> tuple[Call, Call]:
        x = data((points, d), "float64")
        theirs, ours = (
            neighbors.NearestNeighbors(n_neighbors=5),
            own.NearestNeighbors(n_neighbors=5),
        )
        return lambda: theirs.fit(x).kneighbors()[0], lambda: ours.fit(x).kneighbors()[0]

    return Case(
        f"NearestNeighbors {points:,} x {d}",
        "estimators",
        setup,
        agree(1e-7),
        target,
        "scikit-learn",
    )


CASES = [
    fitted(
        "LinearRegression",
        linear_model.LinearRegression(),
        own.LinearRegression(),
        (200, 5),
        lambda m: m.coef_,
        1,
    ),
    fitted(
        "LinearRegression",
        linear_model.LinearRegression(),
        own.LinearRegression(),
        (100_000, 20),
        lambda m: m.coef_,
        1,
    ),
    fitted("Ridge", linear_model.Ridge(), own.Ridge(), (200, 5), lambda m: m.coef_, 1),
    fitted("Ridge", linear_model.Ridge(), own.Ridge(), (100_000, 20), lambda m: m.coef_, 1),
    fitted("PCA", decomposition.PCA(3), own.PCA(3), (200, 5), lambda m: m.explained_variance_, 1),
    fitted(
        "PCA", decomposition.PCA(3), own.PCA(3), (100_000, 20), lambda m: m.explained_variance_, 1
    ),
    scaled((200, 5), 1),
    scaled((100_000, 20), 1),
    asked(
        "KNeighborsClassifier",
        neighbors.KNeighborsClassifier(),
        own.KNeighborsClassifier(),
        (1_797, 64),
        1,
        10,
    ),
    asked(
        "KNeighborsClassifier",
        neighbors.KNeighborsClassifier(),
        own.KNeighborsClassifier(),
        (10_000, 3),
        1_000,
        2.5,
    ),
    near(50_000, 2, 2.5),
    in_parts((200_000, 8), 10_000, 1),
    on_dask("covariance", (400_000, 10), 8, 1),
    on_dask("linear regression", (400_000, 10), 8, 1),
]
test_cases = as_test(CASES)
