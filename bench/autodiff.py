"""Derivatives against the programs made for them: JAX and CasADi, and numba on sympy's formulas.

They are optional: a peer that is not installed has no cases.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import mmlcore as mml
from bench.calculus import rosenbrock, sandpit
from bench.harness import as_test
from bench.peers import SYMPY, with_casadi, with_jax, with_numba
from mmlcore._bench.cases import agree, data
from mmlcore._bench.compare import Call, Case

CHAPTER = "calculus"
POINTS = 1_000_000


def jax_cases(jax: Any) -> list[Case]:
    """Everything compiled by XLA, vectorised over points, in float64."""
    from jax.experimental.jet import jet  # noqa: PLC0415  (JAX is optional)

    jnp = jax.numpy

    def pit(p: Any) -> Any:
        hole = jnp.exp(-((p[0] - 1.5) ** 2 + (p[1] - 3.7) ** 2) / 2.8)
        return -((p[0] - 4.1) ** 2) - (p[1] - 0.9) ** 2 - 30 * hole

    def valley(x: Any) -> Any:
        return jnp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    def compiled(function: Any, *inputs: np.ndarray) -> Call:
        fast, device = jax.jit(function), [jax.device_put(x) for x in inputs]
        return lambda: jax.tree.map(np.asarray, jax.block_until_ready(fast(*device)))

    def pit_case(order: int, target: float) -> Case:
        def setup() -> tuple[Call, Call]:
            points = np.random.default_rng(0).random((POINTS, 2)) * 6
            f = mml.Function(sandpit, 2)
            first = jax.vmap(jax.grad(pit))
            if order == 1:
                return compiled(first, points), lambda: f.gradient(points)
            second = jax.vmap(jax.hessian(pit))
            theirs = compiled(lambda p: (first(p), second(p)), points)
            return theirs, lambda: (f.gradient(points), f.hessian(points))

        what = "gradient" if order == 1 else "gradient and Hessian"
        name = f"{what} of the sandpit, {POINTS:,} points"
        return Case(name, CHAPTER, setup, each(1e-9), target, "JAX")

    def valley_case(n: int, target: float) -> Case:
        def setup() -> tuple[Call, Call]:
            x = data((n,), "float64")
            f = mml.Function(rosenbrock, n)
            return compiled(jax.grad(valley), x), lambda: f.gradient(x)

        name = f"gradient of Rosenbrock n={n}, one point"
        return Case(name, CHAPTER, setup, agree(1e-9), target, "JAX")

    def jacobians() -> tuple[Call, Call]:
        a = data((10, 10), "float64")
        x = data((100_000, 10), "float64", 1)
        theirs = jax.vmap(jax.jacfwd(lambda v: jnp.tanh(a @ v) * jnp.sin(v) + v**2))
        f = mml.Function(lambda v: np.tanh(a @ v) * np.sin(v) + v**2, 10)
        return compiled(theirs, x), lambda: f.jacobian(x)

    def series() -> tuple[Call, Call]:
        x = np.random.default_rng(0).random(100_000)
        factorials = np.cumprod([1.0, *range(1, 11)])

        def through(t: Any) -> Any:
            ones = [jnp.ones_like(t)] + [jnp.zeros_like(t)] * 9
            value, rest = jet(lambda x: jnp.exp(jnp.sin(x)) / (1 + x**2), (t,), (ones,))
            return jnp.stack([value, *rest], axis=-1) / factorials

        f = mml.Function(lambda x: np.exp(np.sin(x)) / (1 + x**2), ())
        return compiled(through, x), lambda: f.taylor(x, 10).coefficients

    return [
        pit_case(1, 5),
        pit_case(2, 7),
        valley_case(10, 5),
        valley_case(1000, 2),
        Case("Jacobians 10 x 10, 100,000 points", CHAPTER, jacobians, agree(1e-8), 15, "JAX"),
        Case("Taylor order 10, 100,000 points", CHAPTER, series, agree(1e-8), 12, "JAX jet"),
    ]


def each(rtol: float) -> Any:
    """Return a check of a result, or of a tuple of results."""

    def check(expected: Any, got: Any) -> None:
        pairs = zip(expected, got, strict=True) if isinstance(got, tuple) else [(expected, got)]
        for one, other in pairs:
            agree(rtol)(one, other)

    return check


def casadi_cases(casadi: Any) -> list[Case]:
    """CasADi's virtual machine, called through its buffers: nothing is converted."""

    def valley(n: int) -> tuple[Any, Any]:
        x = casadi.SX.sym("x", n)
        inner = x[:-1]
        return x, casadi.sum1(100 * (x[1:] - inner**2) ** 2 + (1 - inner) ** 2)

    def buffered(function: Any, x: np.ndarray, size: int) -> Call:
        buffer, call = function.buffer()
        out = np.zeros(size)
        buffer.set_arg(0, memoryview(x))
        buffer.set_res(0, memoryview(out))
        keep = (function, buffer, x)

        def run() -> np.ndarray:
            call()
            return out

        run.keep = keep  # type: ignore[attr-defined]  (the buffers hold no references)
        return run

    def gradient() -> tuple[Call, Call]:
        x, y = valley(10)
        point = data((10,), "float64")
        theirs = casadi.Function("g", [x], [casadi.densify(casadi.gradient(y, x))])
        f = mml.Function(rosenbrock, 10)
        return buffered(theirs, point, 10), lambda: f.gradient(point)

    def hessian() -> tuple[Call, Call]:
        x, y = valley(1000)
        point = data((1000,), "float64")
        matrix = casadi.hessian(y, x)[0]
        theirs = casadi.Function("h", [x], [matrix])
        f = mml.Function(rosenbrock, 1000)
        return buffered(theirs, point, matrix.nnz()), lambda: mml.sparse_hessian(f, point).values

    one = "gradient of Rosenbrock n=10, one point"
    sparse = "sparse Hessian of Rosenbrock n=1000, one point"
    return [
        Case(one, CHAPTER, gradient, agree(1e-9), 1 / 3, "CasADi buffers"),
        Case(sparse, CHAPTER, hessian, agree(1e-9), 1.2, "CasADi buffers"),
    ]


