"""Graphs from any columns, and their ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.support import arrays, called, odd_objects, placed, tried

import mmlcore as mml

KINDS = ["i8", "i4", "u4", "u8", "i2", "u1", "i1", ">i8", "f8", "?"]
PLACES = ["C", "gaps", "reversed", "unaligned", "locked", "list"]


def ends(draw: Any, m: int) -> Any:
    if draw(st.integers(0, 20)) == 0:
        return draw(odd_objects())
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    most = draw(st.sampled_from([1, 3, 10, 100, 100, 127]))
    column = rng.integers(0, most, m).astype(draw(st.sampled_from(KINDS)))
    if m and draw(st.integers(0, 15)) == 0:
        far = draw(st.sampled_from([-1, 2**31, 2**32, 2**62]))
        column = column.astype(np.int64)
        column[0] = far
    return placed(column, draw(st.sampled_from(PLACES)))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Any], dict[str, Any]]:
    m = draw(st.sampled_from([0, 1, 2, 5, 40, 300]))
    options: dict[str, Any] = {}
    if draw(st.integers(0, 3)) == 0:
        options["weight"] = draw(arrays((m,)))
    if draw(st.integers(0, 3)) == 0:
        options["num_nodes"] = draw(st.sampled_from([0, 1, 128, 200, -1, 2**40, 2**70, 1.5, None]))
    options["combine"] = draw(st.sampled_from(["keep", "sum", "first", "keep", "x", None]))
    return [ends(draw, m), ends(draw, m if draw(st.integers(0, 9)) else m + 1)], options


@tried(400)
@given(st.data())
def test_pagerank(data: st.DataObject) -> None:
    draw = data.draw
    args, options = draw(graphs())
    graph = called(mml.Graph.from_edges, *args, **options)
    if graph is None:
        return
    n = graph.num_nodes
    assert n <= 200 or "num_nodes" in options
    how: dict[str, Any] = {
        "damping": draw(
            st.sampled_from([0.85, 0.85, 0.5, 0, 1, 0.999, -1, 2, float("nan"), "x", None])
        ),
        "tol": draw(st.sampled_from([1e-8, 1e-3, 1e-12, 0, -1, float("nan")])),
        "max_iter": draw(st.sampled_from([100, 1, 0, None])),
        "method": draw(
            st.sampled_from(["auto", "auto", "power", "push", "gauss_seidel", "x", None])
        ),
        "memory_limit": draw(st.sampled_from([None, None, 1, 10**6, -1, "x"])),
    }
    for name in ("personalization", "dangling", "start"):
        if draw(st.integers(0, 3)) == 0:
            shape = draw(st.sampled_from([(n,), (n,), (2, n), (n + 1,), ()]))
            how[name] = draw(arrays(shape)) if draw(st.integers(0, 9)) else draw(odd_objects())
            if (
                isinstance(how[name], np.ndarray)
                and how[name].dtype.kind == "f"
                and draw(st.booleans())
            ):
                with np.errstate(all="ignore"):
                    how[name] = np.abs(how[name])
    result = called(mml.pagerank, graph, **how)
    if result is not None and n:
        assert result.ranks.dtype == np.float64
        assert (result.ranks >= 0).all()
        np.testing.assert_allclose(result.ranks.sum(axis=-1), 1, atol=1e-6)


@tried(200)
@given(st.data())
def test_other_ways_to_a_graph(data: st.DataObject) -> None:
    draw = data.draw
    labels = st.sampled_from(["a", "b", 1, 2.5, None, float("nan"), (1, 2), b"x", "a"])
    names = [draw(st.lists(labels, max_size=5)) for _ in range(2)]
    called(mml.Graph.from_labels, *names)
    for make in (
        mml.Graph.from_scipy,
        mml.Graph.from_networkx,
        mml.Graph.from_igraph,
        mml.link_matrix,
    ):
        called(make, draw(odd_objects()))
    called(mml.pagerank, draw(odd_objects()))
    called(mml.pagerank, (draw(odd_objects()), draw(odd_objects())))


@tried(150)
@given(st.data())
def test_sparse_matrices(data: st.DataObject) -> None:
    from scipy import sparse  # noqa: PLC0415

    draw = data.draw
    n = draw(st.sampled_from([0, 1, 2, 5, 20]))
    kind = draw(
        st.sampled_from(
            ["csr_array", "csc_array", "coo_array", "lil_array", "dia_matrix", "csr_matrix"]
        )
    )
    dense = draw(arrays((n, n if draw(st.integers(0, 5)) else n + 1), dtypes=("f8", "f4", "i8")))
    matrix = getattr(sparse, kind)(np.reshape(dense, (n, -1) if n else (0, 0)))
    graph = called(mml.Graph.from_scipy, matrix)
    if graph is not None and n:
        called(mml.pagerank, graph)
    k = draw(st.sampled_from([1, 2, 0, n, n + 1]))
    called(mml.top_eigh, matrix, k)
    called(mml.PCA(1).fit, matrix)
    called(mml.matmul, matrix, np.ones(n))
    called(mml.linear_regression, matrix, np.ones(n))


def broken_csr(draw: Any) -> Any:
    """Make a matrix whose arrays do not fit together; SciPy's constructor would not let it pass."""
    from scipy import sparse  # noqa: PLC0415

    matrix = sparse.csr_array(np.eye(6))
    part = draw(st.sampled_from(["indices", "indptr"]))
    array = getattr(matrix, part).copy()
    array[draw(st.integers(0, 5))] = draw(st.sampled_from([-1, 7, 10**6, 2**31 - 1, -(2**31)]))
    setattr(matrix, part, array)
    return matrix


@tried(150)
@given(st.data())
def test_damaged_sparse_matrices(data: st.DataObject) -> None:
    matrix = broken_csr(data.draw)
    for work in (mml.Graph.from_scipy, mml.pagerank, mml.PCA(1).fit, lambda a: mml.top_eigh(a, 1)):
        assert called(work, matrix) is None, "its indices lie outside"
