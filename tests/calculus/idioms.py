"""What users write in functions, `idioms.txt`: each is what numpy gives, or a TraceError with line and fix.

A line is an expression of an array x of four numbers, or of the shape in brackets before it; `;;` separates statements.
"""

from __future__ import annotations

import functools
import math
import random
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

import mmlcore as mml

LINES = (Path(__file__).parent / "idioms.txt").read_text(encoding="utf-8").splitlines()
_NUMBERS = np.random.default_rng(7)
NAMES = {
    "np": np,
    "mml": mml,
    "math": math,
    "random": random,
    "functools": functools,
    "w": np.array([0.8, 1.7, 0.4, 1.2]),
    "A": np.cov(_NUMBERS.standard_normal((4, 9))) + 4 * np.eye(4),
    "B": _NUMBERS.uniform(0.5, 2, (4, 3)),
}


class Idiom(NamedTuple):
    group: str
    text: str
    shape: tuple[int, ...]

    def function(self):
        """Make a function of it, with names of its own to change."""
        *body, last = self.text.split(" ;; ")
        if not last.startswith("return "):
            last = f"return {last}"
        lines = "\n    ".join([*body, last])
        names = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in NAMES.items()}
        names |= special_names()
        exec(  # noqa: S102  (lines of the list beside this file)
            compile(f"def f(x):\n    {lines}\n", "<idiom>", "exec"), names
        )
        return names["f"]


@functools.cache
def special_names():
    """SciPy's parts, by the names of the list."""
    import scipy  # noqa: PLC0415
    import scipy.integrate  # noqa: PLC0415
    import scipy.linalg  # noqa: PLC0415
    import scipy.ndimage  # noqa: PLC0415
    import scipy.signal  # noqa: PLC0415
    import scipy.spatial  # noqa: PLC0415
    import scipy.special  # noqa: PLC0415
    import scipy.stats  # noqa: PLC0415

    return {"scipy": scipy, "sp": scipy.special, "stats": scipy.stats}


def idioms():
    """The list."""
    found, group = [], ""
    for line in LINES:
        if line.startswith("#"):
            group = line[2:]
            continue
        shape, text = (4,), line
        if line.startswith("[") and line[1].isdigit() and "] " in line:
            head, _, rest = line.partition("] ")
            if head[1:].replace(",", "").isdigit():
                shape, text = tuple(map(int, head[1:].split(","))), rest
        found.append(Idiom(group, text, shape))
    return found


def numbers(value):
    """Flatten a result."""
    if isinstance(value, (list, tuple)):
        return np.array([np.asarray(v, float) for v in value], float)
    return np.asarray(value, float)


def outcome(idiom):
    """Return "right", "refused" (a TraceError), or what else happened."""
    rng = np.random.default_rng(len(idiom.text))
    point = rng.uniform(0.2, 1.9, idiom.shape)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            idiom.function()(point.copy())
        except AttributeError as error:  # of another version of numpy or SciPy
            return "missing", str(error)
        except Exception as error:  # noqa: BLE001
            return "numpy raises", f"{type(error).__name__}: {error}"
        try:
            f = mml.Function(idiom.function(), idiom.shape)
        except mml.TraceError as error:
            return "refused", str(error)
        except Exception as error:  # noqa: BLE001
            return f"raises {type(error).__name__}", str(error)
        for _ in range(3):
            point = rng.uniform(0.2, 1.9, idiom.shape)
            try:
                expected = numbers(idiom.function()(point.copy()))
            except Exception as error:  # noqa: BLE001
                return "numpy raises", f"{type(error).__name__}: {error}"
            found = f(point)
            if found.shape != expected.shape:
                return "wrong", f"shape {found.shape} for {expected.shape}"
            if not np.allclose(found, expected, 1e-9, 1e-12, equal_nan=True):
                return "wrong", f"{found} for {expected}"
    return "right", ""


if __name__ == "__main__":
    import collections
    import sys

    counts = collections.Counter()
    for idiom in idioms():
        kind, words = outcome(idiom)
        counts[kind] += 1
        if kind != "right" and (len(sys.argv) < 2 or sys.argv[1] in kind):
            print(
                f"{kind:24} {idiom.text[:90]:90} {words[: int(sys.argv[2]) if len(sys.argv) > 2 else 100]!r}"
            )
    print(counts, sum(counts.values()))
