"""Edge lists with names, headings, quotes and any delimiter."""

from __future__ import annotations

import gzip

import pytest

import mmlcore as mml


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("alice bob\nbob carol\n", [("alice", "bob", 1), ("bob", "carol", 1)]),
        ("# people\nfrom,to\na,b\n", [("a", "b", 1)]),
        ("a;b;2\nb;a;3.5\n", [("a", "b", 2), ("b", "a", 3.5)]),
        ("weight|target|source\n2|b|a\n", [("a", "b", 2)]),
        (
            '"New York","Los Angeles"\n"Los Angeles","New York"\n',
            [("New York", "Los Angeles", 1), ("Los Angeles", "New York", 1)],
        ),
        ("a\tb c\nb c\ta\n", [("a", "b c", 1), ("b c", "a", 1)]),
        ("\ufeffsource target\nx y\n", [("x", "y", 1)]),
        ("u,v,w\n1,2,0.5\n2,1,1\n", [(1, 2, 0.5), (2, 1, 1)]),
    ],
)
def test_names(text, edges, tmp_path):
    for name in ("e.txt", "e.csv", "e.txt.gz"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
        graph = mml.Graph.read(path)
        source, target, weight = graph.edges()
        names = graph.labels or range(graph.num_nodes)
        found = {
            (names[s], names[t], 1 if weight is None else weight[i])
            for i, (s, t) in enumerate(zip(source, target, strict=True))
        }
        assert found == set(edges)


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("# c\r1 2\r2 3\r3 1\r", {(1, 2), (2, 3), (3, 1)}),
        ("1,2,.5\r2,3,1\r", {(1, 2), (2, 3)}),
        ("source,target\rx,y\ry,z", {("x", "y"), ("y", "z")}),
        ("a b\rb c\r" * 50_000, {("a", "b"), ("b", "c")}),
    ],
)
@pytest.mark.parametrize("name", ["e.csv", "e.txt.gz"])
def test_lines_that_end_in_carriage_returns(text, edges, name, tmp_path):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    graph = mml.Graph.read(path)
    source, target, _ = graph.edges()
    names = graph.labels or range(graph.num_nodes)
    assert {(names[s], names[t]) for s, t in zip(source, target, strict=True)} == edges


@pytest.mark.parametrize("text", ["# c\r0 1\n1 2\n", "0\r1\n", "0 1\n\r1 2\r2 3\n", "a b\nb\rc\n"])
def test_a_carriage_return_within_a_line_is_named(text, tmp_path):
    path = tmp_path / "e.txt"
    path.write_bytes(text.encode())
    with pytest.raises(ValueError, match=r"line [12]: .*a carriage return"):
        mml.Graph.read(path)


@pytest.mark.parametrize("text", ["a,b\nb,\n", "source,target\n,b\n", 'a;"b"\n;""\n'])
def test_a_node_without_a_name_is_told(text, tmp_path):
    path = tmp_path / "e.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match="line 2: a node has no name"):
        mml.Graph.read(path)


def test_a_delimiter_that_is_given(tmp_path):
    path = tmp_path / "e.txt"
    path.write_text("a:b\nb:a\n")
    assert mml.Graph.read(path, delimiter=":").labels == ["a", "b"]


def test_numbers_stay_numbers(tmp_path):
    path = tmp_path / "e.txt"
    path.write_text("0 1\n1 x\n")
    with pytest.raises(mml.io.FileError if hasattr(mml, "io") else ValueError, match="line 2"):
        mml.Graph.read(path)
