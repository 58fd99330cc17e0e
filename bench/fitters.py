"""What people write to fit many curves without SciPy's loop: Levenberg-Marquardt by hand, compiled by numba or JAX."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore._bench.compare import Call

STEPS = 30


def by_numba(numba: Any, x: np.ndarray, y: np.ndarray, start: tuple[float, ...]) -> Call:
    """Return a call that fits a gaussian with a background to each row, with covariance: one fit at a time, in parallel."""

    @numba.njit(fastmath=True)
    def equations(p: Any, x: Any, y: Any, a: Any, g: Any) -> float:
        a[:] = 0.0
        g[:] = 0.0
        cost = 0.0
        for k in range(len(x)):
            z = (x[k] - p[1]) / p[2]
            e = np.exp(-0.5 * z * z)
            j0, j1 = e, p[0] * e * z / p[2]
            j2 = j1 * z
            r = p[0] * e + p[3] - y[k]
            cost += r * r
            g[0] += j0 * r
            g[1] += j1 * r
            g[2] += j2 * r
            g[3] += r
            a[0, 0] += j0 * j0
            a[1, 0] += j1 * j0
            a[1, 1] += j1 * j1
            a[2, 0] += j2 * j0
            a[2, 1] += j2 * j1
            a[2, 2] += j2 * j2
            a[3, 0] += j0
            a[3, 1] += j1
            a[3, 2] += j2
            a[3, 3] += 1.0
        return cost

    @numba.njit(fastmath=True)
    def factor(a: Any, low: Any, damp: float) -> None:
        for i in range(4):
            for j in range(i + 1):
                total = a[i, j] * (1 + damp if i == j else 1.0)
                for k in range(j):
                    total -= low[i, k] * low[j, k]
                low[i, j] = np.sqrt(max(total, 1e-300)) if i == j else total / low[j, j]

    @numba.njit(fastmath=True)
    def solve(low: Any, b: Any) -> None:
        for i in range(4):
            for k in range(i):
                b[i] -= low[i, k] * b[k]
            b[i] /= low[i, i]
        for i in range(3, -1, -1):
            for k in range(i + 1, 4):
                b[i] -= low[k, i] * b[k]
            b[i] /= low[i, i]

    @numba.njit(parallel=True, fastmath=True)
    def fit(x: Any, y: Any, start: Any, found: Any, covariance: Any) -> None:
        for i in numba.prange(len(y)):
            p, q, d = start.copy(), np.empty(4), np.empty(4)
            a, g, a2, g2, low = (
                np.empty((4, 4)),
                np.empty(4),
                np.empty((4, 4)),
                np.empty(4),
                np.zeros((4, 4)),
            )
            cost, damp = equations(p, x, y[i], a, g), 1e-3
            for _ in range(STEPS):
                factor(a, low, damp)
                d[:] = -g
                solve(low, d)
                q[:] = p + d
                tried = equations(q, x, y[i], a2, g2)
                if tried < cost:
                    small = cost - tried < 1e-10 * cost
                    p[:], a[:], g[:], cost = q, a2, g2, tried
                    damp *= 0.1
                    if small:
                        break
                else:
                    damp *= 10.0
            found[i] = p
            factor(a, low, 0.0)
            for j in range(4):
                d[:] = 0.0
                d[j] = cost / (len(x) - 4)
                solve(low, d)
                covariance[i, j] = d

    begin = np.array(start)

    def call() -> np.ndarray:
        found, covariance = np.empty((len(y), 4)), np.empty((len(y), 4, 4))
        fit(x, y, begin, found, covariance)
        return found

    return call


def by_jax(jax: Any, x: np.ndarray, y: np.ndarray, start: tuple[float, ...]) -> Call:
    """Return the same for JAX: damped steps of all fits together, until the last has come to its end."""
    jnp = jax.numpy

    def residual(p: Any, row: Any) -> Any:
        return p[0] * jnp.exp(-0.5 * ((x - p[1]) / p[2]) ** 2) + p[3] - row

    def one(row: Any) -> Any:
        def step(state: Any) -> Any:
            p, damp, cost, k, _ = state
            r, j = residual(p, row), jax.jacfwd(residual)(p, row)
            a = j.T @ j
            q = p - jnp.linalg.solve(a + damp * jnp.diag(jnp.diag(a)), j.T @ r)
            tried = jnp.sum(residual(q, row) ** 2)
            better = tried < cost
            done = better & (cost - tried < 1e-10 * cost)
            return (
                jnp.where(better, q, p),
                jnp.where(better, damp / 10, damp * 10),
                jnp.where(better, tried, cost),
                k + 1,
                done,
            )

        p = jnp.array(start)
        first = (p, 1e-3, jnp.sum(residual(p, row) ** 2), 0, False)
        found = jax.lax.while_loop(lambda s: (s[3] < STEPS) & ~s[4], step, first)
        j = jax.jacfwd(residual)(found[0], row)
        return found[0], jnp.linalg.inv(j.T @ j) * found[2] / (len(x) - 4)

    fast, rows = jax.jit(jax.vmap(one)), jax.device_put(y)
    return lambda: np.asarray(jax.block_until_ready(fast(rows))[0])
