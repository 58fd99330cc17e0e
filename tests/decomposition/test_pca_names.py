"""PCA with the columns of a table, and in searches without being an estimator of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml


def test_names_of_a_table(rng):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    x = rng.standard_normal((30, 3))
    for library in (pandas, polars):
        frame = library.DataFrame(dict(zip("abc", x.T, strict=True)))
        model = mml.PCA(2).fit(frame)
        assert model.feature_names_in_.tolist() == ["a", "b", "c"]
        np.testing.assert_allclose(model.transform(frame), mml.PCA(2).fit_transform(x), atol=1e-12)
        for call in (model.transform, model.score):
            with pytest.raises(
                ValueError, match="X: got the columns b, a, c, needed those of the fit"
            ):
                call(frame[["b", "a", "c"]])
        np.testing.assert_allclose(model.transform(x), model.transform(frame))
        assert not hasattr(model.fit(x), "feature_names_in_")


def test_parameters():
    model = mml.PCA(2).set_params(n_components=3, whiten=True)
    assert (model.n_components, model.whiten) == (3, True)
    assert model.get_params() == {
        "n_components": 3,
        "whiten": True,
        "solver": "auto",
        "random_state": None,
    }
    with pytest.raises(ValueError, match="copy: is no parameter of PCA, which has n_components"):
        model.set_params(copy=False)


def test_a_search_of_scikit_learn(rng):
    model_selection = pytest.importorskip("sklearn.model_selection")
    clone = pytest.importorskip("sklearn.base").clone
    x = rng.standard_normal((60, 5)) * [9, 8, 0.1, 0.1, 0.1]
    assert clone(mml.PCA(2)).n_components == 2
    found = model_selection.GridSearchCV(mml.PCA(), {"n_components": [1, 2]}).fit(x)
    assert found.best_params_ == {"n_components": 2}
