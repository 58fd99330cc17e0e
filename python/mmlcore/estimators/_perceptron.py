"""What scikit-learn's two estimators of networks have in common: their parameters, and training by `mmlcore.MLP`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from mmlcore.core.arrays import Array, as_index, as_real
from mmlcore.neural import MLP
from mmlcore.neural.options import chosen

_ACTIVATION = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
_LEAST_RATE = 1e-6  # at which an adaptive search ends

PARAMETERS = """Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default (100,)
        Units of the hidden layers.
    activation : {'relu', 'logistic', 'tanh', 'identity'}, default 'relu'
        Of the hidden layers.
    solver : {'adam', 'sgd', 'lbfgs'}, default 'adam'
        'sgd' with momentum; 'lbfgs' is SciPy's, on the gradient of all points.
    alpha : float, default 0.0001
        Sum of squared weights times alpha / 2 is added to the loss of a batch, divided by its points.
    batch_size : int or 'auto', default 'auto'
        'auto': 200, or all points if they are fewer.
    learning_rate : {'constant', 'invscaling', 'adaptive'}, default 'constant'
        For 'sgd': as it is, divided by the number of points seen to the power of power_t, or divided by 5 whenever there is no
        progress.
    learning_rate_init : float, default 0.001
        Length of the first steps.
    power_t : float, default 0.5
        Exponent of 'invscaling'.
    max_iter : int, default 200
        Most epochs.
    shuffle : bool, default True
        Draw a new order for each epoch.
    random_state : int, RandomState or None
        Of first weights, orders and parts.
    tol : float, default 0.0001
        Smallest decrease of the loss that is progress.
    verbose : bool, default False
        Print the loss of each epoch.
    warm_start : bool, default False
        Whether `fit` goes on from the last.
    momentum : float, default 0.9
        For 'sgd'.
    nesterovs_momentum : bool, default True
        For 'sgd'.
    early_stopping : bool, default False
        Set points apart, watch their loss, and keep what is best for them.
    validation_fraction : float, default 0.1
        Share of these points.
    beta_1, beta_2, epsilon : float, default 0.9, 0.999, 1e-8
        Of 'adam'.
    n_iter_no_change : int or infinity, default 10
        Epochs without progress after which to stop.
    max_fun : int, default 15000
        Most evaluations of 'lbfgs'.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (inputs, outputs)
        Weights of each layer.
    intercepts_ : list of ndarray of shape (outputs,)
    loss_, best_loss_ : float
    loss_curve_ : list of float
        Of the data, without the penalty.
    validation_scores_ : list of float or None
    n_iter_, t_, n_layers_, n_outputs_, n_features_in_ : int
        Epochs of the last fit and of all parts since, points that were trained on in all, sizes.
    out_activation_ : str
    network_ : MLP
        What was trained.
    """


def has_steps(estimator: Any) -> bool:
    """Tell whether single epochs make sense."""
    return bool(estimator.solver != "lbfgs")


class Perceptron(BaseEstimator):  # type: ignore[misc]
    """What both have in common."""

    network_: MLP
    n_iter_: int
    t_: int
    loss_curve_: list[float]

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
    ) -> None:
        self.hidden_layer_sizes, self.activation, self.solver = (
            hidden_layer_sizes,
            activation,
            solver,
        )
        self.alpha, self.batch_size = alpha, batch_size
        self.learning_rate, self.learning_rate_init = learning_rate, learning_rate_init
        self.power_t, self.max_iter, self.shuffle = power_t, max_iter, shuffle
        self.random_state, self.tol, self.verbose = random_state, tol, verbose
        self.warm_start, self.momentum, self.nesterovs_momentum = (
            warm_start,
            momentum,
            nesterovs_momentum,
        )
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.n_iter_no_change, self.max_fun = n_iter_no_change, max_fun

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train on points (n, d) and what is wanted of them, with weights (n,) if there are any. Returns the object itself."""
        going_on = self.warm_start and hasattr(self, "network_")
        return self._train(X, y, sample_weight, going_on, None)

    @available_if(has_steps)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Train one epoch on these points, from where the last call ended. Returns the object itself."""
        return self._train(X, y, sample_weight, hasattr(self, "network_"), 1)

    def _train(self, X: Any, y: Any, sample_weight: Any, going_on: bool, epochs: int | None) -> Any:
        if epochs and self.early_stopping:
            msg = "partial_fit does not support early_stopping=True"
            raise ValueError(msg)
        x, wanted, output, loss = self._wanted(X, y, going_on, epochs)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, x, ensure_non_negative=True)
        hidden = np.atleast_1d(self.hidden_layer_sizes).tolist()
        layers = [x.shape[1], *hidden, wanted.shape[1]]
        if going_on and self.network_.layers != layers:
            msg = (
                f"y, hidden_layer_sizes: got layers of {layers} with the outputs of y, needed {self.network_.layers}, those of "
                "the network that goes on learning."
            )
            raise ValueError(msg)
        if not going_on:
            activation = chosen(self.activation, "activation", _ACTIVATION)
            network = MLP(
                layers,
                activation=activation,
                output=output,
                loss=loss,
                random_state=self.random_state,
            )
            self.network_ = network.initialize(x.dtype)
        self._set(len(x), 1.0 if weights is None else float(weights.mean()), epochs)
        curve = list(self.loss_curve_) if going_on and hasattr(self, "loss_curve_") else []
        self.validation_scores_: list[float] | None = None
        if self.solver == "lbfgs":
            curve += self._by_lbfgs(x, wanted, weights)
        else:
            curve += self._by_steps(x, wanted, weights, epochs)
        self.loss_curve_, self.loss_ = curve, curve[-1] if curve else np.inf
        self.best_loss_ = min(curve, default=np.inf)
        self.n_layers_, self.n_outputs_ = len(layers), layers[-1]
        self.out_activation_ = {"sigmoid": "logistic"}.get(output, output)
        self.t_ = (self.t_ if going_on else 0) + (epochs or self.n_iter_) * len(x)
        return self

    def _set(self, n: int, weight: float, epochs: int | None) -> None:
        """Give the network this estimator's options, whose squared loss is half of the network's."""
        net = self.network_
        batch = (
            200 if self.batch_size == "auto" else as_index(self.batch_size, "batch_size", least=1)
        )
        net.batch_size = min(batch, n)
        net.optimizer = chosen(
            self.solver, "solver", {"adam": "adam", "sgd": "momentum", "lbfgs": "sgd"}
        )
        self._half = 0.5 if net.loss == "squared" else 1.0
        alpha = as_real(self.alpha, "alpha", 0.0, 1e300)
        net.l2 = alpha / (net.batch_size * weight or 1.0) / self._half
        net.momentum, net.nesterov = self.momentum, self.nesterovs_momentum
        net.beta1, net.beta2, net.epsilon = self.beta_1, self.beta_2, self.epsilon
        net.shuffle, net.warm_start = self.shuffle, True
        patience = 0  # which is never, as infinity is
        if self.n_iter_no_change != np.inf:
            patience = as_index(self.n_iter_no_change, "n_iter_no_change", least=1)
        net.tol, net.patience = self.tol, 0 if epochs else patience
        net.epochs = epochs or as_index(self.max_iter, "max_iter", least=1)
        kinds = ("constant", "invscaling", "adaptive")
        chosen(self.learning_rate, "learning_rate", dict.fromkeys(kinds))
        rate = as_real(self.learning_rate_init, "learning_rate_init", 0.0, 1e300)
        if self.solver == "sgd":
            rate *= self._half
        net.learning_rate = rate
        if self.solver == "sgd" and self.learning_rate == "invscaling":
            net.learning_rate = lambda epoch: rate / ((epoch + 1) * n) ** self.power_t

    def _by_steps(self, x: Array, wanted: Array, weights: Any, epochs: int | None) -> list[float]:
        net, parts = self.network_, (x, wanted, weights)
        net.validation = 0.0
        apart: Any = None
        if self.early_stopping:
            parts, apart = self._parted(x, wanted, weights)
            net.validation = apart
        curve: list[float] = []
        scores: list[float] = []

        def watch(net: MLP, epoch: int, loss: float) -> bool:
            if self.verbose:
                print(f"Iteration {epoch}, loss = {loss * self._half:.8f}")
            if apart is not None:
                scores.append(net.score(*apart[:2]))
            return False

        watching = watch if self.verbose or apart is not None else None
        left = net.epochs
        while left > 0:
            net.epochs = left
            net.fit(*parts[:2], sample_weight=parts[2], callback=watching)
            curve += (net.loss_curve_ * self._half).tolist()
            left -= len(net.loss_curve_)
            rate, adapts = (
                net.learning_rate,
                self.solver == "sgd" and self.learning_rate == "adaptive",
            )
            if net.stop_reason_ != "no_progress" or not adapts:
                break
            if not isinstance(rate, float) or rate <= _LEAST_RATE:
                break
            net.learning_rate = rate / 5
        if apart is not None:
            self.validation_scores_ = scores
            self.best_validation_score_ = max(scores, default=np.nan)
        if not epochs and net.stop_reason_ == "epochs":
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the "
                "optimization hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=4,
            )
        self.n_iter_ = net.n_iter_ if epochs else len(curve)
        return curve

    def _parted(self, x: Array, wanted: Array, weights: Any) -> tuple[Any, Any]:
        """Set points apart; of two classes in the same shares."""
        rows = train_test_split(
            np.arange(len(x)),
            test_size=self.validation_fraction,
            random_state=self.random_state,
            stratify=wanted[:, 0] if is_classifier(self) and wanted.shape[1] == 1 else None,
        )
        if len(rows[1]) < 2:
            msg = (
                "The validation set is too small. Increase 'validation_fraction' or the size of your "
                f"dataset: validation_fraction={self.validation_fraction:g} of {len(x)} points are {len(rows[1])}."
            )
            raise ValueError(msg)
        cut = [(x[r], wanted[r], None if weights is None else weights[r]) for r in rows]
        return cut[0], cut[1]

    def _by_lbfgs(self, x: Array, wanted: Array, weights: Any) -> list[float]:
        from scipy.optimize import minimize  # type: ignore[import-untyped]  # noqa: PLC0415  (for this solver alone)

        net = self.network_
        total = len(x) if weights is None else float(weights.sum())
        penalty = self.alpha / total / self._half
        decays = np.concatenate([np.r_[np.ones(w.size), np.zeros(b.size)] for w, b in net._views()])

        def both(theta: Array) -> tuple[float, Array]:
            net.parameters_[...] = theta
            loss, gradient = net._backpropagated(x, wanted, weights)
            shrink = penalty * decays * theta
            return loss + 0.5 * float(shrink @ theta), gradient.astype(np.float64) + shrink

        limits = {"maxiter": self.max_iter, "maxfun": self.max_fun, "gtol": self.tol}
        start = net.parameters_.astype(np.float64)
        found = minimize(both, start, method="L-BFGS-B", jac=True, options=limits)
        net.parameters_[...] = found.x
        self.n_iter_ = int(found.nit)
        if found.status != 0:
            msg = f"lbfgs failed to converge after {found.nit} iterations: {found.message}"
            warnings.warn(msg, ConvergenceWarning, stacklevel=4)
        return [float(found.fun) * self._half]

    @property
    def coefs_(self) -> list[Array]:
        """Weights (inputs, outputs) of each layer."""
        return [w.T for w in self.network_.weights_]

    @property
    def intercepts_(self) -> list[Array]:
        """Biases (outputs,) of each layer."""
        return self.network_.biases_

    def _raw(self, X: Any, logits: bool = False) -> Array:
        check_is_fitted(self, "network_")
        x = validate_data(self, X, dtype=[np.float64, np.float32], reset=False)
        return self.network_._outputs(x, logits=logits)

    def _data(self, X: Any, y: Any, going_on: bool, **options: Any) -> tuple[Array, Array]:
        return validate_data(  # type: ignore[no-any-return]
            self,
            X,
            y,
            dtype=[np.float64, np.float32],
            multi_output=True,
            reset=not going_on,
            **options,
        )
