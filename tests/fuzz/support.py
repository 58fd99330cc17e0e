"""What users might pass, and what may come back: values, layouts, odd objects, and the one check of every call.

A call may give a result or raise one of `ALLOWED` with a sentence. Whatever it does, its inputs stay as they were.
Numbers come from a seed that Hypothesis draws, not one by one: thousands of arrays a second, and still shrunk.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

import mmlcore as mml

ALLOWED = (
    ValueError,  # LinAlgError, SingularMatrixError and FileError among them
    TypeError,  # TraceError too
    mml.ConvergenceError,
    OverflowError,  # matrix_power
)
FINITE = ("normal", "whole", "zero", "ones", "sparse", "dependent", "subnormal", "huge", "wide")
BROKEN = ("nan", "inf", "all-nan")
FLOATS = ("f8", "f8", "f8", "f4", "f4", ">f8", ">f4", "f2")
OTHERS = ("i8", "i1", "u8", "?")
LONG = int(os.environ.get("MMLCORE_FUZZ", "0"))


def tried(examples: int) -> settings:
    """Return how often a property is tried: the same examples every time, or MMLCORE_FUZZ new ones."""
    return settings(
        max_examples=LONG or examples, derandomize=not LONG, database=None, deadline=None
    )


@st.composite
def arrays(
    draw: st.DrawFn, shape: tuple[int, ...], *, broken: bool = True, dtypes: Any = FLOATS + OTHERS
) -> np.ndarray:
    """Draw an array of a shape: any numbers, any type, any place in memory."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    kind = draw(st.sampled_from(FINITE + BROKEN if broken else FINITE))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        a = numbers(rng, shape, kind, dtype.newbyteorder("=")).astype(dtype)
    return placed(a, draw(st.sampled_from(list(PLACES))))


def numbers(rng: Any, shape: tuple[int, ...], kind: str, dtype: np.dtype) -> np.ndarray:
    """Make numbers of a kind; `dtype` says how far its largest and smallest lie."""
    x = rng.standard_normal(shape)
    info = np.finfo(dtype) if dtype.kind == "f" else np.finfo(np.float16)
    if kind == "whole":
        return rng.integers(-3, 4, shape).astype(float)
    if kind in ("zero", "ones", "all-nan"):
        return np.full(shape, {"zero": 0.0, "ones": 1.0, "all-nan": np.nan}[kind])
    if kind == "sparse":
        return x * (rng.random(shape) < 0.2)
    if kind == "dependent" and x.ndim and x.shape[-1] > 1:
        x[..., -1] = x[..., 0] * 2
    elif kind == "subnormal":
        x = x * float(info.tiny) / 64
    elif kind == "huge":
        x = np.sign(x) * float(info.max) * rng.random(shape)
    elif kind == "wide":
        x = x * 10.0 ** (rng.random(shape) * 1.8 - 0.9) ** (int(-np.log10(float(info.tiny))) // 2)
    elif kind in ("nan", "inf") and x.size:
        x.flat[rng.integers(x.size)] = np.nan if kind == "nan" else rng.choice([np.inf, -np.inf])
    return np.asarray(x)


def _gaps(a: np.ndarray) -> np.ndarray:
    wide = np.zeros((*a.shape[:-1], 2 * a.shape[-1] + 1), a.dtype)
    wide[..., 1::2] = a
    return wide[..., 1::2]


def _shifted(a: np.ndarray) -> np.ndarray:
    raw = np.zeros(a.nbytes + 1, np.uint8)
    b = raw[1:].view(a.dtype).reshape(a.shape)
    b[...] = a
    return b


def _locked(a: np.ndarray) -> np.ndarray:
    a.setflags(write=False)
    return a


PLACES: dict[str, Callable[[np.ndarray], Any]] = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "gaps": _gaps,
    "reversed": lambda a: np.ascontiguousarray(a[..., ::-1])[..., ::-1],
    "unaligned": _shifted,
    "locked": _locked,
    "list": lambda a: a.tolist(),
}


def placed(a: np.ndarray, where: str) -> Any:
    """Move an array; one without axes, and text, stay."""
    return PLACES[where](a) if a.ndim else a


