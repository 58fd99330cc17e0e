"""A pytest plugin for scikit-learn's own tests: our estimators stand under their names, and count their fits.

``python -m pytest -p replace_ours --pyargs sklearn.neighbors.tests.test_neighbors`` with this folder on PYTHONPATH.
"""

from __future__ import annotations

import importlib

from mmlcore import estimators

HOMES = {
    "sklearn.decomposition": ("PCA", "IncrementalPCA", "TruncatedSVD"),
    "sklearn.linear_model": ("LinearRegression", "Ridge"),
    "sklearn.neighbors": ("KNeighborsClassifier", "KNeighborsRegressor", "NearestNeighbors"),
    "sklearn.neural_network": ("MLPClassifier", "MLPRegressor"),
    "sklearn.preprocessing": ("StandardScaler",),
}
fits = 0


def counted(kind):
    """Return an estimator that counts calls of `fit` and `fit_transform`."""

    class Counting(kind):
        def fit(self, *args, **options):
            count()
            return super().fit(*args, **options)

    Counting.__name__ = Counting.__qualname__ = kind.__name__
    return Counting


def count():
    """Count a fit."""
    global fits  # noqa: PLW0603
    fits += 1


for home, names in HOMES.items():
    for name in names:
        if hasattr(estimators, name):
            setattr(importlib.import_module(home), name, counted(getattr(estimators, name)))


def pytest_sessionfinish():
    """Print the count on a line of its own."""
    print(f"\nfits of ours: {fits}")
