"""mmlcore.linalg beside numpy.linalg on whatever may come: the same class, dtype and shape, or the same error."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from mmlcore import linalg

TYPES = [
    "?",
    "i1",
    "u2",
    "i4",
    "i8",
    "f2",
    "f4",
    "f8",
    "f8",
    "f8",
    ">f8",
    ">f4",
    "c8",
    "c16",
    ">c16",
    "g",
    "O",
    "S2",
]
KINDS = [None, 1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc", 0, 3, 0.5, "x", 2.0, True]
AXES = [None, 0, -1, 1, (0, 1), (-2, -1), (1, 0), 5, (0,), "a", np.int64(0), 1.0]
ODD = [None, 3, 2.5, 1j, "a", [[1, 2], [3]], (1, 2), True, [], [[]]]


class Draw:
    """Random arguments: arrays of every type and of odd shapes, symmetric ones, lists, and what is no array."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def one(self, choices: Any) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def array(self) -> Any:
        if self.chance(0.04):
            return self.one(ODD)
        axes, n = self.one([0, 1, 1, 2, 2, 2, 2, 3, 3, 4]), self.one([0, 1, 2, 3, 3, 4, 5, 17])
        shape = [n if self.chance(0.75) else self.one([1, 2, 3, 0]) for _ in range(axes)]
        shape[:-2] = [self.one([0, 1, 2, 3]) for _ in shape[:-2]]
        x = np.asarray(10 * self.rng.standard_normal(shape))
        dtype = self.one(TYPES) if self.chance(0.6) else "f8"
        if "c" in dtype:
            x = x + 1j * self.rng.standard_normal(shape)
        x = np.asarray(np.abs(x) if "u" in dtype else x).astype(dtype)
        if x.ndim >= 2 and shape[-1] == shape[-2] and x.dtype.kind in "fc" and self.chance(0.6):
            x = x + x.swapaxes(-1, -2).conj() + x.dtype.type(60) * np.eye(shape[-1], dtype=x.dtype)
        if x.dtype.kind in "fc" and x.size and x.ndim and self.chance(0.05):
            x.flat[0] = np.nan
        if x.ndim >= 2 and self.chance(0.2):
            x = np.asfortranarray(x) if self.chance(0.5) else x[..., ::-1]
        return x.tolist() if self.chance(0.1) and x.dtype.char != "g" else x


def calls(draw: Draw) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    a, b, one = draw.array(), draw.array(), draw.one
    column = a[..., :1] if isinstance(a, np.ndarray) and a.ndim else a
    rows = [(name, (a,), {}) for name in ("inv", "det", "slogdet", "eigvals", "eig", "svdvals")]
    rows += [(name, (a, b), {}) for name in ("solve", "matmul", "vecdot", "outer", "tensorsolve")]
    rows += [(name, (a, a), {}) for name in ("matmul", "vecdot", "cross", "outer")]
    rows += [
        ("solve", (a, column), {}),
        ("eigh", (a,), {"UPLO": one("LUluX")}),
        ("eigvalsh", (a, one("LU")), {}),
        ("cholesky", (a,), {"upper": True} if draw.chance(0.5) else {}),
        ("svd", (a, draw.chance(0.5), draw.chance(0.7), draw.chance(0.1)), {}),
        ("qr", (a, one(["reduced", "complete", "r", "raw", "x"])), {}),
        ("pinv", (a,), one([{}, {"rcond": 0.01}, {"rtol": 0.01}, {"rtol": None}, {"rcond": 2.0}])),
        ("matrix_rank", (a,), one([{}, {"tol": 0.01}, {"rtol": 0.01}, {"tol": 1, "rtol": 1}])),
        ("cond", (a, one(KINDS)), {}),
        ("norm", (a, one(KINDS), one(AXES), draw.chance(0.3)), {}),
        ("norm", (a, one(KINDS)), {}),
        ("norm", (a,), {}),
        ("vector_norm", (a,), {"ord": one(KINDS), "axis": one(AXES)}),
        ("matrix_norm", (a,), {"ord": one(KINDS), "keepdims": draw.chance(0.3)}),
        ("tensordot", (a, b), {"axes": one([0, 1, 2, -1, ([0], [0])])}),
        ("tensordot", (a, a), {"axes": one([0, 1, 2])}),
        ("multi_dot", ([a, a, a],), {}),
        ("multi_dot", ((a, a, a, a),), {}),
        ("multi_dot", ([a, b],), {}),
        ("matrix_power", (a, one([-2, -1, 0, 1, 2, 3, 7, 1.5, "a", np.int64(3), True])), {}),
        ("trace", (a,), {"offset": one([0, 0, 1, -1])}),
        ("diagonal", (a,), {"offset": one([0, 1, -2])}),
        ("matrix_transpose", (a,), {}),
        ("tensorinv", (a, one([1, 2, 0, -1, 3])), {}),
        ("lstsq", (a, column), one([{}, {"rcond": None}, {"rcond": 0.01}, {"rcond": -1}])),
    ]
    return rows


def outcome(module: Any, name: str, arguments: Any, options: Any) -> Any:
    try:
        return getattr(module, name)(*arguments, **options)
    except Exception as error:  # noqa: BLE001
        return error


def form(x: Any) -> Any:
    """Return what has to agree: the error and its words, or classes, dtypes and shapes."""
    if isinstance(x, Exception):
        return type(x), str(x)
    if isinstance(x, tuple):
        return type(x), *map(form, x)
    return type(x), getattr(x, "dtype", None), getattr(x, "shape", None)


@pytest.mark.skipif(not hasattr(np.linalg, "vecdot"), reason="numpy 2's answers")
@pytest.mark.parametrize("seed", range(30))
def test_any_argument(seed):
    draw = Draw(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(10):
            for name, arguments, options in calls(draw):
                ours = outcome(linalg, name, arguments, options)
                theirs = outcome(np.linalg, name, arguments, options)
                if "Singular" in str(theirs) or "Singular" in str(ours):
                    continue  # a pivot of zero is a matter of rounding
                assert form(ours) == form(theirs), (name, arguments, options)
