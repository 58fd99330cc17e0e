"""Fully connected networks, trained by backpropagation."""

from mmlcore.neural._mlp import MLP

__all__ = ["MLP"]
