"""Peers that need not be installed."""

from __future__ import annotations

import gzip
import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mmlcore._bench.compare import Case

# Debian's package dataset-fashion-mnist.
FASHION = Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")
SYMPY = importlib.util.find_spec("sympy") is not None


Cases = Callable[[Any], list[Case]]


def _with(name: str, cases: Cases) -> list[Case]:
    """Return `cases(module)`, or nothing where the module is not installed."""
    if importlib.util.find_spec(name) is None:
        return []
    return cases(importlib.import_module(name))  # a second of import, only for these cases


def with_torch(cases: Cases) -> list[Case]:
    """Return `cases(torch)`, or nothing where there is no torch."""
    return _with("torch", cases)


def with_casadi(cases: Cases) -> list[Case]:
    """Return `cases(casadi)`, or nothing where there is no CasADi."""
    return _with("casadi", cases)


def with_numba(cases: Cases) -> list[Case]:
    """Return `cases(numba)`, or nothing where there is no numba."""
    return _with("numba", cases)


def with_jax(cases: Cases) -> list[Case]:
    """Return `cases(jax)` in double precision, or nothing where there is no JAX."""
    return _with("jax", lambda jax: jax.config.update("jax_enable_x64", True) or cases(jax))


def fashion_images() -> np.ndarray:
    """Return Fashion-MNIST's 60000 training images as rows of 784 bytes."""
    with gzip.open(FASHION) as file:
        return np.frombuffer(file.read(), np.uint8, offset=16).reshape(60_000, 784)
