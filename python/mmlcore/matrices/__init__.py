"""Products and transformations."""

from mmlcore.matrices._classify import classify
from mmlcore.matrices._einsum import einsum
from mmlcore.matrices._elementary import row_add, row_scale, row_swap, trace
from mmlcore.matrices._image import transform_image
from mmlcore.matrices._maps import change_basis, compose, transform_points
from mmlcore.matrices._product import matmul
from mmlcore.matrices._transforms import (
    oblique_projection,
    reflection,
    rotation,
    rotation3d,
    scaling,
    shear,
)

__all__ = [
    "change_basis",
    "classify",
    "compose",
    "einsum",
    "matmul",
    "oblique_projection",
    "reflection",
    "rotation",
    "rotation3d",
    "row_add",
    "row_scale",
    "row_swap",
    "scaling",
    "shear",
    "trace",
    "transform_image",
    "transform_points",
]
