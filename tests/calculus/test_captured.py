"""What traced functions read from around them: a change is noticed, however it is made and wherever it is."""

from __future__ import annotations

import functools
import gc
import types
from collections import OrderedDict

import numpy as np
import pytest

import mmlcore as mml

POINT = np.array([1.0, 2.0, 3.0])
TABLE = {"scale": 2.0, "deep": [1.0, {"x": np.ones(3)}]}
FACTOR = 2.0
MODULE = types.ModuleType("settings")
MODULE.gain = 3.0


def by_global(x):
    return FACTOR * x.sum()


class Model:
    order = 2

    def __init__(self):
        self.weights, self.large, self.inner = (
            np.ones(3),
            np.ones(5000),
            types.SimpleNamespace(a=1.0),
        )
        self._private = 4.0

    def energy(self, x):
        return (
            (self.weights * x).sum() ** self.order
            + self.large.sum() * self.inner.a
            + x[0] * self.gain
        )

    @property
    def gain(self):
        return self._private

    def __call__(self, x):
        return self.energy(x) * 1.0


class Slotted:
    __slots__ = ("a",)

    def __init__(self):
        self.a = 2.0


def cases():
    """Functions, and a change of what they read."""
    a, large, small = np.ones(3), np.ones(100_000), [1.0, 2.0]
    model, slotted, table = Model(), Slotted(), OrderedDict(a=1.0)

    def default(x, *, k=small):
        return k[1] * x.sum()

    def outer(x):
        return by_global(x) * 2

    def set_global():
        global FACTOR  # noqa: PLW0603
        FACTOR += 1.0

    return {
        "array": (lambda x: (a * x).sum(), lambda: a.__setitem__(1, 7.0)),
        "large array, last number": (lambda x: large.sum() * x[0], lambda: large.__setitem__(-1, 7.0)),
        "large array, two numbers exchanged in sign": (lambda x: (large[:3] * x).sum(), lambda: large.__setitem__(0, -1.0)),
        "view": (lambda x, v=large[1:]: v[0] * x[0], lambda: large.__setitem__(1, 5.0)),
        "transposed": (lambda x, v=large.reshape(100, -1).T: v[5, 3] * x[0], lambda: large.__setitem__(3005, 5.0)),  # noqa: B008
        "dictionary": (lambda x: TABLE["scale"] * x[0], lambda: TABLE.__setitem__("scale", TABLE["scale"] + 1)),
        "deep": (lambda x: (TABLE["deep"][1]["x"] * x).sum(), lambda: TABLE["deep"][1]["x"].__setitem__(0, 9.0)),
        "ordered": (lambda x: table["a"] * x[0], lambda: table.update(a=5.0)),
        "keyword default": (default, lambda: small.__setitem__(1, 9.0)),
        "global of a called function": (outer, set_global),
        "partial": (functools.partial(lambda k, x: k[0] * x[0], small), lambda: small.__setitem__(0, 8.0)),
        "partial over a global": (functools.partial(by_global), set_global),
        "module": (lambda x: MODULE.gain * x[0], lambda: setattr(MODULE, "gain", MODULE.gain + 1)),
        "method": (model.energy, lambda: setattr(model, "weights", np.full(3, 2.0))),
        "method, inner": (lambda x: model.energy(x), lambda: setattr(model, "_private", 9.0)),  # noqa: PLW0108
        "callable object": (model, lambda: model.weights.__setitem__(0, 3.0)),
        "class": (lambda x: Model.order * x[0], lambda: setattr(Model, "order", 3)),
        "slots": (lambda x: slotted.a * x[0], lambda: setattr(slotted, "a", 3.0)),
        "function's attribute": (by_attribute, lambda: setattr(by_attribute, "k", by_attribute.k + 1)),
        "int for float": (lambda x: table["b"] ** x[0], lambda: table.update(b=3)),
        "sign of zero": (lambda x: np.copysign(x[0], table["z"]), lambda: table.update(z=-0.0)),
        "generator": (lambda x, r=np.random.default_rng(0): r.random() * x[0], lambda: None),  # noqa: B008
    }  # fmt: skip


def by_attribute(x):
    return by_attribute.k * x[0]


by_attribute.k = 1.0


@pytest.mark.parametrize("name", cases())
def test_changes_are_noticed(name):
    f, change = cases()[name]
    if name == "int for float" or name == "sign of zero":
        f.__closure__[0].cell_contents.update(b=2, z=0.0)
    before = mml.gradient(f, POINT)
    if name != "generator":
        np.testing.assert_array_equal(mml.gradient(f, POINT), before)
    change()
    after = mml.gradient(f, POINT)
    assert not np.array_equal(after, before)
    np.testing.assert_array_equal(
        after,
        mml.gradient(lambda x: f(x), POINT) if name != "generator" else after,  # noqa: PLW0108
    )


