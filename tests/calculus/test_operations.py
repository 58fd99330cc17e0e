"""The table of operations, row by row: every engine has a rule for each, and all of them say the same as mpmath.

A new row fails here until it has a reference.
"""

from __future__ import annotations

import pickle
from itertools import pairwise

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import _core
from mmlcore.calculus._ufuncs import FUNCTIONS
from mmlcore.calculus.operations import OPERATIONS, OPS
from mmlcore.calculus.symbol import Symbol, Tape

mp = pytest.importorskip("mpmath")
mpf = mp.mpf
ORDER = 5  # of Taylor series


def truth(function):
    return lambda *x: mpf(bool(function(*x)))


def pair(*operands):
    """Return points of two operands: from the first to the last of each."""
    return np.transpose([np.linspace(*ends, 6) for ends in operands])


ANY, POSITIVE, INSIDE = [(-2.3, 2.6)], [(0.2, 3.1)], [(-0.93, 0.91)]
TWO, ABOVE = [(-2.3, 2.6), (1.9, -0.7)], [(0.3, 2.2), (-1.7, 1.6)]
# Of each elementwise operation: what it is, and the intervals of its operands.
ELEMENTWISE = {
    "negative": (lambda x: -x, ANY),
    "absolute": (abs, ANY),
    "sign": (mp.sign, ANY),
    "floor": (mp.floor, ANY),
    "ceil": (mp.ceil, ANY),
    "logical_not": (truth(lambda x: x == 0), ANY),
    "sqrt": (mp.sqrt, POSITIVE),
    "square": (lambda x: x * x, ANY),
    "reciprocal": (lambda x: 1 / x, ANY),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), ANY),
    "exp": (mp.exp, ANY),
    "exp2": (lambda x: mpf(2) ** x, ANY),
    "expm1": (mp.expm1, ANY),
    "log": (mp.log, POSITIVE),
    "log2": (lambda x: mp.log(x) / mp.log(2), POSITIVE),
    "log10": (mp.log10, POSITIVE),
    "log1p": (mp.log1p, INSIDE),
    "sin": (mp.sin, ANY),
    "cos": (mp.cos, ANY),
    "tan": (mp.tan, INSIDE),
    "arcsin": (mp.asin, INSIDE),
    "arccos": (mp.acos, INSIDE),
    "arctan": (mp.atan, ANY),
    "sinh": (mp.sinh, ANY),
    "cosh": (mp.cosh, ANY),
    "tanh": (mp.tanh, ANY),
    "arcsinh": (mp.asinh, ANY),
    "arccosh": (mp.acosh, [(1.2, 4.0)]),
    "arctanh": (mp.atanh, INSIDE),
    "erf": (mp.erf, ANY),
    "erfc": (mp.erfc, ANY),
    "expit": (lambda x: 1 / (1 + mp.exp(-x)), ANY),
    "sech_squared": (lambda x: mp.sech(x) ** 2, ANY),
    "integer_power": (lambda x: x**5, ANY),
    "add": (lambda x, y: x + y, TWO),
    "subtract": (lambda x, y: x - y, TWO),
    "multiply": (lambda x, y: x * y, TWO),
    "divide": (lambda x, y: x / y, TWO),
    "power": (lambda x, y: x**y, ABOVE),
    "arctan2": (mp.atan2, TWO),
    "hypot": (mp.hypot, TWO),
    "logaddexp": (lambda x, y: mp.log(mp.exp(x) + mp.exp(y)), TWO),
    "xlogy": (lambda x, y: x * mp.log(y), [(-1.7, 1.6), (0.3, 2.2)]),
    "floor_divide": (lambda x, y: mp.floor(x / y), TWO),
    "remainder": (lambda x, y: x - y * mp.floor(x / y), TWO),
    "fmod": (lambda x, y: x - y * mp.sign(x / y) * mp.floor(abs(x / y)), TWO),
    "minimum": (min, TWO),
    "maximum": (max, TWO),
    "less": (truth(lambda x, y: x < y), TWO),
    "less_equal": (truth(lambda x, y: x <= y), TWO),
    "equal": (truth(lambda x, y: x == y), TWO),
    "logical_and": (truth(lambda x, y: x != 0 and y != 0), TWO),
    "logical_or": (truth(lambda x, y: x != 0 or y != 0), TWO),
    "select": (lambda x, y, z: y if x else z, [(-0.4, 0.7), (-2.3, 2.6), (1.9, -0.7)]),
    "rint": (mp.nint, ANY),
    "fixed": (lambda x: mp.nint(50 * x) / 50, ANY),  # the same numbers, without a slope
    "erfcx": (lambda x: mp.exp(x * x) * mp.erfc(x), ANY),
    "log_ndtr": (lambda x: mp.log(mp.ncdf(x)), ANY),
    "erfinv": (mp.erfinv, INSIDE),
    "erfcinv": (lambda x: mp.erfinv(1 - x), [(0.2, 1.6)]),
    "gammaln": (mp.loggamma, POSITIVE),
    "gamma": (mp.gamma, POSITIVE),
    "polygamma": (lambda x: mp.psi(ORDERS["polygamma"], x), POSITIVE),
    "bessel_j": (lambda x: mp.besselj(ORDERS["bessel_j"], x), ANY),
    "bessel_y": (lambda x: mp.bessely(ORDERS["bessel_y"], x), POSITIVE),
    "bessel_ie": (lambda x: mp.exp(-abs(x)) * mp.besseli(ORDERS["bessel_ie"], x), ANY),
}
# Of operations that have one.
ORDERS = {"integer_power": 5, "polygamma": 1, "bessel_j": 1, "bessel_y": 0, "bessel_ie": 2}
FUSED = {
    "multiply_add": lambda x, y, z: x * y + z,
    "multiply_subtract": lambda x, y, z: x * y - z,
    "subtract_multiply": lambda x, y, z: z - x * y,
}


