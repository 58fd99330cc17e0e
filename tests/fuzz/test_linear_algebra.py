"""Every function of arrays, called with anything: a right result or a sentence, never a crash, never a silent NaN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.support import (
    arrays,
    arrays_of,
    called,
    is_broken,
    odd_objects,
    tried,
)

import mmlcore as mml

SIZES = st.sampled_from([0, 1, 1, 2, 2, 3, 3, 4, 5, 7, 8, 9, 17, 33])
BATCHES = st.sampled_from([(), (), (), (1,), (3,), (0,), (2, 3), (9,)])
# Letters are sizes drawn once a call, so that most shapes fit together; "..." is a batch.
Spec = dict[str, Any]

METRIC = {"metric": "d d"}
RTOL = {"rtol": [None, 0, 1e-6, -1, float("nan"), "x"]}
FORMS: dict[str, tuple[list[str], Spec]] = {
    "inner": (["... d", "... d"], METRIC),
    "length": (["... d"], METRIC),
    "distance": (["... d", "... d"], METRIC),
    "angle": (["... d", "... d"], METRIC),
    "cosine": (["... d", "... d"], METRIC),
    "scalar_projection": (["... d", "... d"], METRIC),
    "vector_projection": (["... d", "... d"], METRIC),
    "pairwise_distances": (["n d", "m d"], METRIC | {"squared": [True, False]}),
    "nearest_neighbors": (["n d", "m d", "int"], METRIC),
    "is_independent": (["... n d"], RTOL),
    "coordinates": (["... d", "d d"], {}),
    "matmul": (["... n d", "... d m"], {}),
    "rotation": (["..."], {}),
    "rotation3d": (["... 3", "..."], {}),
    "scaling": (["...", "..."], {}),
    "shear": (["...", "int"], {}),
    "reflection": (["... d"], {}),
    "oblique_projection": (["... d", "... d"], {}),
    "compose": (["... n d", "... d m"], {}),
    "change_basis": (["... d d", "... d d"], {}),
    "transform_points": (["n d", "m d"], {}),
    "transform_image": (["n m", "2 2"], {"order": [0, 1, 3, 7, "x"], "fill": [0, 1.5, None]}),
    "classify": (["d d"], RTOL),
    "row_echelon": (["... n d"], RTOL | {"steps": [True, False], "reduced": [True, False]}),
    "solve": (["... d d", "... d m"], {}),
    "inverse": (["... d d"], {}),
    "determinant": (["... d d"], {}),
    "slogdet": (["... d d"], {}),
    "lu": (["... n d"], {}),
    "cholesky": (["... d d"], {}),
    "rank": (["... n d"], RTOL),
    "null_space": (["... n d"], RTOL),
    "lstsq": (["... d n", "... d m"], RTOL),
    "pinv": (["... n d"], RTOL),
    "is_singular": (["... d d"], RTOL),
    "condition": (["... n d"], {}),
    "gram_schmidt": (
        ["... d n"],
        METRIC | RTOL | {"normalize": [True, False], "drop": [True, False]},
    ),
    "qr": (["... n d"], {}),
    "span_dimension": (["... n d"], RTOL),
    "projection_matrix": (["d n"], METRIC),
    "project": (["m d", "d n"], METRIC),
    "is_orthogonal": (["... n d"], RTOL),
    "orthogonal_complement": (["... d n"], {}),
    "eigh": (["... d d"], {}),
    "top_eigh": (
        ["d d", "int"],
        {
            "tol": [None, 1e-3, -1, "x"],
            "random_state": [None, 0, -1, "x"],
            "which": ["largest", "smallest", "magnitude", "LA", 1],
        },
    ),
    "eig": (["... d d"], {}),
    "eigvals": (["... d d"], {}),
    "power_iteration": (
        ["d d"],
        {"v0": "d", "tol": [1e-10, 0, -1, None], "max_iter": [1, 50, 0, None]},
    ),
    "characteristic_polynomial": (["... d d"], {}),
    "diagonalize": (["d d"], {}),
    "matrix_power": (["... d d", "int"], {}),
    "mean": (["n d"], {"axis": [0, 1, None, 2, -1, "x"], "weights": "n"}),
    "variance": (["n d"], {"axis": [0, 1, None, 5], "ddof": [0, 1, 99, -1, None], "weights": "n"}),
    "covariance": (["n d"], {"Y": "n m", "ddof": [0, 1, 99, None, 0.5], "weights": "n"}),
    "correlation": (["n d"], {"weights": "n"}),
    "affine_mean": (["d", "n d", "n"], {}),
    "affine_covariance": (["d d", "n d"], {"b": "n"}),
    "linear_regression": (
        ["n d", "n"],
        {"sigma": "n", "intercept": [True, False], "ridge": [0, 1.0, -1, "x"]},
    ),
    "link_matrix": (["n n"], {}),
}
# Plain arithmetic lets NaN and infinity through; all others say ValueError to them.
SOLVERS = set(FORMS) - {
    "inner",
    "length",
    "distance",
    "angle",
    "cosine",
    "scalar_projection",
    "vector_projection",
    "pairwise_distances",
    "matmul",
    "rotation",
    "rotation3d",
    "scaling",
    "shear",
    "reflection",
    "oblique_projection",
    "compose",
    "change_basis",
    "transform_points",
    "transform_image",
    "is_orthogonal",
    "affine_mean",
    "affine_covariance",
    "link_matrix",
}
SYMMETRIC = {"eigh", "top_eigh"}
# Types that do not follow from all arrays: a start of power_iteration takes that of the matrix; numbers are float64.
OTHER_RULES = {"link_matrix", "linear_regression", "power_iteration", "transform_image"}
OTHER_RULES |= {"rotation", "rotation3d", "scaling", "shear"}


def filled(draw: Callable[..., Any], form: Any, sizes: dict[str, int]) -> Any:
    """Draw one argument."""
    if isinstance(form, list):
        return draw(st.sampled_from(form))
    if draw(st.integers(0, 24)) == 0:
        return draw(odd_objects())
    if form == "int":
        return draw(st.sampled_from([0, 1, 1, 2, 2, 3, 5, -1, -2, 10**6, 2**70, 1.5, None, True]))
    shape: list[int] = []
    for letter in form.split():
        if letter == "...":
            shape += draw(BATCHES)
        elif letter.isdigit():
            shape.append(int(letter))
        else:
            size = sizes.setdefault(letter, draw(SIZES))
            shape.append(draw(SIZES) if draw(st.integers(0, 15)) == 0 else size)
    return draw(arrays(tuple(shape)))


@st.composite
def calls(draw: st.DrawFn, name: str) -> tuple[list[Any], dict[str, Any]]:
    forms, options = FORMS[name]
    sizes: dict[str, int] = {}
    args = [filled(draw, form, sizes) for form in forms]
    chosen = [key for key in options if draw(st.integers(0, 2)) == 0]
    kwargs = {key: filled(draw, options[key], sizes) for key in chosen}
    for key in {"metric"} & set(kwargs):
        m = kwargs[key]
        if isinstance(m, np.ndarray) and m.ndim == 2 and len(m) < 99 and draw(st.booleans()):
            kwargs[key] = np.eye(len(m)) + np.ones((len(m), len(m)))
    if name in SYMMETRIC and isinstance(args[0], np.ndarray) and draw(st.booleans()):
        with np.errstate(all="ignore"):
            a = args[0]
            if a.ndim >= 2 and a.shape[-1] == a.shape[-2] and a.dtype.kind in "fiub":
                args[0] = (a / 2 + np.swapaxes(a, -1, -2) / 2).astype(a.dtype)
    return args, kwargs


@pytest.mark.parametrize("name", sorted(FORMS))
def test_whatever_comes(name: str) -> None:
    @tried(120)
    @given(calls(name))
    def holds(call: tuple[list[Any], dict[str, Any]]) -> None:
        args, kwargs = call
        result = called(getattr(mml, name), *args, **kwargs)
        if result is None:
            return
        values = [*args, *kwargs.values()]
        broken = any(is_broken(x) for x in values)
        empty = all(part.size == 0 for part in arrays_of(result))
        # Plain arithmetic has NaN in its column, and of a symmetric matrix the lower triangle is read.
        refuses = name in SOLVERS - {"mean", "variance", "eigh"}
        assert empty or not (refuses and is_broken(args[0])), "NaN or infinity was taken"
        single = [
            x.dtype.newbyteorder("=") in (np.float32, np.complex64)
            for x in args
            if isinstance(x, np.ndarray)
        ]
        arrays_only = (
            bool(single)
            and not {"metric", "Y", "b"} & set(kwargs)
            and all(isinstance(x, np.ndarray) or type(x) is int for x in args)
        )
        for part in arrays_of(result):
            assert part.dtype.kind in "fcib", part.dtype
            if part.dtype.kind in "fc" and arrays_only and name not in OTHER_RULES:
                half = part.dtype in (np.float32, np.complex64)
                assert half == all(single), part.dtype
            if name in SOLVERS and not broken:
                assert not np.isnan(part).any(), "a silent NaN"

    holds()
