"""Models with a state: whatever they are fitted to, they end fitted and usable, or as they were."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.support import arrays, arrays_of, called, is_broken, odd_objects, tried

import mmlcore as mml

SIZE = st.sampled_from([0, 1, 2, 2, 3, 5, 8, 30])


def data_set(draw: Any, n: int, d: int) -> Any:
    return draw(arrays((n, d))) if draw(st.integers(0, 15)) else draw(odd_objects())


def checked(result: Any) -> None:
    for part in arrays_of(result):
        assert part.dtype.kind in "fib"
        assert not np.isnan(part).any(), "a silent NaN"


@tried(250)
@given(st.data())
def test_pca(data: st.DataObject) -> None:
    draw = data.draw
    n, d = draw(SIZE), draw(SIZE)
    k = draw(st.sampled_from([None, 1, 1, 2, 0.9, 0, -1, 99, "mle", "x", 1.5, True]))
    solver = draw(
        st.sampled_from(["auto", "auto", "covariance", "dual", "randomized", "full", "x"])
    )
    seed = draw(st.sampled_from([0, None, -1, "x"]))
    model = mml.PCA(k, whiten=draw(st.booleans()), solver=solver, random_state=seed)
    x = data_set(draw, n, d)
    fit = draw(st.sampled_from(["fit", "partial_fit", "fit_transform", "fit_chunks"]))
    fitted = called(getattr(model, fit), [x, x] if fit == "fit_chunks" else x)
    if fitted is None:
        for method in ("transform", "score", "get_covariance"):
            args = [] if method == "get_covariance" else [x]
            assert called(getattr(model, method), *args) is None, "it is not fitted"
        return
    assert not is_broken(x), "NaN or infinity was taken"
    if fit == "partial_fit" and not hasattr(model, "components_"):
        return  # rows that are too few so far are kept
    checked((model.components_, model.explained_variance_, model.mean_, model.singular_values_))
    checked(called(model.get_covariance))
    other = data_set(draw, draw(SIZE), model.components_.shape[1])
    called(model.get_precision)
    for method in (
        "transform",
        "score_samples",
        "score",
        "reconstruction_error",
        "inverse_transform",
    ):
        called(getattr(model, method), other)


@tried(150)
@given(st.data())
def test_ppca(data: st.DataObject) -> None:
    draw = data.draw
    model = mml.PPCA(
        draw(st.sampled_from([1, 1, 2, 0, 99, None])), max_iter=draw(st.sampled_from([1, 9, 0]))
    )
    x = data_set(draw, draw(SIZE), draw(SIZE))
    if called(model.fit, x) is None:
        return
    checked((model.components_, model.mean_, np.asarray(model.noise_variance_)))
    checked(called(model.impute, x))
    for method in ("transform", "score_samples", "score", "inverse_transform", "sample"):
        called(getattr(model, method), data_set(draw, 3, model.components_.shape[1]))
    called(model.get_covariance)
    called(model.get_precision)


@tried(200)
@given(st.data())
def test_moments(data: st.DataObject) -> None:
    draw = data.draw
    d = draw(st.sampled_from([1, 2, 3, 9]))
    called(mml.Moments, draw(st.sampled_from([0, -1, None, 2**62, 1.5])))
    moments = mml.Moments(d)
    for _ in range(draw(st.integers(1, 4))):
        n = draw(SIZE)
        method = draw(st.sampled_from(["update", "update", "downdate"]))
        before = moments.copy()
        weights = draw(arrays((n,))) if draw(st.integers(0, 3)) == 0 else None
        if called(getattr(moments, method), data_set(draw, n, d), weights) is None:
            assert moments.__getstate__()[0] == before.__getstate__()[0], (
                "a refused update changed it"
            )
            np.testing.assert_array_equal(moments._sums.matrix, before._sums.matrix)
    if moments.count > 0:
        checked((moments.mean,))
        checked(called(moments.covariance, draw(st.sampled_from([0, 1, 99, None]))))
        checked(called(moments.variance))
    called(lambda: moments + mml.Moments(draw(st.sampled_from([d, d + 1]))))


@tried(120)
@given(st.data())
def test_networks(data: st.DataObject) -> None:
    draw = data.draw
    n, d, out = draw(SIZE), draw(st.sampled_from([1, 2, 3])), draw(st.sampled_from([1, 2, 3]))
    layers = draw(
        st.sampled_from(
            [[d, out], [d, 4, out], [d, 4, out], [d, 3, 3, out], [d], [], [d, 0, out], "x", None]
        )
    )
    options = {
        "activation": draw(st.sampled_from(["tanh", "relu", "sigmoid", "x"])),
        "output": draw(st.sampled_from(["identity", "softmax", "sigmoid", "x"])),
        "optimizer": draw(st.sampled_from(["sgd", "momentum", "adam", None])),
        "learning_rate": draw(st.sampled_from([0.01, 1.0, 1e300, 0, -1, "x"])),
        "batch_size": draw(st.sampled_from([1, 4, 0, 10**6])),
        "epochs": draw(st.sampled_from([1, 3, 0, -1])),
        "validation": draw(st.sampled_from([0.0, 0.3, 1.0, -1, None])),
        "random_state": 0,
    }
    model = called(lambda: mml.MLP(layers, **options))
    if model is None:
        return
    x = data_set(draw, n, d)
    y = draw(arrays(draw(st.sampled_from([(n,), (n, out), (n, out), (n, 1)]))))
    if draw(st.booleans()):
        y = np.arange(n) % max(out, 2)
    fitted = called(model.fit, x, y)
    assert fitted is None or not (is_broken(x) and np.size(x)), "NaN or infinity was taken"
    if fitted is not None:
        checked(tuple(model.weights_))
    for method in ("predict", "predict_proba"):
        called(getattr(model, method), data_set(draw, 3, d))
    called(model.gradients, x, y)
    called(model.cost, x, y)
    called(model.score, x, y)
