"""Jacobians and Hessians with few entries: those that can be other than zero, and where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import ArrayLike

from mmlcore.calculus._derivatives import points_of
from mmlcore.calculus._derive import gradient_node, pattern
from mmlcore.calculus.memory import traced
from mmlcore.core.arrays import Array
from mmlcore.core.door import door
from mmlcore.core.notebook import fields_html

F = Callable[..., Any]


class SparseJacobian(NamedTuple):
    """Entries of Jacobians that can be other than zero."""

    values: Array
    """(..., nnz): the entries."""
    rows: Array
    """(nnz,): their rows."""
    columns: Array
    """(nnz,): their columns."""
    shape: tuple[int, int]
    """(m, n): of the whole matrix."""

    def _repr_html_(self) -> str:
        return fields_html(self)


class SparseHessian(NamedTuple):
    """Entries of Hessians that can be other than zero."""

    values: Array
    """(..., nnz): the entries."""
    rows: Array
    """(nnz,): their rows."""
    columns: Array
    """(nnz,): their columns."""
    shape: tuple[int, int]
    """(n, n): of the whole matrix."""

    def _repr_html_(self) -> str:
        return fields_html(self)


@door("sparse_jacobian", SparseJacobian)
def sparse_jacobian(f: F, x: ArrayLike) -> SparseJacobian:
    """Entries of the Jacobian that can be other than zero, and where they are.

    Parameters
    ----------
    f : callable or Function
        As for `jacobian`.
    x : array_like of shape (..., n), float32 or float64
        Points.

    Returns
    -------
    SparseJacobian
        (values, rows, columns, shape): values (..., nnz); rows and columns serve all points, and ascend row by row.

    Raises
    ------
    TraceError
        f cannot be traced.

    Notes
    -----
    The pattern is found once. Cost: a forward tangent for each colour of the columns (two where each result depends on two
    neighbours, for any number of them).

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> j = mml.sparse_jacobian(lambda x: x[1:] * x[:-1], np.arange(3.0))
    >>> j.rows, j.columns, j.values
    (array([0, 0, 1, 1]), array([0, 1, 1, 2]), array([1., 0., 2., 1.]))
    """
    points = points_of(x)
    function = traced(f, points.shape[-1:])
    values = function._evaluate("sparse_jacobian", (points,))
    where = function._memory.get("sparse_jacobian")
    if where is None:
        rows, columns, _ = pattern(function, function._output.id)
        where = rows, columns, (function._output.size, points.shape[-1])
        function._memory["sparse_jacobian"] = where
    return SparseJacobian(values, *where)


@door("sparse_hessian", SparseHessian)
def sparse_hessian(f: F, x: ArrayLike) -> SparseHessian:
    """Entries of the Hessian that can be other than zero, and where they are.

    Parameters
    ----------
    f : callable or Function
        As for `gradient`.
    x : array_like of shape (..., n), float32 or float64
        Points.

    Returns
    -------
    SparseHessian
        (values, rows, columns, shape): values (..., nnz); rows and columns serve all points, and ascend row by row.

    Notes
    -----
    The pattern is found once. Cost: a forward tangent over the reverse sweep for each colour of the columns (three for a
    tridiagonal Hessian of any size).

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> h = mml.sparse_hessian(lambda x: np.sum(x[1:] * x[:-1] ** 2), np.arange(3.0))
    >>> h.rows, h.columns, h.values
    (array([0, 0, 1, 1, 1, 2]), array([0, 1, 0, 1, 2, 1]), array([2., 0., 0., 4., 2., 2.]))
    """
    points = points_of(x)
    function = traced(f, points.shape[-1:])
    values = function._evaluate("sparse_hessian", (points,))
    where = function._memory.get("sparse_hessian")
    if where is None:
        rows, columns, _ = pattern(function, gradient_node(function))
        where = rows, columns, (points.shape[-1], points.shape[-1])
        function._memory["sparse_hessian"] = where
    return SparseHessian(values, *where)
