"""What the parameters of a network may be, and their numbers in the kernel."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mmlcore.core.arrays import Array, as_index, as_real

HIDDEN = {"tanh": 1, "sigmoid": 2, "relu": 3, "identity": 0}
OUTPUT = {"identity": 0, "softmax": 4, "sigmoid": 2, "tanh": 1}
LOSS = {"squared": 0, "cross_entropy": 1}
OPTIMIZER = {"sgd": 0, "momentum": 1, "adam": 2}
SCHEDULES: dict[str, Callable[[Array, int], Array]] = {
    "constant": lambda epoch, epochs: np.ones(epochs) + 0 * epoch,
    "inverse": lambda epoch, epochs: 1 / np.sqrt(epoch + 1.0),  # noqa: ARG005
    "cosine": lambda epoch, epochs: 0.5 + 0.5 * np.cos(np.pi * np.minimum(epoch / epochs, 1)),
}


def sizes_of(layers: Sequence[int]) -> list[int]:
    """Return the checked widths: inputs, units of each layer, outputs."""
    sizes = [as_index(n, "layers", 1) for n in layers]
    if len(sizes) < 2:
        msg = f"layers: got {list(layers)}, needed at least two numbers: inputs and outputs."
        raise ValueError(msg)
    return sizes


def chosen(value: Any, name: str, choices: Mapping[str, Any]) -> Any:
    """Return what a name stands for."""
    if not isinstance(value, str) or value not in choices:
        msg = f"{name}: got {value!r}, needed one of {', '.join(map(repr, choices))}."
        raise ValueError(msg)
    return choices[value]


def kinds_of(activation: str, output: str, loss: str | None) -> list[int]:
    """Return the numbers of hidden activation, output activation and loss."""
    name = loss_of(output, loss)
    if name == "cross_entropy" and output not in ("softmax", "sigmoid"):
        msg = f"loss: 'cross_entropy' needs output 'softmax' or 'sigmoid', got {output!r}."
        raise ValueError(msg)
    return [
        chosen(activation, "activation", HIDDEN),
        chosen(output, "output", OUTPUT),
        chosen(name, "loss", LOSS),
    ]


def loss_of(output: str, loss: str | None) -> str:
    """Return the loss that belongs to an output, if none is asked for."""
    if loss is not None:
        return loss
    return "cross_entropy" if output == "softmax" else "squared"


def rates_of(rate: Any, schedule: str, first: int, epochs: int) -> Array:
    """Return the learning rate of each epoch, the first of which has number `first`."""
    numbers = np.arange(first, first + epochs, dtype=float)
    if callable(rate):
        rates = np.array([float(rate(int(epoch))) for epoch in numbers])
    else:
        factors = chosen(schedule, "schedule", SCHEDULES)(numbers, max(epochs, 1))
        rates = as_real(rate, "learning_rate", 0.0, np.inf) * factors
    if not (np.isfinite(rates) & (rates >= 0)).all():
        msg = "learning_rate: needed a finite, non-negative number for each epoch."
        raise ValueError(msg)
    return np.asarray(rates, np.float64)


def first_weights(
    sizes: list[int], activation: str, rng: np.random.Generator, dtype: np.dtype[Any]
) -> Array:
    """Draw parameters whose activations neither grow nor fade from layer to layer.

    Uniform in +-sqrt(6 / (inputs + outputs)) (X. Glorot, Y. Bengio, 2010), a third of the variance for the logistic function,
    and +-sqrt(6 / inputs) before a ReLU (K. He et al., 2015).
    """
    parts = []
    for inputs, outputs in itertools.pairwise(sizes):
        size = inputs if activation == "relu" else inputs + outputs
        bound = np.sqrt((2.0 if activation == "sigmoid" else 6.0) / size)
        parts.append(rng.uniform(-bound, bound, outputs * (inputs + 1)))
    return np.concatenate(parts).astype(dtype)
