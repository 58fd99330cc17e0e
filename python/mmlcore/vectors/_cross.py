"""The vector product of space."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, same_dtype, shape_error
from mmlcore.core.batches import broadcast_batch
from mmlcore.core.door import door
from mmlcore.vectors.rows import as_vectors


@door("cross")
def cross(x: ArrayLike, y: ArrayLike, *, out: Array | None = None) -> Array:
    """Vector product in three dimensions.

    Parameters
    ----------
    x, y : array_like of shape (..., 3), float32 or float64
        Vectors; the leading axes broadcast.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of shape (..., 3)
        Perpendicular to both, by the right-hand rule; its length is the area of their parallelogram.

    Raises
    ------
    ValueError
        Vectors that have not three numbers; leading axes that do not broadcast.

    Notes
    -----
    NaN and infinity propagate as IEEE arithmetic has it. Cost: 9 operations [1]_.

    References
    ----------
    .. [1] G. Strang, "Introduction to linear algebra", 5th ed. (2016), section 5.3.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.cross([1, 0, 0], [0, 1, 0])
    array([0., 0., 1.])
    """
    u, v = same_dtype(as_vectors(x, "x"), as_vectors(y, "y"))
    for name, part in (("x", u), ("y", v)):
        if part.shape[-1] != 3:
            raise shape_error(name, part.shape, "(..., 3)")
    broadcast_batch({"x": u.shape[:-1], "y": v.shape[:-1]})
    return np.asarray(np.cross(u, v))
