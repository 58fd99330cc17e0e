"""Moments, models and fits on a real Spark, compared with what they are in memory and with pyspark.ml."""

from __future__ import annotations

import doctest
import math
from types import SimpleNamespace

import numpy as np
import pytest

import mmlcore as mml

pytest.importorskip("pyspark")
pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")
from pyspark.ml.feature import PCA as Theirs
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.functions import array_to_vector
from pyspark.ml.regression import LinearRegression

from mmlcore import spark as ours

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # of pyspark, about its own use of others
    pytest.mark.xdist_group("spark"),  # one Java for all
]

RNG = np.random.default_rng(20261130)
N, D = 2000, 5
X = RNG.standard_normal((N, D)) * np.geomspace(1, 0.05, D) + 3
Y = X @ [1.0, -2.0, 0.5, 3.0, 10.0] + 4 + 0.1 * RNG.standard_normal(N)
GROUP = np.array(["one", "two", "three"])[RNG.integers(0, 3, N)]
NAMES = [f"x{j}" for j in range(D)]


@pytest.fixture(scope="module")
def frame():
    table = pd.DataFrame(X, columns=NAMES)
    table["group"], table["y"], table["many.words here"] = GROUP, Y, np.arange(N)
    return table


@pytest.fixture(scope="module")
def df(spark, frame):
    """In three partitions, one of which is empty."""
    whole = spark.createDataFrame(frame).repartition(2)
    return whole.unionByName(whole.where("x0 > 1e9").coalesce(1)).cache()


@pytest.fixture(scope="module")
def in_arrays(spark):
    rows = [(i, [float(v) for v in row]) for i, row in enumerate(X)]
    return spark.createDataFrame(rows, ["id", "features"]).repartition(2).cache()


def test_moments(df, in_arrays):
    whole = mml.Moments(D).update(X)
    found = ours.moments(df, NAMES)
    assert ours.moments(df, NAMES, threads=2) == found, "the same bits"
    for each in (found, ours.moments(in_arrays, "features")):
        assert each.count == N
        np.testing.assert_allclose(each.mean, whole.mean, rtol=1e-13)
        np.testing.assert_allclose(each.covariance(), whole.covariance(), rtol=1e-10, atol=1e-15)
    turned = df.select(*(f"`{name}`" for name in reversed(df.columns)))
    np.testing.assert_allclose(
        ours.covariance(turned, NAMES, ddof=1), np.cov(X.T), rtol=1e-10, atol=1e-15
    )
    everything = ours.moments(df)
    assert everything.dim == D + 2, "all columns of numbers"
    assert everything.mean[-1] == (N - 1) / 2


def test_pca_as_in_memory_and_as_pyspark_has_it(spark, df, in_arrays):
    right = mml.PCA(3).fit(X)
    for solver in ("auto", "covariance", "factor"):
        pca = ours.PCA(3, solver=solver)
        assert pca.fit(df, columns=NAMES) is pca
        np.testing.assert_allclose(pca.components_, right.components_, atol=1e-9)
        np.testing.assert_allclose(pca.explained_variance_, right.explained_variance_, rtol=1e-9)
        assert pca.columns_ == NAMES
        assert pca.n_samples_ == N
    scored = pca.transform(df)
    assert scored.columns == [*df.columns, "scores"]
    rows = scored.orderBy("`many.words here`").collect()
    np.testing.assert_allclose([row.scores for row in rows], right.transform(X), atol=1e-9)
    assert [row.group for row in rows] == list(GROUP)
    np.testing.assert_allclose(pca.transform(X), right.transform(X), atol=1e-9)
    theirs = Theirs(k=3, inputCol="v").fit(in_arrays.select(array_to_vector("features").alias("v")))
    np.testing.assert_allclose(np.abs(theirs.pc.toArray().T), np.abs(right.components_), atol=1e-8)
    by_array = (
        ours.PCA(2)
        .fit(in_arrays, columns="features")
        .transform(in_arrays, output="z")
        .orderBy("id")
        .collect()
    )
    np.testing.assert_allclose(
        [row.z for row in by_array], mml.PCA(2).fit(X).transform(X), atol=1e-9
    )
    wide = spark.createDataFrame(pd.DataFrame(X[:3])).repartition(2)
    np.testing.assert_allclose(
        ours.PCA().fit(wide).explained_variance_,
        mml.PCA().fit(X[:3]).explained_variance_,
        rtol=1e-9,
        atol=1e-12,
    )
    with pytest.raises(ValueError, match="solver: got 'svd'"):
        ours.PCA(2, solver="svd").fit(df)
    with pytest.raises(TypeError, match="out: a DataFrame is computed"):
        pca.transform(df, out=np.empty((N, 3)))


