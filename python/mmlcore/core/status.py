"""How an iteration can end: one enumeration for all of them, and one rule of failure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, TypeVar

import numpy as np

from mmlcore.core.errors import ConvergenceError

Result = TypeVar("Result")


class Status(IntEnum):
    """How an iteration ended; positive where it found what was asked for.

    The numbers of fits are those of the kernel (cpp/include/mmlcore/optimize/least_squares.hpp).

    Examples
    --------
    >>> import mmlcore as mml
    >>> found = mml.newton(lambda x: x * x + 1, 3.0, raise_on_failure=False)
    >>> found.success, mml.Status(found.status).name
    (False, 'STUCK')
    """

    MAX_ITER = 0
    """The steps that were allowed were not enough."""
    CONVERGED = 1
    """What is left to go is below the tolerance."""
    SMALL_STEP = 2
    """The unknowns do not change any more."""
    EXACT = 3
    """The residuals are rounding errors."""
    ROUNDING = 4
    """No further decrease can be seen in double precision."""
    UNDETERMINED = 5
    """Converged, but the data do not determine all parameters."""
    NOT_FINITE = -1
    """The function, its derivatives or the data are not finite where they have to be."""
    TOO_FEW_POINTS = -2
    """There are fewer points than parameters."""
    STUCK = -4
    """No step makes things better, though there is a slope."""
    SINGULAR = -5
    """The derivative leads nowhere."""
    UNBOUNDED = -6
    """The steps run away."""


def success(status: Any) -> Any:
    """Tell for a status, or for each of an array, whether the iteration found what was asked for."""
    return status > 0


def sentences(messages: Mapping[Status, str], status: Any) -> str | list[str]:
    """Return a status as a sentence, or one for each."""
    if np.ndim(status) == 0:
        return messages[Status(int(status))]
    return [messages[Status(int(s))] for s in np.ravel(status)]


def judged(result: Result, name: str, raises: bool) -> Result:
    """Return the result of a single problem; a ConvergenceError that carries it where it found nothing, if asked for."""
    status = result.status  # type: ignore[attr-defined]
    if raises and np.ndim(status) == 0 and not success(status):
        message = result.message  # type: ignore[attr-defined]
        msg = (
            f"{name}: {message} The last iterate is in .result; raise_on_failure=False returns it."
        )
        raise ConvergenceError(msg, result)
    return result
