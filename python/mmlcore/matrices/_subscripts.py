"""The language of einsum: subscripts to labels of axes."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_LETTERS = string.ascii_uppercase + string.ascii_lowercase  # numpy's order of integer labels


@dataclass(frozen=True)
class Subscripts:
    """One letter for each axis of each operand and of the result, and the lengths of the letters."""

    inputs: tuple[str, ...]
    output: str
    length: dict[str, int]


def from_sublists(arguments: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """Turn numpy's second form, operands and lists of labels in turn, into the first."""
    operands, lists = arguments[: len(arguments) // 2 * 2 : 2], arguments[1::2]
    terms = [_term(labels) for labels in lists]
    subscripts = ",".join(terms)
    if len(arguments) % 2:
        subscripts += "->" + _term(arguments[-1])
    return subscripts, tuple(operands)


def _term(labels: Any) -> str:
    try:
        return "".join("..." if x is Ellipsis else _LETTERS[int(x)] for x in labels)
    except (TypeError, ValueError, IndexError):
        msg = f"subscripts: got {labels!r}, needed a list of integers from 0 to 51 and Ellipsis."
        raise ValueError(msg) from None


def parse(subscripts: str, shapes: Sequence[tuple[int, ...]]) -> Subscripts:
    """Read subscripts for operands of these shapes; ValueError for what does not fit."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        msg = f"subscripts: {subscripts!r} names {len(terms)} operands, got {len(shapes)}."
        raise ValueError(msg)
    for term in [*terms, right]:
        letters = term.replace("...", "", 1)
        if not all(x in _LETTERS for x in letters):
            msg = f"subscripts: {subscripts!r} holds more than letters, ',', '...' and one '->'."
            raise ValueError(msg)
    further = _letters_for_dots(subscripts, terms, right, shapes)
    inputs = tuple(
        _with_dots(term, further, len(shape)) for term, shape in zip(terms, shapes, strict=True)
    )
    for i, (own, shape) in enumerate(zip(inputs, shapes, strict=True)):
        if len(own) != len(shape):
            msg = f"operands[{i}]: got shape {shape}, needed {len(own)} axes for {terms[i]!r}."
            raise ValueError(msg)
    length = _lengths(inputs, shapes)
    if arrow:
        output = right.replace("...", further)
    else:
        named = [x for x in left if x in _LETTERS]
        output = further + "".join(sorted(x for x in set(named) if named.count(x) == 1))
    for x in output:
        if x not in length or output.count(x) > 1:
            msg = (
                f"subscripts: the result of {subscripts!r} names {x!r}, needed labels that occur in an operand, and "
                "once in the result."
            )
            raise ValueError(msg)
    if arrow and further and "..." not in right:
        msg = f"subscripts: {subscripts!r} has '...' in an operand, so the result needs it too."
        raise ValueError(msg)
    return Subscripts(inputs, output, length)


def _letters_for_dots(
    subscripts: str, terms: list[str], right: str, shapes: Sequence[tuple[int, ...]]
) -> str:
    """Fresh letters for the axes under the dots of the operand that has most."""
    hidden = [
        len(shape) - len(term) + 3
        for term, shape in zip(terms, shapes, strict=True)
        if "..." in term
    ]
    most = max(hidden, default=0)
    free = [x for x in _LETTERS if x not in "".join([*terms, right])]
    if min(hidden, default=0) < 0 or most > len(free):
        listed = ", ".join(map(str, shapes))
        msg = f"subscripts: {subscripts!r} does not fit operands of shapes {listed}."
        raise ValueError(msg)
    return "".join(free[:most])


def _with_dots(term: str, further: str, axes: int) -> str:
    if "..." not in term:
        return term
    count = axes - len(term) + 3
    return term.replace("...", further[len(further) - count :])


def _lengths(inputs: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
    length: dict[str, int] = {}
    for i, (own, shape) in enumerate(zip(inputs, shapes, strict=True)):
        within: dict[str, int] = {}
        for x, n in zip(own, shape, strict=True):
            if within.setdefault(x, n) != n:  # a diagonal: nothing broadcasts within one operand
                msg = f"operands[{i}]: axis {x!r} has lengths {within[x]} and {n}, needed one, as of a diagonal."
                raise ValueError(msg)
            known = length.get(x, 1)
            if n not in (known, 1) and known != 1:
                msg = f"operands[{i}]: axis {x!r} has length {n}, needed {known} as in the operands before."
                raise ValueError(msg)
            length[x] = n if known == 1 else known
    return length
