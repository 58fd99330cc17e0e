"""einsum against numpy's, over its language."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmlcore as mml

CASES = [
    ("ii->", [(4, 4)]),
    ("ii->i", [(4, 4)]),
    ("iji->j", [(3, 4, 3)]),
    ("ij->ji", [(3, 4)]),
    ("ba", [(3, 4)]),
    ("ij->", [(3, 4)]),
    ("...i->i...", [(2, 3, 4)]),
    ("...", [(2, 3)]),
    ("ij,jk->ik", [(3, 4), (4, 5)]),
    ("ij,jk->ki", [(3, 4), (4, 5)]),
    ("ij,kj", [(3, 4), (5, 4)]),
    ("i,i", [(5,), (5,)]),
    ("i,j", [(5,), (3,)]),
    ("i,i->i", [(5,), (5,)]),
    ("ij,j->i", [(3, 4), (4,)]),
    ("bij,bjk->bik", [(6, 3, 4), (6, 4, 5)]),
    ("bij,bjk->kbi", [(6, 3, 4), (6, 4, 5)]),
    ("bhqd,bhkd->bhqk", [(2, 3, 4, 5), (2, 3, 6, 5)]),
    ("bi,bi->b", [(50, 3), (50, 3)]),
    ("ijkl,klm->ijm", [(2, 3, 4, 5), (4, 5, 6)]),
    ("ikjl,klm->jim", [(2, 4, 3, 5), (4, 5, 6)]),
    ("...ij,...jk->...ik", [(7, 1, 3, 4), (2, 4, 5)]),
    ("...ij,jk", [(7, 2, 3, 4), (4, 5)]),
    ("ij,jk,kl->il", [(3, 4), (4, 5), (5, 2)]),
    ("ij,jk,kl,lm->im", [(3, 4), (4, 5), (5, 2), (2, 6)]),
    ("a,ab,b->", [(3,), (3, 4), (4,)]),
    ("ij,ij,ij->ij", [(3, 4)] * 3),
    ("ij,ij->ij", [(3, 1), (3, 4)]),
    ("ij,ij->i", [(3, 1), (3, 4)]),
    ("ii,ij->j", [(3, 3), (3, 4)]),
    ("ij,kl->", [(3, 4), (2, 5)]),
    ("ijk,ilm,njm,nlk,abc->", [(2, 3, 4), (2, 5, 6), (3, 3, 6), (3, 5, 4), (2, 2, 2)]),
    (",ij", [(), (3, 4)]),
    ("ij,jk->ik", [(0, 4), (4, 5)]),
    ("ij,jk->ik", [(3, 0), (0, 5)]),
    (" i j , j k -> i k ", [(3, 4), (4, 5)]),
]


@pytest.mark.parametrize("optimize", [True, False, "optimal"])
@pytest.mark.parametrize(("subscripts", "shapes"), CASES)
def test_against_numpy(subscripts, shapes, optimize, dtype, rng):
    operands = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    result = mml.einsum(subscripts, *operands, optimize=optimize)
    expected = np.einsum(subscripts, *[x.astype(float) for x in operands])
    assert np.shape(result) == expected.shape
    assert isinstance(result, np.ndarray if expected.ndim else dtype)  # a number, as of numpy
    assert np.asarray(result).dtype == dtype
    rough = 1e-4 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(result, expected, rtol=rough, atol=rough)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_subscripts(data):
    letters = st.text("ijkl", max_size=4)
    terms = data.draw(st.lists(letters, min_size=1, max_size=4))
    used = sorted(set("".join(terms)))
    output = "".join(data.draw(st.permutations(used)))[: data.draw(st.integers(0, len(used)))]
    length = {x: data.draw(st.integers(1, 4)) for x in "ijkl"}
    rng = np.random.default_rng(0)
    operands = [rng.standard_normal([length[x] for x in term]) for term in terms]
    subscripts = ",".join(terms) + "->" + output
    np.testing.assert_allclose(
        mml.einsum(subscripts, *operands), np.einsum(subscripts, *operands), rtol=1e-9, atol=1e-9
    )


def test_layouts(layout, dtype, rng):
    a, b = (
        rng.standard_normal((6, 4, 5)).astype(dtype),
        rng.standard_normal((6, 5, 3)).astype(dtype),
    )
    np.testing.assert_allclose(
        mml.einsum("bij,bjk->bki", layout(a), layout(b)),
        np.einsum("bij,bjk->bki", a, b),
        rtol=1e-4,
        atol=1e-5,
    )


def test_sublists_paths_and_complex(rng):
    a, b, c = rng.standard_normal((3, 4)), rng.standard_normal((4, 5)), rng.standard_normal((5, 2))
    np.testing.assert_allclose(mml.einsum(a, [0, 1], b, [1, 2], [2, 0]), (a @ b).T)
    np.testing.assert_allclose(mml.einsum(a, [Ellipsis, 1], b, [1, 2]), a @ b)
    path = np.einsum_path("ij,jk,kl->il", a, b, c)[0]
    np.testing.assert_allclose(mml.einsum("ij,jk,kl->il", a, b, c, optimize=path), a @ b @ c)
    np.testing.assert_allclose(mml.einsum("ij,jk->ik", a * 1j, b), a @ b * 1j)
    np.testing.assert_allclose(mml.einsum("bi,bi->b", a * 1j, a), (a * a).sum(axis=1) * 1j)


def test_one_operand_without_sums_is_a_view():
    """As in numpy: 'ii->i' writes the diagonal."""
    a = np.zeros((3, 3))
    mml.einsum("ii->i", a)[...] = 7
    np.testing.assert_array_equal(a, 7 * np.eye(3))
    assert mml.einsum("ij->ji", a).base is not None


@pytest.mark.parametrize(
    ("subscripts", "shapes", "message"),
    [
        ("ij,jk", [(2, 3)], "names 2 operands, got 1"),
        ("ij", [(2,)], "operands\\[0\\]: got shape"),
        ("i?", [(2, 2)], "more than letters"),
        ("i->j", [(2,)], "result of"),
        ("i->ii", [(2,)], "once in the result"),
        ("ij,jk", [(2, 3), (4, 5)], "axis 'j' has length 4, needed 3"),
        ("ij...->ij", [(2, 3, 4)], "needs it too"),
        ("ijk...", [(2, 3)], "does not fit"),
        ("i->i->i", [(2,)], "more than letters"),
    ],
)
def test_errors(subscripts, shapes, message):
    with pytest.raises(ValueError, match=message):
        mml.einsum(subscripts, *[np.ones(s) for s in shapes])


def test_wrong_optimize():
    with pytest.raises(ValueError, match="optimize: got 'best'"):
        mml.einsum("i->i", [1.0], optimize="best")


@pytest.mark.parametrize("subscripts", ["ii", "ii->i", "iij->j", "iji"])
@pytest.mark.parametrize("lengths", [(3, 1), (1, 3), (2, 3)])
def test_a_diagonal_needs_equal_axes(subscripts, lengths):
    shape = [lengths[0]] * len(subscripts.partition("->")[0])
    shape[subscripts.rindex("i", 0, len(shape))] = lengths[1]
    with pytest.raises(ValueError, match=r"operands\[0\]: axis 'i' has lengths"):
        mml.einsum(subscripts, np.ones(shape))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ([(0, 5), (0, 1)], r"takes operands \(0, 5\) of 3"),
        ([(0, 0), (0, 1)], r"takes operands \(0, 0\) of 3"),
        ([(-1, 0), (0, 1)], r"takes operands \(-1, 0\) of 3"),
        ([(0, 1)], "leaves 2 operands of 3"),
        ([(0, 1), (0, 1), (0, 1)], r"takes operands \(0, 1\) of 1"),
        ([0, 1], "needed a bool, 'greedy', 'optimal' or a path"),
    ],
)
def test_paths_that_cannot_be(path, message, rng):
    a = rng.standard_normal((3, 2, 2))
    with pytest.raises(ValueError, match=f"optimize: .*{message}"):
        mml.einsum("ij,jk,kl->il", *a, optimize=["einsum_path", *path])
    with pytest.raises(ValueError, match="optimize: the path takes operands"):
        mml.einsum("ij,jk->ik", *a[:2], optimize=["einsum_path", (0, 7)])


@pytest.mark.parametrize("path", [[(0, 1, 2)], [(1,), (0, 2), (0, 1)], [(1, 2), (0, 1)]])
def test_paths_of_any_steps(path, rng):
    a = rng.standard_normal((3, 4, 4))
    found = mml.einsum("ij,jk,kl->il", *a, optimize=["einsum_path", *path])
    np.testing.assert_allclose(found, a[0] @ a[1] @ a[2], rtol=1e-12)
