"""Tables of other libraries: numbers go in as they are, all else is refused by column and row."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.core.arrays import as_array, as_data
from mmlcore.core.frames import names_of

VALUES = [[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]
A, B = (list(column) for column in zip(*VALUES, strict=True))


def pandas_frames():
    pandas = pytest.importorskip("pandas")
    plain = pandas.DataFrame({"a": A, "b": B})
    yield plain
    yield plain.astype({"a": "float32"})
    yield plain.astype({"a": "int64"})
    yield plain.astype({"a": "Int64", "b": "Float64"})
    yield plain.astype(object)
    if hasattr(pandas, "ArrowDtype"):
        pytest.importorskip("pyarrow")
        yield plain.astype({"a": "int32[pyarrow]", "b": "double[pyarrow]"})


def other_frames():
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    frame = polars.DataFrame({"a": A, "b": B})
    yield frame
    yield frame.with_columns(polars.col("a").cast(polars.Int16))
    yield frame.with_columns(polars.col("a").cast(polars.Decimal(10, 2)))
    table = pyarrow.table({"a": A, "b": B})
    yield table
    yield table.to_batches()[0]
    yield pyarrow.concat_tables([table.slice(0, 1), table.slice(1)])


@pytest.mark.parametrize("frames", [pandas_frames, other_frames])
def test_numbers_go_in(frames):
    for frame in frames():
        np.testing.assert_array_equal(as_data(frame, "X"), VALUES)
        assert as_data(frame, "X").dtype == np.float64
        assert names_of(frame) == ["a", "b"]
        np.testing.assert_array_equal(mml.mean(frame), np.mean(VALUES, axis=0))
        np.testing.assert_allclose(mml.PCA(1).fit(frame).mean_, np.mean(VALUES, axis=0))


def test_columns():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    for column in (
        pandas.Series(A),
        pandas.Series(A, dtype="Float64"),
        pandas.Series([1, 3, 5], dtype="Int8"),
        polars.Series("a", A),
        pyarrow.array(A),
        pyarrow.chunked_array([[1, 3], [5]]),
    ):
        np.testing.assert_array_equal(as_array(column, "x"), A)
    for column in (
        pandas.Series(A, dtype="Float32"),
        polars.Series("a", A, dtype=polars.Float32),
        pyarrow.array(A, pyarrow.float32()),
    ):
        assert as_array(column, "x").dtype == np.float32
    for column in (
        pandas.Series([True, False], dtype="boolean"),
        polars.Series([True, False]),
        pyarrow.array([True, False]),
    ):
        np.testing.assert_array_equal(as_array(column, "x"), [1, 0])
    for kind in ("Int128", "UInt128", "Float16"):  # the newest of polars
        if hasattr(polars, kind):
            column = polars.Series(
                [1, 2**40 if kind != "Float16" else 2], dtype=getattr(polars, kind)
            )
            found = as_array(column, "x")
            assert found.dtype == np.float64
            assert found.tolist() == column.to_list()
    assert as_array(pyarrow.array(np.ones(2, np.float16)), "x").dtype == np.float64  # as of numpy


def test_what_is_missing_is_told():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    gap = {"a": [1, 2, 3, 4], "b": [1, 2, None, None]}
    message = r"X: column 'b' has no value in row 2, 2 of 4 are missing"
    frames = [
        pandas.DataFrame(gap).astype({"b": "Int64"}),
        pandas.DataFrame(gap).astype({"b": "int64[pyarrow]"}),
        polars.DataFrame(gap),
        pyarrow.table(gap),
        pyarrow.record_batch(gap),
    ]
    for frame in frames:
        for call in (lambda x: as_data(x, "X"), mml.mean, mml.PCA().fit, mml.covariance):
            with pytest.raises(ValueError, match=message):
                call(frame)
    with pytest.raises(ValueError, match="X: column 'a' has no value in row 1;"):
        as_data(pandas.DataFrame({"a": [1, None]}, dtype=object), "X")
    for column in (polars.Series([1.0, None]), pyarrow.array([1.0, None])):
        with pytest.raises(ValueError, match="x: has no value in row 1, 1 of 2 are missing"):
            as_array(column, "x")
    assert np.isnan(mml.mean(pandas.DataFrame({"a": [1.0, np.nan]}))).all()  # NaN is a number


def test_what_is_no_number_is_told():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    text = {"a": [1.0, 2.0], "name": ["u", "v"]}
    for frame in (pandas.DataFrame(text), polars.DataFrame(text), pyarrow.table(text)):
        with pytest.raises(TypeError, match="X: column 'name' holds text"):
            mml.PCA().fit(frame)
    day = {"day": [dt.date(2020, 1, 1)]}
    for frame in (pandas.DataFrame(day), polars.DataFrame(day), pyarrow.table(day)):
        with pytest.raises(TypeError, match=r"X: column 'day' holds .*needed numbers"):
            as_data(frame, "X")
    with pytest.raises(TypeError, match=r"x: holds values of type Struct"):
        as_array(polars.Series([{"a": 1}]), "x")
    brief = np.array([1, 2], np.float16).view("V2")
    with pytest.raises(TypeError, match="needed plain numbers"):
        as_array(brief, "x")
    jax = pytest.importorskip("jax")
    with pytest.raises(TypeError, match=r"got dtype bfloat16, needed .*astype\(numpy.float32\)"):
        as_array(np.asarray(jax.numpy.ones(2, "bfloat16")), "x")
    kinds = [
        pandas.DataFrame(text).astype({"name": "category"}),
        polars.DataFrame(text).with_columns(polars.col("name").cast(polars.Categorical)),
        pyarrow.table({"a": [1.0, 2.0], "name": pyarrow.array(["u", "v"]).dictionary_encode()}),
    ]
    for frame in kinds:
        with pytest.raises(TypeError, match="X: column 'name' is categorical"):
            as_data(frame, "X")
    with pytest.raises(TypeError, match="x: is categorical"):
        as_array(pandas.Series(["u"], dtype="category"), "x")
    with pytest.raises(
        TypeError, match=r"LazyFrame, whose rows are not computed yet; pass X\.collect\(\)"
    ):
        as_data(polars.DataFrame(text).lazy(), "X")
    records = np.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)])
    with pytest.raises(TypeError, match="structured_to_unstructured"):
        as_data(records, "X")


def test_plain_frames_are_not_copied():
    pandas = pytest.importorskip("pandas")
    values = np.arange(12.0).reshape(6, 2)
    frame = pandas.DataFrame(values, copy=False)
    assert np.shares_memory(as_data(frame, "X"), values)


def test_xarray():
    xarray = pytest.importorskip("xarray")
    array = xarray.DataArray(VALUES, dims=("row", "column"))
    np.testing.assert_array_equal(as_data(array, "X"), VALUES)
    with pytest.raises(TypeError, match="xarray Dataset"):
        as_data(array.to_dataset(name="a"), "X")


def test_gaps_that_are_left_out():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    x = np.arange(8.0)
    y = [2.0 * v + 1 for v in x]
    y[3] = None
    for column in (
        pandas.Series(y, dtype="Float64"),
        pandas.Series(y, dtype=object),
        polars.Series(y),
        pyarrow.array(y),
        pyarrow.chunked_array([y]),
    ):
        fit = mml.curve_fit(lambda t, a, b: a * t + b, x, column, [1.0, 1.0], nan_policy="omit")
        np.testing.assert_allclose(fit.parameters, [2, 1], rtol=1e-9)
        with pytest.raises(ValueError, match="has no value in row 3"):
            mml.curve_fit(lambda t, a, b: a * t + b, x, column, [1.0, 1.0])
