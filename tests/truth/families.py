"""Inputs that break software: scales up to the ends of the range, exact singularity, repeated values, outliers, odd places."""

from __future__ import annotations

import numpy as np
from tests.truth.registry import Draw

FINFO = {np.float64: np.finfo(np.float64), np.float32: np.finfo(np.float32)}


def dtype_of(d: Draw) -> type:
    """Float64, or float32 now and then."""
    return np.float32 if d.chance(0.35) else np.float64


def powers(d: Draw, shape: tuple[int, ...], dtype: type, part: float = 1.0) -> np.ndarray:
    """Powers of ten, some of them near the ends of the range; `part` of the exponents' range is used."""
    info = FINFO[dtype]
    widest = part * float(d.pick(3.0, 12.0, 0.45 * np.log10(info.max), 0.9 * np.log10(info.max)))
    return 10.0 ** d.rng.uniform(-widest, widest, shape)


def entries(d: Draw, shape: tuple[int, ...]) -> np.ndarray:
    """Ordinary entries: normal ones, small integers, signs, halves."""
    kind = d.pick("normal", "normal", "whole", "signs", "sparse")
    x = d.rng.standard_normal(shape)
    if kind == "whole":
        return d.rng.integers(-3, 4, shape).astype(float)
    if kind == "signs":
        return np.sign(x)
    if kind == "sparse":
        return np.round(x, 2) * (d.rng.random(shape) < 0.5)
    return x


def matrix(d: Draw, m: int, n: int, dtype: type, part: float = 1.0) -> np.ndarray:
    """One matrix of a family that is drawn."""
    family = d.pick(
        "plain", "plain", "rows", "columns", "both", "entries", "all", "graded", "dependent",
        "permutation", "ends", "subnormal", "outlier", "near", "zero part",
    )  # fmt: skip
    a = entries(d, (m, n))
    if family in ("rows", "both"):
        a = a * powers(d, (m, 1), dtype, part / 2)
    if family in ("columns", "both"):
        a = a * powers(d, (1, n), dtype, part / 2)
    if family == "entries":
        a = a * powers(d, (m, n), dtype, part)
    elif family == "all":
        a = a * powers(d, (1, 1), dtype, part)
    elif family == "graded":
        step = 10.0 ** -d.rng.uniform(0, part * 0.8 * np.log10(FINFO[dtype].max) / max(m + n, 1))
        a = a * step ** (np.arange(m)[:, None] + np.arange(n))
    elif family == "dependent" and m > 1:
        a = np.round(a)
        a[-1] = a[0] * int(d.rng.integers(-2, 3)) + (a[1] if m > 2 else 0)
    elif family == "permutation":
        a = np.eye(m, n)[d.rng.permutation(m)] * d.pick(1.0, -1.0)
    elif family == "ends":
        a = np.clip(a / 4, -0.9, 0.9) * float(FINFO[dtype].max) * (min(1, part))
        if part < 1:
            a = np.sign(a) * np.abs(a) ** part
    elif family == "subnormal":
        a = np.clip(a / 4, -1, 1) * float(FINFO[dtype].tiny) * float(d.pick(1e-3, 1.0, 8.0))
        if part < 1:
            a = np.sign(a) * np.abs(a) ** part
    elif family == "outlier" and a.size:
        a.flat[int(d.rng.integers(a.size))] *= 10.0 ** (
            part * d.rng.uniform(4, 0.4 * np.log10(FINFO[dtype].max))
        )
    elif family == "near" and n > 1:
        a[:, -1] = a[:, 0] * (1 + 10.0 ** -d.rng.uniform(4, 17))
    elif family == "zero part" and a.size:
        a[int(d.rng.integers(m))] = 0
        a[:, int(d.rng.integers(n))] = 0
    return np.clip(a, -float(FINFO[dtype].max), float(FINFO[dtype].max)).astype(dtype)


def symmetric(d: Draw, n: int, dtype: type, part: float = 0.45) -> np.ndarray:
    """A symmetric matrix: of a family, or with repeated or nearly repeated eigenvalues."""
    kind = d.pick("family", "family", "repeated", "nearly", "projection", "diagonal", "ring")
    if kind == "ring" and n > 2:
        a = np.zeros((n, n))
        for i in range(n):
            a[i, (i + 1) % n] = a[(i + 1) % n, i] = 1.0
        return a.astype(dtype)
    if kind == "diagonal":
        return np.diag(entries(d, (n,)) * powers(d, (n,), dtype, part)).astype(dtype)
    if kind in ("repeated", "nearly", "projection"):
        q = np.linalg.qr(d.rng.standard_normal((n, n)))[0]
        values = d.rng.integers(0 if kind == "projection" else -2, 2, n).astype(float)
        if kind == "nearly":
            values += 1e-9 * d.rng.standard_normal(n)
        a = (q * values) @ q.T * float(powers(d, (), dtype, part))
    else:
        a = matrix(d, n, n, dtype, part).astype(float)
    return ((a + a.T) / 2).astype(dtype)


def placed(d: Draw, a: np.ndarray) -> np.ndarray:
    """The same numbers in another place: orders, strides, byte order, read-only, not aligned."""
    place = d.pick("C", "C", "F", "gaps", "reversed", "swapped", "read-only", "unaligned")
    if place == "F":
        return np.asfortranarray(a)
    if place == "gaps" and a.ndim:
        wide = np.full((*a.shape[:-1], 2 * a.shape[-1] + 1), np.nan, a.dtype)
        wide[..., 1::2] = a
        return wide[..., 1::2]
    if place == "reversed":
        flip = (slice(None, None, -1),) * a.ndim
        return np.ascontiguousarray(a[flip])[flip]
    if place == "swapped":
        return a.astype(a.dtype.newbyteorder(">"))
    if place == "unaligned":
        b = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
        b[...] = a
        return b
    b = np.ascontiguousarray(a)
    if place == "read-only":
        b = b.copy()
        b.setflags(write=False)
    return b


def stacked(d: Draw, make: object, *, most: int = 20) -> tuple[np.ndarray, list[np.ndarray]]:
    """One matrix, or a stack of them (which runs in lanes): what to pass, and the items in order."""
    if d.chance(0.5):
        one = make()  # type: ignore[operator]
        return placed(d, one), [one]
    items = [make() for _ in range(d.size(most, 1))]  # type: ignore[operator]
    return placed(d, np.stack(items)), items


def data(d: Draw, n: int, k: int, dtype: type) -> np.ndarray:
    """Rows of data: far from the origin, of mixed units, with an outlier, constant columns, ties."""
    x = d.rng.standard_normal((n, k))
    kind = d.pick(
        "plain", "far", "units", "outlier", "constant", "ties", "large", "small", "subnormal"
    )
    info = FINFO[dtype]
    digits = 7.0 if dtype is np.float32 else 15.0
    if kind == "far":
        x = x + 10.0 ** d.rng.uniform(0, digits, (1, k)) * np.sign(d.rng.standard_normal((1, k)))
    elif kind == "units":
        x = x * powers(d, (1, k), dtype, 0.45)
    elif kind == "outlier":
        x.flat[int(d.rng.integers(x.size))] = 10.0 ** d.rng.uniform(2, 0.45 * np.log10(info.max))
    elif kind == "constant":
        x[:, 0] = d.rng.standard_normal()
    elif kind == "ties":
        x = np.round(x)
    elif kind == "large":
        x = np.clip(x / 5, -0.9, 0.9) * float(info.max)
    elif kind == "small":
        x = x * float(info.tiny) * 1e3
    elif kind == "subnormal":
        x = x * float(info.tiny) * 1e-3
    return x.astype(dtype)
