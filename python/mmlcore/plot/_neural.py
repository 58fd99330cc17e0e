"""How a network learnt."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmlcore.neural import MLP
from mmlcore.plot._axes import axes_or_new


def losses(net: MLP, *, ax: Any = None) -> Any:
    """Loss of each epoch of a network's last fit, and that of the points set apart.

    Parameters
    ----------
    net : MLP
        After `fit`.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore as mml, mmlcore.plot
    >>> net = mml.MLP([1, 3, 1], epochs=20, validation=0.25, random_state=0)
    >>> ax = mmlcore.plot.losses(net.fit([[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 4.0, 9.0]))
    >>> [line.get_label() for line in ax.get_lines()]
    ['training', 'apart']
    """
    curve = getattr(net, "loss_curve_", np.empty(0))
    if not len(curve):
        msg = "net: has not been trained: call fit first."
        raise ValueError(msg)
    epochs = np.arange(1, len(curve) + 1)
    ax = axes_or_new(ax)
    ax.semilogy(epochs, curve, label="training")
    if net.validation_curve_ is not None:
        ax.semilogy(epochs, net.validation_curve_, label="apart")
        best = int(np.argmin(net.validation_curve_))
        ax.scatter(epochs[best], net.validation_curve_[best], color="k", s=12, zorder=3)
    ax.set(xlabel="epoch", ylabel="loss")
    ax.legend()
    return ax
