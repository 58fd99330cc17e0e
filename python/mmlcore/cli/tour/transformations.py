"""Station: a picture turned, sheared and put right again, and a million points turned."""

from __future__ import annotations

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour import digits
from mmlcore.cli.tour.station import Grid, Images, Station, relative_difference

COUNT = 1_000_000


def visit(seconds: float) -> Station:
    """Show what matrices do to a picture, and that the inverse undoes it."""
    _, points, labels = digits.load()
    side = round(points.shape[1] ** 0.5)
    fine = 8 * side
    picture = points[int(np.flatnonzero(labels == 5)[0])].reshape(side, side)
    picture = mml.transform_image(np.kron(picture, np.ones((8, 8))), 0.62 * np.eye(2))
    skew = mml.compose(mml.rotation(0.5), mml.shear(0.6), mml.reflection([1.0, 0.0]))
    skewed = mml.transform_image(picture, skew)
    changes = {
        "as written": picture,
        "rotation": mml.transform_image(picture, mml.rotation(0.5)),
        "shear": mml.transform_image(picture, mml.shear(0.6)),
        "reflection": mml.transform_image(picture, mml.reflection([1.0, 0.0])),
        "all three": skewed,
        "undone": mml.transform_image(skewed, mml.inverse(skew)),
    }
    station = Station("Matrices move points: transformations")
    station.items.append(
        "A matrix says where the axes go, and everything else follows. A picture is moved by asking, for each new "
        "pixel, where it came from; the inverse matrix brings it back."
    )
    edge = fine // 7  # empty in all of them
    pixels = np.clip(np.array(list(changes.values())), 0, 1)[None, :, edge:-edge, edge:-edge]
    station.items.append(Images("A digit moved by matrices, and back", [""], pixels, list(changes)))
    rows = [
        [
            name,
            ", ".join(sorted(mml.classify(matrix) - {"invertible"})) or "none of the special ones",
        ]
        for name, matrix in (
            ("rotation by 90 degrees", [[0, -1], [1, 0]]),
            ("reflection", mml.reflection([1.0, 2.0])),
            ("shadow on the ground", mml.oblique_projection([1.0, 1, -2])),
            (
                "the 4 x 4 magic square",
                [[16, 2, 3, 13], [5, 11, 10, 8], [9, 7, 6, 12], [4, 14, 15, 1]],
            ),
        )
    ]
    station.items.append(Grid("", ["matrix", "kinds"], rows, left=2))
    cloud = np.random.default_rng(0).standard_normal((COUNT, 3))
    turn = mml.rotation3d([1.0, 1.0, 1.0], 0.7)
    sides = (lambda: cloud @ turn.T, lambda: mml.transform_points(turn, cloud))
    station.beside(
        f"{COUNT:,} points turned in space", sides, relative_difference, 1e-14, seconds=seconds
    )
    return station
