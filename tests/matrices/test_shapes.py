"""Products whose shapes have ways of their own: few rows, few columns, rows shorter than a vector, stacks times one matrix."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


def close(found, a, b):
    """Every element within k u |a| |b|, of products taken in long double."""
    exact = np.matmul(a.astype(np.longdouble), b.astype(np.longdouble))
    bound = (a.shape[-1] + 2) * np.finfo(found.dtype).eps * np.matmul(np.abs(a), np.abs(b))
    assert found.shape == exact.shape
    assert (np.abs(found - exact) <= bound + np.finfo(found.dtype).tiny).all()


@pytest.mark.parametrize("m", [2, 4, 5, 8, 9])
@pytest.mark.parametrize(("k", "n"), [(128, 40), (40, 200), (600, 17), (13, 16), (1, 300)])
def test_few_rows(m, k, n, dtype, order, rng):
    a = order(rng.standard_normal((m, k)).astype(dtype))
    b = order(rng.standard_normal((k, n)).astype(dtype))
    close(mml.matmul(a, b), a, b)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 11])
@pytest.mark.parametrize(("m", "k"), [(120, 50), (301, 97), (100, 530), (99, 3)])
def test_few_columns(m, k, n, dtype, order, rng):
    a = order(rng.standard_normal((m, k)).astype(dtype))
    b = order(rng.standard_normal((k, n)).astype(dtype))
    close(mml.matmul(a, b), a, b)


@pytest.mark.parametrize("k", range(1, 18))
def test_short_rows_times_a_vector(k, dtype, order, rng):
    a, x = order(rng.standard_normal((133, k)).astype(dtype)), rng.standard_normal(k).astype(dtype)
    close(mml.matmul(a, x)[:, None], a, x[:, None])


def test_short_rows_read_nothing_beside_them(dtype):
    """What lies behind a row, or behind the last one, is no part of its sum."""
    host = np.full((40, 8), np.nan, dtype)
    host[:, :5] = 1
    np.testing.assert_array_equal(mml.matmul(host[:, :5], np.ones(5, dtype)), np.full(40, 5.0))


@pytest.mark.parametrize("items", [(1,), (5,), (700,), (3, 40)])
@pytest.mark.parametrize(
    ("m", "k", "n"), [(3, 5, 1), (8, 8, 1), (4, 6, 7), (24, 40, 3), (50, 60, 2)]
)
def test_stack_times_one(items, m, k, n, dtype, order, rng):
    a = order(rng.standard_normal((*items, m, k)).astype(dtype))
    b = rng.standard_normal((k, n)).astype(dtype)
    close(mml.matmul(a, b), a, b)
    close(mml.matmul(a[::2], b), a[::2], b)
    if n == 1:
        close(mml.matmul(a, b[:, 0])[..., None], a, b)


SUMS = (
    "ij,jk->ik",
    "ij,jk->ki",
    "bij,bjk->kbi",
    "abij,ajk->abik",
    "abi,cbi->ac",
    "ij,kj->ki",
    "ijk,kjl->il",
    "bij,j->bi",
    "bi,bi->b",
    "abc,db->adc",
    "ij,ik->ijk",
    "ij->j",
    "ijk->ik",
    "ij,ji->",
    "i,ij->j",
)


@pytest.mark.parametrize("text", SUMS)
@pytest.mark.parametrize("most", [4, 30])
def test_einsum_of_products(text, most, dtype, order, rng):
    sizes = {c: int(rng.integers(1, most + 1)) for c in "abcdijkl"}
    arrays = [
        order(rng.standard_normal([sizes[c] for c in term]).astype(dtype))
        if len(term) > 1
        else rng.standard_normal(sizes[term]).astype(dtype)
        for term in text.split("->")[0].split(",")
    ]
    found = mml.einsum(text, *arrays)
    exact, sizes_of = (
        np.einsum(text, *(f(a.astype(float)) for a in arrays)) for f in (np.asarray, np.abs)
    )
    assert found.dtype == dtype
    assert (np.abs(found - exact) <= 40 * np.finfo(dtype).eps * sizes_of).all()


@pytest.mark.parametrize("n", [*range(1, 20), 31, 33, 47, 49])
def test_stacks_of_every_width(n, dtype, order, rng):
    """Rows end anywhere in a vector, and are shared among blocks of one to eight."""
    for m, k in ((1, 5), (2, 1), (3, 17), (7, 4), (9, 8), (16, 3), (19, 2)):
        a = order(rng.standard_normal((6, m, k)).astype(dtype))
        b = order(rng.standard_normal((6, k, n)).astype(dtype))
        close(mml.matmul(a, b), a, b)
        close(mml.matmul(a, b[:1]), a, b[:1])
        close(mml.matmul(a[2:3], b), a[2:3], b)
        close(mml.matmul(a[0], b[0]), a[0], b[0])


@pytest.mark.parametrize("m", [1, 2, 3, 5, 8, 13, 16, 17, 33])
@pytest.mark.parametrize("n", [1, 2, 4, 7, 8, 15, 16, 40, 65, 300])
def test_stacks_times_vectors(m, n, dtype, order, rng):
    a = order(rng.standard_normal((5, m, n)).astype(dtype))
    x, y = (
        rng.standard_normal((5, n, 1)).astype(dtype),
        rng.standard_normal((5, 1, m)).astype(dtype),
    )
    close(mml.matmul(a, x), a, x)
    close(mml.matmul(y, a), y, a)
    close(mml.matmul(a, x[:1]), a, x[:1])


def test_stacks_larger_than_the_caches(rng):
    a, b = rng.standard_normal((9000, 3, 5)), rng.standard_normal((9000, 5, 7))
    close(mml.matmul(a, b), a, b)


@pytest.mark.parametrize("items", [2, 3, 9, 17, 70])
@pytest.mark.parametrize(("m", "k", "n"), [(20, 33, 20), (91, 91, 91), (40, 17, 5), (2, 200, 30)])
def test_stacks_woven_into_one_another(items, m, k, n, dtype, rng):
    """Three axes in Fortran order, and the same with rows and columns exchanged."""
    a = np.asfortranarray(rng.standard_normal((items, m, k)).astype(dtype))
    b = np.asfortranarray(rng.standard_normal((items, k, n)).astype(dtype))
    close(mml.matmul(a, b), a, b)
    close(mml.matmul(a, b[0]), a, b[0])
    close(mml.matmul(a[0], b), a[0], b)
    turned = np.asfortranarray(a.mT).mT
    close(mml.matmul(turned, b), turned, b)


@pytest.mark.parametrize("n", [*range(1, 10), 15, 16, 17, 31, 32, 33, 48, 63, 64, 65])
@pytest.mark.parametrize("k", [1, 7, 16, 17, 434])
def test_a_vector_times_few_columns(n, k, dtype, rng):
    """No gaps, gaps, and nothing beside the numbers is read or written."""
    x = rng.standard_normal(k).astype(dtype)
    wide = np.full((k, n + 3), np.nan, dtype)
    wide[:, :n] = rng.standard_normal((k, n))
    narrow = wide[:, :n].copy()
    close(mml.matmul(x, narrow)[None], x[None], narrow)
    close(mml.matmul(x, wide[:, :n])[None], x[None], narrow)
    to = np.full(n + 2, 7, dtype)
    mml.matmul(x, narrow, out=to[:n])
    assert (to[n:] == 7).all()
