"""Results that the courses print: functions written as text, as the exercises state them."""

from __future__ import annotations

import numpy as np

import mmlcore as mml

NAMES = {
    **{name: getattr(np, name) for name in ("exp", "log", "sin", "cos", "tan", "sqrt", "pi")},
    "atan": np.arctan,
    "ln": np.log,
}


def of_vector(text, variables):
    """A function of a vector whose entries have names."""
    texts = text if isinstance(text, list) else [text]
    codes = [compile(part, "case", "eval") for part in texts]

    def f(x):
        names = {**NAMES, **{name: x[i] for i, name in enumerate(variables)}}
        values = [eval(code, {}, names) for code in codes]
        return values if isinstance(text, list) else values[0]

    return f


def of_number(text, variable="x"):
    code = compile(text, "case", "eval")
    return lambda x: eval(code, {}, {**NAMES, variable: x})


def total(f, path, t):
    return mml.total_derivative(
        of_vector(f, list(path)), lambda s: [of_number(text, "t")(s) for text in path.values()], t
    )


OPERATIONS = {
    "derivative": lambda f, x: mml.derivative(of_number(f), x),
    "gradient": lambda f, vars, at: mml.gradient(of_vector(f, vars), at),
    "jacobian": lambda f, vars, at: mml.jacobian(of_vector(f, vars), at),
    "jacobian_det": lambda f, vars, at: mml.determinant(mml.jacobian(of_vector(f, vars), at)),
    "hessian": lambda f, vars, at: mml.hessian(of_vector(f, vars), at),
    "total_derivative": total,
    "taylor_coefficients": lambda f, at, order: mml.taylor(of_number(f), at, order).coefficients,
    "classify_critical": lambda f, vars, at: mml.classify_stationary(of_vector(f, vars), at).kind,
    "parity": lambda f: mml.parity(of_number(f)),
}


def test_reference_case(reference_case):
    result = OPERATIONS[reference_case["operation"]](**reference_case["inputs"])
    expected = reference_case["expected"]
    if isinstance(expected, str):
        assert result == expected
    else:
        np.testing.assert_allclose(result, expected, **reference_case["tolerance"])