def test_linear_regression_as_in_memory_and_as_pyspark_has_it(df):
    right = mml.linear_regression(X, Y)
    fit = ours.linear_regression(df, "y", NAMES)
    for name in ("coefficients", "covariance", "chi2", "r2", "intercept"):
        np.testing.assert_allclose(getattr(fit, name), getattr(right, name), rtol=1e-9)
    assert (fit.dof, fit.features) == (right.dof, NAMES)
    bare = ours.linear_regression(df, "y", NAMES, intercept=False)
    np.testing.assert_allclose(
        bare.coefficients, mml.linear_regression(X, Y, intercept=False).coefficients, rtol=1e-8
    )
    assert len(ours.linear_regression(df, "y").coefficients) == D + 1
    assembled = VectorAssembler(inputCols=NAMES, outputCol="v").transform(df)
    theirs = LinearRegression(featuresCol="v", labelCol="y", solver="normal").fit(assembled)
    np.testing.assert_allclose(theirs.coefficients.toArray(), fit.coefficients, rtol=1e-6)
    np.testing.assert_allclose(
        theirs.summary.coefficientStandardErrors, fit.standard_errors, rtol=1e-6
    )


def test_regressions_by_label(df):
    right = mml.linear_regression_by(X, Y, GROUP)
    fits = ours.linear_regression_by(df, "y", "group", NAMES).orderBy("group").collect()
    assert [row.group for row in fits] == list(right.groups)
    np.testing.assert_allclose([row.coefficients for row in fits], right.coefficients, rtol=1e-7)
    np.testing.assert_allclose(
        [row.standard_errors for row in fits], right.standard_errors, rtol=1e-7
    )
    for name in ("intercept", "chi2", "r2", "dof"):
        np.testing.assert_allclose(
            [getattr(row, name) for row in fits], getattr(right, name), rtol=1e-7
        )
    assert {row.status for row in fits} == {1}
    whole = ours.linear_regression_by(
        df.selectExpr("y", "x0", "cast(`many.words here` % 7 as int) as week"), "y", "week"
    )
    assert sorted(row.week for row in whole.collect()) == list(range(7))


def decay(t, a, k):
    """A curve."""
    return a * np.exp(-k * t)


def test_curves(spark):
    t = np.linspace(0, 3, 15)
    truth = np.column_stack([RNG.uniform(1, 3, 50), RNG.uniform(0.5, 2, 50)])
    y = truth[:, :1] * np.exp(-truth[:, 1:] * t) + 0.01 * RNG.standard_normal((50, 15))
    y[4, 2] = np.nan
    right = mml.curve_fit_batch(decay, t, y, [1.0, 1.0])
    lists = [
        (i, "a name", [None if math.isnan(v) else float(v) for v in row]) for i, row in enumerate(y)
    ]
    array_frame = spark.createDataFrame(
        lists, "id int, name string, curve array<double>"
    ).repartition(3)
    wide = pd.DataFrame(y, columns=[f"t{j}" for j in range(15)])
    wide["id"] = np.arange(50)
    columns = spark.createDataFrame(wide).repartition(2)
    for frame, chosen, kept in (
        (array_frame, "curve", ["id", "name"]),
        (columns, list(wide.columns[:15]), ["id"]),
    ):
        fits = ours.curve_fit_batch(frame, decay, t, chosen, [1.0, 1.0], bounds=(0.0, 10.0))
        assert fits.columns[: len(kept)] == kept
        rows = fits.orderBy("id").collect()
        np.testing.assert_allclose([row.parameters for row in rows], right.parameters, rtol=1e-5)
        np.testing.assert_allclose(
            [row.standard_errors for row in rows], right.standard_errors, rtol=1e-3
        )
        assert {row.status > 0 for row in rows} == {True}


