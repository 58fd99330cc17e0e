"""What comes of calls that are wrong is the same with the door and with the Python function behind it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import mmlcore as mml

DOORS = [
    name
    for name in mml.__all__
    if hasattr(getattr(mml, name), "__wrapped__")
    and hasattr(getattr(mml, name), "attach")
    and "f" not in inspect.signature(getattr(mml, name)).parameters  # functions: tests/calculus
]
SQUARE = np.array([[4.0, 1.0, 0.5], [2.0, 5.0, 1.0], [0.0, 1.0, 3.0]])
ROWS = np.array([[1.0, 2.0, 4.0], [0.5, -1.0, 3.0], [2.0, 0.0, 1.0], [1.0, 1.0, -1.0]])
VECTOR = np.array([1.0, 2.0, -1.0])
# Arguments by name, as the functions call them; single functions that mean something else come below.
GOOD: dict[str, Any] = {
    **dict.fromkeys(("A", "Q", "matrix", "basis", "a", "b", "B", "S", "vectors"), SQUARE),
    **dict.fromkeys(("x", "y", "onto", "axis", "normal", "direction", "mean"), VECTOR),
    **dict.fromkeys(("X", "points", "image", "queries"), ROWS),
    "theta": np.array(0.5),
    "k": 2,
}
OWN: dict[str, tuple[Any, ...]] = {
    "affine_mean": (VECTOR, ROWS, ROWS[:, 0]),
    "affine_covariance": (SQUARE + SQUARE.T, ROWS),
    "compose": (SQUARE, ROWS.T),
    "covariance": (ROWS,),
    "mean": (ROWS,),
    "variance": (ROWS,),
    "eigh": (SQUARE + SQUARE.T,),
    "top_eigh": (SQUARE + SQUARE.T, 2),
    "matrix_power": (SQUARE, 3),
    "quantile": (ROWS, 0.25),
    "row_add": (3, 0, 2, 2.5),
    "row_scale": (3, 1, 2.5),
    "row_swap": (3, 0, 2),
    "scaling": (2.0, np.array(3.0)),
    "shear": (np.array(0.5),),
    "transform_image": (ROWS, SQUARE[:2, :2]),
    "pairwise_distances": (ROWS, ROWS),
}
# Bases of a space, and signs, are a matter of the route where values repeat or nothing fixes them.
FREE = {"svd", "eig", "eigh", "eigvals", "top_eigh", "diagonalize", "power_iteration", "qr"}
FREE |= {"gram_schmidt", "null_space", "orthogonal_complement", "lu", "project", "row_echelon"}


def good(name: str) -> list[Any]:
    """Arguments that the function takes."""
    if name in OWN:
        return list(OWN[name])
    parameters = inspect.signature(getattr(mml, name)).parameters.values()
    return [GOOD[p.name] for p in parameters if p.default is p.empty]


def outcome(call: Callable[..., Any], args: list[Any], names: dict[str, Any]) -> Any:
    """The result, or type and text of the error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return call(*args, **names)
        except Exception as error:  # noqa: BLE001  (whatever it is, it has to be the same)
            return type(error), str(error)


def is_error(found: Any) -> bool:
    return isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], type)


def assert_same(got: Any, wanted: Any, values: bool, what: str) -> None:
    if is_error(wanted) or is_error(got):
        assert is_error(wanted) == is_error(got), f"{what}: {got!r}, {wanted!r}"
        assert got == wanted, what
        return
    assert type(got) is type(wanted), f"{what}: {got!r} and {wanted!r}"
    if isinstance(wanted, (tuple, list)):
        assert len(got) == len(wanted), what
        for g, w in zip(got, wanted, strict=True):
            assert_same(g, w, values, what)
    elif isinstance(wanted, frozenset):
        assert not values or got == wanted, what
    elif hasattr(wanted, "dtype"):
        assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype), what
        if wanted.dtype == object:
            assert not values or got.tolist() == wanted.tolist(), what
        elif values:
            if what.startswith(
                "condition"
            ):  # of a matrix that is singular but for rounding: any large number
                got, wanted = (np.where(x > 1e15, np.inf, x) for x in (got, wanted))
            np.testing.assert_allclose(got, wanted, 1e-5, 1e-5, equal_nan=True, err_msg=what)
    elif values and wanted is not None:
        assert got == pytest.approx(wanted, rel=1e-6, nan_ok=True), what


class Mine:
    """No number and no array."""

    def __repr__(self) -> str:
        return "Mine()"


