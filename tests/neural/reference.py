"""Networks as a textbook has them, in numpy: what the kernel is compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit, log_softmax, softmax

ACTIVATIONS: dict[str, Any] = {
    "identity": (lambda z: z, np.ones_like),
    "tanh": (np.tanh, lambda a: 1 - a * a),
    "sigmoid": (expit, lambda a: a * (1 - a)),
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0).astype(a.dtype)),
    "softmax": (lambda z: softmax(z, axis=1), None),
}


def forward(net: Any, x: Any) -> tuple[list[Any], Any]:
    """Activations of all layers, a point a row, and the last z."""
    activations, z = [x], x
    last = len(net.weights_) - 1
    for layer, (w, b) in enumerate(zip(net.weights_, net.biases_, strict=True)):
        z = activations[-1] @ w.T + b
        f = ACTIVATIONS[net.output if layer == last else net.activation][0]
        activations.append(f(z))
    return activations, z


def cost(net: Any, x: Any, y: Any, weights: Any = None) -> float:
    """The mean loss."""
    activations, z = forward(net, x)
    a = activations[-1]
    if (net.loss or ("cross_entropy" if net.output == "softmax" else "squared")) == "squared":
        each = ((a - y) ** 2).sum(axis=1)
    elif net.output == "softmax":
        each = -(y * log_softmax(z, axis=1)).sum(axis=1)
    else:
        each = (np.logaddexp(0, z) - y * z).sum(axis=1)
    return float(np.average(each, weights=weights))


def gradients(net: Any, x: Any, y: Any, weights: Any = None) -> list[tuple[Any, Any]]:
    """Backpropagation, layer by layer."""
    activations, _ = forward(net, x)
    a = activations[-1]
    share = np.full(len(x), 1 / len(x)) if weights is None else weights / weights.sum()
    share = share[:, None]
    if (net.loss or ("cross_entropy" if net.output == "softmax" else "squared")) == "squared":
        delta = 2 * share * (a - y)
        if net.output == "softmax":
            delta = a * (delta - (delta * a).sum(axis=1, keepdims=True))
        else:
            delta = delta * ACTIVATIONS[net.output][1](a)
    else:
        delta = share * (a - y)
    found = []
    for layer in range(len(net.weights_) - 1, -1, -1):
        found.append((delta.T @ activations[layer], delta.sum(axis=0)))
        if layer:
            slope = ACTIVATIONS[net.activation][1](activations[layer])
            delta = (delta @ net.weights_[layer]) * slope
    return found[::-1]


class Optimizer:
    """Steps of plain gradient descent, momentum and Adam."""

    def __init__(self, name: str, rate: float, momentum: float, *, nesterov: bool, l2: float):
        self.name, self.rate, self.momentum = name, rate, momentum
        self.nesterov, self.l2 = nesterov, l2
        self.steps, self.state = 0, {}

    def step(self, net: Any, x: Any, y: Any) -> None:
        """Move all parameters."""
        self.steps += 1
        for layer, (dw, db) in enumerate(gradients(net, x, y)):
            w, b = net.weights_[layer], net.biases_[layer]
            w += self.move(("w", layer), dw + self.l2 * w)
            b += self.move(("b", layer), db)

    def move(self, key: Any, g: Any) -> Any:
        """The change of one array."""
        first, second = self.state.get(key, (0.0, 0.0))
        if self.name == "sgd":
            return -self.rate * g
        if self.name == "momentum":
            first = self.momentum * first - self.rate * g
            self.state[key] = (first, second)
            return self.momentum * first - self.rate * g if self.nesterov else first
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        self.state[key] = (first, second)
        m, v = first / (1 - 0.9**self.steps), second / (1 - 0.999**self.steps)
        return -self.rate * m / (np.sqrt(v) + 1e-8 / np.sqrt(1 - 0.999**self.steps))
