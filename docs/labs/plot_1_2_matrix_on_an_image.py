r"""
A matrix on an image
====================

At the feet of Holbein's *Ambassadors* lies a grey smear. Seen from the right place it is a skull: the painter applied a matrix, the
viewer applies its inverse. A picture is transformed by asking for each pixel of the result where it comes from,
:math:`(x, y) = A^{-1} (x', y')`, and reading the original there, between its pixels.

Here :math:`x` runs along the columns and :math:`y` down the rows, and the middle of the picture stays.
"""

# %%
# Exercise
# --------
# A matrix moves the picture. Where does each pixel of the result come from? Write a function that returns these places,
# measured from the middle of the picture, and use it to mirror a picture of 5 x 7 pixels.
#
# *Hint.* ``np.mgrid`` numbers the pixels. Subtract the middle before the matrix is applied.

import matplotlib.pyplot as plt
import numpy as np
from scipy import ndimage
from skimage.data import astronaut, coffee

import mmlcore as mml
import mmlcore.plot


def origins(matrix, height, width):
    """Return the places (x, y), from the middle, that the pixels come from."""
    # your lines


# %%
# *Solution.* The inverse of the matrix goes from the result back to the original.


def origins(matrix, height, width):
    """Return the places (x, y), from the middle, that the pixels come from."""
    y, x = np.mgrid[:height, :width]
    places = np.stack([x - (width - 1) / 2, y - (height - 1) / 2], axis=-1)
    return mml.transform_points(mml.inverse(matrix), places)


tiny = np.arange(35.0).reshape(5, 7)
x, y = np.moveaxis(np.add(origins(mml.scaling(-1, 1), 5, 7), [3, 2]), -1, 0).astype(int)
print(tiny[y, x])
# sphinx_gallery_start_ignore
np.testing.assert_array_equal(tiny[y, x], tiny[:, ::-1])
np.testing.assert_allclose(mml.transform_image(tiny, mml.scaling(-1, 1)), tiny[y, x])
# sphinx_gallery_end_ignore

# %%
# Paint the smear
# ---------------
# The viewer shears the picture and then stretches it eightfold. The smear is a portrait to which the inverse of that was applied.

seen = mml.compose(mml.scaling(1, 8), mml.shear(-0.5, axis=1))
print(seen)
# sphinx_gallery_start_ignore
np.testing.assert_array_equal(seen, [[1, 0], [-4, 8]])
# sphinx_gallery_end_ignore

portrait = astronaut()[:400:2, 100:400:2].astype(np.float32) / 255
smear = mml.transform_image(portrait, mml.inverse(seen), fill=np.nan)

# %%
# Hide it in another picture
# --------------------------
# Where the smear has no colour, the table shows.

picture = coffee().astype(np.float32) / 255
h, w = smear.shape[:2]
corner = picture[120 : 120 + h, 430 : 430 + w]
hidden = picture.copy()
hidden[120 : 120 + h, 430 : 430 + w] = np.where(np.isnan(smear), corner, smear)

# %%
# Walk around the painting
# ------------------------
# The viewer's matrix, applied to the part of the picture. An eighth of the rows were painted, so what comes back is coarse.

part = hidden[120 : 120 + h, 430 : 430 + w]
found = mml.transform_image(part, seen, order=3)

widths = {"width_ratios": [3, 1, 1]}
fig, axes = plt.subplots(
    1, 3, figsize=(12, 4.4), gridspec_kw=widths, layout="constrained"
)
for ax, image, title in zip(
    axes,
    (hidden, found.clip(0, 1), portrait),
    ("the painting", "seen from the side", "the portrait"),
    strict=True,
):
    ax.imshow(image)
    ax.set_title(title)
    ax.set_axis_off()

inside = np.s_[20:-20, 20:-20]
likeness = np.corrcoef(found[inside].ravel(), portrait[inside].ravel())[0, 1]
print(f"correlation with the portrait {likeness:.3f}")
# sphinx_gallery_start_ignore
assert likeness > 0.85
# sphinx_gallery_end_ignore

# %%
# Which matrix undoes it? Not the steps in the same order: products of matrices do not commute.

other = mml.compose(mml.shear(-0.5, axis=1), mml.scaling(1, 8))
print(other)
# sphinx_gallery_start_ignore
assert not np.allclose(other, seen)
np.testing.assert_allclose(mml.compose(mml.inverse(seen), seen), np.eye(2), atol=1e-15)
# sphinx_gallery_end_ignore

# %%
# Try it
# ------
# Choose a matrix with the menu and two sliders.

kinds = {
    "rotation": mml.rotation,
    "shear": mml.shear,
    "stretch": lambda k: mml.scaling(2**k, 1),
    "mirror": lambda k: mml.reflection([np.cos(k), np.sin(k)]),
}


def transformed(ax, kind, amount, zoom):
    matrix = mml.compose(mml.scaling(zoom, zoom), kinds[kind](amount))
    ax.imshow(mml.transform_image(portrait, matrix, fill=1))
    ax.set_title(f"{kind} {amount:.2f}, determinant {mml.determinant(matrix):.2f}")
    ax.set_axis_off()


mml.plot.explore(
    transformed, kind=list(kinds), amount=(-0.5, 1.5, 0.05), zoom=(0.4, 1.2, 0.1)
)

# %%
# Twelve turns or one
# -------------------
# Each look between pixels blurs a little. Twelve turns by thirty degrees give a soft picture; their product is the identity, and
# costs nothing. So compose first.

turn = mml.rotation(np.pi / 6)
soft = portrait
for _ in range(12):
    soft = mml.transform_image(soft, turn)
sharp = mml.transform_image(portrait, mml.matrix_power(turn, 12))

fig, axes = plt.subplots(1, 2, figsize=(6.5, 4), layout="constrained")
for ax, image, title in zip(
    axes, (soft, sharp), ("twelve turns", "their product"), strict=True
):
    ax.imshow(image)
    ax.set_title(title)
    ax.set_axis_off()

# sphinx_gallery_start_ignore
np.testing.assert_allclose(sharp, portrait, atol=1e-5)
# sphinx_gallery_end_ignore
middle = np.s_[60:140, 40:110]
kept = soft[middle].std() / portrait[middle].std()
print(f"contrast kept after twelve turns: {kept:.2f}")

# %%
# SciPy takes the inverse, rows before columns, one channel at a time, and the offset that keeps the middle:

matrix = mml.compose(turn, mml.shear(0.3))
back = np.linalg.inv(matrix)[::-1, ::-1]
center = (np.array(portrait.shape[:2]) - 1) / 2
channels = [
    ndimage.affine_transform(channel, back, center - back @ center, order=1)
    for channel in np.moveaxis(portrait, -1, 0)
]
ours = mml.transform_image(portrait, matrix)
inner = mml.transform_image(np.ones(portrait.shape[:2]), matrix) == 1
inner = ndimage.binary_erosion(inner, iterations=3)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(ours[inner], np.stack(channels, axis=-1)[inner], atol=1e-4)
# sphinx_gallery_end_ignore
