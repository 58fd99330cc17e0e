"""`mmlcore.linalg` beside `numpy.linalg`: the same calls, with the module exchanged."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from bench.harness import as_test
from mmlcore import linalg
from mmlcore._bench.cases import agree, data, rounding
from mmlcore._bench.compare import Call, Case
from mmlcore.core.arrays import Array

SHAPES = ((3, 3), (10, 10), (64, 64), (200, 200), (1000, 3, 3), (500, 10, 10))
# What is called with a matrix, a symmetric positive definite one and right sides; what it returns is compared by size,
# which neither signs nor the order of eigenvalues change.
CALLS: dict[str, Callable[[ModuleType, Array, Array, Array], Any]] = {
    "inv": lambda module, a, s, b: module.inv(a),
    "solve": lambda module, a, s, b: module.solve(a, b),
    "det": lambda module, a, s, b: module.det(a),
    "slogdet": lambda module, a, s, b: module.slogdet(a).logabsdet,
    "cholesky": lambda module, a, s, b: module.cholesky(s),
    "qr": lambda module, a, s, b: module.qr(a).R,
    "eigh": lambda module, a, s, b: module.eigh(s).eigenvalues,
    "eigvalsh": lambda module, a, s, b: module.eigvalsh(s),
    "eig": lambda module, a, s, b: module.eig(a).eigenvalues,
    "svd": lambda module, a, s, b: module.svd(a).S,
    "svdvals": lambda module, a, s, b: module.svdvals(a),
    "pinv": lambda module, a, s, b: module.pinv(a),
    "matrix_rank": lambda module, a, s, b: module.matrix_rank(a),
    "cond": lambda module, a, s, b: module.cond(a),
    "norm": lambda module, a, s, b: module.norm(a),
    "norm of vectors": lambda module, a, s, b: module.norm(a, axis=-1),
    "matrix_power": lambda module, a, s, b: module.matrix_power(a, 5),
    "matmul": lambda module, a, s, b: module.matmul(a, s),
    "trace": lambda module, a, s, b: module.trace(a),
}
SINGLE = {
    "lstsq": lambda module, a, s, b: module.lstsq(a, b[:, 0])[0],
    "multi_dot": lambda module, a, s, b: module.multi_dot([a, s, a]),
    "cross": lambda module, a, s, b: module.cross(a[:, :3], s[:, :3]),
    "outer": lambda module, a, s, b: module.outer(b[:, 0], b[:, 0]),
}


def by_size(rtol: float) -> Callable[[Any, Any], None]:
    """Return a check that the absolute values agree, in whatever order along the last axis."""
    check = agree(rtol)

    def sizes(x: Any) -> Array:
        found: Array = np.abs(np.asarray(x))
        return np.sort(found, axis=-1) if found.ndim else found

    return lambda expected, got: check(sizes(expected), sizes(got))


def exchanged(name: str, shape: tuple[int, ...]) -> Case:
    """One call by either module."""
    call = CALLS.get(name) or SINGLE[name]
    n = shape[-1]

    def setup() -> tuple[Call, Call]:
        a = data(shape, "float64") / n**0.5 + 2 * np.eye(n)
        s = a @ np.swapaxes(a, -1, -2) + np.eye(n)
        b = data((*shape[:-1], 2), "float64", seed=1)
        return lambda: call(np.linalg, a, s, b), lambda: call(linalg, a, s, b)

    title = f"linalg.{name} {' x '.join(map(str, shape))} float64"
    return Case(title, "linalg", setup, by_size(1e6 * n * rounding("float64")), 1.0, "numpy")


CASES = [
    *(exchanged(name, shape) for shape in SHAPES for name in CALLS),
    *(exchanged(name, shape) for shape in SHAPES if len(shape) == 2 for name in SINGLE),
]
test_cases = as_test(CASES)
