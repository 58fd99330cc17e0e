"""The command: results on the screen, as JSON and in files; every error one line and exit status 2."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import mmlcore as mml
from mmlcore.cli import main, show
from mmlcore.io import read_matrix
from mmlcore.optimize import models

COMMAND = [sys.executable, "-c", "import sys; from mmlcore.cli import main; sys.exit(main())"]


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def edges(tmp_path: Path) -> Path:
    path = tmp_path / "edges.txt"
    path.write_text("# from to\n0 1\n1 2\n2 0\n3 2\n")
    return path


@pytest.fixture
def points(tmp_path: Path) -> Path:
    path = tmp_path / "points.csv"
    data = np.random.default_rng(0).standard_normal((30, 4)) * [4, 3, 2, 1]
    path.write_text(
        "a,b,c,d\n" + "\n".join(",".join(map(repr, row)) for row in data.tolist()) + "\n"
    )
    return path


def test_without_arguments_it_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in ("tour", "pagerank", "pca", "bench", "info"))


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("mmlcore ")


def test_without_the_extra_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main(["info"]) == 2
    assert 'pip install "mmlcore[cli]"' in capsys.readouterr().err


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    assert "MMLCORE_ISA" in capsys.readouterr().out
    assert main(["info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["peers"]["numpy"] == np.__version__


def test_pagerank_on_the_screen(edges: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pagerank", str(edges), "--top", "2"]) == 0
    text = capsys.readouterr().out
    assert "4 nodes, 4 edges" in text
    assert len([line for line in text.splitlines() if "█" in line]) == 2


def test_pagerank_as_json_and_in_files(
    edges: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for suffix in (".csv", ".npy", ".npz"):
        target = tmp_path / f"ranks{suffix}"
        assert main(["pagerank", str(edges), "--json", "-o", str(target)]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["nodes"] == 4
        assert document["top"][0]["node"] == "2"
        assert sum(row["rank"] for row in document["top"]) == pytest.approx(1)
        ranks = read_matrix(target, key="rank" if suffix == ".npz" else None)
        assert (ranks[:, 1] if suffix == ".csv" else ranks).sum() == pytest.approx(1)


def test_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = np.linspace(0, 10, 60)
    y = models.gaussian(x, 3, 4, 0.5, 1) + 0.05 * np.sin(40 * x)
    file = tmp_path / "curve.csv"
    np.savetxt(file, np.column_stack([x, y, np.full(60, 0.05)]), delimiter=",")
    assert main(["fit", str(file), "-m", "gaussian", "--json", "-o", str(tmp_path / "f.npz")]) == 0
    facts = json.loads(capsys.readouterr().out)
    expected = mml.curve_fit(models.gaussian, x, y, sigma=np.full(60, 0.05), absolute_sigma=True)
    np.testing.assert_allclose(list(facts["parameters"].values()), expected.parameters, rtol=1e-9)
    np.testing.assert_allclose(
        list(facts["standard_errors"].values()), expected.standard_errors, rtol=1e-6
    )
    with np.load(tmp_path / "f.npz") as archive:
        np.testing.assert_allclose(archive["covariance"], expected.covariance, rtol=1e-6)
    assert main(["fit", str(file), "--model", "polynomial:2", "--p0", "1,0,0"]) == 0
    text = capsys.readouterr().out
    assert "polynomial(x, c0, c1, c2), 60 points" in text
    assert "degrees of freedom" in text
    for wrong in (["-m", "gauss"], ["-m", "polynomial:x"], ["-m", "sine", "--p0", "a"]):
        assert main(["fit", str(file), *wrong]) == 2
        assert "needed" in capsys.readouterr().err
    np.savetxt(file, np.ones((5, 4)), delimiter=",")
    assert main(["fit", str(file), "-m", "sine"]) == 2
    assert "columns x, y" in capsys.readouterr().err


def test_solve(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    a, x = rng.standard_normal((30, 30)), rng.standard_normal((30, 2))
    np.save(tmp_path / "a.npy", a)
    np.savetxt(tmp_path / "b.csv", a @ x, delimiter=",")
    np.savetxt(tmp_path / "one.txt", a @ x[:, 0])
    files = [str(tmp_path / name) for name in ("a.npy", "b.csv", "one.txt")]
    assert main(["solve", *files[:2], "--json", "-o", str(tmp_path / "x.npy")]) == 0
    facts = json.loads(capsys.readouterr().out)
    np.testing.assert_allclose(np.transpose(facts["x"]), x, rtol=1e-9)
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), x, rtol=1e-9)
    assert facts["condition"] == pytest.approx(np.linalg.cond(a), rel=1e-6)
    assert facts["backward_error"] < 1e-14
    assert main(["solve", files[0], files[2]]) == 0
    text = capsys.readouterr().out
    assert f"{x[0, 0]:.8g}" in text
    assert "and 10 more" in text
    np.save(tmp_path / "flat.npy", np.ones((3, 3)))
    np.save(tmp_path / "side.npy", np.ones(3))
    np.save(tmp_path / "number.npy", np.float64(3))
    np.save(tmp_path / "nan.npy", np.full(30, np.nan))
    for wrong, message in (
        ([str(tmp_path / "flat.npy"), str(tmp_path / "side.npy")], "singular"),
        ([files[0], str(tmp_path / "side.npy")], "needed are 30 rows"),
        ([files[1], files[1]], "needed is a square matrix"),
        ([files[0], str(tmp_path / "number.npy")], "number.npy: shape (); needed are 30 rows"),
        ([files[0], str(tmp_path / "nan.npy")], "nan.npy: b: contains NaN"),
    ):
        assert main(["solve", *wrong]) == 2
        assert message in capsys.readouterr().err


def test_fit_draws(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    file, picture = tmp_path / "curve.npy", tmp_path / "fit.png"
    x = np.linspace(0, 3, 30)
    np.save(file, np.column_stack([x, models.exponential_decay(x, 2, 1, 0.5)]))
    assert main(["fit", str(file), "-m", "exponential_decay", "--plot", str(picture)]) == 0
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_pca_on_the_screen(points: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pca", str(points), "-n", "2"]) == 0
    text = capsys.readouterr().out
    assert "30 points of 4 features: 2 components hold" in text
    assert max(map(len, text.splitlines())) <= 80


def test_pca_as_json_and_in_files(
    points: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = read_matrix(points)
    variance = np.sort(np.linalg.eigvalsh(np.cov(data.T)))[::-1]
    for suffix in (".csv", ".npy", ".npz"):
        target = tmp_path / f"scores{suffix}"
        assert main(["pca", str(points), "--json", "--output", str(target)]) == 0
        document = json.loads(capsys.readouterr().out)
        np.testing.assert_allclose(document["explained_variance"], variance, rtol=1e-12)
        scores = read_matrix(target, key="scores" if suffix == ".npz" else None)
        np.testing.assert_allclose(scores.var(axis=0, ddof=1), variance, rtol=1e-12)
    with np.load(tmp_path / "scores.npz") as archive:
        again = archive["scores"] @ archive["components"] + archive["mean"]
        np.testing.assert_allclose(again, data, atol=1e-12)


@pytest.mark.usefixtures("edges", "points")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["poetry"], "poetry"),
        (["info", "--poetry"], "--poetry"),
        (["pca"], "file"),
        (["pca", "none.csv"], "none.csv: no such file"),
        (["pca", "bad.csv"], "bad.csv: line 3, column 1: 'three' is not a number"),
        (["pca", "nan.csv"], "nan.csv: "),
        (["pca", "points.csv", "-n", "5"], "got 5; 30 points of 4 features have 4"),
        (["pca", "points.csv", "-n", "0"], "--n-components"),
        (["pca", "points.csv", "-n", "many"], "--n-components"),
        (["pca", "points.csv", "-o", "out.doc"], "out.doc: unknown kind of file"),
        (["pca", "points.csv", "-o", "none/out.csv"], "there is no folder"),
        (["pca", "cube.npy"], "cube.npy: shape (2, 2, 2)"),
        (["pca", "cut.npy"], "cut.npy: truncated or damaged"),
        (["pagerank", "none.txt"], "none.txt"),
        (["pagerank", "words.txt"], "words.txt"),
        (["pagerank", "edges.txt", "--damping", "1.5"], "--damping"),
        (["pagerank", "edges.txt", "--tol", "-1"], "tol"),
        (["pagerank", "edges.txt", "-o", "ranks.doc"], "ranks.doc: unknown kind of file"),
        (["bench", "-k", "poetry"], "no case contains 'poetry'"),
        (["bench", "-o", "none/a.json"], "there is no folder"),
        (["tour", "--report", "none/a.html"], "there is no folder"),
        (["tour", "--seconds", "-1"], "--seconds"),
    ],
)
def test_errors_are_one_line_and_status_2(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.csv").write_text("1,2\n3,4\nthree,4\n")
    Path("nan.csv").write_text("1,2\n3,nan\n5,6\n")
    Path("words.txt").write_text("0 1\n1 2\nnothing\n")
    np.save("cube.npy", np.zeros((2, 2, 2)))
    Path("cut.npy").write_bytes(Path("cube.npy").read_bytes()[:-3])
    before = sorted(tmp_path.iterdir())
    assert main(arguments) == 2
    seen = capsys.readouterr()
    assert seen.err.startswith("mmlcore: ")
    assert seen.err.count("\n") == 1
    assert message.lower() in seen.err.lower()
    assert seen.out == ""
    assert sorted(tmp_path.iterdir()) == before, "nothing is written by halves"


def test_bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "bench.json"
    assert main(["bench", "-k", "matmul 64", "--seconds", "0", "-o", str(saved)]) == 0
    text = capsys.readouterr().out
    assert "matmul 64 float64" in text
    assert max(map(len, text.splitlines())) <= 80
    assert len(json.loads(saved.read_text())["results"]) == 1


def test_bench_shows_a_wrong_result(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmlcore.matmul", lambda a, b: a + b)
    assert main(["bench", "-k", "matmul 64", "--seconds", "0"]) == 2
    assert "wrong" in capsys.readouterr().out


def test_ctrl_c_ends_quietly_with_130() -> None:
    running = subprocess.Popen(
        [*COMMAND, "bench", "--seconds", "60"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(3)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=20)
    assert running.returncode == 130, err
    assert "Traceback" not in out + err


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "edges.txt"
    path.write_text("".join(f"{i} {i + 1}\n" for i in range(20_000)))
    writing = subprocess.Popen(
        [*COMMAND, "pagerank", str(path), "--json", "--top", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert writing.stdout is not None
    writing.stdout.readline()
    writing.stdout.close()
    assert writing.stderr is not None
    text: Any = writing.stderr.read()
    writing.stderr.close()
    assert writing.wait(timeout=20) == 1
    assert "Traceback" not in text


def test_names_do_not_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["\x1b[2J\x1b]0;owned\x07", "b\u202e\r", "plain"]
    mml.Graph.from_labels(names, names[1:] + names[:1]).save(tmp_path / "x.npz")
    assert main(["pagerank", str(tmp_path / "x.npz")]) == 0
    text = capsys.readouterr().out
    assert not any(c in text for c in "\x1b\x07\r\u202e")
    assert "\\x1b[2J" in text.replace("\n", "")
    assert "plain" in text


def test_columns_and_keys_in_the_words_of_the_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3,nan\n4,5\n")
    assert main(["pca", str(tmp_path / "x.csv")]) == 2
    assert "column 1" not in capsys.readouterr().err
    (tmp_path / "x.csv").write_text("a,b\n1,2\n3,oops\n")
    assert main(["pca", str(tmp_path / "x.csv")]) == 2
    assert "line 3, column 2" in capsys.readouterr().err
    np.savez(tmp_path / "two.npz", a=np.eye(3), b=np.eye(3))
    assert main(["pca", str(tmp_path / "two.npz")]) == 2
    assert "choose one with --key" in " ".join(capsys.readouterr().err.split())


def test_a_picture_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: the old picture stays, and no part of the new one."""
    pytest.importorskip("matplotlib")
    x = np.linspace(0, 3, 20)
    np.savetxt(tmp_path / "c.csv", np.column_stack([x, 2 * x + 1]), delimiter=",")
    picture = tmp_path / "p.png"
    picture.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    arguments = ["fit", str(tmp_path / "c.csv"), "-m", "polynomial:1", "--plot", str(picture)]
    assert main(arguments) == 2
    assert "no space left on device" in " ".join(capsys.readouterr().err.lower().split())
    assert picture.read_bytes() == b"old"
    monkeypatch.undo()
    assert main(arguments) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["c.csv", "p.png"]


def test_what_takes_long_says_so_on_a_terminal_alone(
    edges: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = mml.pagerank
    monkeypatch.setattr(mml, "pagerank", lambda *a, **o: (time.sleep(0.3), slow(*a, **o))[1])
    for terminal, soon, said in ((True, 0.01, True), (True, 9.0, False), (False, 0.01, False)):
        seen = io.StringIO()
        screen = Console(file=seen, force_terminal=terminal, force_interactive=terminal)
        monkeypatch.setattr(show, "progress_console", lambda screen=screen: screen)
        monkeypatch.setattr(show, "_SOON", soon)
        assert main(["pagerank", str(edges)]) == 0
        assert ("ranking 4 nodes" in seen.getvalue()) is said
        assert "4 nodes" in capsys.readouterr().out
    monkeypatch.setattr(show, "_SOON", 0.01)
    assert main(["pagerank", "no such [red] file"]) == 2