def odd_objects() -> st.SearchStrategy[Any]:
    """Draw what is no array of real numbers, or hardly one."""
    return st.sampled_from(ODD).map(lambda make: make())


class Liar:
    """Has the face of an array, and an error behind it."""

    shape, dtype, ndim = (2, 2), np.dtype(float), 2

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no numbers here")


def _sparse(kind: str) -> Any:
    from scipy import sparse  # noqa: PLC0415

    return getattr(sparse, kind)(np.eye(3))


ODD: list[Callable[[], Any]] = [
    lambda: None,
    lambda: "text",
    lambda: b"bytes",
    list,
    lambda: [[]],
    dict,
    lambda: {1, 2},
    lambda: [[1, 2], [3]],
    lambda: [["a", "b"]],
    lambda: object(),
    lambda: Liar(),
    lambda: np.array([[1, None], [2, 3]], object),
    lambda: np.array([[1 + 2j, 0], [1, 2]]),
    lambda: np.array([1 + 2j, 3], np.complex64),
    lambda: np.array([["x", "y"]]),
    lambda: np.array(["2020-01-01", "2021-01-01"], "M8[D]"),
    lambda: np.array([1, 2], "m8[s]"),
    lambda: np.ma.masked_array([[1.0, 2.0], [3.0, 4.0]], [[True, False], [False, False]]),
    lambda: np.array([1.0, 2.0], np.longdouble),
    lambda: np.zeros((2, 2), [("a", "f8"), ("b", "i4")]),
    lambda: np.float64(3),
    lambda: np.array(2.5),
    lambda: np.zeros((0, 0)),
    lambda: np.zeros((0, 3)),
    lambda: np.zeros((3, 0)),
    lambda: np.zeros((2, 0, 0)),
    lambda: np.zeros((1,) * 9),
    lambda: np.broadcast_to(1.0, (2**40, 0)),
    lambda: _sparse("csr_array"),
    lambda: _sparse("coo_matrix"),
    lambda: date(2020, 1, 1),
    lambda: True,
    lambda: -1,
    lambda: 10**400,
    lambda: float("nan"),
    lambda: lambda x: x,
    lambda: iter([1.0, 2.0]),
    lambda: memoryview(b"abcdefgh"),
]


def snapshot(x: Any) -> Any:
    """Remember the bytes of every array among arguments."""
    if isinstance(x, np.ndarray) and x.dtype != object:
        return x.shape, x.dtype.str, x.tobytes()
    if isinstance(x, (list, tuple)):
        return [snapshot(item) for item in x]
    if isinstance(x, dict):
        return {key: snapshot(value) for key, value in x.items()}
    return None


def called(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function: its result, or None where it refused with a sentence; its arguments are as before.

    An IndexError can only be that of a function which was handed in.
    """
    before = snapshot([args, kwargs])
    result = None
    try:
        with warnings.catch_warnings():
            # Values near the ends of the range overflow; that what comes back says so is checked by itself.
            warnings.simplefilter("ignore", RuntimeWarning)
            result = function(*args, **kwargs)
    except (*ALLOWED, IndexError) as error:
        assert len(str(error)) > 10, f"{type(error).__name__} says only {str(error)!r}"
    except MemoryError:  # a number for each of 2^40 rows of nothing
        assert any(max(getattr(x, "shape", ()), default=0) >= 2**40 for x in args), "out of memory"
    assert snapshot([args, kwargs]) == before, "an argument was changed"
    return result


def arrays_of(result: Any) -> Iterator[np.ndarray]:
    """Yield the arrays in a result, whatever holds them."""
    if isinstance(result, np.ndarray):
        yield result
    elif isinstance(result, tuple):
        for part in result:
            yield from arrays_of(part)


def is_broken(x: Any) -> bool:
    """Tell an array or list of numbers that holds NaN or infinity."""
    try:
        a = np.asarray(x)
        return a.dtype.kind in "fc" and not bool(np.isfinite(a).all())
    except (ValueError, TypeError, RuntimeError, OverflowError):
        return False
