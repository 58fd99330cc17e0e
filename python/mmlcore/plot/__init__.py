"""Figures that people look for. Each draws into `ax` or a figure of its own, and returns the Axes.

Needs matplotlib: ``pip install mmlcore[plot]``.
"""

from mmlcore.plot._calculus import descent, taylor
from mmlcore.plot._data import heat_map, images, regions, residual_bars
from mmlcore.plot._fits import corner, fit
from mmlcore.plot._graph import ranks
from mmlcore.plot._landscapes import arrows, basins, landscape
from mmlcore.plot._matrices import transformation
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
    "components",
    "corner",
    "descent",
    "error_curve",
    "fit",
    "heat_map",
    "images",
    "landscape",
    "losses",
    "principal_axes",
    "ranks",
    "reconstructions",
    "regions",
    "residual_bars",
    "scree",
    "taylor",
    "transformation",
]
