"""Einstein summation: the contraction is planned once for its subscripts and shapes, then runs as matrix products."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, empty, same_dtype
from mmlcore.core.batches import broadcast_to_batch
from mmlcore.core.door import into
from mmlcore.matrices._product import matmul
from mmlcore.matrices._subscripts import Subscripts, from_sublists, parse


def einsum(
    subscripts: Any, *operands: Any, optimize: Any = True, out: Array | None = None
) -> Array:
    """Einstein summation over the labels that the result does not carry.

    Parameters
    ----------
    subscripts : str
        As in numpy: ``'ij,jk->ik'``; without ``->`` the labels that occur once, in alphabetical order; ``...`` stands for
        further axes, which broadcast. Or operands and lists of labels in turn, as in numpy.
    *operands : array_like, float32, float64 or complex
        An axis of length 1 broadcasts against the other axes of its label.
    optimize : bool, {'greedy', 'optimal'} or path, default True
        The order of contraction: 'greedy' is True, 'optimal' the one of fewest operations, False from left to right, or
        a path of `numpy.einsum_path`.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray, or a number
        float32 if all operands are, complex if one is, else float64. In any memory order; of one operand without sums a view, as in
        numpy.

    Raises
    ------
    ValueError
        Subscripts that cannot be read, or do not fit the shapes; a path that cannot be gone.

    Notes
    -----
    Two operands at a time, each contraction a (stack of) matrix product over the labels they share [1]_; sums over a
    label of one operand come first. Intermediate results are kept, so three matrices of size n cost n^3,
    not n^4. The plan for the subscripts and shapes is remembered. Cost: 2 operations for each combination of the labels of a contraction.

    References
    ----------
    .. [1] D. G. A. Smith, J. Gray, "opt_einsum - A Python package for optimizing contraction order for einsum-like
       expressions", J. Open Source Softw. 3 (2018).

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.einsum("ij,jk->ik", [[1, 2], [3, 4]], [[0, 1], [1, 0]])
    array([[2., 1.],
           [4., 3.]])
    >>> float(mml.einsum("ii", [[1, 2], [3, 4]]))
    5.0
    """
    found = None
    if type(subscripts) is str and optimize is True:
        found = _core.small_einsum(subscripts, operands)
    if found is None:
        found = _planned(subscripts, operands, optimize)
    result: Array = into(out, found) if out is not None else found if found.ndim else found[()]
    return result


def _planned(subscripts: Any, operands: tuple[Any, ...], optimize: Any) -> Array:
    """Sum by products of matrices, two operands at a time."""
    if not isinstance(subscripts, str):
        subscripts, operands = from_sublists((subscripts, *operands))
    arrays = [as_array(x, f"operands[{i}]", complex_ok=True) for i, x in enumerate(operands)]
    if not arrays:
        msg = "operands: got none, needed at least one."
        raise ValueError(msg)
    arrays = same_dtype(*arrays)
    plan = _plan(subscripts, tuple(a.shape for a in arrays), _order(optimize))
    for i, view in enumerate(plan.views):
        if view is not None:
            arrays[i] = view.of(arrays[i])
    for step in plan.steps:
        taken = [arrays.pop(i) for i in step.taken]
        arrays.append(step.run(*taken))
    result: Array = arrays[0]
    return result


def _order(optimize: Any) -> bool | str | tuple[tuple[int, ...], ...]:
    if isinstance(optimize, (bool, np.bool_)):
        return bool(optimize)
    if isinstance(optimize, str) and optimize in ("greedy", "optimal"):
        return optimize
    if isinstance(optimize, (list, tuple)) and optimize and optimize[0] == "einsum_path":
        with contextlib.suppress(TypeError):
            return tuple(tuple(operator.index(i) for i in step) for step in optimize[1:])
    msg = f"optimize: got {optimize!r}, needed a bool, 'greedy', 'optimal' or a path of numpy.einsum_path."
    raise ValueError(msg)


@dataclass(frozen=True)
class View:
    """An operand without its repeated labels and axes that broadcast: diagonals, and axes of length 1 taken off."""

    labels: str
    kept: str
    lengths: tuple[int, ...]

    def of(self, a: Array) -> Array:
        strides = dict.fromkeys(self.kept, 0)
        for label, length, stride in zip(self.labels, a.shape, a.strides, strict=True):
            if label in strides and length > 1:
                strides[label] += stride
        view: Array = np.lib.stride_tricks.as_strided(
            a, self.lengths, tuple(strides.values()), writeable=a.flags.writeable
        )
        return view


@dataclass(frozen=True)
class Alone:
    """Sum an operand over some axes and permute the others."""

    taken: tuple[int, ...]
    summed: tuple[int, ...]
    order: tuple[int, ...]

    def run(self, a: Array) -> Array:
        done = a.sum(axis=self.summed) if self.summed else a
        result: Array = np.asarray(done).transpose(self.order)
        return result


@dataclass(frozen=True)
class Pair:
    """Contract two operands: permuted, reshaped to stacks of matrices, multiplied, brought to the order of the result."""

    taken: tuple[int, int]
    summed: tuple[
        tuple[int, ...], tuple[int, ...]
    ]  # axes of each that neither the other nor the rest knows
    orders: tuple[tuple[int, ...], tuple[int, ...]]
    shapes: tuple[
        tuple[int, ...], tuple[int, ...]
    ]  # (batch, left, shared) and (batch, shared, right)
    lengths: tuple[int, ...]
    order: tuple[int, ...]

    def run(self, b: Array, a: Array) -> Array:
        a, b = (
            (x.sum(axis=axes) if axes else x).transpose(order).reshape(shape)
            for x, axes, order, shape in zip(
                (a, b), self.summed, self.orders, self.shapes, strict=True
            )
        )
        left, shared = a.shape[-2:]
        if shared == 1:
            out = np.multiply(a, b)
        elif left == b.shape[-1] == 1 and a.ndim == 2:
            out = np.dot(a[0], b[:, 0])  # BLAS uses all threads for one long sum
        elif left == b.shape[-1] == 1 and a.dtype.kind == "f":
            out = _stack_of_dots(a, np.swapaxes(b, -1, -2))
        else:
            out = matmul(a, b)
        return np.asarray(out.reshape(self.lengths).transpose(self.order))


def _stack_of_dots(a: Array, b: Array) -> Array:
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    out = empty(batch, a.dtype)
    _core.inner_products(broadcast_to_batch(a, batch), broadcast_to_batch(b, batch), out)
    return out


@dataclass(frozen=True)
class Plan:
    views: tuple[View | None, ...]
    steps: tuple[Alone | Pair, ...]


@lru_cache(maxsize=1024)
def _plan(subscripts: str, shapes: tuple[tuple[int, ...], ...], optimize: Any) -> Plan:
    read = parse(subscripts, shapes)
    views, labels = [], []
    for own, shape in zip(read.inputs, shapes, strict=True):
        wide = [x for x, length in zip(own, shape, strict=True) if length == read.length[x]]
        kept = "".join(dict.fromkeys(wide))
        views.append(None if kept == own else View(own, kept, tuple(read.length[x] for x in kept)))
        labels.append(kept)
    path = _path(labels, read, optimize)
    if len(labels) == 1:
        return Plan(tuple(views), (_alone(labels[0], read.output),))
    steps: list[Alone | Pair] = []
    for taken in path:
        here = sorted(taken, reverse=True)
        if len(here) == 1:  # goes to the end, as all results do
            labels.append(labels.pop(here[0]))
            steps.append(Alone((here[0],), (), tuple(range(len(labels[-1])))))
        while (
            len(here) > 1
        ):  # a path may take several at once: two at a time, the last result first
            i, j = here[0], here[1]
            second, first = labels.pop(i), labels.pop(j)
            wanted = set(read.output).union(*labels)
            step, made = _pair((i, j), first, second, wanted, read, last=not labels)
            steps.append(step)
            labels.append(made)
            here = [len(labels) - 1, *here[2:]]
    return Plan(tuple(views), tuple(steps))


def _path(labels: list[str], read: Subscripts, optimize: Any) -> Sequence[tuple[int, ...]]:
    if isinstance(optimize, tuple):
        _check_path(optimize, len(labels))
        return optimize
    if len(labels) <= 2 or optimize is False:
        return _left_to_right(len(labels))
    dummies = [np.broadcast_to(np.empty(()), [read.length[x] for x in own]) for own in labels]
    path = np.einsum_path(f"{','.join(labels)}->{read.output}", *dummies, optimize=optimize)[0]
    return [tuple(step) for step in path[1:]]


def _check_path(path: tuple[tuple[int, ...], ...], operands: int) -> None:
    """ValueError unless each step takes some of the operands that are there, and one is left at the end."""
    left = operands
    for step in path:
        if not step or len(set(step)) < len(step) or not all(0 <= i < left for i in step):
            msg = f"optimize: the path takes operands {step} of {left}, needed different numbers from 0 to {left - 1}."
            raise ValueError(msg)
        left -= len(step) - 1
    if left != 1:
        msg = f"optimize: the path leaves {left} operands of {operands}, needed one: the result."
        raise ValueError(msg)


def _left_to_right(count: int) -> Sequence[tuple[int, ...]]:
    """The first two; then the result, which stands last, with the next."""
    return [(0, 1)] + [(0, left - 1) for left in range(count - 1, 1, -1)]


def _alone(labels: str, output: str) -> Alone:
    left = [x for x in labels if x in output]
    return Alone(
        (0,),
        tuple(i for i, x in enumerate(labels) if x not in output),
        tuple(left.index(x) for x in output),
    )


def _pair(
    taken: tuple[int, int], a: str, b: str, kept: set[str], read: Subscripts, *, last: bool
) -> tuple[Pair, str]:
    summed = tuple(
        tuple(i for i, x in enumerate(own) if x not in other and x not in kept)
        for own, other in ((a, b), (b, a))
    )
    a, b = (
        "".join(x for i, x in enumerate(own) if i not in gone)
        for own, gone in zip((a, b), summed, strict=True)
    )
    batch = [x for x in a if x in b and x in kept]
    shared = [x for x in a if x in b and x not in kept]
    left = [x for x in a if x not in b]
    right = [x for x in b if x not in a]
    made = batch + left + right
    target = [x for x in read.output if x in made] if last else made

    def size(labels: list[str]) -> int:
        return int(np.prod([read.length[x] for x in labels], dtype=np.int64))

    lengths = tuple(read.length[x] for x in batch)
    step = Pair(
        taken,
        (summed[0], summed[1]),
        (
            tuple(a.index(x) for x in batch + left + shared),
            tuple(b.index(x) for x in batch + shared + right),
        ),
        ((*lengths, size(left), size(shared)), (*lengths, size(shared), size(right))),
        tuple(read.length[x] for x in made),
        tuple(made.index(x) for x in target),
    )
    return step, "".join(target)
