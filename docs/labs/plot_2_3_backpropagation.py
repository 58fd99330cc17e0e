r"""
Backpropagation: a network learns a heart
=========================================

A network of layers computes :math:`a^{(l)} = \sigma(W^{(l)} a^{(l-1)} + b^{(l)})`. Training is descent: the chain rule, applied
from the last layer to the first, gives the slope of the cost by every weight.
"""

# %%
# Exercise
# --------
# A single neuron says :math:`a = \sigma(w x + b)` with :math:`\sigma(z) = 1 / (1 + e^{-z})`. It should say *y*, and its
# cost is :math:`(a - y)^2`. Write its slopes by *w* and by *b*, by the chain rule. Check them at *w* = 1.3, *b* = -0.1, *x*
# = 1, *y* = 0.
#
# *Hint.* The derivative of the sigmoid is :math:`\sigma (1 - \sigma)`. Both slopes share all factors but the last.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
from mmlcore import plot


def neuron_slopes(w, b, x, y):
    """Return the derivatives of the cost by weight and bias."""
    # your lines


# %%
# *Solution.* The shared factors are the derivative by the weighted input.


def neuron_slopes(w, b, x, y):
    """Return the derivatives of the cost by weight and bias."""
    a = 1 / (1 + np.exp(-(w * x + b)))
    by_input = 2 * (a - y) * a * (1 - a)
    return by_input * x, by_input


def neuron_cost(p):
    """Cost of the neuron at x = 1, y = 0."""
    return (1 / (1 + np.exp(-(p[0] + p[1])))) ** 2


print(np.round(neuron_slopes(1.3, -0.1, 1, 0), 8))
print(mml.gradient(neuron_cost, [1.3, -0.1]).round(8))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    neuron_slopes(1.3, -0.1, 1, 0), mml.gradient(neuron_cost, [1.3, -0.1]), rtol=1e-12
)
# sphinx_gallery_end_ignore

# %%
# A very small network
# --------------------
# One input, two hidden neurons, one output: four weights and three biases, few enough to be set by hand. Each hidden neuron is a
# step from 0 to 1; its weight says how steep, its bias where. The difference of two steps is a bump. Can you fit the dots better?


line = np.linspace(0, 1, 101)[:, None]
bump = 0.1 + 0.8 * np.exp(-((line - 0.55) ** 2) / (2 * 0.1**2))
small = mml.MLP([1, 2, 1], activation="sigmoid", output="sigmoid")


def by_hand(ax, w1, b1, w2, b2, v1, v2, c):
    """Draw what a 1-2-1 network says, and its two hidden neurons."""
    small.weights_, small.biases_ = [[[w1], [w2]], [[v1, v2]]], [[b1, b2], [c]]
    hidden = 1 / (1 + np.exp(-(line * [w1, w2] + [b1, b2])))
    ax.plot(line, hidden, "--", color="0.6")
    ax.plot(line[::5], bump[::5], "o", color="C2", label="wanted")
    ax.plot(line, small.predict(line), color="C3", label="network")
    ax.set(
        xlabel="input", ylim=(-0.05, 1.05), title=f"cost {small.cost(line, bump):.4f}"
    )
    ax.legend()


ax = plot.explore(
    by_hand,
    w1=(0.0, 40.0),
    b1=(-18.0, 0.0),
    w2=(0.0, 40.0),
    b2=(-26.0, 0.0),
    v1=(0.0, 10.0),
    v2=(-10.0, 0.0),
    c=(-5.0, 0.0),
)

# %%
# The heart
# ---------
# The network of the exercise has 1 input, layers of 6 and 7, and 2 outputs. From the number *x* it is to say both coordinates of a
# point of the heart. Its parameters are drawn at random.


def heart(n=100):
    """Points of the curve: inputs (n, 1), outputs (n, 2), between 0 and 1."""
    x = np.arange(n) / n
    t = 2 * np.pi * x
    u = 16 * np.sin(t) ** 3
    v = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return x[:, None], (np.stack([u, v], axis=1) / 20 + 1) / 2


x, y = heart()


def fresh(seed=0):
    """Return the network of the exercise before training."""
    random = np.random.RandomState(seed)
    net = mml.MLP([1, 6, 7, 2], activation="sigmoid", output="sigmoid")
    net.weights_ = [
        random.randn(6, 1) / 2,
        random.randn(7, 6) / 2,
        random.randn(2, 7) / 2,
    ]
    net.biases_ = [random.randn(6) / 2, random.randn(7) / 2, random.randn(2) / 2]
    return net


net = fresh()
print("parameters:", net.parameters_.size, " cost:", round(net.cost(x, y), 5))

# %%
# The gradients
# -------------
# With the weighted input :math:`z^{(l)}`, the slopes of the cost :math:`C = \frac1N \sum |a^{(3)} - y|^2` are
#
# .. math:: \frac{\partial C}{\partial W^{(3)}} = \delta^{(3)} a^{(2)\top}, \quad
#           \delta^{(3)} = \tfrac2N (a^{(3)} - y) \, \sigma'(z^{(3)}), \quad
#           \delta^{(l-1)} = \sigma'(z^{(l-1)}) \, W^{(l)\top} \delta^{(l)}.
#
# In numpy, with a point in each row, that is one loop from the end.


