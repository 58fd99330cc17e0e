"""Products of sparse matrices with vectors, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.core.sparse_rows import SparseRows

sparse = pytest.importorskip("scipy.sparse")


@pytest.mark.parametrize("shape", [(1, 1), (0, 3), (3, 0), (7, 5), (3000, 40), (40, 3000)])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_against_scipy(shape, index, dtype, rng):
    a = sparse.random_array(shape, density=0.3, rng=rng, format="csr", dtype=dtype)
    a.indices, a.indptr = a.indices.astype(index), a.indptr.astype(index)
    x = rng.standard_normal(shape[1])
    wide = a.astype(np.float64)
    for form in (a, a.tocsc(), a.tocoo()):
        np.testing.assert_allclose(SparseRows(form, "A").dot(x), wide @ x, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(
        SparseRows(a.T, "A").dot(np.ones(shape[0])), wide.sum(axis=0), atol=1e-12
    )
    np.testing.assert_allclose(SparseRows(a, "A").dot(x[::-1]), wide @ x[::-1], atol=1e-13)


def test_uneven_rows_and_threads(rng):
    lengths = np.where(np.arange(50_000) % 1000 == 0, 3000, 5)
    start = np.concatenate([[0], np.cumsum(lengths)])
    columns = rng.integers(0, 9000, start[-1])
    a = sparse.csr_array((rng.standard_normal(start[-1]), columns, start), shape=(50_000, 9000))
    x = rng.standard_normal(9000)
    seen = []
    for threads in (1, 2, 5):
        with mml.threads(threads):
            seen.append(SparseRows(a, "A").dot(x))
    np.testing.assert_allclose(seen[0], a @ x, atol=1e-10)
    for other in seen[1:]:
        np.testing.assert_array_equal(other, seen[0])


def test_integers_and_room_for_more(rng):
    a = sparse.csr_array(rng.integers(0, 3, (20, 9)))
    np.testing.assert_allclose(SparseRows(a, "A").dot(np.arange(9.0)), a @ np.arange(9.0))
    roomy = sparse.csr_array(a, dtype=float)
    roomy.data, roomy.indices = np.append(roomy.data, 9.0), np.append(roomy.indices, 99)
    np.testing.assert_allclose(SparseRows(roomy, "A").dot(np.ones(9)), a @ np.ones(9))


@pytest.mark.parametrize("part", ["indices", "indptr"])
def test_damaged(part, rng):
    a = sparse.random_array((20, 9), density=0.4, rng=rng, format="csr")
    getattr(a, part)[5] = 10_000
    with pytest.raises(ValueError, match="A: is damaged"):
        SparseRows(a, "A")


@pytest.mark.parametrize("shape", [(1, 1), (40, 7), (7, 40), (3000, 500)])
@pytest.mark.parametrize("index", [np.int32, np.int64])
def test_gram_of_centred_rows(shape, index, dtype, rng):
    a = sparse.random_array(shape, density=0.2, rng=rng, format="csr", dtype=dtype)
    a.indices, a.indptr = a.indices.astype(index), a.indptr.astype(index)
    left, right, v = (rng.standard_normal(shape[i]) for i in (0, 1, 1))
    b = a.toarray().astype(np.float64) - np.outer(left, right)
    rows, seen = SparseRows(a, "A"), []
    for count in (1, 2):
        with mml.threads(count):
            seen.append(rows.gram(left, right, v))
    np.testing.assert_array_equal(*seen)
    np.testing.assert_allclose(
        seen[0], b.T @ (b @ v), rtol=1e-12, atol=1e-12 * np.abs(b).sum() ** 2
    )
