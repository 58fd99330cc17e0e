"""Station: a network that reads digits, and backpropagation beside numpy's."""

from __future__ import annotations

import time

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour.digits import load
from mmlcore.cli.tour.station import Curves, Grid, Station, relative_difference
from mmlcore.core.arrays import Array

WIDTH, EPOCHS = 64, 30


def visit(seconds: float) -> Station:
    """Train a network on half of the digits, try it on the other half, and compare one backpropagation."""
    name, points, labels = load()
    station = Station("Digits that a network reads: backpropagation")
    order = np.random.default_rng(0).permutation(len(points))
    train, test = order[: len(order) // 2], order[len(order) // 2 :]
    layers = [points.shape[1], WIDTH, 10]
    options = {"output": "softmax", "learning_rate": 0.003, "batch_size": 32, "random_state": 0}
    net = mml.MLP(layers, epochs=EPOCHS, **options)  # type: ignore[arg-type]  # of one dictionary
    start = time.perf_counter()
    net.fit(points[train], labels[train])
    took = time.perf_counter() - start
    found = net.predict(points[test])
    station.items.append(
        f"{name}. A network of {layers[0]} inputs, {WIDTH} hidden units and 10 outputs learns from half of them, {EPOCHS} times over, "
        f"in {took:.2g} s; of the other half it reads {np.mean(found == labels[test]):.1%} right."
    )
    digits = range(10)
    rows = []
    for digit in digits:
        guesses = np.bincount(found[labels[test] == digit], minlength=10)
        wrong = guesses.copy()
        wrong[digit] = 0
        taken = f"{int(wrong.argmax())} ({wrong.max()} times)" if wrong.any() else "nothing"
        rows.append([str(digit), f"{guesses[digit] / guesses.sum():.1%}", taken])
    station.items.append(Grid("", ["digit", "read right", "most often taken for"], rows, left=3))
    epochs = list(range(1, EPOCHS + 1))
    losses = {"training": net.loss_curve_.tolist()}
    station.items.append(Curves("Loss", "epoch", "cross entropy", epochs, losses, log=True))
    x, wanted = points[train], np.eye(10)[labels[train]]
    sides = (lambda: by_numpy(net, x, wanted), lambda: net.gradients(x, wanted)[0][0])
    what = f"one backpropagation of {len(x):,} digits"
    station.beside(what, sides, relative_difference, 1e-9, seconds=seconds)
    return station


def by_numpy(net: mml.MLP, x: Array, y: Array) -> Array:
    """The derivatives by the first layer's weights, as the course writes them."""
    (w1, w2), (b1, b2) = net.weights_, net.biases_
    a = np.tanh(x @ w1.T + b1)
    z = a @ w2.T + b2
    e = np.exp(z - z.max(axis=1, keepdims=True))
    delta = (e / e.sum(axis=1, keepdims=True) - y) / len(x)
    return np.asarray(((delta @ w2) * (1 - a * a)).T @ x)
