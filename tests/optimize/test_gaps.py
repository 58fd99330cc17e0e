"""Labels that are gaps, and covariance matrices that are none."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml

X = np.array([0.0, 1, 2, 3, 4, 5, 6, 7])


@pytest.mark.parametrize(
    ("gap", "labels"),
    [
        ("NaN", np.array([0, 1, np.nan, 0, 1, 0, 1, 1])),
        ("nan", np.array([0, 1, np.nan, 0, 1, 0, 1, 1], object)),
        ("None", np.array([0, 1, None, 0, 1, 0, 1, 1], object)),
        ("NaT", np.array(["2020", "2021", "NaT", "2020", "2021", "2020", "2021", "2021"], "M8[Y]")),
    ],
)
def test_gaps_are_no_class(gap, labels):
    message = f"the label of row 2 is {gap}."
    with pytest.raises(ValueError, match=f"y: {message}"):
        mml.logistic_regression(X, labels)
    with pytest.raises(ValueError, match=f"groups: {message}"):
        mml.linear_regression_by(X, X, labels)


def test_masked_labels_and_labels_that_do_not_sort():
    masked = np.ma.masked_array([0, 1, 0, 0, 1, 0, 1, 1], [1, 0, 0, 0, 0, 0, 0, 0])
    with pytest.raises(TypeError, match="y: masked"):
        mml.logistic_regression(X, masked)
    with pytest.raises(TypeError, match="groups: masked"):
        mml.linear_regression_by(X, X, masked)
    with pytest.raises(TypeError, match="y: labels have to be hashable and to sort"):
        mml.logistic_regression(X, np.array([0, "a"] * 4, object))


def test_objects_are_classes_as_text_is():
    text = np.array(list("abaababb"))
    one, other = mml.logistic_regression(X, text), mml.logistic_regression(X, text.astype(object))
    assert list(one.classes) == list(other.classes) == ["a", "b"]
    np.testing.assert_array_equal(one.coefficients, other.coefficients)


def test_pandas_gaps():
    pandas = pytest.importorskip("pandas")
    labels = pandas.Series(["a", "b", pandas.NA, "a", "b", "a", "b", "b"], dtype=object)
    with pytest.raises(ValueError, match="y: the label of row 2"):
        mml.logistic_regression(X, labels)


@pytest.mark.parametrize(
    ("i", "j", "value", "message"),
    [(0, 1, 0.3, "not symmetric"), (1, 1, np.inf, "infinity"), (5, 4, -0.3, "not symmetric")],
)
def test_a_covariance_matrix_of_data_is_symmetric_and_finite(i, j, value, message):
    sigma = np.eye(8)
    sigma[i, j] = value
    with pytest.raises(ValueError, match=f"sigma: .*{message}"):
        mml.curve_fit(lambda x, a: a * x, X, X**1.1, sigma=sigma)


def test_rounding_does_not_make_a_covariance_matrix_unsymmetric(rng):
    q = rng.standard_normal((8, 8))
    sigma = np.linalg.inv(np.linalg.inv(q @ q.T + np.eye(8)))
    mml.curve_fit(lambda x, a: a * x, X, X**1.1, sigma=sigma)
