"""Figures that people look for. Each draws into `ax` or a figure of its own, and returns the Axes.

Needs matplotlib: ``pip install mmlcore[plot]``.
"""

from mmlcore.plot._calculus import descent, taylor
from mmlcore.plot._explore import explore
from mmlcore.plot._fits import corner, fit
from mmlcore.plot._graph import network, ranks
from mmlcore.plot._matrices import arrows, matrix, transformation
from mmlcore.plot._neural import losses
from mmlcore.plot._pca import biplot, components, error_curve, reconstructions, scree

__all__ = [
    "arrows",
    "biplot",
    "components",
    "corner",
    "descent",
    "error_curve",
    "explore",
    "fit",
    "losses",
    "matrix",
    "network",
    "ranks",
    "reconstructions",
    "scree",
    "taylor",
    "transformation",
]
