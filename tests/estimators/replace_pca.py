"""A pytest plugin for scikit-learn's own tests: our PCA stands under their name, and counts its fits."""

from __future__ import annotations

import sklearn.decomposition

from mmlcore.estimators import PCA

fits = 0


class Counting(PCA):
    """Ours, counted."""

    def _fit(self, X):
        global fits  # noqa: PLW0603
        fits += 1
        return super()._fit(X)


Counting.__name__ = Counting.__qualname__ = "PCA"
sklearn.decomposition.PCA = Counting


def pytest_sessionfinish():
    """Print the count on a line of its own."""
    print(f"\nfits of ours: {fits}")
