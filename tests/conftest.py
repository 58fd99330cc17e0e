"""What all suites share: memory layouts, thread counts, reference cases."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mmlcore as mml

DATA = Path(__file__).parent / "data"

# Shells start what runs in the background with Ctrl-C ignored, and children would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def reference_cases(chapter: str) -> list[Any]:
    """Published results for a chapter, one pytest parameter each."""
    cases = json.loads((DATA / f"cases_{chapter}.json").read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["id"]) for case in cases]


def pytest_configure(config: pytest.Config) -> None:
    """Set up pytest-xdist: groups of tests that share something costly, as a Spark, in one process; BLAS on one thread."""
    config.addinivalue_line("markers", "xdist_group(name): tests that run in one process")
    if getattr(config.option, "dist", "no") == "load":
        config.option.dist = "loadgroup"
    # Processes that each let numpy's BLAS wait on every processor take up to ten times as long. They begin with this.
    if getattr(config.option, "numprocesses", None):
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _no_figures_left() -> Iterator[None]:
    """Close figures after each test: matplotlib warns of more than twenty, and examples leave theirs open."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Fill the argument `reference_case` from the data file of the test's folder."""
    if "reference_case" in metafunc.fixturenames:
        chapter = Path(metafunc.definition.path).parent.name
        metafunc.parametrize("reference_case", reference_cases(chapter))


def _embedded(a: np.ndarray) -> np.ndarray:
    wide = np.full((*a.shape[:-1], 2 * a.shape[-1] + 1), np.nan, a.dtype)
    wide[..., 1::2] = a
    return wide[..., 1::2]


def _read_only(a: np.ndarray) -> np.ndarray:
    b = a.copy()
    b.setflags(write=False)
    return b


def _unaligned(a: np.ndarray) -> np.ndarray:
    raw = np.zeros(a.nbytes + 1, np.uint8)
    b = raw[1:].view(a.dtype).reshape(a.shape)
    b[...] = a
    return b


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "C": np.ascontiguousarray,
    "F": lambda a: np.swapaxes(np.ascontiguousarray(np.swapaxes(a, -1, -2)), -1, -2),
    "strided": _embedded,
    "reversed": lambda a: np.ascontiguousarray(a[..., ::-1, ::-1])[..., ::-1, ::-1],
    "read-only": _read_only,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "unaligned": _unaligned,
}


@pytest.fixture(params=list(LAYOUTS))
def layout(request: pytest.FixtureRequest) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that gives an array another place in memory and the same values."""
    return LAYOUTS[request.param]


@pytest.fixture(params=["C", "F", "strided"])
def order(request: pytest.FixtureRequest) -> Callable[[np.ndarray], np.ndarray]:
    """Return one of the layouts that kernels tell apart; what the door makes of the others, `layout` tries."""
    return LAYOUTS[request.param]


@pytest.fixture(params=[np.float64, np.float32], ids=["float64", "float32"])
def dtype(request: pytest.FixtureRequest) -> type[np.floating]:
    return request.param


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261123)


@pytest.fixture(autouse=True)
def _threads_restored() -> Iterator[None]:
    """Keep a test that sets the number of threads from changing the next one."""
    before = mml.get_num_threads()
    yield
    mml.set_num_threads(before)