def wrong_arrays(x: Any, rng: np.random.Generator) -> list[Any]:
    """What may come in the place of an array, or of a number."""
    a = np.array(x, dtype=np.float64)
    holed, endless = a.copy(), a.copy()
    if a.size:
        holed.flat[rng.integers(a.size)] = np.nan
        endless.flat[rng.integers(a.size)] = -np.inf
    size = a.shape[-1] if a.ndim else 1
    return [
        *(None, "text", b"bytes", "", Mine(), {}, {1.0, 2.0}, object(), True, 3, 2.5, -1, 10**400),
        *(np.nan, np.inf, 1j, np.float64(1.5), np.int64(2), np.datetime64("2026-01-01"), []),
        *([[]], [[1.0, 2.0], [3.0]], [["a", "b"]], [[1, None]], [1.0, [2.0]], (1, 2, 3), range(3)),
        *(holed, holed.tolist(), holed.astype(np.float32), endless, a * 0, a * 1e300, a * 1e-300),
        *(a + 1j, a.astype(object), a.astype(str), a.astype(bool), np.ma.masked_array(a)),
        *(
            a[..., :0] if a.ndim else a,
            a[:0] if a.ndim else a,
            np.empty((0, 0)),
            np.empty((3, 0)),
            np.empty(0),
        ),
        *(a[np.newaxis], a[np.newaxis, np.newaxis], a.ravel(), a[..., 0] if a.ndim else a),
        *(np.ones((size, size + 1)), np.ones((size + 1, size)), np.ones((2, size, size + 1))),
        *(np.ones(size + 1), np.ones((size, size)), np.eye(size), np.zeros((2, size, size))),
        *(scipy.sparse.eye_array(max(size, 1)), a.astype("M8[s]"), a.view(np.recarray)),
        *(a.astype(np.float16), a.astype(np.longdouble), a.astype(np.uint8), a.astype(">f4")),
    ]


@pytest.mark.parametrize("name", DOORS)
def test_wrong_arguments(name: str) -> None:
    door = getattr(mml, name)
    rng = np.random.default_rng(sum(map(ord, name)))
    args = good(name)
    for at, own in enumerate(args):
        for wrong in wrong_arrays(own, rng):
            changed = [*args[:at], wrong, *args[at + 1 :]]
            wanted = outcome(door.__wrapped__, changed, {})
            assert_same(
                outcome(door, changed, {}), wanted, name not in FREE, f"{name}, {at}: {wrong!r}"
            )


@pytest.mark.parametrize("name", DOORS)
def test_two_wrong_arguments(name: str) -> None:
    door = getattr(mml, name)
    rng = np.random.default_rng(7 + sum(map(ord, name)))
    args = good(name)
    choices = [wrong_arrays(x, rng) for x in args]
    for _ in range(60 if len(args) > 1 else 0):
        changed = [few[rng.integers(len(few))] for few in choices]
        wanted = outcome(door.__wrapped__, changed, {})
        assert_same(outcome(door, changed, {}), wanted, name not in FREE, f"{name}: {changed!r}")


@pytest.mark.parametrize("name", DOORS)
def test_wrong_options(name: str) -> None:
    door = getattr(mml, name)
    rng = np.random.default_rng(3)
    parameters = inspect.signature(door).parameters.values()
    for parameter in parameters:
        if parameter.default is parameter.empty or parameter.name == "out":
            continue
        for wrong in wrong_arrays(VECTOR, rng):
            names = {parameter.name: wrong}
            args = good(name)[: [p.name for p in parameters].index(parameter.name)]
            wanted = outcome(door.__wrapped__, args, names)
            assert_same(outcome(door, args, names), wanted, name not in FREE, f"{name}, {names!r}")


@pytest.mark.parametrize("name", DOORS)
def test_names_misused(name: str) -> None:
    door = getattr(mml, name)
    args = good(name)
    parameters = list(inspect.signature(door).parameters.values())
    by_name = parameters[0].kind is parameters[0].POSITIONAL_OR_KEYWORD
    calls: list[tuple[list[Any], dict[str, Any]]] = [
        ([], {}),
        (args[:-1], {}),
        ([*args, *args, *args, *args, *args], {}),
        (args, {"colour": 1}),
        (args, {"": None}),
        (args, {parameters[0].name: args[0]}),
        (args[1:], {"A ": args[0]}),
    ]
    if by_name:
        named = {p.name: x for p, x in zip(parameters, args, strict=False)}
        calls += [([], named), (args[:1], dict(list(named.items())[1:]))]
    # What has to be named is not taken by place: a metric, weights, options.
    calls += [
        ([*args, *more], {})
        for more in (
            [SQUARE + SQUARE.T],
            [np.ones(3)],
            [None, SQUARE + SQUARE.T],
            [0],
            [None, None],
        )
    ]
    if not any(p.name == "out" for p in parameters):
        calls += [(args, {"out": None}), (args, {"out": np.empty(3)})]
    for positional, names in calls:
        wanted = outcome(door.__wrapped__, positional, names)
        assert_same(
            outcome(door, positional, names), wanted, True, f"{name}{positional!r} {names!r}"
        )
