r"""
Telling handwritten digits by logistic regression
=================================================

Is it a 3 or an 8? A plane through the space of images, found three times: by walking down the landscape of the loss by hand, by
`minimize`, and in one call that also tells how sure each coefficient is. Beside them: scikit-learn.
"""

# %%
# Exercise
# --------
# The chance of a yes is :math:`p = 1 / (1 + e^{-x \cdot b})`, and the loss of an answer *y* is :math:`-\log p` for a yes
# and :math:`-\log(1 - p)` for a no. Write the gradient of the summed loss by *b*.
#
# *Hint.* The derivative by the exponent is chance minus answer, for a yes and for a no. Then the chain rule.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression

import mmlcore as mml


def loss_slope(X, y, b):
    """Return the gradient of the summed loss; answers are 1 and 0."""
    # your lines


# %%
# *Solution.* Every row pulls by as much as its chance misses its answer.


def loss_slope(X, y, b):
    """Return the gradient of the summed loss; answers are 1 and 0."""
    return X.T @ (1 / (1 + np.exp(-X @ b)) - y)


rows, answers = np.array([[1.0, 2], [1, -1], [1, 0.5]]), np.array([1.0, 0, 1])


def summed(b):
    """Return the summed loss of the three rows."""
    return np.sum(np.logaddexp(0, (1 - 2 * answers) * (rows @ b)))


at = np.array([0.3, -0.2])
print(loss_slope(rows, answers, at).round(8), mml.gradient(summed, at).round(8))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    loss_slope(rows, answers, at), mml.gradient(summed, at), rtol=1e-12
)
# sphinx_gallery_end_ignore

# %%
# The data
# --------
# Images of 8 x 8 grey values. Those of a 3 and of an 8 are points with 64 coordinates.


images, digits, *_ = mml.datasets.digits()
some = (digits == 3) | (digits == 8)
X = images[some].reshape(-1, 64) / 16
y = (digits[some] == 8).astype(float)
train = np.arange(len(y)) % 3 != 0
ridge = 1.0
print(f"{train.sum()} images to learn from, {(~train).sum()} to be asked about")

# %%
# The loss
# --------
# The chance that x is an 8 shall be :math:`p = 1 / (1 + e^{-z})` with :math:`z = x \cdot b + c`. With signs :math:`s = \pm 1`,
# minus the logarithm of the likelihood is :math:`\sum \log(1 + e^{-s z})`. Images of two digits can be separated without an
# error, so that the likelihood would grow for ever with b: half the square of its length, as a penalty, ends that.

A, s = X[train], 2 * y[train] - 1


def loss(v):
    """Minus the log-likelihood of coefficients v[:64], constant v[64]; a penalty."""
    z = A @ v[:64] + v[64]
    return np.sum(np.logaddexp(0, -s * z)) + ridge / 2 * np.sum(v[:64] ** 2)


# %%
# By hand
# -------
# The chain rule gives the gradient: each image pulls b towards itself by as much as its chance misses its class. The library
# differentiates the loss as it is written, and finds the same.


def slope(v):
    """Gradient of the loss, by the chain rule."""
    miss = 1 / (1 + np.exp(-(A @ v[:64] + v[64]))) - y[train]
    return np.append(A.T @ miss + ridge * v[:64], miss.sum())


start = np.zeros(65)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    mml.gradient(loss, start + 0.1), slope(start + 0.1), rtol=1e-9, atol=1e-9
)
# sphinx_gallery_end_ignore

steps, v = [loss(start)], start
for _ in range(200):
    v = v - 0.002 * slope(v)
    steps.append(loss(v))
# sphinx_gallery_start_ignore
assert (np.diff(steps) < 0).all()
# sphinx_gallery_end_ignore

# %%
# By a method made for the purpose
# --------------------------------
# 200 steps downhill are still on their way. `minimize` learns the curvature as it goes.

found = mml.minimize(loss, start, method="lbfgs")
print(f"by hand {steps[-1]:.4f}")
print(f"by minimize {found.value:.4f} after {found.iterations} steps")
# sphinx_gallery_start_ignore
assert found.value < steps[-1]
# sphinx_gallery_end_ignore

fig, ax = plt.subplots()
ax.semilogy(np.array(steps) - found.value, label="200 steps by hand")
ax.set(xlabel="step", ylabel="loss above its least")
ax.legend()

# %%
# In one call
# -----------
# `logistic_regression` knows that the loss is convex and takes Newton's steps. scikit-learn's C is 1 / ridge.

fit = mml.logistic_regression(A, y[train], ridge=ridge)
theirs = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=10_000).fit(A, y[train])
# sphinx_gallery_start_ignore
np.testing.assert_allclose(found.x[:64], fit.coefficients, atol=1e-5)
np.testing.assert_allclose(theirs.coef_[0], fit.coefficients, atol=1e-4)
# sphinx_gallery_end_ignore

right = (fit.classify(X[~train]) == y[~train]).mean()
print(f"{right:.1%} of the images that it has not seen are told")
# sphinx_gallery_start_ignore
assert right > 0.95
# sphinx_gallery_end_ignore

# %%
# The coefficients are an image as well: where ink speaks for an 8, where for a 3. And what is told with the least certainty?

sure = np.abs(fit.predict(X[~train]) - 0.5)
fig, axes = plt.subplots(1, 4, figsize=(10, 3))
axes[0].imshow(fit.coefficients.reshape(8, 8), cmap="RdBu")
axes[0].set_title("coefficients")
for ax, i in zip(axes[1:], np.argsort(sure)[:3], strict=True):
    ax.imshow(X[~train][i].reshape(8, 8), cmap="gray_r")
    ax.set_title(f"an 8? {fit.predict(X[~train][i : i + 1])[0]:.0%}")
for ax in axes:
    ax.set_axis_off()
