"""Taylor series of functions, and the affine approximation of one at a point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.calculus._function import Function
from mmlcore.calculus._polynomial import TaylorSeries
from mmlcore.calculus.memory import traced
from mmlcore.core.arrays import Array, as_array, same_dtype, shape_error
from mmlcore.core.door import door
from mmlcore.core.notebook import matrix_latex, number_latex


@door("taylor", TaylorSeries)
def taylor(f: Callable[..., Any], x0: ArrayLike, order: int) -> TaylorSeries:
    """Taylor series of a function, exact to rounding.

    Parameters
    ----------
    f : callable or Function
        Of one number; see `Function` for what it may be made of. A `Function` of a vector, or any function if `x0` is a
        `list` or array and f cannot be called with a number, is expanded in several variables, up to order 2.
    x0 : array_like
        Centers, of any shape; (..., n) in several variables.
    order : int
        Highest power, 0 to 100.

    Returns
    -------
    TaylorSeries
        (center, coefficients), callable.

    Raises
    ------
    TraceError
        f cannot be traced.

    Notes
    -----
    By Taylor arithmetic [1]_: every operation turns the coefficients of its operands into those of its result, at a cost of
    order^2 / 2 multiplications. Numbers of f that are arrays of centers are computed block by block, as `Function` says.

    References
    ----------
    .. [1] A. Griewank, A. Walther, "Evaluating Derivatives", 2nd ed. (2008), section 13.2.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> mml.taylor(np.log, 1.0, 3)
    1 (x - 1) - 0.5 (x - 1)^2 + 0.333333 (x - 1)^3 + O((x - 1)^4)
    >>> mml.taylor(np.exp, [0.0, 1.0], 2).coefficients.round(3)
    array([[1.   , 1.   , 0.5  ],
           [2.718, 2.718, 1.359]])
    """
    center = as_array(x0, "x0")
    if isinstance(f, Function):
        return f.taylor(center, order)
    if center.ndim and _takes_vectors(f, center):
        return traced(f, center.shape[-1:]).taylor(center, order)
    return traced(f, ()).taylor(center, order)


def _takes_vectors(f: Callable[..., Any], center: Array) -> bool:
    """Tell a function of a vector: it cannot be called with a number, but with a vector it gives one number."""
    try:
        traced(f, ())
    except (TypeError, IndexError, ValueError) as error:
        try:
            return traced(f, center.shape[-1:]).shape == ()
        except (TypeError, IndexError, ValueError):
            raise error from None
    return False


@dataclass(frozen=True)
class Linearization:
    """The affine approximation f(x0) + J (x - x0).

    Attributes
    ----------
    center : ndarray of shape (n,) or ()
    value : ndarray
        f(center), (m,) or ().
    jacobian : ndarray
        (m, n), (n,) or ().

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> mml.linearize(np.exp, 0.0)
    Linearization(center=array(0.), value=array(1.), jacobian=array(1.))
    """

    center: Array
    value: Array
    jacobian: Array

    def __call__(self, x: ArrayLike) -> Array:
        """Evaluate at x (..., n), or (...) for functions of one number."""
        step, slope = same_dtype(as_array(x, "x") - self.center, self.jacobian)
        if not self.center.ndim:
            return np.asarray(self.value + slope * step)
        if not self.value.ndim:
            return np.asarray(self.value + step @ slope)
        return np.asarray(self.value + np.einsum("ij,...j->...i", slope, step))

    def _repr_latex_(self) -> str:
        """Show the approximation as a formula, in notebooks."""
        at = matrix_latex(self.center) if self.center.ndim else number_latex(self.center)
        value = matrix_latex(self.value) if self.value.ndim else number_latex(self.value)
        if not self.jacobian.ndim:
            slope = number_latex(self.jacobian)
        else:
            slope = matrix_latex(np.atleast_2d(self.jacobian))
        return rf"$\displaystyle f(x) \approx {value} + {slope} \left(x - {at}\right)$"


def linearize(f: Callable[..., Any], x0: ArrayLike) -> Linearization:
    """Affine approximation of a function at a point: its error falls with the square of the distance.

    Parameters
    ----------
    f : callable or Function
        Of a number or of a vector; see `Function`.
    x0 : array_like of shape () or (n,)
        The point.

    Returns
    -------
    Linearization
        Callable, with `center`, `value` and `jacobian`.

    Raises
    ------
    TraceError, ValueError
        f cannot be traced; x0 is no number or vector.

    Notes
    -----
    ``f(x) = f(x0) + J (x - x0) + O(|x - x0|^2)``.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> line = mml.linearize(np.sqrt, 4.0)
    >>> float(line(4.4)), float(line.jacobian)
    (2.1, 0.25)
    """
    center = as_array(x0, "x0")
    if center.ndim > 1:
        raise shape_error("x0", center.shape, "a number or a vector (n,)")
    function = traced(f, center.shape)
    kind = "jacobian" if center.ndim else ("derivative", 1)
    return Linearization(
        center, function._evaluate("value", (center,)), function._evaluate(kind, (center,))
    )
