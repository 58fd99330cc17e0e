"""Elementary matrices, properties of a matrix, and what belongs to no chapter: in the list of small calls, few random rows."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import threadpoolctl
from sklearn.neural_network import MLPRegressor

import mmlcore as mml
from bench.sweep.draw import Draw
from bench.sweep.table import Calls, entry, near, same
from mmlcore.core.arrays import Array


def elementary(name: str, change: Callable[[Array], None], *arguments: Any) -> None:
    """Enter an elementary matrix: the identity, changed."""

    @entry("matrices", name, 0.3)
    def make(draw: Draw) -> Calls:
        n = draw.size(3, 100)
        draw.say(f"{n}")

        def by_hand() -> Array:
            a = np.eye(n)
            change(a)
            return a

        ours = partial(getattr(mml, name), n, *arguments)
        return Calls(ours, {"numpy by hand": by_hand}, near("float64"))


def _swap(a: Array) -> None:
    a[[0, 2]] = a[[2, 0]]


def _scale(a: Array) -> None:
    a[1, 1] = 2.5


def _add(a: Array) -> None:
    a[0, 2] = 2.5


elementary("row_swap", _swap, 0, 2)
elementary("row_scale", _scale, 1, 2.5)
elementary("row_add", _add, 0, 2, 2.5)


def properties(a: Array) -> frozenset[str]:
    """What `classify` finds of a matrix of no special form, as one writes it with numpy."""
    n, names = len(a), []
    eye = np.eye(n)
    tests = {
        "diagonal": lambda: np.allclose(a, np.diag(np.diag(a))),
        "upper_triangular": lambda: np.allclose(a, np.triu(a)),
        "lower_triangular": lambda: np.allclose(a, np.tril(a)),
        "symmetric": lambda: np.allclose(a, a.T),
        "skew_symmetric": lambda: np.allclose(a, -a.T),
        "orthogonal": lambda: np.allclose(a @ a.T, eye),
        "idempotent": lambda: np.allclose(a @ a, a),
        "involutory": lambda: np.allclose(a @ a, eye),
        "nilpotent": lambda: not np.linalg.matrix_power(a, n).any(),
        "singular": lambda: np.linalg.matrix_rank(a) < n,
    }
    names = [name for name, test in tests.items() if test()]
    if "singular" not in names:
        names.append("invertible")
    if "symmetric" in names and np.linalg.eigvalsh(a)[0] > 0:
        names += ["positive_definite", "positive_semidefinite"]
    return frozenset(names)


@entry("matrices", "classify", 0.5)
def classify(draw: Draw) -> Calls:
    n = draw.size(2, 100)
    a = draw.symmetric(n, n) if draw.chance(0.5) else draw.matrix(n, n)
    return Calls(partial(mml.classify, a), {"numpy by hand": partial(properties, a)}, same)


def _printed() -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        mml.show_config()


def _peer_printed() -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        np.show_config()


def anything(_expected: Any, _got: Any) -> None:
    """Nothing to compare."""


@entry("core", "show_config", 0)
def show_config(_draw: Draw) -> Calls:
    return Calls(_printed, {"numpy": _peer_printed}, anything)


def _limits() -> None:
    with threadpoolctl.threadpool_limits(2):
        pass


def _ours_limits() -> None:
    with mml.threads(2):
        pass


@entry("core", "threads", 0)
def threads(_draw: Draw) -> Calls:
    return Calls(_ours_limits, {"threadpoolctl": _limits}, anything)


@entry("core", "set_num_threads", 0)
def set_num_threads(_draw: Draw) -> Calls:
    return Calls(partial(mml.set_num_threads, mml.get_num_threads()), {}, anything)


def _unshared() -> None:
    mml.share_threads(False)


@entry("core", "share_threads", 0)
def share_threads(_draw: Draw) -> Calls:
    return Calls(_unshared, {"threadpoolctl": _limits}, anything)


@entry("core", "get_num_threads", 0)
def get_num_threads(_draw: Draw) -> Calls:
    return Calls(mml.get_num_threads, {"threadpoolctl": threadpoolctl.threadpool_info}, anything)


@entry("core", "release_memory", 0)
def release_memory(_draw: Draw) -> Calls:
    return Calls(mml.release_memory, {}, anything)


@entry("neural", "MLP", 0)
def mlp(draw: Draw) -> Calls:
    x = draw.array(10, 3)
    y = x @ np.ones((3, 1))
    net = mml.MLP([3, 4, 1], epochs=1, random_state=0).fit(x, y)
    theirs = MLPRegressor(hidden_layer_sizes=(4,), activation="tanh", max_iter=1)
    theirs.partial_fit(x, y[:, 0])
    # The same network, so that the results can be compared.
    w, b = [np.ascontiguousarray(v.T) for v in net.weights_], net.biases_
    theirs.coefs_, theirs.intercepts_ = w, list(b)

    def shaped(expected: Any, got: Any) -> None:
        near("float64")(np.ravel(expected), np.ravel(got))

    peers = {
        "numpy by hand": lambda: np.tanh(x @ w[0] + b[0]) @ w[1] + b[1],
        "scikit-learn": partial(theirs.predict, x),
    }
    return Calls(partial(net.predict, x), peers, shaped)
