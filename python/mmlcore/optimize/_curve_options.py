"""What `curve_fit` takes besides the data, in SciPy's words: starts and bounds by name, methods, tolerances."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Mapping
from types import FunctionType
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_index, as_real, shape_error
from mmlcore.optimize._data import as_double, parameter_count
from mmlcore.optimize.curve_result import parameter_names

_TOLERANCES = ("ftol", "xtol", "gtol")
_EVALUATIONS = ("maxfev", "max_nfev")
_KNOWN = (*_EVALUATIONS, *_TOLERANCES, "x_scale", "diag", "factor", "verbose")
_METHODS = (None, "lm", "trf", "dogbox")
_EPS = float(np.finfo(float).eps)


def options_of(options: Mapping[str, Any], max_iter: int, tol: float) -> tuple[int, float]:
    """Return how many steps and which tolerance SciPy's options ask for; the scales of unknowns are looked at, and not needed."""
    unknown = sorted(set(options) - set(_KNOWN))
    if "args" in options:  # SciPy's curve_fit, too, hands them to nobody
        msg = "'args' is not a supported keyword argument."
        raise ValueError(msg)
    if unknown:
        msg = f"curve_fit() got an unexpected keyword argument {unknown[0]!r}; options are {', '.join(_KNOWN)}."
        raise TypeError(msg)
    for name in _EVALUATIONS:
        if options.get(name) is not None:
            asked = as_index(options[name], name, least=0)
            max_iter = asked or max_iter
    for name in _TOLERANCES:
        if options.get(name) is not None:
            tol = max(min(tol, as_real(options[name], name, 0.0, 1.0)), _EPS)
    for name in ("x_scale", "diag"):
        scale = options.get(name)
        if (
            scale is not None
            and not (isinstance(scale, str) and scale == "jac")
            and not (as_double(scale, name) > 0).all()
        ):
            msg = f"{name}: got {scale!r}, needed positive numbers or 'jac'."
            raise ValueError(msg)
    if "factor" in options:
        as_real(options["factor"], "factor", 0.1, 100.0)
    return max_iter, tol


def check_method(method: Any, bounds: tuple[Array, Array] | None) -> None:
    """Refuse what SciPy refuses; there is one method, whose steps bounds do not spoil."""
    if method not in _METHODS:
        msg = f"method: got {method!r}, needed one of {', '.join(map(repr, _METHODS))}."
        raise ValueError(msg)
    if method == "lm" and bounds is not None:
        msg = "Method 'lm' only works for unconstrained problems. Use 'trf' or 'dogbox' instead."
        raise ValueError(msg)


def start_of(f: Any, p0: Any) -> Array | None:
    """Return a start (p,) from numbers or from a dict by names; None for None."""
    if p0 is None:
        return None
    if isinstance(p0, Mapping):
        return by_name(f, p0, "p0", None)
    start = as_double(p0, "p0").flatten()
    least, most = _accepted(f)
    if not least <= start.size <= most:
        names = ", ".join(parameter_names(f, least))
        msg = f"p0: got {start.size} numbers, needed {least}: {names}."
        raise ValueError(msg)
    return start


def by_name(f: Any, values: Mapping[str, Any], argument: str, missing: float | None) -> Array:
    """Return numbers in the order of the parameters of f."""
    names = parameter_names(f, parameter_count(f))
    unknown = [name for name in values if name not in names]
    if unknown:
        msg = f"{argument}: got {unknown[0]!r}, which is no parameter of f: {', '.join(names)}."
        raise ValueError(msg)
    lacking = [name for name in names if name not in values]
    if lacking and missing is None:
        msg = f"{argument}: has no value for {', '.join(lacking)}."
        raise ValueError(msg)
    numbers = [values.get(name, missing) for name in names]
    found = as_double(numbers, argument)
    if found.shape != (len(names),):
        raise shape_error(argument, found.shape, f"one number for each of {', '.join(names)}")
    return found


def bounds_by_name(f: Any, bounds: Any) -> Any:
    """Return bounds given by name, {'a': (0, 1)}, as (lower, upper); others as they are. None stands for no bound."""
    if not isinstance(bounds, Mapping):
        return bounds
    ends: list[Array] = []
    for i, free in enumerate((-np.inf, np.inf)):
        try:
            part = {name: free if pair[i] is None else pair[i] for name, pair in bounds.items()}
        except (TypeError, IndexError):
            msg = f"bounds: got {bounds!r}, needed a pair (lower, upper) for each name."
            raise ValueError(msg) from None
        ends.append(by_name(f, part, "bounds", free))
    return tuple(ends)


# How many parameters functions need and take: looking at a signature takes as long as a small fit.
_known: weakref.WeakKeyDictionary[Any, tuple[Any, tuple[int, float]]] = weakref.WeakKeyDictionary()


def _accepted(f: Any) -> tuple[int, float]:
    """Return how many parameters behind x a call of f needs and takes."""
    if not isinstance(f, FunctionType):
        return _counted(f)
    code = f.__code__, f.__defaults__
    found = _known.get(f)
    if found is None or found[0] != code:
        found = _known[f] = (code, _counted(f))
    return found[1]


def _counted(f: Any) -> tuple[int, float]:
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return 0, np.inf
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    named = [p for p in parameters if p.kind in kinds]
    needed = sum(p.default is inspect.Parameter.empty for p in named) - 1
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        return max(needed, 0), np.inf
    return max(needed, 0), len(named) - 1
