"""Products of symbols: of vectors, matrices, stacks and tensors, and what is made of products."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from mmlcore.calculus._refuse import refuse
from mmlcore.calculus.symbol import Symbol, Tape, rearranged, size_of, spread


def matmul(tape: Tape, a: Any, b: Any) -> Any:
    """Multiply vectors, matrices and stacks of matrices."""
    x, y = tape.symbol(a), tape.symbol(b)
    if not x.ndim or not y.ndim:
        msg = "matmul: Input operand does not have enough dimensions"
        raise ValueError(msg)
    rows, columns = len(x.shape) > 1, len(y.shape) > 1
    left, right = x.shape if rows else (1, *x.shape), y.shape if columns else (*y.shape, 1)
    (m, k), (inner, n) = left[-2:], right[-2:]
    if k != inner:
        msg = f"matmul: got shapes {x.shape} and {y.shape}: the inner sizes {k} and {inner} differ"
        raise ValueError(msg)
    stack: tuple[int, ...] = ()
    if len(left) > 2 or len(right) > 2:  # a matrix alone is repeated by itself
        stack = np.broadcast_shapes(left[:-2], right[:-2])
        x, y = (spread(w, (*stack, *w.shape[-2:])) if len(w.shape) > 2 else w for w in (x, y))
    node = tape.graph.matmul(x.id, y.id, m, k, n)
    return Symbol(tape, node, (*stack, *(m,) * rows, *(n,) * columns))


def _dot(tape: Tape, a: Any, b: Any) -> Any:
    x, y = tape.symbol(a), tape.symbol(b)
    if not x.ndim or not y.ndim:
        return x * y
    if y.ndim > 2:
        return np.tensordot(x, y, axes=(-1, -2))
    return matmul(tape, x, y)


def _einsum(tape: Tape, subscripts: Any, *operands: Any) -> Any:
    """By its definition: every operand spread over all labels, multiplied, and summed."""
    if not isinstance(subscripts, str) or "." in subscripts:
        refuse("this form of einsum", "Write the subscripts as a text, without an ellipsis.")
    terms, _arrow, result = subscripts.replace(" ", "").partition("->")
    labels = "".join(sorted(set(terms) - {","}))
    if "->" not in subscripts:
        result = "".join(c for c in labels if terms.count(c) == 1)
    inner = [c for c in labels if c not in result]
    order = list(result) + inner
    product: Any = 1.0
    for term, operand in zip(terms.split(","), map(tape.symbol, operands), strict=True):
        own = [c for c in order if c in term]
        part = rearranged(operand, partial(np.einsum, f"{term}->{''.join(own)}"))
        sizes = dict(zip(own, part.shape, strict=True))
        product = product * part.reshape([sizes.get(c, 1) for c in order])
    if inner:
        product = product.sum(axis=tuple(range(len(result), len(order))))
    return product


def _norm(tape: Tape, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    x = tape.symbol(x)
    if ord == 1 and (x.ndim == 1 or isinstance(axis, int)):
        return abs(x).sum(axis=axis, keepdims=keepdims)
    if ord == np.inf and (x.ndim == 1 or isinstance(axis, int)):
        return np.max(abs(x), axis=axis, keepdims=keepdims)
    if ord not in (None, 2, "fro") or (ord == 2 and x.ndim != 1 and not isinstance(axis, int)):
        refuse(
            f"numpy.linalg.norm with ord={ord!r}",
            "Traced are ord=None, 1, 2 and inf of vectors, 'fro' of matrices.",
        )
    return np.sqrt((x * x).sum(axis=axis, keepdims=keepdims))


def _tensordot(tape: Tape, a: Any, b: Any, axes: Any = 2) -> Any:
    x, y = tape.symbol(a), tape.symbol(b)
    if isinstance(axes, int):
        ours, theirs = list(range(x.ndim - axes, x.ndim)), list(range(axes))
    else:
        ours, theirs = ([int(i) for i in np.atleast_1d(side)] for side in axes)
    ours, theirs = [i % x.ndim for i in ours], [i % y.ndim for i in theirs]
    left = [i for i in range(x.ndim) if i not in ours]
    right = [i for i in range(y.ndim) if i not in theirs]
    rows, columns = tuple(x.shape[i] for i in left), tuple(y.shape[i] for i in right)
    inner = size_of(tuple(x.shape[i] for i in ours))
    u = np.transpose(x, left + ours).reshape(size_of(rows), inner)
    v = np.transpose(y, theirs + right).reshape(inner, size_of(columns))
    return matmul(tape, u, v).reshape(rows + columns)


def _cross(tape: Tape, a: Any, b: Any) -> Any:
    x, y = tape.symbol(a), tape.symbol(b)
    if x.shape != (3,) or y.shape != (3,):
        refuse("numpy.cross of anything but two vectors of 3", "Write it component by component.")
    after, before = [1, 2, 0], [2, 0, 1]
    return x[after] * y[before] - x[before] * y[after]


def _vdot(tape: Tape, a: Any, b: Any) -> Any:
    return matmul(tape, tape.symbol(a).reshape(-1), tape.symbol(b).reshape(-1))


def _outer(tape: Tape, a: Any, b: Any) -> Any:
    return tape.symbol(a).reshape(-1, 1) * tape.symbol(b).reshape(-1)


def _inner(tape: Tape, a: Any, b: Any) -> Any:
    x, y = tape.symbol(a), tape.symbol(b)
    if not x.ndim or not y.ndim:
        return x * y
    return _tensordot(tape, x, y, ([x.ndim - 1], [y.ndim - 1]))


def _polyval(tape: Tape, p: Any, x: Any) -> Any:
    coefficients = tape.symbol(p)
    result = 0.0 * tape.symbol(x)
    for i in range(len(coefficients)):
        result = result * x + coefficients[i]
    return result


def _vecdot(tape: Tape, x1: Any, x2: Any, axis: int = -1) -> Any:
    x, y = tape.symbol(x1), tape.symbol(x2)
    if axis != -1:
        x, y = np.moveaxis(x, axis, -1), np.moveaxis(y, axis, -1)
    if x.shape[-1:] != y.shape[-1:]:
        msg = f"vecdot: got shapes {x.shape} and {y.shape}, whose vectors differ in length"
        raise ValueError(msg)
    return (x * y).sum(axis=-1)


def _matvec(tape: Tape, x1: Any, x2: Any) -> Any:
    x = tape.symbol(x2)
    return matmul(tape, x1, x[..., None])[..., 0]


def _vecmat(tape: Tape, x1: Any, x2: Any) -> Any:
    x = tape.symbol(x1)
    return matmul(tape, x[..., None, :], x2)[..., 0, :]


# ufuncs of vectors and matrices.
PRODUCTS: dict[str, Callable[..., Any]] = {
    "matmul": matmul,
    "vecdot": _vecdot,
    "matvec": _matvec,
    "vecmat": _vecmat,
}
# Functions of numpy that multiply, whose arguments may be anything that numpy takes as an array.
OF_ARRAYS: dict[str, Callable[..., Any]] = {
    "dot": _dot,
    "vdot": _vdot,
    "inner": _inner,
    "outer": _outer,
    "tensordot": _tensordot,
    "einsum": _einsum,
    "norm": _norm,
    "cross": _cross,
    "polyval": _polyval,
}
