"""The non-linear problems of NIST's Statistical Reference Datasets: models, data, starts and certified values."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

HERE = Path(__file__).parent.parent / "data" / "nist"


class Problem(NamedTuple):
    """One of the 27."""

    name: str
    model: Callable[..., Any]
    x: np.ndarray
    y: np.ndarray
    starts: tuple[np.ndarray, np.ndarray]
    certified: np.ndarray
    deviations: np.ndarray
    sum_of_squares: float


def _rational(x: Any, above: tuple[Any, ...], below: tuple[Any, ...]) -> Any:
    return sum(b * x**i for i, b in enumerate(above)) / (
        1 + sum(b * x ** (i + 1) for i, b in enumerate(below))
    )


def _saturation(x: Any, b1: Any, b2: Any) -> Any:
    return b1 * (1 - np.exp(-b2 * x))


def _hump(x: Any, b1: Any, b2: Any, b3: Any) -> Any:
    return np.exp(-b1 * x) / (b2 + b3 * x)


def _gauss(x: Any, b1: Any, b2: Any, b3: Any, b4: Any, b5: Any, b6: Any, b7: Any, b8: Any) -> Any:
    first = b3 * np.exp(-((x - b4) ** 2) / b5**2)
    return b1 * np.exp(-b2 * x) + first + b6 * np.exp(-((x - b7) ** 2) / b8**2)


def _lanczos(x: Any, b1: Any, b2: Any, b3: Any, b4: Any, b5: Any, b6: Any) -> Any:
    return b1 * np.exp(-b2 * x) + b3 * np.exp(-b4 * x) + b5 * np.exp(-b6 * x)


def _enso(
    x: Any, b1: Any, b2: Any, b3: Any, b4: Any, b5: Any, b6: Any, b7: Any, b8: Any, b9: Any
) -> Any:
    def wave(period: Any, c: Any, s: Any) -> Any:
        return c * np.cos(2 * np.pi * x / period) + s * np.sin(2 * np.pi * x / period)

    return b1 + wave(12, b2, b3) + wave(b4, b5, b6) + wave(b7, b8, b9)


def _cubic(x: Any, b1: Any, b2: Any, b3: Any, b4: Any, b5: Any, b6: Any, b7: Any) -> Any:
    return _rational(x, (b1, b2, b3, b4), (b5, b6, b7))


MODELS: dict[str, Callable[..., Any]] = {
    "Bennett5": lambda x, b1, b2, b3: b1 * (b2 + x) ** (-1 / b3),
    "BoxBOD": _saturation,
    "Chwirut1": _hump,
    "Chwirut2": _hump,
    "DanWood": lambda x, b1, b2: b1 * x**b2,
    "ENSO": _enso,
    "Eckerle4": lambda x, b1, b2, b3: (b1 / b2) * np.exp(-0.5 * ((x - b3) / b2) ** 2),
    "Gauss1": _gauss,
    "Gauss2": _gauss,
    "Gauss3": _gauss,
    "Hahn1": _cubic,
    "Kirby2": lambda x, b1, b2, b3, b4, b5: _rational(x, (b1, b2, b3), (b4, b5)),
    "Lanczos1": _lanczos,
    "Lanczos2": _lanczos,
    "Lanczos3": _lanczos,
    "MGH09": lambda x, b1, b2, b3, b4: b1 * (x**2 + x * b2) / (x**2 + x * b3 + b4),
    "MGH10": lambda x, b1, b2, b3: b1 * np.exp(b2 / (x + b3)),
    "MGH17": lambda x, b1, b2, b3, b4, b5: b1 + b2 * np.exp(-x * b4) + b3 * np.exp(-x * b5),
    "Misra1a": _saturation,
    "Misra1b": lambda x, b1, b2: b1 * (1 - (1 + b2 * x / 2) ** -2),
    "Misra1c": lambda x, b1, b2: b1 * (1 - (1 + 2 * b2 * x) ** -0.5),
    "Misra1d": lambda x, b1, b2: b1 * b2 * x / (1 + b2 * x),
    "Nelson": lambda x, b1, b2, b3: b1 - b2 * x[0] * np.exp(-b3 * x[1]),
    "Rat42": lambda x, b1, b2, b3: b1 / (1 + np.exp(b2 - b3 * x)),
    "Rat43": lambda x, b1, b2, b3, b4: b1 / (1 + np.exp(b2 - b3 * x)) ** (1 / b4),
    "Roszman1": lambda x, b1, b2, b3, b4: b1 - b2 * x - np.arctan(b3 / (x - b4)) / np.pi,
    "Thurber": _cubic,
}


def read(name: str) -> Problem:
    """Read a problem's file."""
    lines = (HERE / f"{name}.dat").read_text(encoding="ascii").splitlines()
    rows = [line.split("=")[1].split() for line in lines if re.match(r"\s*b\d\s*=", line)]
    values = np.array(rows, dtype=float).T
    (squares,) = (line.split()[-1] for line in lines if line.startswith("Residual Sum of Squares"))
    # "Data  (lines 61 to 93)"
    begin, end = (int(i) for i in re.findall(r"\d+", next(t for t in lines if " Data  " in t)))
    data = np.array([line.split() for line in lines[begin - 1 : end]], dtype=float).T
    y, x = data[0], data[1] if len(data) == 2 else data[1:]
    if name == "Nelson":
        y = np.log(y)
    return Problem(
        name, MODELS[name], x, y, (values[0], values[1]), values[2], values[3], float(squares)
    )


PROBLEMS = [read(name) for name in MODELS]
RUNS = [(problem, start) for problem in PROBLEMS for start in (0, 1)]
