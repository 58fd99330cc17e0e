"""What a network is before anybody trains it: its parameters, and what it computes from points."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    as_array,
    as_data,
    empty,
    in_order,
    require_finite,
    shape_error,
)
from mmlcore.core.random_state import RandomState, as_seed
from mmlcore.neural import options


class Network:
    """Parameters of layers, and their activations. `MLP` says what each name means."""

    activation: str
    random_state: RandomState
    _sizes: list[int]
    _kinds: list[int]

    def initialize(self, dtype: Any = np.float64) -> Any:
        """Draw new parameters of a dtype, float32 or float64, and forget all training. Returns the object itself."""
        kind = np.dtype(dtype)
        if kind not in (np.dtype(np.float32), np.dtype(np.float64)):
            msg = f"dtype: got {kind}, needed float32 or float64."
            raise TypeError(msg)
        self._rng = np.random.default_rng(as_seed(self.random_state))
        self.parameters_ = options.first_weights(self._sizes, self.activation, self._rng, kind)
        self._moments = [np.zeros_like(self.parameters_) for _ in range(2)]
        self._counters = np.zeros(2, np.int64)
        self._seed = int(self._rng.integers(1 << 63))
        self.loss_curve_ = np.empty(0)
        self.validation_curve_: Array | None = None
        return self

    def _ready(self) -> Array:
        if not hasattr(self, "parameters_"):
            self.initialize()
        # The same ones, except where a pickle left them.
        self.parameters_ = in_order(self.parameters_)
        return self.parameters_

    def _views(self) -> list[tuple[Array, Array]]:
        flat, at, found = self._ready(), 0, []
        for inputs, outputs in itertools.pairwise(self._sizes):
            middle = at + inputs * outputs
            found.append(
                (flat[at:middle].reshape(outputs, inputs), flat[middle : middle + outputs])
            )
            at = middle + outputs
        return found

    @property
    def weights_(self) -> list[Array]:
        """Weights (outputs, inputs) of each layer; assigning copies."""
        return [w for w, _ in self._views()]

    @weights_.setter
    def weights_(self, values: Sequence[ArrayLike]) -> None:
        _assign(self.weights_, values, "weights_")

    @property
    def biases_(self) -> list[Array]:
        """Biases (outputs,) of each layer; assigning copies."""
        return [b for _, b in self._views()]

    @biases_.setter
    def biases_(self, values: Sequence[ArrayLike]) -> None:
        _assign(self.biases_, values, "biases_")

    @property
    def n_iter_(self) -> int:
        """Epochs that the parameters have seen."""
        return int(self._counters[1]) if hasattr(self, "_counters") else 0

    def _points(self, x: Array) -> Array:
        if x.shape[1] != self._sizes[0] or not len(x):
            raise shape_error("X", x.shape, f"(n, {self._sizes[0]}): points of as many inputs")
        return x

    def _outputs(self, X: ArrayLike, *, logits: bool = False) -> Array:
        """Return what comes out of the last layer (n, k); `logits`: what goes into its activation."""
        flat = self._ready()
        if not logits:
            plain: Array | None = _core.neural_outputs(self._sizes, self._kinds, X, flat)
            if plain is not None:
                return plain
        x = require_finite(self._points(as_data(X, "X")), "X").astype(flat.dtype, copy=False)
        out = empty((len(x), self._sizes[-1]), flat.dtype)
        kinds = (
            [self._kinds[0], options.OUTPUT["identity"], options.LOSS["squared"]]
            if logits
            else self._kinds
        )
        _core.neural_predict(self._sizes, kinds, x, flat, out)
        return out


def _assign(views: list[Array], values: Sequence[ArrayLike], name: str) -> None:
    if len(values) != len(views):
        msg = f"{name}: got {len(values)} arrays, needed one for each of {len(views)} layers."
        raise ValueError(msg)
    arrays = [require_finite(as_array(value, name), name) for value in values]
    for view, array in zip(views, arrays, strict=True):
        if array.size != view.size:
            raise shape_error(name, array.shape, str(view.shape))
    for view, array in zip(views, arrays, strict=True):
        view[...] = array.reshape(view.shape)