def test_fits_notice_too():
    x = np.linspace(0, 2, 30)
    settings = {"offset": np.array([1.0])}

    def model(x, a, b):
        return a * np.exp(-b * x) + settings["offset"][0]

    y = model(x, 2.0, 1.5)
    assert mml.curve_fit(model, x, y).parameters == pytest.approx([2, 1.5])
    settings["offset"][0] = 5.0
    assert mml.curve_fit(model, x, y + 4).parameters == pytest.approx([2, 1.5])
    batch = mml.curve_fit_batch(model, x, [y + 4, y + 4], [1.0, 1.0])
    assert batch.parameters[1] == pytest.approx([2, 1.5])
    settings["offset"][0] = 0.0
    batch = mml.curve_fit_batch(model, x, [y - 1, y - 1], [1.0, 1.0])
    assert batch.parameters[1] == pytest.approx([2, 1.5])
    target = np.array([3.0])
    f = lambda v: (v - target[0]) ** 3
    assert mml.newton(f, 10.0, max_iter=200).x == pytest.approx(3, abs=1e-3)
    target[0] = -2.0
    assert mml.newton(f, 10.0, max_iter=200).x == pytest.approx(-2, abs=1e-3)


def test_it_is_traced_once_as_long_as_nothing_changes():
    calls = []
    large = np.ones(10_000)

    def f(x):
        calls.append(1)
        return (large.sum() + FACTOR) * x.sum()

    for _ in range(3):
        mml.gradient(f, POINT)
    assert len(calls) == 1
    large[17] = 2.0
    mml.gradient(f, POINT)
    assert len(calls) == 2


def test_functions_made_by_hand_keep_what_they_read():
    a = np.ones(3)
    f = mml.Function(lambda x: (a * x).sum(), 3)
    a[:] = 5.0
    np.testing.assert_array_equal(f.gradient(POINT), np.ones(3))


def test_functions_made_anew_are_traced_once_for_what_they_read():
    from mmlcore.calculus import memory  # noqa: PLC0415

    def slope(factor):
        return mml.gradient(lambda x: factor * x.sum(), POINT)[0]

    assert [slope(2.0), slope(2.0), slope(3.0), slope(2.0), slope(-0.0)] == [2, 2, 3, 2, 0]
    assert np.signbit(slope(-0.0))
    assert not np.signbit(slope(0.0))
    traces = []
    for _ in range(3):
        f = lambda x: np.exp(x).sum()
        mml.gradient(f, POINT)
        traces.append(memory.traced(f, (3,)))
    assert traces[0] is traces[1] is traces[2]


def test_arrays_in_functions_made_anew():
    def slope(a):
        return mml.gradient(lambda x: (a * x).sum(), POINT)

    for a in (np.ones(3), np.arange(3.0), np.ones(3), np.ones((3, 3))[1], np.ones(3, np.float32)):
        np.testing.assert_array_equal(slope(a), a)
    wide = np.arange(3000.0).reshape(3, 1000)
    for a in (wide, wide[::-1], wide + 1, wide):
        np.testing.assert_array_equal(slope(a.sum(axis=1)), a.sum(axis=1))
        np.testing.assert_array_equal(
            mml.gradient(lambda x, a=a: (a.T * x).sum(), POINT), a.sum(axis=1)
        )


def test_what_cannot_be_traced_is_found_out_again_when_it_changes():
    shift = [1.0]

    def system(x):
        return np.stack([x[0] ** 2 - shift[0], x[1] - 1])

    for value in (4.0, 9.0, 4.0):
        shift[0] = value
        np.testing.assert_allclose(mml.newton(system, [1.0, 0.0]).x, [np.sqrt(value), 1])


def test_many_bodies_and_traces_are_forgotten():
    from mmlcore.calculus import memory  # noqa: PLC0415

    for k in range(2 * memory._BODIES):
        space = {"np": np}
        exec(f"f = lambda x: {k}.0 * np.sum(x)", space)  # noqa: S102
        np.testing.assert_array_equal(mml.gradient(space["f"], POINT), np.full(3, k))
    assert len(memory._recent) <= memory._BODIES
    gc.collect()
    before = len(memory.KNOWN)
    del space
    gc.collect()
    assert len(memory.KNOWN) < before
