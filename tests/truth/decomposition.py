"""Principal components: variances against 60 digits, whatever the route."""

from __future__ import annotations

import numpy as np
from tests.truth import exact as ex
from tests.truth.families import data, dtype_of, placed
from tests.truth.registry import Draw, Wrong, explores
from tests.truth.stats import mean_of, spread, variance_bound

import mmlcore as mml


@explores("PCA")
def pca(d: Draw) -> None:
    """Variances to n units of the largest, an exact mean, orthonormal components; scores come back to the data."""
    dtype = dtype_of(d)
    n, k = d.size(12, 2), d.size(6)
    x = data(d, n, k, dtype)
    columns = ex.transposed(ex.exact(x))
    if max(float(np.abs(x).max()), 1e-300) > np.finfo(dtype).max ** 0.45:
        return
    wanted = int(d.rng.integers(1, min(n, k) + 1))
    solver = d.pick("auto", "auto", "covariance", "dual")
    model = mml.PCA(wanted) if solver == "auto" else mml.PCA(wanted, solver=str(solver))
    scores = model.fit_transform(placed(d, x))
    covariance = ex.mpmath.matrix(
        [[ex.mp(spread(a, b) * n / (n - 1)) for b in columns] for a in columns]
    )
    right = sorted(
        (ex.as_fraction(v) for v in ex.mpmath.eigsy(covariance, eigvals_only=True)), reverse=True
    )
    slack = sum(variance_bound(column, dtype) for column in columns) * 8
    slack += 60 * (n + k) * ex.ulp(dtype) * right[0]
    ex.all_near(
        model.explained_variance_, right[:wanted], slack, dtype, f"variances of {n} x {k}, {solver}"
    )
    for g, column in zip(model.mean_, columns, strict=True):
        ex.near(
            g, mean_of(column), 8 * ex.ulp(dtype) * mean_of(ex.sizes(column)), dtype, "mean of PCA"
        )
    gram = model.components_.astype(float) @ model.components_.T.astype(float)
    if np.abs(gram - np.eye(wanted)).max() > 200 * (n + k) * float(ex.ulp(dtype)):
        raise Wrong(f"PCA: components are not orthonormal, {solver}, {x.tolist()}")
    if not np.isfinite(scores).all():
        raise Wrong(f"PCA: scores {scores.tolist()}")
    if wanted == k and np.abs(x).max() > np.finfo(dtype).tiny * 1e10:
        back = model.inverse_transform(scores)
        off = np.abs(back.astype(float) - x).max()
        if off > 200 * (n + k) * float(ex.ulp(dtype)) * float(np.abs(x).max()):
            raise Wrong(f"PCA: what comes back is off by {off}, {x.tolist()}")
