"""Calculus and optimization: functions of all sorts at points of all sorts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.support import Liar, arrays, arrays_of, called, is_broken, odd_objects, tried

import mmlcore as mml

FUNCTIONS: list[Callable[..., Any]] = [
    lambda x: np.sum(x * x),
    lambda x: x[0] * np.exp(-x[1]),
    lambda x: np.sin(x),
    lambda x: x,
    lambda x: np.log(x) / x,
    lambda x: np.sqrt(x - 1) ** 3,
    lambda x: np.where(x > 0, x, -x),
    lambda x: np.sum(np.abs(x)) + 1e300 * np.sum(x**4),
    lambda x: (x - 1) ** 2,
    lambda x: 0 * x,
    lambda x: 1.0,
    lambda x: None,
    lambda x: "text",
    lambda x: [x, x * 2],
    lambda x: x.reshape(-1) if hasattr(x, "reshape") else x,
    lambda x: x @ x,
    lambda x: np.arctan2(x, 2.0),
    lambda x: x[5],
    lambda x: float(x),
    lambda x: x if x > 0 else -x,
    lambda x, y: x * y,
    lambda: 3.0,
]
MODELS: list[Callable[..., Any]] = [
    lambda x, a: a * x,
    lambda x, a, b: a * np.exp(-b * x),
    lambda x, a, b: a / (b + x),
    lambda x, a, b, c: a + b * x + c * x**2,
    lambda x, a, b: a + 0 * b * x,
    lambda x, a: np.sqrt(a) * x,
    lambda x, a: 1.0,
    lambda x, a: None,
    lambda x, a: x[a],
    lambda x: x,
]
SHAPES = st.sampled_from([(), (0,), (1,), (1,), (2,), (2,), (3,), (7,), (3, 2), (0, 2), (2, 3, 1)])
SMALL = st.sampled_from([(), (1,), (2,), (2,), (3,)])
FINITE_ONLY = {"newton", "minimize", "lagrange", "classify_stationary", "curve_fit"}
# What follows x, and the options.
EXTRA: dict[str, tuple[list[Any], dict[str, list[Any]]]] = {
    "derivative": ([], {"order": [0, 1, 2, 5, -1, None]}),
    "gradient": ([], {}),
    "value_and_gradient": ([], {}),
    "jacobian": ([], {}),
    "hessian": ([], {}),
    "sparse_hessian": ([], {}),
    "hessian_vector_product": (["v"], {}),
    "jacobian_vector_product": (["v"], {}),
    "vector_jacobian_product": (["v"], {}),
    "directional_derivative": (["v"], {}),
    "taylor": ([0, 1, 2, 4, -1, 2.5], {}),
    "linearize": ([], {}),
    "finite_difference": (
        [],
        {"method": ["central", "forward", "complex", "x", None], "step": [None, 1e-3, 0, -1, "x"]},
    ),
    "check_gradient": ([], {}),
    "classify_stationary": ([], {"tol": [1e-6, 0, -1, "x"]}),
    "newton": ([], {"tol": [1e-12, 0, -1, "x"], "max_iter": [1, 20, 0, None]}),
    "minimize": (
        [],
        {
            "method": ["newton", "gradient_descent", "momentum", "bfgs", "x", None],
            "max_iter": [1, 20, 0, None],
            "learning_rate": [None, 0.1, 1e300, 0, -1],
            "trajectory": [True, False],
        },
    ),
}


@pytest.mark.parametrize("name", sorted(EXTRA))
def test_derivatives_roots_and_minima(name: str) -> None:
    more, options = EXTRA[name]

    @tried(100)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        draw = data.draw
        f = draw(st.sampled_from(FUNCTIONS)) if draw(st.integers(0, 30)) else draw(odd_objects())
        shape = draw(SHAPES)
        x = draw(arrays(shape)) if draw(st.integers(0, 20)) else draw(odd_objects())
        args = [x]
        if more == ["v"]:
            args.append(draw(arrays(shape if draw(st.integers(0, 3)) else draw(SHAPES))))
        elif more:
            args.append(draw(st.sampled_from(more)))
        chosen = {
            key: draw(st.sampled_from(v)) for key, v in options.items() if draw(st.booleans())
        }
        result = called(lambda *rest, **kw: getattr(mml, name)(f, *rest, **kw), *args, **chosen)
        if result is None:
            return
        if name in FINITE_ONLY and np.size(x):
            assert not is_broken(x), "NaN or infinity was taken"
        for part in arrays_of(result):
            assert part.dtype.kind in "fib"

    holds()


@pytest.mark.parametrize("batch", [False, True], ids=["curve_fit", "curve_fit_batch"])
def test_fits(batch: bool) -> None:
    def fitted(f: Any, x: Any, *rest: Any, **options: Any) -> Any:
        if batch:
            return mml.curve_fit_batch(f, x, *rest, **options)
        try:
            return mml.curve_fit(f, x, *rest, **options)
        except RuntimeError as error:
            if not isinstance(x, Liar):
                raise
            msg = "x is no array, so f got it as it is, and met its error."
            raise TypeError(msg) from error

    @tried(200)
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        draw = data.draw
        f = draw(st.sampled_from(MODELS))
        m, n = draw(st.sampled_from([0, 1, 2, 5, 9, 20])), draw(st.sampled_from([0, 1, 3, 17]))
        rows = (n, m) if batch else (m,)
        p = f.__code__.co_argcount - 1 if draw(st.integers(0, 9)) else 2
        start = draw(st.sampled_from([(p,), (n, p) if batch else (p, 1)]))
        args = [
            draw(arrays(draw(st.sampled_from([(m,), rows]))))
            if draw(st.integers(0, 20))
            else draw(odd_objects()),
            draw(arrays(rows)) if draw(st.integers(0, 20)) else draw(odd_objects()),
            draw(arrays(start)) if draw(st.integers(0, 20)) else draw(odd_objects()),
        ]
        options: dict[str, Any] = {}
        if draw(st.integers(0, 3)) == 0:
            options["sigma"] = draw(arrays(rows))
        if draw(st.integers(0, 3)) == 0:
            options["bounds"] = draw(
                st.sampled_from([(0, 1), ([0] * p, [2] * p), (1, 0), (np.nan, 1), None, "x", ([],)])
            )
        options["max_iter"] = draw(st.sampled_from([1, 15, 0, None]))
        options["loss"] = draw(
            st.sampled_from(["linear", "linear", "soft_l1", "cauchy", "x", None])
        )
        result = called(fitted, f, *args, **options)
        if result is None:
            return
        assert result.parameters.dtype.kind == "f"
        good = result.status > 0
        parts = result.parameters[good] if batch else result.parameters
        assert np.isfinite(parts).all() or not np.any(good), "a fit that succeeded is finite"

    holds()


@tried(150)
@given(st.data())
def test_lagrange(data: st.DataObject) -> None:
    draw = data.draw
    f, g = draw(st.sampled_from(FUNCTIONS)), draw(st.sampled_from(FUNCTIONS))
    x = draw(arrays(draw(SMALL)))
    called(lambda x: mml.lagrange(f, g, x, max_iter=20), x)


@tried(150)
@given(st.data())
def test_traced_functions(data: st.DataObject) -> None:
    draw = data.draw
    f = draw(st.sampled_from(FUNCTIONS)) if draw(st.integers(0, 9)) else draw(odd_objects())
    shapes = draw(
        st.lists(
            st.sampled_from([(), (1,), (2,), 2, (2, 2), (0,), (-1,), "x", None, 1.5]), max_size=2
        )
    )
    function = called(lambda: mml.Function(f, *shapes))
    if function is None:
        return
    for method in ("__call__", "gradient", "jacobian", "hessian", "value_and_gradient"):
        called(getattr(function, method), draw(arrays(draw(SHAPES))))


@tried(100)
@given(st.data())
def test_total_derivative_and_parity(data: st.DataObject) -> None:
    draw = data.draw
    f, path = draw(st.sampled_from(FUNCTIONS)), draw(st.sampled_from(FUNCTIONS))
    called(lambda t: mml.total_derivative(f, path, t), draw(arrays(draw(SMALL))))
    called(lambda s: mml.parity(f, scale=s), draw(st.sampled_from([1.0, 0, -1, 1e300, "x", None])))


def test_starts_and_bounds_that_are_no_numbers() -> None:
    x = np.arange(5.0)
    for odd in (Liar(), "text", np.ma.masked_array([1.0, 2.0], [True, False])):
        with pytest.raises((TypeError, ValueError), match="p0"):
            mml.curve_fit(lambda x, a, b: a * x + b, x, x, odd)
        with pytest.raises((TypeError, ValueError), match="bounds"):
            mml.curve_fit(lambda x, a, b: a * x + b, x, x, bounds=(odd, 5.0))
