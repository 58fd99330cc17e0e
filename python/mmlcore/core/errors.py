"""Exceptions of mmlcore. Each is also the built-in or numpy exception that a caller would expect."""

from __future__ import annotations

from typing import Any

import numpy as np


class SingularMatrixError(np.linalg.LinAlgError):
    """A matrix that has to be inverted is singular to working precision."""


class NotPositiveDefiniteError(np.linalg.LinAlgError):
    """A symmetric matrix has a direction x in which x' A x is not positive, up to rounding."""


class DefectiveMatrixError(np.linalg.LinAlgError):
    """A matrix has no basis of eigenvectors, up to rounding."""


class ConvergenceError(RuntimeError):
    """An iteration ended without reaching its tolerance.

    Attributes
    ----------
    result : object
        The last iterate, in the form that the function returns on success.
    """

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result

    def __reduce__(self) -> tuple[type[ConvergenceError], tuple[str, Any]]:
        return type(self), (str(self), self.result)


class TraceError(TypeError):
    """A function cannot be traced: it does with a value what only a number can do. The message names line and fix."""
