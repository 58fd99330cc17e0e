"""What every way to rank nodes shares: the result, distributions over the nodes, and the error of ranks that are not reached."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_array, shape_error
from mmlcore.core.errors import ConvergenceError
from mmlcore.core.report import Report, Reported, pictures

_REACH = 1e-15  # below it no tolerance is met by sums in float64


class _PageRank(NamedTuple):
    ranks: Array
    """The ranks, shape (n,) or (p, n), float64, sum 1."""
    iterations: int
    """Passes over the edges; the largest number with several personalizations."""
    error: float
    """Bound on the L1 distance to the true vector; with damping 1 the residual. The largest with several."""
    converged: bool
    """Whether `error` is at most the tolerance."""


class PageRank(Reported, _PageRank):
    """What `pagerank` returns."""

    labels: list[Any] | None = None
    """The names of the nodes, where the graph has them; no part of the tuple."""

    @property
    def by_label(self) -> dict[Any, Any]:
        """The ranks by the labels of the nodes, or by their numbers: a float for each, or an array (p,) for several vectors."""
        ranks = np.asarray(self.ranks)
        names = range(ranks.shape[-1]) if self.labels is None else self.labels
        return dict(zip(names, ranks.tolist() if ranks.ndim == 1 else ranks.T, strict=True))

    def _report(self) -> Report:
        facts = [("nodes", self.ranks.shape[-1]), ("iterations", self.iterations)]
        facts += [("error", self.error), ("converged", self.converged)]
        if self.ranks.ndim != 1:
            return Report("PageRank", [("vectors", len(self.ranks)), *facts])
        best = np.argsort(-self.ranks, kind="stable")[:10].tolist()
        name = int if self.labels is None else self.labels.__getitem__
        return Report(
            "PageRank", facts, ["node", "rank"], [[str(name(i)), self.ranks[i]] for i in best]
        )

    def plot(self, *, ax: Any = None) -> Any:
        """Draw the distribution of the ranks; needs matplotlib."""
        return pictures().ranks(self.ranks, ax=ax)


def not_converged(result: PageRank, tol: float, max_iter: int) -> ConvergenceError:
    """Make the error for ranks that are not as good as was asked for."""
    # What rounding leaves of the sums of a long row; more sweeps do not help.
    within = result.iterations < max_iter or tol < _REACH
    fix = "float64 comes no closer: raise tol" if within else "raise max_iter or tol"
    msg = (
        f"pagerank reached an error of {result.error:.3g} in {result.iterations} iterations, needed {tol:.3g}: "
        f"{fix}. The last ranks are in .result of this error."
    )
    return ConvergenceError(msg, result)


def distribution(values: ArrayLike, name: str, n: int) -> Array:
    """Return a vector over the nodes, scaled to sum 1."""
    p = as_array(values, name)
    if p.shape != (n,):
        raise shape_error(name, p.shape, f"({n},), one for each node")
    return scaled_to_one(p, name)


def check_range(least: Any, top: Any, name: str) -> None:
    """Refuse a distribution by its least and greatest numbers."""
    if not (least >= 0 and np.isfinite(top).all()):
        msg = f"{name}: contains a negative or non-finite number."
        raise ValueError(msg)
    if not (top > 0).all():
        msg = f"{name}: the sum is zero, needed at least one positive entry."
        raise ValueError(msg)


def scaled_to_one(p: Array, name: str) -> Array:
    """Scale the last axis to sum 1; a NaN passes through least and largest, so that two readings see all."""
    if p.size == 0:
        return np.empty(p.shape)
    least, top = p.min(), p.max(axis=-1, keepdims=True).astype(np.float64)
    check_range(least, top, name)
    with np.errstate(over="ignore"):  # of numbers near the end of the range
        total = p.sum(axis=-1, keepdims=True, dtype=np.float64)
    if not (np.isfinite(total) & (total > np.finfo(np.float64).tiny)).all():
        p = p.astype(np.float64) / top
        total = p.sum(axis=-1, keepdims=True)
    return np.ascontiguousarray(p / total, dtype=np.float64)