def numba_cases(numba: Any) -> list[Case]:
    """Sympy's formulas, common parts once, in one compiled parallel loop."""

    def setup() -> tuple[Call, Call]:
        import sympy  # noqa: PLC0415  (a second of import, only for this case)

        points = np.random.default_rng(0).random((POINTS, 2)) * 6
        x, y = sympy.symbols("x y")
        hole = sympy.exp(-((x - 1.5) ** 2 + (y - 3.7) ** 2) / 2.8)
        f = -((x - 4.1) ** 2) - (y - 0.9) ** 2 - 30 * hole
        wanted = [f.diff(x), f.diff(y), f.diff(x, 2), f.diff(x, y), f.diff(y, 2)]
        one = numba.njit(sympy.lambdify((x, y), wanted, "math", cse=True), fastmath=True)

        @numba.njit(parallel=True, fastmath=True)
        def loop(p: Any, first: Any, second: Any) -> None:
            for i in numba.prange(len(p)):
                a, b, aa, ab, bb = one(p[i, 0], p[i, 1])
                first[i, 0], first[i, 1] = a, b
                second[i, 0, 0], second[i, 0, 1] = aa, ab
                second[i, 1, 0], second[i, 1, 1] = ab, bb

        def theirs() -> tuple[np.ndarray, np.ndarray]:
            first, second = np.empty((POINTS, 2)), np.empty((POINTS, 2, 2))
            loop(points, first, second)
            return first, second

        mine = mml.Function(sandpit, 2)
        return theirs, lambda: (mine.gradient(points), mine.hessian(points))

    name = f"gradient and Hessian of the sandpit, {POINTS:,} points"
    return [Case(name, CHAPTER, setup, each(1e-9), 2, "numba")]


CASES = [
    *with_jax(jax_cases),
    *with_casadi(casadi_cases),
    *(with_numba(numba_cases) if SYMPY else []),
]
test_cases = as_test(CASES)