def gathered(graph, x):
    return graph.gather(x, np.array([3, 0, 3], np.int32))


def scattered(graph, x):
    return graph.scatter(x, np.array([4, 1, 4, 0, 2, 6], np.int32), 7)


def scattered_by_numpy(x):
    out = np.zeros(7, x.dtype)
    np.add.at(out, [4, 1, 4, 0, 2, 6], x)
    return out


def running(x):
    out = [x[5]]
    for factor in x[:5]:
        out.append(factor * out[-1] + x[3])
    return np.stack(out)


def recurred(graph, x):
    a = graph.gather(x, np.array([0, 0, 1, 2, 3, 4], np.int32))
    b = graph.gather(x, np.array([5, 3, 3, 3, 3, 3], np.int32))
    return graph.recurrence(a, b, 1, 6, 1)


def ordered(graph, x):
    return graph.line(OPS["order"], x, -1, (1, 3, 2), 6)


PLACES = np.array([2.0, 0.0, 1.0, 1.0])  # of two lines of three


# Of each structural operation: how it is added to a graph, of six numbers, and what it is.
STRUCTURE = {
    "sum": (lambda g, x: g.sum(x, 1, 3, 2), lambda x: x.reshape(3, 2).sum(0)),
    "tile": (
        lambda g, x: g.tile(x, 3, 2, 2),
        lambda x: np.repeat(x.reshape(3, 1, 2), 2, 1).ravel(),
    ),
    "gather": (gathered, lambda x: x[[3, 0, 3]]),
    "scatter": (scattered, scattered_by_numpy),
    "concat": (lambda g, x: g.concat([x, g.element(x, 2)]), lambda x: np.append(x, x[2])),
    "recurrence": (recurred, running),
    "order": (ordered, lambda x: np.argsort(x.real.reshape(3, 2), 0).ravel() + 0.0 * x),
    "pick": (
        lambda g, x: g.line(OPS["pick"], x, g.constant(PLACES), (1, 3, 2), 4),
        lambda x: np.take_along_axis(x.reshape(3, 2), PLACES.astype(int).reshape(2, 2), 0).ravel(),
    ),
    "put": (
        lambda g, x: g.line(OPS["put"], x, g.constant(np.repeat([2.0, 0.0, 2.0], 2)), (1, 4, 2), 8),
        lambda x: np.stack([x[2:4], 0 * x[:2], x[:2] + x[4:], 0 * x[:2]])[[0, 1, 2, 3]].ravel(),
    ),
    "search": (
        lambda g, x: g.search(g.constant(np.array([0.7, 1.1, 1.6])), x, False),
        lambda x: np.searchsorted([0.7, 1.1, 1.6], x.real) + 0.0 * x,
    ),
    "matmul": (
        lambda g, x: g.matmul(x, x, 2, 3, 2),
        lambda x: (x.reshape(2, 3) @ x.reshape(3, 2)).ravel(),
    ),
}
STEPS = ("order", "search")  # constant but for jumps
ROWS = {row.name: row for row in OPERATIONS}


