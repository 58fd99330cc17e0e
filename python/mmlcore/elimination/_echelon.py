"""Echelon forms, with the row operations that lead to them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_matrix, as_real, require_finite_items
from mmlcore.core.door import door
from mmlcore.elimination._shown import steps_latex
from mmlcore.elimination._solve import within_range


class Echelon(NamedTuple):
    """Result of `row_echelon`; for a stack of matrices the fields are arrays and lists over it."""

    matrix: Array
    """(..., m, n): the echelon form."""
    pivots: Any
    """Columns of the pivots: tuple of int, or a list of such."""
    rank: Any
    """The number of pivots: int, or array (...)."""
    swaps: Any
    """Exchanges of rows: int, or array (...)."""
    steps: list[tuple[str, int, int, Any]] | None
    """Each is ('swap', i, j, 1), ('scale', i, i, f), ('add', i, j, f)."""

    def _repr_latex_(self) -> str | None:
        return steps_latex(self.matrix, self.pivots, self.steps) if self.matrix.ndim == 2 else None


@door("row_echelon", Echelon)
def row_echelon(
    A: ArrayLike,
    *,
    reduced: bool = False,
    unit_pivots: bool = False,
    steps: bool = False,
    rtol: float | None = None,
) -> Echelon:
    """Row echelon form by Gaussian elimination with partial pivoting.

    Parameters
    ----------
    A : array_like of shape (..., m, n), float32, float64 or complex
        Matrices.
    reduced : bool, default False
        The reduced form: pivots are 1 and alone in their columns.
    unit_pivots : bool, default False
        Divide each row by its pivot, as the reduced form does.
    steps : bool, default False
        Record the elementary row operations; for one matrix only.
    rtol : float, optional
        Entries up to rtol times the largest row sum of absolute values of A count as zero when a pivot is looked for.
        Default: max(m, n) times the machine epsilon.

    Returns
    -------
    Echelon
        (matrix, pivots, rank, swaps, steps). A step ('swap', i, j, 1) exchanges rows i and j, ('scale', i, i, f)
        multiplies row i by f, ('add', i, j, f) adds f times row j to row i.

    Raises
    ------
    ValueError
        Fewer than two axes; NaN or infinity; steps of a stack; numbers so large that the form overflows.

    Notes
    -----
    The steps applied to A in order give the result up to rounding [1]_. A rank found so is right unless a matrix is
    near one of lower rank; `rank` decides by singular values. Cost: m n min(m, n) operations.

    References
    ----------
    .. [1] G. Strang, "Introduction to linear algebra", 5th ed. (2016), section 3.3.

    Examples
    --------
    >>> import mmlcore as mml
    >>> found = mml.row_echelon([[1, 1, 1, 15], [3, 2, 1, 28], [2, 1, 2, 23]], reduced=True)
    >>> found.matrix.round(12) + 0.0
    array([[1., 0., 0., 3.],
           [0., 1., 0., 7.],
           [0., 0., 1., 5.]])
    >>> found.pivots, found.rank
    ((0, 1, 2), 3)
    """
    a = require_finite_items(as_matrix(A, "A", complex_ok=True), "A")
    if steps and a.ndim > 2:
        msg = f"steps: can be recorded for one matrix, got a stack of shape {a.shape}."
        raise ValueError(msg)
    if rtol is None:
        rtol = _core.default_rank_rtol(a.shape[-2], a.shape[-1], a.real.dtype == np.float32)
    matrix = np.array(a, order="C")
    columns, ranks, swaps, log = _core.row_echelon(
        matrix, reduced, as_real(rtol, "rtol", 0, 1), steps
    )
    if unit_pivots and not reduced:
        _divide(matrix, columns, ranks, log if steps else None)
    within_range(matrix)
    if steps and not np.isfinite([factor for *_, factor in log]).all():
        msg = "steps: the inverse of a pivot overflows; multiply A by a constant."
        raise ValueError(msg)
    pivots = [tuple(row[:rank].tolist()) for row, rank in zip(columns, ranks, strict=True)]
    if a.ndim == 2:
        return Echelon(matrix, pivots[0], int(ranks[0]), int(swaps[0]), log if steps else None)
    batch = a.shape[:-2]
    return Echelon(matrix, pivots, ranks.reshape(batch), swaps.reshape(batch), None)


def _divide(matrix: Array, columns: Array, ranks: Array, log: list[Any] | None) -> None:
    """Divide rows by their pivots, in place; the steps of one matrix go to the end of the log."""
    items = matrix.reshape(len(ranks), *matrix.shape[-2:])
    for row in range(columns.shape[-1]):
        (having,) = np.nonzero(ranks > row)
        pivot = items[having, row, columns[having, row]]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            items[having, row] /= pivot[:, np.newaxis]
            if log is not None:
                log += [("scale", row, row, (1 / p).item()) for p in pivot]
        items[having, row, columns[having, row]] = 1
