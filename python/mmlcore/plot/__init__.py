"""Figures that people look for. Each draws into `ax` or a figure of its own, and returns the Axes.

Needs matplotlib: ``pip install mmlcore[plot]``.
"""

from mmlcore.plot._calculus import descent, taylor
from mmlcore.plot._data import heat_map, images, regions, residual_bars
from mmlcore.plot._explore import explore
from mmlcore.plot._fits import chances, corner, fit
from mmlcore.plot._graph import network, ranks
from mmlcore.plot._landscapes import basins, landscape, slopes
from mmlcore.plot._matrices import arrows, matrix, transformation
from mmlcore.plot._neural import losses
from mmlcore.plot._pca import (
    biplot,
    components,
    error_curve,
    principal_axes,
    reconstructions,
    scree,
)

__all__ = [
    "arrows",
    "basins",
    "biplot",
    "chances",
    "components",
    "corner",
    "descent",
    "error_curve",
    "explore",
    "fit",
    "heat_map",
    "images",
    "landscape",
    "losses",
    "matrix",
    "network",
    "principal_axes",
    "ranks",
    "reconstructions",
    "regions",
    "residual_bars",
    "scree",
    "slopes",
    "taylor",
    "transformation",
]
