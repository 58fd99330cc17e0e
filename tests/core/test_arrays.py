"""What users pass becomes an array: everything numpy takes, refused with a sentence where it must be."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.core.arrays import (
    all_finite,
    as_array,
    as_data,
    as_index,
    as_matrix,
    as_real,
    largest_size,
    same_dtype,
)

VALUES = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_are_kept_in_place(dtype):
    a = np.array(VALUES, dtype)
    for x in (a, a.T, a[::-1, ::-1], np.broadcast_to(a, (3, 2, 2))):
        assert as_array(x, "x") is x
    a.setflags(write=False)
    assert as_array(a, "x") is a


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "i4", "u8", "f2", ">i8", ">f8"])
def test_numbers_become_float64(dtype):
    x = as_array(np.array(VALUES).astype(dtype), "x")
    assert x.dtype is np.dtype(np.float64)
    np.testing.assert_array_equal(x, np.array(VALUES).astype(dtype).astype(float))


def test_big_endian_float32_stays_float32():
    assert as_array(np.array(VALUES, ">f4"), "x").dtype is np.dtype(np.float32)


def test_unaligned_is_copied():
    records = np.zeros(5, dtype=[("flag", "u1"), ("value", "f8")])
    records["value"] = np.arange(5)
    x = as_array(records["value"], "x")
    assert x.flags.aligned
    np.testing.assert_array_equal(x, np.arange(5.0))


def test_lists_scalars_and_subclasses(tmp_path):
    np.testing.assert_array_equal(as_array(VALUES, "x"), VALUES)
    assert as_array(3, "x").shape == ()
    memory = np.memmap(tmp_path / "a.bin", np.float64, "w+", shape=(2, 2))
    memory[:] = VALUES
    x = as_array(memory, "x")
    assert np.shares_memory(x, memory)


def test_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.array(VALUES, np.float32))
    x = as_data(frame, "X")
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, VALUES)
    np.testing.assert_array_equal(as_array(pandas.Series([1, 2]), "x"), [1, 2])
    with pytest.raises(TypeError, match="X: column 'b' holds text"):
        as_data(pandas.DataFrame({"a": [1.0], "b": ["text"]}), "X")


def test_polars_and_arrow():
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    frame = polars.DataFrame({"a": [1.0, 3.0], "b": [2.0, 4.0]})
    np.testing.assert_array_equal(as_data(frame, "X"), VALUES)
    np.testing.assert_array_equal(as_array(frame["a"], "x"), [1, 3])
    np.testing.assert_array_equal(as_array(pyarrow.array([1, 2, 3]), "x"), [1, 2, 3])
    np.testing.assert_array_equal(as_array(pyarrow.chunked_array([[1.5], [2.5]]), "x"), [1.5, 2.5])


def test_dlpack_without_an_array_protocol():
    class Producer:
        def __init__(self, a):
            self.a = a

        def __dlpack__(self, **options):
            return self.a.__dlpack__(**options)

        def __dlpack_device__(self):
            return self.a.__dlpack_device__()

    np.testing.assert_array_equal(as_array(Producer(np.array(VALUES)), "x"), VALUES)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ma.masked_array([1.0, 2.0], [False, True]), "x: masked arrays are not taken"),
        (np.array([1, None], object), "x: got dtype object, needed numbers"),
        (np.array([1 + 2j]), "x: got dtype complex128, needed real numbers"),
        (np.array(["1", "2"]), "x: got dtype <U1"),
        (np.array(["2020-01-01"], "M8[D]"), "x: got dtype datetime64"),
        (np.array([1.0], np.longdouble), "x: got dtype (float128|longdouble)"),
        (None, "x: got dtype object"),
        ({"a": 1}, "x: got dtype object"),
    ],
)
def test_refused_types(x, message):
    with pytest.raises(TypeError, match=message):
        as_array(x, "x")


def test_refused_sparse_and_ragged():
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(
        TypeError, match=r"x: got a sparse matrix of type csr_array, needed a dense array"
    ):
        as_array(sparse.csr_array(np.eye(2)), "x")
    with pytest.raises(ValueError, match="x: could not be read as an array of numbers"):
        as_array([[1, 2], [3]], "x")


def test_complex_where_it_is_wanted():
    assert as_array([1j], "x", complex_ok=True).dtype == np.complex128
    assert as_array(np.array([1j], np.complex64), "x", complex_ok=True).dtype == np.complex64


def test_shapes():
    with pytest.raises(ValueError, match=r"A: got shape \(2,\), needed at least 2 axes"):
        as_matrix([1, 2], "A")
    with pytest.raises(ValueError, match=r"X: got shape \(1, 2, 2\), needed 2 axes"):
        as_data([VALUES], "X")


def test_common_type():
    single, double = np.ones(2, np.float32), np.ones(2)
    assert [a.dtype for a in same_dtype(single, single)] == [np.float32] * 2
    assert [a.dtype for a in same_dtype(single, double)] == [np.float64] * 2


@pytest.mark.parametrize("bad", [1.5, "3", None, True])
def test_index_types(bad):
    with pytest.raises(TypeError, match="k: got"):
        as_index(bad, "k", 0)


def test_ranges():
    assert as_index(np.int16(3), "k", 0, 3) == 3
    with pytest.raises(ValueError, match="k: got 4, needed an integer between 0 and 3"):
        as_index(4, "k", 0, 3)
    with pytest.raises(ValueError, match="tol: got nan, needed a number between 0 and 1"):
        as_real(float("nan"), "tol", 0, 1)
    with pytest.raises(TypeError, match="tol: got 'x' of type str"):
        as_real("x", "tol", 0, 1)


def test_types_of_other_processes(rng):
    """An array whose dtype is equal to float64, but another object: as some pickles and buffers bring."""
    x = rng.standard_normal((5, 3))
    own = np.dtype({"names": ["x"], "formats": ["<f8"]})["x"].newbyteorder("=")
    other = np.frombuffer(x.tobytes(), own).reshape(5, 3)
    np.testing.assert_array_equal(mml.covariance(other), mml.covariance(x))
    np.testing.assert_array_equal(mml.PCA(1).fit_transform(other), mml.PCA(1).fit_transform(x))


@pytest.mark.parametrize("n", [1, 511, 513, 5000, 400_001])
@pytest.mark.parametrize("order", ["C", "F", "gaps"])
def test_one_number_that_is_not_finite_is_found(n, order, dtype):
    x = np.full((n, 2), np.finfo(dtype).max, dtype=dtype, order="F" if order == "F" else "C")
    x = np.repeat(x, 2, axis=0)[::2] if order == "gaps" else x
    assert all_finite(x)
    for at in (0, n // 2, n - 1):
        for bad in (np.nan, np.inf, -np.inf):
            x[at, 1], kept = bad, x[at, 1]
            assert not all_finite(x)
            x[at, 1] = kept
    assert all_finite(x)


@pytest.mark.parametrize("n", [0, 1, 7, 8, 100, 300_001])
def test_the_largest_size_of_all(n, dtype, rng):
    x = rng.standard_normal(n).astype(dtype)
    spread = np.repeat(x, 2)[::2]  # with gaps: numpy's way
    for where in (0, n // 3, n - 1) if n else ():
        x[where] = spread[where] = -9 - where
        assert largest_size(x) == largest_size(spread) == 9 + where
        for bad in (np.nan, np.inf, -np.inf):
            x[where] = spread[where] = bad
            assert np.isnan(largest_size(x))
            assert np.isnan(largest_size(spread))
        x[where] = spread[where] = 0
    assert largest_size(x) == np.abs(x).max(initial=0)


def test_plain_numbers_beside_arrays():
    x = np.linspace(1, 2, 6, dtype=np.float32).reshape(2, 3)
    assert mml.scaling(2.0, x).dtype == mml.rotation3d(x, 0.5).dtype == np.float32
    assert mml.scaling(2, np.float64(3)).dtype == mml.rotation3d([1, 2, 3], 0.5).dtype == np.float64
    assert mml.scaling(x, np.ones(3)).dtype == np.float64
    product = mml.Function(lambda a, b: a * b, (), ())
    assert product(x, 3).dtype == np.float32
    assert product(2.0, 3).dtype == np.float64
    with (
        np.errstate(over="ignore"),
        pytest.raises(ValueError, match=r"factors\[0\]: contains NaN or inf"),
    ):
        mml.scaling(1e300, x)
