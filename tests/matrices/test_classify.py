"""The classes of a matrix: each by an example, against each other, and at the edge of rounding."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

EVERY = {"symmetric", "diagonal", "upper_triangular", "lower_triangular"}


@pytest.mark.parametrize(
    ("matrix", "kinds"),
    [
        (
            np.zeros((3, 3)),
            EVERY
            | {
                "zero",
                "skew_symmetric",
                "idempotent",
                "nilpotent",
                "positive_semidefinite",
                "singular",
            },
        ),
        (
            np.eye(3),
            EVERY
            | {
                "identity",
                "orthogonal",
                "permutation",
                "idempotent",
                "involutory",
                "positive_definite",
                "positive_semidefinite",
                "invertible",
            },
        ),
        (np.diag([2.0, 3]), EVERY | {"positive_definite", "positive_semidefinite", "invertible"}),
        (np.diag([1.0, -1]), EVERY | {"orthogonal", "involutory", "invertible"}),
        (1e-15 * np.eye(4), EVERY | {"positive_definite", "positive_semidefinite", "invertible"}),
        (np.eye(3)[[1, 2, 0]], {"orthogonal", "permutation", "invertible"}),
        (mml.rotation(0.3), {"orthogonal", "invertible"}),
        (mml.reflection([1.0, 2, 3]), {"symmetric", "orthogonal", "involutory", "invertible"}),
        ([[0, 1], [-1, 0]], {"skew_symmetric", "orthogonal", "invertible"}),
        (np.ones((2, 2)) / 2, {"symmetric", "idempotent", "positive_semidefinite", "singular"}),
        ([[1, 1], [0, 0]], {"idempotent", "upper_triangular", "singular"}),
        ([[2, -1], [-4, 2]], {"singular"}),
        ([[4, -2], [8, -4]], {"nilpotent", "singular"}),
        (mml.shear(2), {"upper_triangular", "invertible"}),
        ([[1, 2], [2, 1]], {"symmetric", "invertible"}),
        ([[16, 2, 3, 13], [5, 11, 10, 8], [9, 7, 6, 12], [4, 14, 15, 1]], {"singular"}),
        (
            np.zeros((0, 0)),
            EVERY
            | {
                "zero",
                "identity",
                "skew_symmetric",
                "orthogonal",
                "permutation",
                "idempotent",
                "involutory",
                "nilpotent",
                "positive_definite",
                "positive_semidefinite",
                "invertible",
            },
        ),
    ],
)
def test_examples(matrix, kinds):
    assert mml.classify(matrix) == kinds


@pytest.mark.parametrize("n", [2, 5, 12])
def test_kinds_survive_a_change_of_orthonormal_basis(n, dtype, rng):
    q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    chain = np.diag(np.ones(n - 1), 1)
    rank = max(n // 2, 1)
    for matrix, kind in [
        (q @ chain @ q.T, "nilpotent"),
        (q[:, :rank] @ q[:, :rank].T, "idempotent"),
        (q @ np.diag(np.where(np.arange(n) % 2, -1.0, 1)) @ q.T, "involutory"),
        (q @ np.diag(np.arange(1.0, n + 1)) @ q.T, "positive_definite"),
        (q @ np.diag(np.arange(0.0, n)) @ q.T, "positive_semidefinite"),
        (q, "orthogonal"),
    ]:
        assert kind in mml.classify(matrix.astype(dtype), rtol=8 * n * np.finfo(dtype).eps)


def test_small_eigenvalues_are_not_nilpotent():
    """0.01 to the tenth power is below any rounding, yet the matrix is invertible."""
    a = np.zeros((10, 10))
    a[:5, :5] = np.diag(np.ones(4), 1)
    a[5:, 5:] = 0.01 * np.eye(5)
    assert mml.classify(a) == {"upper_triangular", "singular"}


def test_scale_does_not_matter(rng):
    a = rng.standard_normal((4, 4))
    a = a + a.T
    for scale in (1e-300, 1e300):
        assert mml.classify(a * scale) == mml.classify(a)


def test_tolerance_is_the_callers():
    a = [[1.0, 1e-6], [0, 1]]
    assert "identity" not in mml.classify(a)
    assert {"identity", "symmetric"} <= mml.classify(a, rtol=1e-5)


@pytest.mark.parametrize(
    "bad", [np.ones((2, 3)), np.ones(3), np.ones((2, 2, 3)), [[np.nan, 0], [0, 1]]]
)
def test_errors(bad):
    with pytest.raises(ValueError, match="matrix: "):
        mml.classify(bad)


@pytest.mark.parametrize(
    ("matrix", "kinds"),
    [
        ([[0, 1e200], [0, 0]], {"nilpotent", "singular", "upper_triangular"}),
        ([[1, 1e8], [0, -1]], {"involutory", "invertible", "upper_triangular"}),
        ([[1, 1e200], [0, -1]], {"involutory", "invertible", "upper_triangular"}),
        ([[0, 1e-8], [1e8, 0]], {"involutory", "invertible"}),
        ([[1, 1e8], [0, 0]], {"idempotent", "singular", "upper_triangular"}),
        ([[1e8, 1e8], [-1e8, -1e8]], {"nilpotent", "singular"}),
        (
            np.diag([1e10, 1e-10]),
            EVERY | {"positive_definite", "positive_semidefinite", "invertible"},
        ),
        (
            [[1e20, 1], [1, 1e-19]],
            {"symmetric", "positive_definite", "positive_semidefinite", "invertible"},
        ),
    ],
)
def test_units_do_not_matter(matrix, kinds):
    assert mml.classify(matrix) == kinds


@pytest.mark.parametrize("n", [1, 2, 3])
def test_no_label_contradicts_another(n, rng):
    for _ in range(300):
        units = 10.0 ** rng.integers(-12, 13, (2, n))
        a = (
            rng.integers(-1, 2, (n, n))
            * units[0][:, None]
            * (units[1] if rng.random() < 0.5 else 1 / units[0])
        )
        kinds = mml.classify(a)
        assert ("singular" in kinds) != ("invertible" in kinds)
        if "nilpotent" in kinds:
            assert "singular" in kinds
            assert not kinds & {"orthogonal", "involutory", "positive_definite"}
        for kind in ("orthogonal", "involutory", "permutation", "identity", "positive_definite"):
            assert not {kind, "singular"} <= kinds
        if {"idempotent", "invertible"} <= kinds:
            assert "identity" in kinds
        if "positive_definite" in kinds:
            assert "positive_semidefinite" in kinds
        triangles = {"upper_triangular", "lower_triangular"} <= kinds
        assert triangles == ("diagonal" in kinds)
        assert ("zero" in kinds) == (not a.any())


def test_stacks(rng):
    a = rng.integers(-1, 2, (3, 4, 2, 2)).astype(float)
    found = mml.classify(a)
    assert found.shape == (3, 4)
    for i in np.ndindex(3, 4):
        assert found[i] == mml.classify(a[i])
    assert mml.classify(np.ones((0, 2, 2))).shape == (0,)


def family(kind, n, rng):
    """A matrix of some kind, and nearly nothing else."""
    g = rng.standard_normal((n, n))
    q, r = np.linalg.qr(g)[0], int(rng.integers(0, n + 1))
    return {
        "general": g,
        "whole": rng.integers(-1, 2, (n, n)).astype(float),
        "symmetric": g + g.T,
        "definite": g @ g.T,
        "orthogonal": q,
        "permutation": np.eye(n)[rng.permutation(n)],
        "projection": q[:, :r] @ q[:, :r].T,
        "mirror": q @ np.diag(np.where(np.arange(n) % 2, -1.0, 1)) @ q.T,
        "low rank": g[:, :r] @ rng.standard_normal((r, n)),
        "triangle": np.triu(g, int(rng.integers(0, 2))),
        "oblique": np.linalg.inv(g) @ np.diag(rng.integers(0, 2, n).astype(float)) @ g,
    }[kind]


KINDS = "general whole symmetric definite orthogonal permutation projection mirror triangle oblique"


@pytest.mark.parametrize("kind", [*KINDS.split(), "low rank"])
def test_the_kernel_and_the_reference_agree(kind, dtype, layout, rng):
    for n in (*range(1, 9), 20, 41, 70):
        a = family(kind, n, rng)
        for units in (1.0, 10.0 ** rng.integers(-6, 7), 2.0 ** rng.integers(-9, 10, n)):
            x = layout((a * units / np.reshape(units, (-1, 1))).astype(dtype))
            assert mml.classify(x) == mml.classify.__wrapped__(x)


@pytest.mark.parametrize("n", [2, 3, 5, 8, 20])
def test_what_arithmetic_has_made_is_told(n, dtype, rng):
    """Rotations, reflections and projections out of a decomposition, whose entries are rounded."""
    for _ in range(100):
        q = np.linalg.qr(rng.standard_normal((n, n)))[0]
        mirror = q @ np.diag(np.where(np.arange(n) % 2, -1.0, 1)) @ q.T
        onto = q[:, : (n + 1) // 2] @ q[:, : (n + 1) // 2].T
        assert "orthogonal" in mml.classify(q.astype(dtype))
        assert mml.classify(mirror.astype(dtype)) >= {"orthogonal", "involutory", "symmetric"}
        assert mml.classify(onto.astype(dtype)) >= {"idempotent", "symmetric"}


def test_a_turned_chain_is_nilpotent(rng):
    """Null spaces taken off nineteen times: vectors that are a little too long would grow."""
    for n in (5, 20, 50):
        q = np.linalg.qr(rng.standard_normal((n, n)))[0]
        a = q @ np.diag(np.ones(n - 1), 1) @ q.T
        assert mml.classify(a) >= {"nilpotent", "singular"}