def test_every_row_has_a_reference():
    kinds = {"step": ELEMENTWISE, "function": ELEMENTWISE, "fused": FUSED, "structure": STRUCTURE}
    # Those of test_matrices and test_loop.
    matrices = [row for row in OPERATIONS if row.kind == "matrix" or row.name == "loop"]
    for row in OPERATIONS:
        assert row.kind == "leaf" or row in matrices or row.name in kinds[row.kind], row.name
    assert len(OPERATIONS) - len(matrices) == 2 + len(ELEMENTWISE) + len(FUSED) + len(STRUCTURE)


def apply(name, *operands):
    """Put an elementwise operation into the graph of its operands."""
    tape = operands[0].tape
    if name == "select":
        return tape.where(operands[0] > 0, *operands[1:])
    if name in ORDERS:
        node = tape.graph.unary(OPS[name], operands[0].id, ORDERS[name])
        return Symbol(tape, node, operands[0].shape)
    return FUNCTIONS[name](tape, *operands)


def exactly(name, *numbers):
    if name == "select":
        numbers = (numbers[0] > 0, *numbers[1:])
    return ELEMENTWISE[name][0](*numbers)


def points_of(name):
    return pair(*ELEMENTWISE[name][1])


def traced(name, size=()):
    count = ROWS[name].operands
    return mml.Function(lambda *x: apply(name, *x), *[size] * count)