def by_numpy(net, x, y):
    """The derivatives by weights and biases, layer by layer."""
    a = [x]
    for w, b in zip(net.weights_, net.biases_, strict=True):
        a.append(1 / (1 + np.exp(-(a[-1] @ w.T + b))))
    delta = 2 / len(x) * (a[-1] - y) * a[-1] * (1 - a[-1])
    found = []
    for layer in (2, 1, 0):
        found.insert(0, (delta.T @ a[layer], delta.sum(axis=0)))
        delta = delta @ net.weights_[layer] * a[layer] * (1 - a[layer])
    return found


for ours, expected in zip(net.gradients(x, y), by_numpy(net, x, y), strict=True):
    for part, wanted in zip(ours, expected, strict=True):
        np.testing.assert_allclose(part, wanted, rtol=1e-10, atol=1e-15)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    net.gradients(x, y)[2][0][0, 0], -0.053424419555268, rtol=1e-10
)
# sphinx_gallery_end_ignore

# %%
# Backpropagation can be wrong in many ways that still learn a little. The check is a difference: move one weight, see what the cost
# does.

flat = np.concatenate([part.ravel() for layer in net.gradients(x, y) for part in layer])
h, differences = 1e-6, []
for k in range(net.parameters_.size):
    costs = []
    for sign in (1, -1):
        net.parameters_[k] += sign * h
        costs.append(net.cost(x, y))
        net.parameters_[k] -= sign * h
    differences.append((costs[0] - costs[1]) / (2 * h))
print(f"largest difference: {np.abs(flat - differences).max():.1e}")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(flat, differences, atol=1e-8)
# sphinx_gallery_end_ignore

# %%
# Noisy steepest descent
# ----------------------
# As in the exercise, each step goes 7 slopes down, and each block of parameters has its own random factor :math:`1 + N(0, 1)`:
# noise that shakes the search out of shallow places. A faint curve every 100 steps shows the way.


def train(net, steps, aggression=7.0, noise=1.0, seed=1):
    """Descend with noise; return outputs and costs on the way."""
    random = np.random.default_rng(seed)
    curves, costs = [], []
    for step in range(steps + 1):
        if step % 100 == 0:
            curves.append(net.predict(x))
            costs.append(net.cost(x, y))
        layers = zip(net.weights_, net.biases_, net.gradients(x, y), strict=True)
        for w, b, (dw, db) in layers:
            w[...] -= aggression * dw * (1 + noise * random.standard_normal())
            b[...] -= aggression * db * (1 + noise * random.standard_normal())
    return np.array(curves), np.array(costs)


curves, costs = train(net, 20_000)
_, (left, right) = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained")
shades = plt.get_cmap("Blues")(np.linspace(0.15, 0.7, len(curves)))
for curve, shade in zip(curves, shades, strict=True):
    left.plot(*curve.T, color=shade, linewidth=0.5)
left.plot(*y.T, color="C2", linewidth=3, label="wanted")
left.plot(*curves[-1].T, color="C3", linewidth=2, label="after 20,000 steps")
left.set_aspect("equal")
left.legend(loc="center")
right.semilogy(100 * np.arange(len(costs)), costs)
right.set(xlabel="step", ylabel="cost")
print(f"cost {costs[0]:.4f} -> {costs[-1]:.5f}, the lowest {costs.min():.5f}")
# sphinx_gallery_start_ignore
assert costs.min() < 2e-3
# sphinx_gallery_end_ignore

# %%
# Without noise, and with better steps
# -------------------------------------
# Fifty thousand steps without noise in one compiled loop take a fraction of a second; momentum keeps a share of the last step; Adam
# gives every parameter a step of its own size.

ways = {"adam": (0.03, 5_000), "momentum": (1.0, 20_000), "sgd": (7.0, 50_000)}


def trained(optimizer, seed=0):
    """Return the network trained by one of the built-in ways."""
    rate, epochs = ways[optimizer]
    net = mml.MLP(
        [1, 6, 7, 2],
        activation="sigmoid",
        output="sigmoid",
        optimizer=optimizer,
        learning_rate=rate,
        epochs=epochs,
        batch_size=100,
        random_state=seed,
    )
    return net.fit(x, y)


def draw_trained(ax, optimizer, seed):
    """Draw what a network learned."""
    net = trained(optimizer, seed)
    ax.plot(*y.T, color="C2", linewidth=3)
    ax.plot(*net.predict(x).T, color="C3")
    title = f"{optimizer}, {len(net.loss_curve_):,} epochs: cost {net.cost(x, y):.1e}"
    ax.set(title=title, aspect="equal")


ax = plot.explore(draw_trained, optimizer=list(ways), seed=[0, 1, 2, 3])

# %%
# The costs on the way. A step that is too long for the place where it is taken makes a spike.

_, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogy(100 * np.arange(len(costs)), costs, color="0.7", label="noisy")
for name in ways:
    curve = trained(name).loss_curve_
    ax.semilogy(curve, label=name)
    print(f"{name:8}: cost {curve[-1]:.1e} after {len(curve):6,} epochs")
    assert curve[-1] < 2e-3
ax.set(xlabel="step", ylabel="cost", xlim=(0, 20_000))
ax.legend(loc="upper right")  # the best place takes long to find among so many points

# sphinx_gallery_thumbnail_number = 2
