"""Training of networks: scikit-learn, numpy by hand, and optionally JAX and torch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import mmlcore as mml
from bench.harness import as_test
from bench.peers import with_jax, with_torch
from mmlcore._bench.cases import data
from mmlcore._bench.compare import Call, Case

CHAPTER = "neural"
DIGITS, HEART = [784, 64, 10], [1, 6, 7, 2]
STEPS = 1000


def digits() -> tuple[np.ndarray, np.ndarray]:
    """60000 points like images, and ten classes that can be learnt."""
    x = data((60_000, 784), "float32")
    return x, np.abs(x[:, :10]).argmax(axis=1)


def heart() -> tuple[np.ndarray, np.ndarray]:
    """The closed curve of the course, 100 points."""
    x = np.arange(100) / 100
    t = 2 * np.pi * x
    v = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return x[:, None], (np.stack([16 * np.sin(t) ** 3, v], axis=1) / 20 + 1) / 2


def learns(theirs: Any, ours: Any) -> None:
    """Both losses are near: the networks start from other weights and see other orders."""
    np.testing.assert_allclose(ours, theirs, rtol=0.2)


def epoch(optimizer: str) -> mml.MLP:
    """The network of the digits, for one epoch."""
    return mml.MLP(
        DIGITS, activation="relu", output="softmax", optimizer=optimizer, epochs=1, random_state=0
    )


def loop() -> mml.MLP:
    """The network of the heart, for a thousand steps of all points."""
    options: dict[str, Any] = {"activation": "sigmoid", "output": "sigmoid", "optimizer": "sgd"}
    return mml.MLP(
        HEART,
        **options,
        learning_rate=7.0,
        batch_size=100,
        shuffle=False,
        epochs=STEPS,
        random_state=0,
    )


def by_scikit_learn() -> Case:
    """One epoch of MLPClassifier."""

    def setup() -> tuple[Call, Call]:
        from sklearn.neural_network import MLPClassifier  # noqa: PLC0415  (a second of import)

        x, y = digits()
        options = {"batch_size": 128, "max_iter": 1, "alpha": 0.0, "random_state": 0}
        net = epoch("adam")

        def theirs() -> float:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return float(MLPClassifier((64,), **options).fit(x, y).loss_)

        return theirs, lambda: float(net.fit(x, y).loss_curve_[0])

    name = "MLP 784-64-10, one epoch of 60,000, batch 128, float32"
    return Case(name, CHAPTER, setup, learns, 3.5, "scikit-learn")


def by_numpy() -> Case:
    """The loop of the course."""

    def setup() -> tuple[Call, Call]:
        x, y = heart()
        net = loop()

        def theirs() -> float:
            start = loop().initialize()
            ws, bs = [w.copy() for w in start.weights_], [b.copy() for b in start.biases_]
            for _ in range(STEPS):
                a = [x]
                for w, b in zip(ws, bs, strict=True):
                    a.append(1 / (1 + np.exp(-(a[-1] @ w.T + b))))
                loss = ((a[-1] - y) ** 2).sum() / len(x)
                d = 2 / len(x) * (a[-1] - y) * a[-1] * (1 - a[-1])
                for k in (2, 1, 0):
                    dw, db = d.T @ a[k], d.sum(axis=0)
                    d = (d @ ws[k]) * a[k] * (1 - a[k])
                    ws[k] -= 7 * dw
                    bs[k] -= 7 * db
            return float(loss)

        return theirs, lambda: float(net.fit(x, y).loss_curve_[-1])

    return Case(f"MLP 1-6-7-2, {STEPS} steps of 100 points", CHAPTER, setup, learns, 15, "numpy")


def jax_cases(jax: Any) -> list[Case]:
    """The loops compiled whole: lax.scan over batches, lax.fori_loop over steps."""
    jnp, lax = jax.numpy, jax.lax

    def first(net: mml.MLP, dtype: Any) -> Any:
        net.initialize(dtype)
        return [
            (jnp.array(w.T), jnp.array(b)) for w, b in zip(net.weights_, net.biases_, strict=True)
        ]

    def setup_digits() -> tuple[Call, Call]:
        x, y = digits()
        net = epoch("sgd")
        start, hot = first(epoch("sgd"), np.float32), jnp.eye(10, dtype=jnp.float32)[y]
        whole = len(x) // 128 * 128

        def loss(parameters: Any, a: Any, b: Any) -> Any:
            (w, c), (v, d) = parameters
            z = jnp.maximum(a @ w + c, 0) @ v + d
            return -(b * jax.nn.log_softmax(z)).sum(axis=1).mean()

        @jax.jit
        def one(parameters: Any, x: Any, y: Any, key: Any) -> Any:
            order = jax.random.permutation(key, len(x))[:whole].reshape(-1, 128)

            def step(p: Any, rows: Any) -> Any:
                value, slope = jax.value_and_grad(loss)(p, x[rows], y[rows])
                return jax.tree.map(lambda u, g: u - 1e-3 * g, p, slope), value

            _, losses = lax.scan(step, parameters, order)
            return losses.mean()

        on_device, key = jnp.array(x), jax.random.key(0)
        return (
            lambda: float(one(start, on_device, hot, key)),
            lambda: float(net.fit(x, y).loss_curve_[0]),
        )

    def setup_heart() -> tuple[Call, Call]:
        x, y = heart()
        net, start = loop(), first(loop(), np.float64)

        def loss(parameters: Any) -> Any:
            a = jnp.array(x)
            for w, b in parameters:
                a = jax.nn.sigmoid(a @ w + b)
            return ((a - y) ** 2).sum() / len(x)

        @jax.jit
        def run(parameters: Any) -> Any:
            def step(_: Any, p: Any) -> Any:
                return jax.tree.map(lambda u, g: u - 7 * g, p, jax.grad(loss)(p))

            return loss(lax.fori_loop(0, STEPS, step, parameters))

        return lambda: float(run(start)), lambda: float(net.fit(x, y).loss_curve_[-1])

    return [
        Case("MLP 784-64-10, one epoch, sgd", CHAPTER, setup_digits, learns, 1.4, "JAX scan"),
        Case(f"MLP 1-6-7-2, {STEPS} steps", CHAPTER, setup_heart, learns, 3, "JAX fori_loop"),
    ]


def torch_cases(torch: Any) -> list[Case]:
    """The usual loop over batches of a permutation."""

    def layers(start: mml.MLP) -> list[Any]:
        """Torch's layers with the parameters of a network: its own first weights are smaller."""
        made = []
        for weights, biases in zip(start.weights_, start.biases_, strict=True):
            layer = torch.nn.Linear(*weights.shape[::-1])
            layer.weight.data = torch.from_numpy(weights.copy())
            layer.bias.data = torch.from_numpy(biases.copy())
            made.append(layer)
        return made

    def setup() -> tuple[Call, Call]:
        x, y = digits()
        a, b = torch.from_numpy(x), torch.from_numpy(y)
        net, start = epoch("sgd"), epoch("sgd")
        start.initialize(np.float32)
        first = [*zip(start.weights_, start.biases_, strict=True)]

        def theirs() -> float:
            layers = [torch.nn.Linear(784, 64), torch.nn.Linear(64, 10)]
            for layer, (weights, biases) in zip(
                layers, first, strict=True
            ):  # torch's own are smaller
                layer.weight.data = torch.from_numpy(weights.copy())
                layer.bias.data = torch.from_numpy(biases.copy())
            model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
            step = torch.optim.SGD(model.parameters(), lr=1e-3)
            losses = []
            for rows in torch.randperm(len(a)).split(128):
                step.zero_grad()
                loss = torch.nn.functional.cross_entropy(model(a[rows]), b[rows])
                loss.backward()
                step.step()
                losses.append(loss.item())
            return float(np.mean(losses))

        return theirs, lambda: float(net.fit(x, y).loss_curve_[0])

    def steps() -> tuple[Call, Call]:
        x, y = heart()
        a, b = torch.from_numpy(x), torch.from_numpy(y)
        net, start = loop(), loop()
        start.initialize(np.float64)

        def theirs() -> float:
            parts = [part for layer in layers(start) for part in (layer, torch.nn.Sigmoid())]
            model = torch.nn.Sequential(*parts)
            step = torch.optim.SGD(model.parameters(), lr=7.0)
            for _ in range(STEPS):
                step.zero_grad()
                loss = ((model(a) - b) ** 2).sum(1).mean()
                loss.backward()
                step.step()
            return float(loss.item())

        return theirs, lambda: float(net.fit(x, y).loss_curve_[-1])

    return [
        Case("MLP 784-64-10, one epoch, sgd", CHAPTER, setup, learns, 3.5, "torch"),
        Case("MLP 1-6-7-2, 1000 steps", CHAPTER, steps, learns, 50, "torch"),
    ]


CASES = [by_scikit_learn(), by_numpy(), *with_jax(jax_cases), *with_torch(torch_cases)]
test_cases = as_test(CASES)