def run(graph, inputs, output, points):
    """Return the values of a node at points (count, number of arguments)."""
    result = np.empty((len(points), graph.size(output)))
    columns = [np.ascontiguousarray(column).reshape(-1, 1) for column in points.T]
    _core.Program(graph, inputs, [output]).run(len(points), columns, [result])
    return result


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_values(name, dtype):
    points = points_of(name).astype(dtype)
    expected = [float(exactly(name, *map(mpf, map(float, point)))) for point in points]
    close = {"rtol": 4 * np.finfo(dtype).eps, "atol": 4 * np.finfo(dtype).eps}
    f = traced(name)
    found = f(*points.T)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, **close)
    single = [f(*point) for point in points]
    np.testing.assert_array_equal(np.array(single, dtype), found)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_constants(name):
    for point in points_of(name):
        tape = Tape()
        result = apply(name, *(tape.symbol(x) for x in point))
        assert tape.graph.is_constant(result.id)
        (value,) = tape.graph.values(result.id)
        np.testing.assert_allclose(value, float(exactly(name, *map(mpf, point))), 1e-15, 1e-15)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivatives(name):
    """Of every operand, forward and in reverse."""
    points, count = points_of(name), ROWS[name].operands
    tape = Tape()
    inputs = [tape.input(()) for _ in range(count)]
    ids, graph = [x.id for x in inputs], tape.graph
    output = apply(name, *inputs).id
    with mp.workdps(40):
        for which in range(count):
            way = tuple(int(i == which) for i in range(count))
            expected = [
                float(mp.diff(lambda *x: exactly(name, *x), tuple(map(mpf, point)), way))
                for point in points
            ]
            one = graph.number(1.0)
            (forward,) = graph.forward([output], [ids[which]], [one], 1)
            (reverse,) = graph.reverse([output], [one], [ids[which]], 1)
            for node in (forward, reverse):
                found = run(graph, ids, node, points).ravel() if node >= 0 else np.zeros(6)
                np.testing.assert_allclose(found, expected, 2e-14, 2e-14)
            assert (ROWS[name].kind == "step") <= (forward < 0)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_taylor_series(name):
    """Along a line through each point."""
    directions = [0.0 if name == "select" else 0.7, -0.4, 0.9]
    for point in points_of(name):
        along = list(zip(point, directions, strict=False))
        f = mml.Function(lambda t, along=along: apply(name, *(p + d * t for p, d in along)), ())
        with mp.workdps(40):
            line = [(mpf(p), mpf(d)) for p, d in along]
            expected = mp.taylor(
                lambda t, line=line: exactly(name, *(p + d * t for p, d in line)), 0, ORDER
            )
        found = f.taylor(0.0, ORDER).coefficients
        np.testing.assert_allclose(found, np.array(expected, float), 1e-12, 1e-12)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_dependencies(name):
    """An element depends on the same one of each operand; of a step on none."""
    tape = Tape()
    inputs = [tape.input((3,)) for _ in range(ROWS[name].operands)]
    output = apply(name, *inputs).id
    for i, x in enumerate(inputs):
        starts, columns, colours = tape.graph.pattern(output, x.id)
        none = ROWS[name].kind == "step" or (name == "select" and i == 0)
        assert starts.tolist() == ([0] * 4 if none else [0, 1, 2, 3])
        assert columns.tolist() == ([] if none else [0, 1, 2])
        assert set(colours) == {0}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_texts(name):
    """What is printed makes the same operation again, where Python can read it."""
    f = traced(name)
    head, _, text = repr(f).partition(" = ")
    row = ROWS[name]
    arguments = ["x"] if row.operands == 1 else [f"x{i}" for i in range(row.operands)]
    assert head == f"f({', '.join(arguments)})"
    assert row.pattern or text.startswith(f"{name}(")
    if name.startswith("logical_"):
        return
    tape = f._tape
    names = {
        function: lambda *x, function=function: apply(function, *x[-row.operands :])
        for function in ELEMENTWISE
    }
    names["where"] = tape.where
    names |= dict(zip(arguments, f._inputs, strict=True))
    again = eval(text.replace("^-1", "**-1").replace("^", "**"), names)
    assert again.id == f._output.id


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_stored_rows(name):
    f = traced(name, 3)
    again = pickle.loads(pickle.dumps(f))
    points = [np.ascontiguousarray(column[:3]) for column in points_of(name).T]
    np.testing.assert_array_equal(again(*points), f(*points))
    assert repr(again) == repr(f)


@pytest.mark.parametrize("name", FUSED)
def test_fused_rows(name):
    """The compiler makes one operation of two, and no graph has it."""
    f = mml.Function(FUSED[name], (), (), ())
    inputs = [x.id for x in f._inputs]
    assert len(_core.Program(f._tape.graph, inputs, [f._output.id])) == 1
    x = np.random.default_rng(0).standard_normal((3, 40))
    np.testing.assert_allclose(f(*x), FUSED[name](*x), 1e-14, 1e-15)
    used = {f._tape.graph.describe(node)[0] for node in range(f._tape.graph.count())}
    assert OPS[name] not in used
    nodes, arguments, output, label = f.__getstate__()
    nodes[-1] = (nodes[-1][0], OPS[name], 0, inputs, (0, 0, 0), 1, None)
    with pytest.raises(ValueError, match="an operation does not fit its operands"):
        mml.calculus.Function.__new__(mml.calculus.Function).__setstate__(
            (nodes, arguments, output, label)
        )


