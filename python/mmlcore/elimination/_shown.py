"""An elimination as a notebook shows it: the matrix after each pivot, and the operations that lead there."""

from __future__ import annotations

from typing import Any

from mmlcore.core.arrays import Array
from mmlcore.core.notebook import MOST, matrix_latex, ratio_latex, without_rounding

_STEPS = 60  # that are shown
_END = r" \\"


def steps_latex(matrix: Array, pivots: tuple[int, ...], steps: list[Any] | None) -> str:
    """Return an echelon form with its pivots in boxes, after the matrices and operations that led to it if they were recorded."""
    last = _boxed(matrix, pivots)
    if not steps or len(steps) > _STEPS or max(matrix.shape) > MOST:
        return rf"$\displaystyle {last}$"
    stages = _stages(steps)
    matrices = [matrix]
    for stage in reversed(stages):
        matrices.append(undone(matrices[-1], stage))
    first, *after = [_plain(a) for a in reversed(matrices)]
    after[-1] = last
    lines = []
    for stage, shown in zip(stages, after, strict=True):
        said = f"{_END} ".join(_said(step, matrix.dtype) for step in stage)
        lines.append(rf"&\xrightarrow{{\ \begin{{array}}{{c}} {said} \end{{array}}\ }} {shown}")
    body = f"{_END}[1ex] ".join(lines)
    return rf"$$\begin{{aligned}} {first} {body} \end{{aligned}}$$"


def _stages(steps: list[Any]) -> list[list[Any]]:
    """Return the operations that belong together: additions of one row, one after the other; others alone."""
    stages: list[list[Any]] = []
    for step in steps:
        kind, _, j, _ = step
        if kind == "add" and stages and stages[-1][0][0] == "add" and stages[-1][0][2] == j:
            stages[-1].append(step)
        else:
            stages.append([step])
    return stages


def undone(matrix: Array, steps: list[Any]) -> Array:
    """Return the matrix before these operations."""
    a: Array = matrix.copy()
    for kind, i, j, factor in reversed(steps):
        if kind == "swap":
            a[[i, j]] = a[[j, i]]
        elif kind == "scale":
            a[i] /= factor
        else:
            a[i] -= factor * a[j]
    return a


def _said(step: Any, dtype: Any) -> str:
    """Return an operation on rows, which are counted from 1 as in books."""
    kind, i, j, factor = step
    row, other = f"R_{{{i + 1}}}", f"R_{{{j + 1}}}"
    if kind == "swap":
        return rf"{row} \leftrightarrow {other}"
    number = ratio_latex(dtype.type(factor))
    if factor.real and factor.imag:
        number = f"({number})"
    if kind == "scale":
        return rf"{row} \to {number}\, {row}"
    sign, size = ("-", number[1:]) if number.startswith("-") else ("+", number)
    return rf"{row} \to {row} {sign} {'' if size == '1' else size + ' '}{other}"


def _plain(a: Array) -> str:
    return matrix_latex(without_rounding(a), ratio_latex)


def _boxed(matrix: Array, pivots: tuple[int, ...]) -> str:
    """Return a matrix with its pivots in boxes, where it is shown whole."""
    if max(matrix.shape) > MOST:
        return _plain(matrix)
    where = set(enumerate(pivots))
    rows = [
        " & ".join(
            rf"\boxed{{{ratio_latex(x)}}}" if (i, j) in where else ratio_latex(x)
            for j, x in enumerate(row)
        )
        for i, row in enumerate(without_rounding(matrix))
    ]
    return rf"\begin{{bmatrix}} {f'{_END} '.join(rows)} \end{{bmatrix}}"
