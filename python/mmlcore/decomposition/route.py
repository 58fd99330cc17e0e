"""The components of data, whatever these are: the way is chosen, and gone. `PCA` and its scikit-learn face share it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mmlcore.core.arrays import as_data, float_type, is_sparse, shape_error
from mmlcore.core.random_state import RandomState, as_seed
from mmlcore.core.sources import is_source
from mmlcore.core.sparse import as_csr, real
from mmlcore.decomposition.components import (
    Components,
    by_sketch,
    count_components,
    route_of,
    routes,
)
from mmlcore.decomposition.large import by_chunks, by_sparse, sparse_route


class Found(NamedTuple):
    """Components of data, and what they were found of."""

    components: Components
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    """Of the results."""
    route: str


def components_of(
    X: Any, n_components: Any, solver: str, random_state: RandomState = None, **sketch: int
) -> Found:
    """Return the components of data of shape (n, d): dense, sparse, or read by chunks.

    `sketch` may hold the oversamples and the power iterations of the randomized route. ValueError for NaN, infinity, no points,
    or arguments that do not fit.
    """
    if is_sparse(X):
        x = real(as_csr(X, "X"), "X")
        most = how_many(n_components, x.shape)
        route = sparse_route(solver, x.shape, most)
        found = by_sparse(x, route, most, as_seed(random_state))
        return Found(found, x.shape, float_type(x.dtype), route)
    if is_source(X) and len(X.shape) == 2 and X.shape[0] >= X.shape[1]:
        most = how_many(n_components, X.shape)
        if solver not in ("auto", "covariance"):
            msg = f"solver: got {solver!r}, needed 'auto' or 'covariance' for data that are read by chunks."
            raise ValueError(msg)
        dtype = as_data(X[:1], "X").dtype
        return Found(by_chunks(X, dtype, most), X.shape, dtype, "covariance")
    data = as_data(X, "X", bytes_ok=True)
    shape = (data.shape[0], data.shape[1])
    most = how_many(n_components, shape)
    route, seed = route_of(solver, *shape), as_seed(random_state)
    data = data if route == "covariance" else as_data(data, "X")
    if route == "randomized":
        return Found(by_sketch(data, most, seed, **sketch), shape, float_type(data.dtype), route)
    return Found(routes[route](data, most, seed), shape, float_type(data.dtype), route)


def how_many(n_components: Any, shape: Any) -> int:
    """Return how many components a route has to find; ValueError where there are no data."""
    if 0 in shape:
        raise shape_error("X", shape, "at least one point and one feature")
    return count_components(n_components, *shape)
