"""`MLP`: a fully connected network and its training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import (
    Array,
    all_finite,
    as_array,
    as_data,
    as_index,
    as_real,
    in_order,
    require_finite,
)
from mmlcore.core.door import into
from mmlcore.core.errors import ConvergenceError
from mmlcore.core.random_state import RandomState
from mmlcore.neural import _targets as targets
from mmlcore.neural import options
from mmlcore.neural._network import Network
from mmlcore.stats.weights import check_weights

_ENDS = ("epochs", "no_progress", "diverged", "callback")


class MLP(Network):
    """A fully connected network, trained by backpropagation on mini-batches.

    Parameters
    ----------
    layers : sequence of int
        Widths: inputs, units of each hidden layer, outputs.
    activation : {'tanh', 'sigmoid', 'relu', 'identity'}, default 'tanh'
        Of the hidden layers; 'sigmoid' is the logistic function.
    output : {'identity', 'softmax', 'sigmoid', 'tanh'}, default 'identity'
        Activation of the last layer. With 'softmax' the network tells classes apart.
    loss : {'squared', 'cross_entropy'}, optional
        Mean over the points of the sum of squared errors, or of the negative logarithm of the likelihood (for 'softmax', where
        it is the default, and 'sigmoid').
    optimizer : {'adam', 'momentum', 'sgd'}, default 'adam'
        How steps follow from gradients.
    learning_rate : float or callable, default 0.001
        Length of the steps; or a function of the epoch's number, from 0.
    schedule : {'constant', 'inverse', 'cosine'}, default 'constant'
        How a number changes with the epochs: not, as 1 / sqrt(epoch + 1), or down to 0 along half a cosine.
    momentum : float, default 0.9
        For 'momentum': share of the last step in the next.
    nesterov : bool, default False
        For 'momentum': take the gradient where the momentum leads.
    beta1, beta2, epsilon : float, default 0.9, 0.999, 1e-8
        For 'adam' [2]_: how long means of gradients and of their squares remember, and what is added to the root.
    l2 : float, default 0
        What is minimized is the mean loss + l2 / 2 times the sum of squared weights, without the biases.
    batch_size : int, default 128
        Points of a step; more than there are: all.
    epochs : int, default 100
        How often `fit` goes over the data.
    shuffle : bool, default True
        Draw a new order of the points for each epoch.
    validation : float or (X, y), default 0
        Share of the points that `fit` sets apart, or points of their own; the parameters that are best for them are kept.
    patience : int, default 0
        Stop after so many epochs without progress (of the points set apart, else of those trained on); 0: never.
    tol : float, default 1e-4
        What is progress: a loss that is smaller by that much.
    warm_start : bool, default False
        Whether `fit` goes on from where the last one ended.
    random_state : int, numpy.random.Generator or RandomState, optional
        An integer gives the same result, None a fresh one. Of the first weights, the orders, and which points are set apart.

    Attributes
    ----------
    weights_ : list of ndarray of shape (outputs, inputs)
        Of each layer: views of `parameters_`; may be assigned.
    biases_ : list of ndarray of shape (outputs,)
    parameters_ : ndarray
        All of them: W1 row by row, b1, W2, ....
    loss_curve_ : ndarray of shape (epochs,)
        Mean loss of the batches of each epoch, before their steps.
    validation_curve_ : ndarray of shape (epochs,) or None
        Loss of the points set apart, after each epoch.
    n_iter_ : int
        Epochs of all fits that these parameters have seen.
    stop_reason_ : {'epochs', 'no_progress', 'callback', 'interrupted', 'diverged'}
    classes_ : ndarray of shape (k,)
        Classes, for 'softmax'.

    Notes
    -----
    The network has the dtype of the X it is fitted to, float32 or float64. The whole loop is compiled; results have the same bits
    for every number of threads. Cost of an epoch: 6 n p operations, n points, p parameters.

    References
    ----------
    .. [1] D. E. Rumelhart, G. E. Hinton, R. J. Williams, "Learning representations by back-propagating errors", Nature 323
       (1986), equations 4 to 9.
    .. [2] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR (2015), algorithm 1.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> net = mml.MLP([2, 8, 2], output="softmax", learning_rate=0.05, epochs=300, random_state=0)
    >>> net.fit(x, ["no", "yes", "yes", "no"]).predict(x).tolist()
    ['no', 'yes', 'yes', 'no']
    """

    def __init__(
        self,
        layers: Sequence[int],
        *,
        activation: str = "tanh",
        output: str = "identity",
        loss: str | None = None,
        optimizer: str = "adam",
        learning_rate: float | Callable[[int], float] = 1e-3,
        schedule: str = "constant",
        momentum: float = 0.9,
        nesterov: bool = False,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        l2: float = 0.0,
        batch_size: int = 128,
        epochs: int = 100,
        shuffle: bool = True,
        validation: Any = 0.0,
        patience: int = 0,
        tol: float = 1e-4,
        warm_start: bool = False,
        random_state: RandomState = None,
    ) -> None:
        self.layers = list(layers)
        self.activation, self.output, self.loss = activation, output, loss
        self.optimizer, self.learning_rate, self.schedule = optimizer, learning_rate, schedule
        self.momentum, self.nesterov, self.l2 = momentum, nesterov, l2
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.batch_size, self.epochs, self.shuffle = batch_size, epochs, shuffle
        self.validation, self.patience, self.tol = validation, patience, tol
        self.warm_start, self.random_state = warm_start, random_state
        self._sizes = options.sizes_of(layers)
        self._kinds = options.kinds_of(activation, output, loss)
        options.chosen(optimizer, "optimizer", options.OPTIMIZER)

    def __repr__(self) -> str:
        """Show the widths and activations."""
        return f"MLP({self.layers}, activation={self.activation!r}, output={self.output!r})"

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        callback: Callable[[MLP, int, float], bool | None] | None = None,
    ) -> MLP:
        """Train on points (n, inputs). Returns the object itself.

        y: classes (n,) for 'softmax', or probabilities (n, outputs); else numbers (n, outputs), or (n,) for one output.
        sample_weight (n,): how much each point counts. callback(net, epoch, loss) is called after each epoch, and ends the
        training by True.

        ValueError for NaN, infinity, and shapes that do not fit. ConvergenceError where the loss is not finite any more; the
        parameters are then those before that epoch. After Ctrl-C the parameters are those of the moment, and may be used.
        """
        x = as_data(X, "X")
        going_on = self.warm_start and hasattr(self, "parameters_")
        if going_on and x.dtype != self.parameters_.dtype:
            x = x.astype(self.parameters_.dtype)
        wanted = self._targets(self._points(x), y, known=going_on)
        weights = _weights(sample_weight, len(x))
        if not going_on:
            self.initialize(x.dtype)
        chosen = self._choices()
        epochs = as_index(self.epochs, "epochs", 0)
        rates = options.rates_of(self.learning_rate, self.schedule, self.n_iter_, epochs)
        data, apart = self._parts(x, wanted, weights)
        before = self.parameters_.copy()
        losses, checks = np.full(epochs, np.nan), np.full(epochs, np.nan)

        def watch(epoch: int) -> bool:
            self._keep_curves(losses[:epoch], checks if apart else None)
            assert callback is not None
            return bool(callback(self, epoch, float(losses[epoch - 1])))

        self.parameters_, *self._moments = state = [
            in_order(part, own=True) for part in (self.parameters_, *self._moments)
        ]
        self._counters = in_order(self._counters, own=True)
        self.stop_reason_ = "interrupted"
        arguments: list[Any] = [self._sizes, self._kinds, data, apart, chosen, state]
        arguments += [self._counters, rates, losses, checks, None if callback is None else watch]
        try:
            done, end = _core.neural_train(*arguments)
        except BaseException:
            self._keep_curves(losses[~np.isnan(losses)], checks if apart else None)
            raise
        self._keep_curves(losses[:done], checks if apart else None)
        self.stop_reason_ = _ENDS[end]
        # NaN and infinity in the data reach the parameters or the loss: only then is every number looked at.
        if not epochs or self.stop_reason_ == "diverged" or not all_finite(self.parameters_):
            bad = not all_finite(x)
            self.parameters_[...] = before if bad else self.parameters_
            require_finite(x, "X")
        if self.stop_reason_ == "diverged":
            msg = (
                f"MLP.fit: the loss is not finite in epoch {done + 1}; the parameters are those before it. "
                "A smaller learning_rate, or data scaled to unit variance, may help."
            )
            raise ConvergenceError(msg, self)
        return self

    def gradients(
        self, X: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None
    ) -> list[tuple[Array, Array]]:
        """Return the derivatives (dW, db) of the mean loss by the parameters of each layer: one backpropagation.

        They are those of the loss alone, without l2.
        """
        _, gradient = self._backpropagated(X, y, sample_weight)
        other = MLP(self.layers, activation=self.activation, output=self.output, loss=self.loss)
        other.parameters_ = gradient
        return other._views()

    def cost(self, X: ArrayLike, y: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean loss of points."""
        return self._backpropagated(X, y, sample_weight)[0]

    def predict(self, X: ArrayLike, *, out: Array | None = None) -> Array:
        """Return the classes (n,) of points for 'softmax', else the outputs (n, k), or (n,) where y was; in `out`, if it is given."""
        found = self._outputs(X)
        if self.output == "softmax":
            found = np.asarray(self._classes()[found.argmax(axis=1)])
        elif getattr(self, "_flat", False):
            found = found[:, 0]
        return found if out is None else into(out, found)

    def predict_proba(self, X: ArrayLike, *, out: Array | None = None) -> Array:
        """Return the probabilities (n, k) of the classes, for 'softmax' and 'sigmoid'; in `out`, if it is given."""
        if self.output not in ("softmax", "sigmoid"):
            msg = f"output: {self.output!r} gives no probabilities; 'softmax' and 'sigmoid' do."
            raise ValueError(msg)
        found = self._outputs(X)
        return found if out is None else into(out, found)

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the share of classes that are right for 'softmax', else R^2, the mean over the outputs."""
        found = self.predict(X)
        if self.output == "softmax":
            given = np.asarray(y)
            if given.ndim == 2:
                given = self._classes()[given.argmax(axis=1)]
            return float(np.mean(found == given))
        wanted = as_array(y, "y").astype(np.float64, copy=False).reshape(len(found), -1)
        rest = ((wanted - found.reshape(wanted.shape)) ** 2).sum(axis=0)
        spread = ((wanted - wanted.mean(axis=0)) ** 2).sum(axis=0)
        safe = np.where(spread > 0, spread, 1)
        return float(np.mean(np.where(spread > 0, 1 - rest / safe, np.where(rest > 0, 0.0, 1.0))))

    # Inside.

    def _backpropagated(self, X: Any, y: Any, sample_weight: Any) -> tuple[float, Array]:
        flat = self._ready()
        x = require_finite(self._points(as_data(X, "X")), "X").astype(flat.dtype, copy=False)
        wanted = self._targets(x, y, known=hasattr(self, "classes_"))
        weights = _weights(sample_weight, len(x))
        gradient = np.empty_like(flat)
        data = (x, wanted, weights)
        return _core.neural_gradients(self._sizes, self._kinds, data, flat, gradient), gradient

    def _classes(self) -> Array:
        return getattr(self, "classes_", np.arange(self._sizes[-1]))

    def _targets(self, x: Array, y: Any, *, known: bool) -> Array:
        """Return the wanted outputs (n, k); keep the classes of a first fit, and whether y was flat."""
        given, shape = np.asarray(y), (len(x), self._sizes[-1])
        if self.output == "softmax" and given.ndim == 1:
            if not known:
                self.classes_ = targets.classes_of(given, shape[1])
            return targets.of_classes(given, self._classes(), shape, x.dtype)
        self._flat = given.ndim == 1
        shares = self._kinds[2] == options.LOSS["cross_entropy"]
        return targets.of_numbers(y, shape, x.dtype, shares=shares)

    def _choices(self) -> dict[str, Any]:
        return {
            "optimizer": options.chosen(self.optimizer, "optimizer", options.OPTIMIZER),
            "momentum": as_real(self.momentum, "momentum", 0.0, 1.0),
            "nesterov": bool(self.nesterov),
            "l2": as_real(self.l2, "l2", 0.0, 1e300),
            "batch": as_index(self.batch_size, "batch_size", 1),
            "shuffle": bool(self.shuffle),
            "tol": as_real(self.tol, "tol", 0.0, 1e300),
            "patience": as_index(self.patience, "patience", 0),
            "beta1": as_real(self.beta1, "beta1", 0.0, 1.0),
            "beta2": as_real(self.beta2, "beta2", 0.0, 1.0),
            "epsilon": as_real(self.epsilon, "epsilon", 0.0, 1.0),
            "seed": self._seed,
        }

    def _parts(self, x: Array, wanted: Array, weights: Array | None) -> tuple[Any, Any]:
        """Set points apart, if a share of them is asked for, or take those that were given."""
        if isinstance(self.validation, (tuple, list)):
            other, y, *rest = self.validation
            points = require_finite(
                self._points(as_data(other, "validation")), "validation"
            ).astype(x.dtype)
            counts = _weights(rest[0] if rest else None, len(points))
            return (x, wanted, weights), (points, self._targets(points, y, known=True), counts)
        share = as_real(self.validation, "validation", 0.0, 1.0)
        count = round(share * len(x)) if share else 0
        if not count and not share:
            return (x, wanted, weights), None
        if not 0 < count < len(x):
            msg = f"validation: got {share:g} of {len(x)} points, needed at least one apart and one to train on."
            raise ValueError(msg)
        order = self._rng.permutation(len(x))
        both = []
        for rows in (order[count:], order[:count]):
            part = None if weights is None else _weights(weights[rows], len(rows))
            both.append((x[rows], wanted[rows], part))
        for apart, name in zip(both[1][:2], ("X", "y"), strict=True):  # training looks at its own
            require_finite(apart, name)
        return both[0], both[1]

    def _keep_curves(self, losses: Array, checks: Array | None) -> None:
        self.loss_curve_ = losses.copy()
        self.validation_curve_ = None if checks is None else checks[: len(losses)].copy()


def _weights(given: ArrayLike | None, n: int) -> Array | None:
    return None if given is None else np.ascontiguousarray(check_weights(given, n))