def test_transform_by_any_function(df):
    f = mml.Function(lambda x: np.exp(-x @ x / 20), D)
    rows = ours.transform(df, f, NAMES, output="density").orderBy("`many.words here`").collect()
    np.testing.assert_allclose([row.density for row in rows], f(X), rtol=1e-13)
    net = mml.MLP([D, 4, 1], epochs=1, random_state=0).fit(X, Y)
    told = ours.transform(df, net.predict, NAMES, threads=2).orderBy("`many.words here`").collect()
    np.testing.assert_allclose([row.result for row in told], net.predict(X), rtol=1e-12)
    rows = ours.transform(df, lambda x: x[:, :2] * 2, NAMES).orderBy("`many.words here`").collect()
    np.testing.assert_allclose([row.result for row in rows], 2 * X[:, :2])
    with pytest.raises(ValueError, match="df: has a column 'y' already"):
        ours.transform(df, f, NAMES, output="y")
    with pytest.raises(ValueError, match=r"f: gave shape \(\) for two points"):
        ours.transform(df, np.sum, NAMES)


def test_a_worker_keeps_to_the_threads_it_is_told(df):
    def count(x):
        return np.full(len(x), float(mml.get_num_threads()))

    for told in (1, 3):
        rows = ours.transform(df, count, NAMES, threads=told).select("result").distinct().collect()
        assert [row.result for row in rows] == [told]


def test_what_is_refused(spark, df):
    with pytest.raises(TypeError, match="df: got ndarray, needed a DataFrame of Spark"):
        ours.moments(X)
    with pytest.raises(ValueError, match="columns: there is no column 'z'; df has x0"):
        ours.moments(df, ["x0", "z"])
    with pytest.raises(TypeError, match="columns: 'group' holds values of type string"):
        ours.moments(df, ["x0", "group"])
    with pytest.raises(ValueError, match="df: has no column 'z'"):
        ours.linear_regression(df, "z")
    with pytest.raises(ValueError, match="'y' is y itself"):
        ours.linear_regression(df, "y", ["x0", "y"])
    empty = spark.createDataFrame([], "a double, b double")
    for call in (
        ours.moments,
        ours.covariance,
        ours.PCA(1).fit,
        lambda d: ours.linear_regression(d, "b"),
    ):
        with pytest.raises(ValueError, match="at least one point"):
            call(empty)
    holes = spark.createDataFrame([(1.0, 2.0), (None, 3.0)], "a double, b double").repartition(1)
    for call in (ours.moments, lambda d: ours.linear_regression(d, "b")):
        with pytest.raises(ValueError, match="df: column 'a' has no value in row"):
            call(holes)
    nan = spark.createDataFrame([(1.0, 2.0), (float("nan"), 3.0), (2.0, 2.5)], "a double, b double")
    with pytest.raises(ValueError, match="NaN"):
        ours.moments(nan)
    ragged = spark.createDataFrame([([1.0, 2.0],), ([1.0],)], "v array<double>").repartition(1)
    with pytest.raises(ValueError, match="have 1 to 2 numbers, needed one length"):
        ours.moments(ragged, "v")
    with pytest.raises(TypeError, match="holds vectors of pyspark"):
        ours.moments(
            spark.createDataFrame([([1.0],)], "v array<double>").select(
                array_to_vector("v").alias("v")
            ),
            "v",
        )
    with pytest.raises(ValueError, match="threads"):
        ours.moments(df, NAMES, threads=0)
    with pytest.raises(ValueError, match="none of the columns of df but 'b', 'a' holds numbers"):
        ours.linear_regression_by(empty, "b", "a")
    with pytest.raises(ValueError, match="df: has 2 columns 'a'; rename them"):
        ours.moments(empty.select("a", "b", "a"))
    words = spark.createDataFrame([(["one"],)], "v array<string>")
    with pytest.raises(TypeError, match="columns: 'v' holds values of type array of string"):
        ours.moments(words, "v")
    pca = ours.PCA(1).fit(df, columns=NAMES)
    before = pca.components_.copy(), pca.columns_
    with pytest.raises(ValueError, match="NaN"):
        pca.fit(nan)
    np.testing.assert_array_equal(pca.components_, before[0])
    assert pca.columns_ == before[1]


def test_a_session_that_was_stopped():
    stopped = SimpleNamespace(sparkContext=SimpleNamespace(_jsc=None))
    df = SimpleNamespace(mapInArrow=None, sparkSession=stopped)
    with pytest.raises(ValueError, match="df: its session of Spark has been stopped"):
        ours.moments(df)


def test_examples(spark):
    """The examples of the docstrings, in the session of the tests."""
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    for name in ours.__all__:
        found = [test for test in finder.find(getattr(ours, name), name, globs={}) if test.examples]
        assert found, name
        for test in found:
            assert runner.run(test).failed == 0, name
    assert spark is not None
