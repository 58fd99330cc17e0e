"""MLPClassifier and MLPRegressor beside scikit-learn's own."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")
from sklearn import datasets, neural_network
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier as ReferenceClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mmlcore.estimators import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
DIGITS = train_test_split(*datasets.load_digits(return_X_y=True), random_state=0)


def test_same_parameters_as_scikit_learn():
    for ours, theirs in (
        (MLPClassifier, neural_network.MLPClassifier),
        (MLPRegressor, neural_network.MLPRegressor),
    ):
        given = theirs().get_params()
        given.pop("loss", None)
        assert ours().get_params() == given


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_digits(solver):
    x, x_test, y, y_test = DIGITS
    options = {"solver": solver, "random_state": 0, "max_iter": 60}
    ours = MLPClassifier((50,), **options).fit(x / 16, y)
    theirs = neural_network.MLPClassifier((50,), **options).fit(x / 16, y)
    assert ours.score(x_test / 16, y_test) > theirs.score(x_test / 16, y_test) - 0.02
    assert [c.shape for c in ours.coefs_] == [c.shape for c in theirs.coefs_]
    assert (ours.n_layers_, ours.n_outputs_, ours.out_activation_) == (3, 10, "softmax")
    np.testing.assert_allclose(ours.predict_proba(x_test).sum(axis=1), 1)
    again = pickle.loads(pickle.dumps(ours))
    np.testing.assert_array_equal(again.predict(x_test), ours.predict(x_test))


def test_the_same_network_as_scikit_learn():
    """With their weights the outputs are theirs, and one full step of each solver leads where theirs does."""
    x, _, y, _ = DIGITS
    x, y = x[:200] / 16, y[:200]
    for solver, extra in (("adam", {}), ("sgd", {"momentum": 0.5}), ("sgd", {"momentum": 0})):
        options = {
            "solver": solver,
            "max_iter": 1,
            "shuffle": False,
            "batch_size": 50,
            "alpha": 0.1,
            "learning_rate_init": 0.01,
            "activation": "logistic",
            "random_state": 1,
            **extra,
        }
        theirs = neural_network.MLPClassifier((20,), **options, warm_start=True)
        ours = MLPClassifier((20,), **{**options, "learning_rate_init": 0.0, "alpha": 0.0})
        ours.fit(x, y)
        theirs.learning_rate_init = 1e-300
        theirs.fit(x, y)
        start = [c.copy() for c in theirs.coefs_], [b.copy() for b in theirs.intercepts_]
        ours.network_.weights_ = [c.T for c in start[0]]
        ours.network_.biases_ = start[1]
        np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), rtol=1e-12)
        ours.network_.initialize()  # no momentum from before
        ours.network_.weights_ = [c.T for c in start[0]]
        ours.network_.biases_ = start[1]
        ours.set_params(warm_start=True, learning_rate_init=0.01, alpha=0.1).fit(x, y)
        fresh = neural_network.MLPClassifier((20,), **options).fit(
            x, y
        )  # from the same first weights
        for a, b in zip(ours.coefs_, fresh.coefs_, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)


def test_regression():
    x, y = datasets.load_diabetes(return_X_y=True)
    y = (y - y.mean()) / y.std()
    options = {"solver": "lbfgs", "random_state": 0, "max_iter": 100, "activation": "tanh"}
    ours = make_pipeline(StandardScaler(), MLPRegressor((10,), **options)).fit(x, y)
    theirs = make_pipeline(
        StandardScaler(), neural_network.MLPRegressor(hidden_layer_sizes=(10,), **options)
    ).fit(x, y)
    assert ours.score(x, y) > theirs.score(x, y) - 0.05
    both = MLPRegressor((10,), random_state=0, max_iter=20).fit(x, np.stack([y, -y], axis=1))
    assert both.predict(x).shape == (len(x), 2)


def test_early_stopping_and_warnings():
    x, x_test, y, y_test = DIGITS
    net = MLPClassifier((40,), early_stopping=True, max_iter=300, random_state=0).fit(x / 16, y)
    assert net.n_iter_ < 300
    assert len(net.validation_scores_) == net.n_iter_ == len(net.loss_curve_)
    assert net.best_validation_score_ == max(net.validation_scores_) > 0.9
    assert net.score(x_test / 16, y_test) > 0.93
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        MLPClassifier(max_iter=2).fit(x, y)


def test_parts_one_by_one():
    x, x_test, y, y_test = DIGITS
    net = MLPClassifier((40,), random_state=0, learning_rate_init=0.01)
    order = np.argsort(y, kind="stable")  # the first parts hold the first classes alone
    for _ in range(40):
        for part in np.array_split(order, 5):
            net.partial_fit(x[part] / 16, y[part], classes=np.arange(10))
    assert net.score(x_test / 16, y_test) > 0.5
    assert net.n_iter_ == 200
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")
    with pytest.raises(ValueError, match="needed those of before"):
        net.partial_fit(x[:2], [3, 77])


def test_two_classes_and_several_labels():
    x, y = datasets.load_breast_cancer(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    net = MLPClassifier((10,), max_iter=100, random_state=0).fit(x, np.where(y, "good", "bad"))
    assert net.predict_proba(x).shape == (len(x), 2)
    assert net.out_activation_ == "logistic"
    assert net.score(x, np.where(y, "good", "bad")) > 0.97
    labels = np.stack([y, 1 - y, np.ones_like(y)], axis=1)
    several = MLPClassifier((10,), max_iter=100, random_state=0).fit(x, labels)
    assert several.predict(x).shape == labels.shape
    assert (several.predict(x) == labels).mean() > 0.95


def test_grid_search():
    x, _, y, _ = DIGITS
    search = GridSearchCV(
        MLPClassifier(max_iter=15, random_state=0), {"hidden_layer_sizes": [(5,), (40,)]}, cv=2
    ).fit(x[:400] / 16, y[:400])
    assert search.best_params_ == {"hidden_layer_sizes": (40,)}


def two_classes(n=60):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 3))
    return x, (x[:, 0] > 0).astype(int)


def test_logarithms_of_probabilities_beyond_the_range():
    """Points far out: the probability is 0 in float64, its logarithm is the difference of the inputs of the last layer."""
    x, y = two_classes()
    far = 1e5 * x
    for labels in (y, y + (x[:, 1] > 0), np.stack([y, 1 - y], axis=1)):
        net = MLPClassifier((5,), activation="identity", max_iter=30, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net.fit(x, labels)
        found = net.predict_log_proba(far)
        assert np.isfinite(found).all()
        assert found.min() < -1000
        np.testing.assert_allclose(np.exp(found), net.predict_proba(far), atol=1e-12)
        np.testing.assert_allclose(
            net.predict_log_proba(x), np.log(net.predict_proba(x)), atol=1e-9
        )


def test_one_class():
    x, _ = two_classes()
    net = MLPClassifier((4,), max_iter=400, random_state=0).fit(x, ["only"] * len(x))
    assert net.predict_proba(x[:2]).tolist() == [[1.0], [1.0]]
    assert net.predict_log_proba(x[:2]).tolist() == [[0.0], [0.0]]
    assert net.predict(x[:2]).tolist() == ["only", "only"]


def test_counts_of_a_warm_start():
    """As scikit-learn: epochs of the last call, points of all."""
    x, y = two_classes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (
            kind((4,), max_iter=3, warm_start=True, random_state=0).fit(x, y).fit(x, y)
            for kind in (MLPClassifier, ReferenceClassifier)
        )
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_) == (3, 360)
    assert len(ours.loss_curve_) == len(theirs.loss_curve_)
    with pytest.raises(
        ValueError, match="warm_start can only be used where `y` has the same classes"
    ):
        ours.fit(x, np.zeros(len(x), int))


def test_partial_fit_as_scikit_learn(capsys):
    x, y = two_classes()
    labels = np.stack([y, 1 - y, np.ones_like(y)], axis=1)
    net = MLPClassifier((4,), verbose=True, random_state=0)
    net.partial_fit(x, labels, classes=[0, 1, 2]).partial_fit(x, labels)
    assert "Iteration" in capsys.readouterr().out
    assert net.predict(x).shape == labels.shape
    with pytest.raises(ValueError, match=r"classes: got .* needed those of the first call"):
        net.partial_fit(x, labels, classes=[0, 1])
    for verbose in (False, True):
        with pytest.raises(ValueError, match="partial_fit does not support early_stopping=True"):
            MLPClassifier(verbose=verbose, early_stopping=True).partial_fit(x, y, classes=[0, 1])


def test_arguments_by_their_names():
    x, y = two_classes()
    with pytest.raises(ValueError, match="The validation set is too small"):
        MLPRegressor(early_stopping=True, validation_fraction=0.01).fit(x, y)
    with pytest.raises(TypeError, match=r"n_iter_no_change: got 2\.5"):
        MLPRegressor(n_iter_no_change=2.5).fit(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert (
            MLPRegressor((3,), max_iter=60, tol=10, n_iter_no_change=np.inf).fit(x, y).n_iter_ == 60
        )


def test_a_network_that_goes_on_learning_keeps_its_layers(rng):
    x = rng.standard_normal((30, 2))
    net = MLPRegressor(hidden_layer_sizes=(4,), random_state=0).partial_fit(x, x)
    before = net.predict(x)
    with pytest.raises(ValueError, match=r"got layers of \[2, 4, 1\].*needed \[2, 4, 2\]"):
        net.partial_fit(x, x[:, 0])
    np.testing.assert_array_equal(net.predict(x), before)
    again = MLPRegressor(hidden_layer_sizes=(4,), random_state=0, warm_start=True, max_iter=2).fit(
        x, x
    )
    with pytest.raises(ValueError, match=r"got layers of \[2, 5, 2\]"):
        again.set_params(hidden_layer_sizes=(5,)).fit(x, x)
