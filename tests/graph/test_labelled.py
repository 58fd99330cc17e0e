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


def test_a_delimiter_that_is_given(tmp_path):
    path = tmp_path / "e.txt"
    path.write_text("a:b\nb:a\n")
    assert mml.Graph.read(path, delimiter=":").labels == ["a", "b"]


def test_numbers_stay_numbers(tmp_path):
    path = tmp_path / "e.txt"
    path.write_text("0 1\n1 x\n")
    with pytest.raises(mml.io.FileError if hasattr(mml, "io") else ValueError, match="line 2"):
        mml.Graph.read(path)