def structural(name, operand=None):
    tape = Tape()
    x = tape.input((6,)) if operand is None else tape.symbol(operand)
    return tape.graph, x.id, STRUCTURE[name][0](tape.graph, x.id)


@pytest.mark.parametrize("name", STRUCTURE)
def test_structural_rows(name):
    """Values, of constants too; Jacobians both ways against complex steps, and where they can be other than zero."""
    reference = STRUCTURE[name][1]
    x = np.random.default_rng(1).uniform(0.5, 2, 6)
    graph, _, constant = structural(name, x)
    np.testing.assert_allclose(graph.values(constant), reference(x), 1e-14)
    graph, own, output = structural(name)
    assert any(graph.describe(node)[0] == OPS[name] for node in range(graph.count()))
    size = graph.size(output)
    if name in STEPS:
        one = graph.constant(np.ones(6))
        assert graph.forward([output], [own], [one], 1) == [-1]
        assert graph.reverse([output], [graph.constant(np.ones(size))], [own], 1) == [-1]
        assert graph.pattern(output, own)[1].size == 0
        return
    columns = [reference(x + 1e-30j * row).imag * 1e30 for row in np.eye(6)]
    (forward,) = graph.forward([output], [own], [graph.constant(np.eye(6).ravel())], 6)
    (reverse,) = graph.reverse([output], [graph.constant(np.eye(size).ravel())], [own], size)
    results = [np.empty((1, size)), np.empty((1, 6 * size)), np.empty((1, 6 * size))]
    _core.Program(graph, [own], [output, forward, reverse]).run(1, [x.reshape(1, 6)], results)
    np.testing.assert_allclose(results[0][0], reference(x), 1e-14)
    np.testing.assert_allclose(results[1].reshape(6, size), columns, 1e-13)
    np.testing.assert_allclose(results[2].reshape(size, 6), np.transpose(columns), 1e-13)
    starts, found, _ = graph.pattern(output, own)
    expected = [np.flatnonzero(row).tolist() for row in np.transpose(columns)]
    rows = [found[a:b].tolist() for a, b in pairwise(starts)]
    if name in ("pick", "put"):  # whose places may depend on values
        assert all(set(few) <= set(many) for few, many in zip(expected, rows, strict=True))
    else:
        assert rows == expected


@pytest.mark.parametrize("name", [name for name in STRUCTURE if name not in STEPS])
def test_structural_series(name):
    """Coefficients of polynomials, from their values around the unit circle."""
    build, reference = STRUCTURE[name]
    rng = np.random.default_rng(2)
    p, d = rng.uniform(0.5, 2, 6), rng.uniform(-1, 1, 6)
    f = mml.Function(
        lambda t: Symbol(
            t.tape, node := build(t.tape.graph, (p + d * t).id), (t.tape.graph.size(node),)
        ),
        (),
    )
    around = np.exp(2j * np.pi * np.arange(16) / 16)
    values = np.array([reference(p + d * t) for t in around])
    expected = (np.fft.fft(values, axis=0) / 16).real
    found = f.taylor(0.0, ORDER).coefficients
    np.testing.assert_allclose(found.T, expected[: ORDER + 1], 1e-12, 1e-12)


@pytest.mark.parametrize("name", STRUCTURE)
def test_structural_texts_and_stores(name):
    build = STRUCTURE[name][0]
    f = mml.Function(
        lambda x: Symbol(x.tape, node := build(x.tape.graph, x.id), (x.tape.graph.size(node),)), 6
    )
    assert repr(f).startswith("f(x) = ")
    assert "{" not in repr(f)
    again = pickle.loads(pickle.dumps(f))
    x = np.arange(1.0, 7.0)
    np.testing.assert_array_equal(again(x), f(x))
