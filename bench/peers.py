"""Peers that need not be installed."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mmlcore._bench.compare import Case

# Debian's package dataset-fashion-mnist.
FASHION = Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")
TORCH = importlib.util.find_spec("torch") is not None
SYMPY = importlib.util.find_spec("sympy") is not None


def with_torch(cases: Callable[[Any], list[Case]]) -> list[Case]:
    """Return `cases(torch)`, or nothing where there is no torch."""
    if not TORCH:
        return []
    import torch  # noqa: PLC0415  (a second of import, only for these cases)

    return cases(torch)


def fashion_images() -> np.ndarray:
    """Return Fashion-MNIST's 60000 training images as rows of 784 bytes."""
    with gzip.open(FASHION) as file:
        return np.frombuffer(file.read(), np.uint8, offset=16).reshape(60_000, 784)
