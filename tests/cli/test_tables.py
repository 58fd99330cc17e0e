"""Tables with names in the shell: columns by name, text, any delimiter, standard input, Parquet; knn and regress."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.cli import main

IRIS = mml.datasets.iris()


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    path = tmp_path / "iris.csv"
    rows = [
        ",".join([*map(repr, row), IRIS.classes[kind]])
        for row, kind in zip(IRIS.data.tolist(), IRIS.target, strict=True)
    ]
    path.write_text(",".join([*IRIS.features, "species"]) + "\n" + "\n".join(rows) + "\n")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert main([*map(str, arguments), "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def test_pca_by_names(iris: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = run(capsys, "pca", iris)
    assert facts["columns"] == list(IRIS.features)
    np.testing.assert_allclose(
        facts["explained_variance"], mml.PCA().fit(IRIS.data).explained_variance_
    )
    facts = run(
        capsys,
        "pca",
        iris,
        "--columns",
        "petal_width, sepal_length,2",
        "-n",
        "0.9",
        "--standardize",
    )
    assert facts["columns"] == ["petal_width", "sepal_length", "sepal_width"]
    model = mml.PCA(0.9).fit(mml.standardize(IRIS.data[:, [3, 0, 1]]))
    assert facts["n_components"] == len(model.components_)
    np.testing.assert_allclose(facts["components"], model.components_, atol=1e-12)
    assert main(["pca", str(iris), "-o", str(tmp_path / "p.npz")]) == 0
    text = capsys.readouterr()
    assert "left out, since they hold text: species" in text.err
    assert "loadings" in text.out
    assert "petal_length" in text.out
    with np.load(tmp_path / "p.npz") as archive:
        assert archive["features"].tolist() == list(IRIS.features)
    for arguments, message in (
        (["--columns", "species"], "column 'species' holds text"),
        (["--columns", "none"], "there is no column 'none'; there are sepal_length"),
        (["-n", "9"], "have 4"),
        (["-n", "x"], "needed a number"),
    ):
        assert main(["pca", str(iris), *arguments]) == 2
        assert message in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("mark", [";", "\t", "|", ":"])
def test_any_delimiter_and_standard_input(
    mark: str, iris: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = iris.read_text().replace(",", mark)
    right = run(capsys, "pca", iris)["explained_variance"]
    given = ["--delimiter", mark] if mark == ":" else []
    iris.write_text(text)
    assert run(capsys, "pca", iris, *given)["explained_variance"] == right
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert run(capsys, "pca", "-", *given)["explained_variance"] == right


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_arrow_files(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arrow = pytest.importorskip("pyarrow")
    writer = pytest.importorskip("pyarrow.parquet" if suffix == "parquet" else "pyarrow.feather")
    table = arrow.table({**dict(zip(IRIS.features, IRIS.data.T, strict=True)), "name": ["a"] * 150})
    path = tmp_path / f"iris.{suffix}"
    (writer.write_table if suffix == "parquet" else writer.write_feather)(table, str(path))
    assert run(capsys, "pca", path)["columns"] == list(IRIS.features)
    path.write_bytes(b"nothing")
    assert main(["pca", str(path)]) == 2
    assert f"iris.{suffix}: " in capsys.readouterr().err


def test_fit_by_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.linspace(0, 4, 30)
    path = tmp_path / "data.csv"
    rows = [f"{v!r};{2 * v + 1!r};run {i};0.5" for i, v in enumerate(x.tolist())]
    path.write_text("time;height;note;error\n" + "\n".join(rows) + "\n")
    facts = run(
        capsys,
        "fit",
        path,
        "-m",
        "polynomial:1",
        "--x",
        "time",
        "--y",
        "height",
        "--sigma",
        "error",
    )
    np.testing.assert_allclose(list(facts["parameters"].values()), [1, 2], atol=1e-9)
    target = tmp_path / "f.csv"
    assert (
        main(["fit", str(path), "-m", "polynomial:1", "--x", "1", "--y", "2", "-o", str(target)])
        == 0
    )
    capsys.readouterr()
    assert target.read_text().splitlines()[0].startswith("name,parameters,standard_errors")
    assert main(["fit", str(path), "-m", "polynomial:1", "--x", "time"]) == 2
    assert "needed are both" in capsys.readouterr().err


def test_knn(iris: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = run(capsys, "knn", iris, "-k", 3, "--columns", "petal_length,petal_width")
    right = mml.NeighborIndex(IRIS.data[:, 2:]).query_self(3)
    np.testing.assert_array_equal(facts["indices"], right.indices)
    queries = tmp_path / "q.csv"
    queries.write_text(",".join(IRIS.features) + "\n5,3,1.5,0.2\n")
    facts = run(
        capsys,
        "knn",
        iris,
        "--queries",
        queries,
        "-k",
        2,
        "--standardize",
        "-o",
        tmp_path / "n.csv",
    )
    scale = np.std(IRIS.data, axis=0)
    right = mml.nearest_neighbors(IRIS.data / scale, np.array([[5, 3, 1.5, 0.2]]) / scale, 2)
    np.testing.assert_array_equal(facts["indices"], right.indices)
    assert (tmp_path / "n.csv").read_text().startswith("index1,index2,distance1,distance2\n")
    assert main(["knn", str(iris)]) == 0
    assert "nearest rows" in capsys.readouterr().out
    assert main(["knn", str(iris), "-k", "500"]) == 2
    assert "iris.csv: k: got 500" in " ".join(capsys.readouterr().err.split())


def test_regress(iris: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = run(capsys, "regress", iris, "--y", "petal_width", "--x", "petal_length,sepal_width")
    fit = mml.linear_regression(IRIS.data[:, [2, 1]], IRIS.data[:, 3])
    assert list(facts["coefficients"]) == ["petal_length", "sepal_width", "constant"]
    np.testing.assert_allclose(
        list(facts["coefficients"].values()), [*fit.coefficients, fit.intercept]
    )
    np.testing.assert_allclose(list(facts["standard_errors"].values()), fit.standard_errors)
    facts = run(capsys, "regress", iris, "--no-intercept", "-o", tmp_path / "r.csv")
    assert list(facts["coefficients"]) == list(IRIS.features[:3])
    assert (
        (tmp_path / "r.csv")
        .read_text()
        .startswith("name,value,standard_error,p_value\nsepal_length,")
    )
    assert main(["regress", str(iris)]) == 0
    assert "standard error" in capsys.readouterr().out


def test_pagerank_of_names_and_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "from:to\n" + "".join(
        f"{s}:{t}\n" for s, t in zip("AAABBCCCDEEFF", "BCDACADFCBDCD", strict=True)
    )
    path = tmp_path / "web.txt"
    path.write_text(text)
    facts = run(capsys, "pagerank", path, "--delimiter", ":", "--damping", "1")
    assert (facts["top"][0]["node"], round(facts["top"][0]["rank"], 3)) == ("C", 0.4)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run(capsys, "pagerank", "-", "--delimiter", ":")["nodes"] == 6


def test_completion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "--install-completion" in capsys.readouterr().out


def test_stray_words_and_gaps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.csv"
    for text, message in (
        ("a;b\n1;2\n3;oops\n5;6\n", "line 3, column 2: 'oops' is not a number"),
        ("a;b\n1;2\n3\n", "line 3 has 1 columns, the lines before have 2"),
        ("a;b\n1;2\n3;NA\n", "column 'b' contains NaN or no value, in row 2"),
    ):
        path.write_text(text)
        assert main(["pca", str(path)]) == 2
        assert message in " ".join(capsys.readouterr().err.split())


def test_solve_by_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, x = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[1.0, -4.0], [2.0, 0.5]])
    table = "name;bread;milk;paid;owed\n" + "".join(
        f"shop{i};{';'.join(map(repr, [*a[i].tolist(), *(a @ x)[i].tolist()]))}\n" for i in range(2)
    )
    file = tmp_path / "bills.csv"
    file.write_text(table)
    for options, expected in (
        (["--columns", "bread,milk", "--right", "paid"], x[:, 0]),
        (["--columns", "bread,milk"], x[:, 1]),  # the last column is the right side
        (["--right", "paid,owed"], x.T),
        (["--columns", "milk,1", "--right", "3"], x[::-1, 0]),
    ):
        facts = run(capsys, "solve", file, *options)
        np.testing.assert_allclose(facts["x"], expected, rtol=1e-14)
    assert facts["columns"] == ["milk", "bread"]
    side = tmp_path / "side.csv"
    side.write_text("shop,sum\none,4.0\ntwo,7.0\n")
    facts = run(capsys, "solve", file, side, "--columns", "bread,milk", "--right", "sum")
    np.testing.assert_allclose(facts["x"], [1, 2], rtol=1e-14)
    monkeypatch.setattr(sys, "stdin", io.StringIO(table))
    out = tmp_path / "x.npy"
    assert main(["solve", "-", "--right", "paid,owed", "--delimiter", ";", "-o", str(out)]) == 0
    text = capsys.readouterr().out
    assert "bread" in text
    assert "milk" in text
    np.testing.assert_allclose(np.load(out), x, rtol=1e-14)
    for wrong, message in (
        (["--columns", "bread"], "needed is a square matrix, as many rows as columns"),
        (["--columns", "bread,paid", "--right", "paid"], "'paid' is a column of the right side"),
        (["--columns", "bread,cheese"], "there is no column 'cheese'"),
        (["--right", "name"], "column 'name' holds text"),
        (["--columns", "bread,name"], "column 'name' holds text"),
    ):
        assert main(["solve", str(file), *wrong]) == 2
        assert message in " ".join(capsys.readouterr().err.replace("│", " ").split())
    side.write_text("sum\n4.0\n7.0\n")
    assert main(["solve", str(side)]) == 2
    assert "no two columns of numbers" in capsys.readouterr().err
    side.write_text("a,b,c\n1,2,3\n4,,6\n")
    assert main(["solve", str(side)]) == 2
    assert "line 3, column 2 is empty" in capsys.readouterr().err
    side.write_text("sum;other\n4.0;1\n7.0;2\n")
    facts = run(
        capsys, "solve", file, side, "--columns", "bread,milk", "--right", "1", "--delimiter", ";"
    )
    np.testing.assert_allclose(facts["x"], [1, 2], rtol=1e-14)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x\ty\n1\t2\n2\t4.1\n3\t6\n", ["x", "y"]),
        ('"x\nlength",y\n1,2\n2,4.1\n3,6\n', ["x length", "y"]),
        ('name,x,"y, ""z"""\n"a\n,b",1,2\n"5"" pipe",2,4.1\n6" pipe,3,6\n', ["x", 'y, "z"']),
    ],
)
def test_tables_as_spreadsheets_write_them(
    text: str, names: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    facts = run(capsys, "pca", path)
    assert facts["columns"] == names
    variances = np.cov([[1, 2, 3], [2, 4.1, 6]])
    assert sum(facts["explained_variance"]) == pytest.approx(np.trace(variances))
