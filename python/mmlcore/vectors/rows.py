"""What the functions of this chapter share: vectors that fit each other, sums over the last axis, maps into a metric."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    as_array,
    as_data,
    empty,
    require_finite,
    same_dtype,
    shape_error,
)
from mmlcore.core.batches import broadcast_batch, broadcast_to_batch
from mmlcore.core.metric import as_metric


def as_vectors(x: ArrayLike, name: str) -> Array:
    a = as_array(x, name)
    if a.ndim == 0:
        raise shape_error(name, (), "at least 1 axis: the last is the vector")
    return a


def as_pair(x: ArrayLike, y: ArrayLike, second: str = "y") -> list[Array]:
    a, b = as_vectors(x, "x"), as_vectors(y, second)
    if a.shape[-1] != b.shape[-1]:
        raise shape_error(second, b.shape, f"(..., {a.shape[-1]}) to fit x of shape {a.shape}")
    broadcast_batch({"x": a.shape[:-1], second: b.shape[:-1]})
    return same_dtype(a, b)


def products(a: Array, b: Array) -> Array:
    """Inner products of the last axes of arrays that fit."""
    batch = np.broadcast_shapes(a.shape[:-1], b.shape[:-1])
    out = empty(batch, a.dtype)
    _core.inner_products(
        broadcast_to_batch(a[..., np.newaxis, :], batch),
        broadcast_to_batch(b[..., np.newaxis, :], batch),
        out,
    )
    return out[()]


def lengths(a: Array) -> Array:
    """Lengths over the last axis; rows whose squares leave the range of the type are scaled."""
    sizes = np.asarray(np.sqrt(products(a, a)))
    limits = np.finfo(a.dtype)
    least = np.sqrt(limits.tiny / limits.eps)
    odd = ~((sizes > least) & (sizes < np.inf))
    if odd.any():
        rows = a[odd]
        top = np.abs(rows).max(axis=-1, initial=0)
        scaled = np.isfinite(top) & (top > 0)
        found = top.copy()  # zero, infinity and NaN are what they are
        power = np.frexp(top[scaled])[1]  # powers of two: scaling rounds nothing
        unit = np.ldexp(rows[scaled], -power[..., np.newaxis])
        with np.errstate(
            over="ignore", under="ignore"
        ):  # a length may be beyond the range, or below it
            found[scaled] = np.ldexp(np.sqrt(products(unit, unit)), power)
        sizes[odd] = found
    return sizes[()]


def scaled(x: Array, name: str, none: str = "contains a zero vector, which") -> Array:
    """Scale vectors by powers of two to entries near 1; ValueError for those without a direction."""
    top = np.abs(require_finite(x, name)).max(axis=-1, initial=0, keepdims=True)
    if not (top > 0).all():
        msg = f"{name}: {none} has no direction."
        raise ValueError(msg)
    return np.asarray(np.ldexp(x, -np.frexp(top)[1]))


def unit(x: Array, name: str, none: str = "contains a zero vector, which") -> Array:
    """Scale vectors to length 1; ValueError for those without a direction."""
    near_one = scaled(x, name, none)
    return np.asarray(near_one / np.asarray(lengths(near_one))[..., np.newaxis])


def measured(x: Array, *, large: bool = False) -> tuple[Array, Array | None]:
    """Return vectors and None; where one is tiny, or large and that is asked for, all divided by powers of two, and these.

    Their largest entries are near 1 then: products with a metric neither overflow nor lose the digits of numbers below the
    normal ones. Large vectors are for a second attempt, since their smallest entries may vanish.
    """
    squares = products(x, x)
    wide = float(np.finfo(x.dtype).max) ** 0.6
    if np.all((squares > 1 / wide) & (squares < wide if large else True)):
        return x, None
    power = np.frexp(np.abs(x).max(axis=-1, initial=0))[1]  # 0 of zero, infinity and NaN
    power = power if large else np.minimum(power, 0)
    with np.errstate(under="ignore"):
        return np.asarray(np.ldexp(x, -power[..., np.newaxis])), power


def brought_back(found: Array, *powers: Array | None) -> Array:
    """Multiply by the powers of two that `measured` took out."""
    known = [power for power in powers if power is not None]
    if not known:
        return found
    with np.errstate(over="ignore", under="ignore"):  # what is beyond the range, or below it
        return np.asarray(np.ldexp(found, sum(known)))[()]


def within_range(compute: Callable[..., Array], *vectors: Array) -> Array:
    """Return a function of vectors that multiplies as they do; once more, of vectors near 1, where it leaves the range."""

    def once(large: bool) -> Array:
        near, powers = zip(*(measured(x, large=large) for x in vectors), strict=True)
        with np.errstate(over="ignore", invalid="ignore"):
            return brought_back(compute(*near), *powers)

    found = once(False)
    beyond = ~np.isfinite(found)
    return np.where(beyond, once(True), found)[()] if beyond.any() else found


def in_metric(metric: ArrayLike | None, *vectors: Array) -> tuple[Array, ...]:
    """Map vectors so that the dot product of the images is the inner product in the metric: x -> L'x, M = L L'."""
    if metric is None:
        return vectors
    d = vectors[0].shape[-1]
    m = as_metric(metric, d, f"vectors of length {d}")
    dtype = np.result_type(vectors[0], m.matrix)
    lower = m.astype(dtype).lower
    images = {id(x): np.matmul(x.astype(dtype, copy=False), lower) for x in vectors}
    return tuple(images[id(x)] for x in vectors)  # what came twice still is one


def point_sets(X: ArrayLike, other: ArrayLike | None, name: str) -> tuple[Array, Array]:
    x = as_data(X, "X")
    y = x if other is None else as_data(other, name)
    if x.shape[1] != y.shape[1]:
        raise shape_error(name, y.shape, f"(m, {x.shape[1]}) to fit X of shape {x.shape}")
    x, y = same_dtype(x, y)
    return x, y
