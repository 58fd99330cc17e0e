"""Calculus: derivatives of ordinary Python functions, traced once and run compiled over many points."""

from mmlcore.calculus import (  # noqa: F401  (they teach symbols what arrays can)
    _conversions,
    _functions,
    _operators,
)
from mmlcore.calculus._derivatives import (
    derivative,
    gradient,
    hessian,
    jacobian,
    value_and_gradient,
)
from mmlcore.calculus._finite import (
    FiniteDifference,
    GradientCheck,
    check_gradient,
    finite_difference,
)
from mmlcore.calculus._function import Function
from mmlcore.calculus._loop import loop
from mmlcore.calculus._points import (
    StationaryPoint,
    classify_stationary,
    directional_derivative,
    parity,
    total_derivative,
)
from mmlcore.calculus._polynomial import TaylorSeries
from mmlcore.calculus._series import Linearization, linearize, taylor
from mmlcore.calculus._sparse import (
    SparseHessian,
    SparseJacobian,
    sparse_hessian,
    sparse_jacobian,
)
from mmlcore.calculus._ufuncs import erf, expit
from mmlcore.calculus._vector_products import (
    hessian_vector_product,
    jacobian_vector_product,
    vector_jacobian_product,
)
from mmlcore.core.errors import TraceError

__all__ = [
    "FiniteDifference",
    "Function",
    "GradientCheck",
    "Linearization",
    "SparseHessian",
    "SparseJacobian",
    "StationaryPoint",
    "TaylorSeries",
    "TraceError",
    "check_gradient",
    "classify_stationary",
    "derivative",
    "directional_derivative",
    "erf",
    "expit",
    "finite_difference",
    "gradient",
    "hessian",
    "hessian_vector_product",
    "jacobian",
    "jacobian_vector_product",
    "linearize",
    "loop",
    "parity",
    "sparse_hessian",
    "sparse_jacobian",
    "taylor",
    "total_derivative",
    "value_and_gradient",
    "vector_jacobian_product",
]
