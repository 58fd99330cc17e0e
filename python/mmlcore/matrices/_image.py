"""Images seen through a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore import _core
from mmlcore.core.arrays import Array, as_array, as_index, require_finite, shape_error
from mmlcore.core.door import door
from mmlcore.core.errors import SingularMatrixError
from mmlcore.elimination import inverse

_LARGEST = 2**31 - 1  # rows or columns


@door("transform_image")
def transform_image(
    image: ArrayLike,
    matrix: ArrayLike,
    *,
    order: int = 1,
    center: ArrayLike | None = None,
    fill: ArrayLike = 0,
    shape: tuple[int, int] | None = None,
    out: Array | None = None,
) -> Array:
    """Transform an image by a matrix.

    Parameters
    ----------
    image : array_like of shape (h, w) or (h, w, c), float32 or float64
        Grey values, or c channels.
    matrix : array_like of shape (2, 2) or (3, 3)
        Acts on (x, y), x along the columns and y down the rows, in pixels; 3 x 3 is a map of homogeneous coordinates.
    order : {0, 1, 3}, default 1
        Interpolation: nearest pixel, linear, cubic.
    center : (x, y), optional
        The point that is the origin for `matrix`, and keeps its coordinates. Default: the middle of the image, which becomes
        the middle of the result.
    fill : scalar or array_like of shape (c,), default 0
        The value where the result lies outside of the image. NaN is allowed.
    shape : (rows, columns), optional
        The size of the result. Default: that of the image.
    out : ndarray, optional
        Where the result goes: its shape and type, any strides. It may overlap an argument.

    Returns
    -------
    ndarray of the shape of `image`, or of `shape` and the channels
        The picture, in the dtype in which it was computed.

    Raises
    ------
    SingularMatrixError
        The matrix has no inverse, so the image would collapse to a line.
    ValueError
        Shapes that do not fit, a `shape` that is no size, another order, NaN or infinity in the matrix.

    Notes
    -----
    Each pixel of the result is looked up through the inverse map [1]_; cubic is Keys' convolution [2]_. The image goes on
    for half a pixel beyond its outermost centres. There is no smoothing: an image made much smaller should be smoothed
    first. NaN in the image spreads to the pixels that are interpolated from it.

    References
    ----------
    .. [1] G. Wolberg, "Digital image warping" (1990), section 3.1.
    .. [2] R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29 (1981), eq. 15.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.transform_image([[1.0, 2.0], [3.0, 4.0]], [[-1, 0], [0, 1]])
    array([[2., 1.],
           [4., 3.]])
    >>> mml.transform_image([[1.0, 2.0], [3.0, 4.0]], [[2, 0], [0, 1]], order=0, shape=(2, 4))
    array([[1., 1., 2., 2.],
           [3., 3., 4., 4.]])
    """
    a = as_array(image, "image")
    if a.ndim not in (2, 3):
        raise shape_error("image", a.shape, "(h, w) or (h, w, c)")
    if order not in (0, 1, 3):
        msg = f"order: got {order!r}, needed 0, 1 or 3."
        raise ValueError(msg)
    pixels = a if a.ndim == 3 else a[..., np.newaxis]
    h, w, channels = pixels.shape
    values = as_array(fill, "fill").astype(a.dtype)
    if values.shape not in ((), (channels,)):
        raise shape_error("fill", values.shape, f"a number or ({channels},)")
    size = (h, w) if shape is None else _size(shape)
    back = _back(matrix, center, (h, w), size)
    out = np.empty((*size, channels), pixels.dtype)
    if out.size:
        spread = np.ascontiguousarray(np.broadcast_to(values, (channels,)))
        _core.resample(pixels, back, int(order), spread, out)
    return out if a.ndim == 3 else out[..., 0]


def _size(shape: Any) -> tuple[int, int]:
    if not isinstance(shape, (tuple, list)) or len(shape) != 2:
        msg = f"shape: got {shape!r}, needed (rows, columns)."
        raise ValueError(msg)
    rows, columns = (as_index(n, "shape", 0, _LARGEST) for n in shape)
    return rows, columns


def _back(
    matrix: ArrayLike, center: ArrayLike | None, image: tuple[int, int], result: tuple[int, int]
) -> Array:
    """Return the map (3, 3) from pixels of the result to places in the image."""
    m = require_finite(as_array(matrix, "matrix"), "matrix").astype(np.float64)
    if m.shape not in ((2, 2), (3, 3)):
        raise shape_error("matrix", m.shape, "(2, 2) or (3, 3)")
    try:
        undo = inverse(m)
    except SingularMatrixError:
        msg = "matrix: is singular, so the image would collapse to a line or a point."
        raise SingularMatrixError(msg) from None
    origin, place = (np.array([(w - 1) / 2, (h - 1) / 2]) for h, w in (image, result))
    if center is not None:
        origin = place = require_finite(as_array(center, "center"), "center").astype(np.float64)
        if origin.shape != (2,):
            raise shape_error("center", origin.shape, "(2,): x and y")
    there, here = np.eye(3), np.eye(3)
    there[:2, 2], here[:2, 2] = origin, -place
    full = np.eye(3)
    full[: len(m), : len(m)] = undo
    return np.asarray(there @ full @ here)
