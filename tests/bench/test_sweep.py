"""Random rows: drawn again they are the same, all of them verify, and what is wrong or losing is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import threadpoolctl
from bench.sweep import floor, measure, summary
from bench.sweep.__main__ import main
from bench.sweep.draw import MOST_ITEMS, MOST_NUMBERS, Draw
from bench.sweep.measure import Result, check
from bench.sweep.table import Calls, Entry, Row, chapters, chosen, draw, entries, near, same, small

import mmlcore as mml

CHAPTERS = sorted({e.chapter for e in entries().values()})


def result(chapter: str, ratio: float | None, **more: Any) -> Result:
    times = {} if ratio is None else {"peer_seconds": ratio * 1e-6, "our_seconds": 1e-6}
    return Result(3, 7, chapter, "f", "f of 3x3", "numpy", ratio, **times, **more)


def row(ours: Any, **peers: Any) -> Row:
    calls = Calls(ours, peers, same)
    return Row(3, 7, Entry("core", "made_up", lambda _: calls), "made_up 3x3", calls)


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.filterwarnings("ignore")
def test_rows_verify(chapter: str) -> None:
    # One thread: whatever else runs here, a small matrix is not torn between two.
    with threadpoolctl.threadpool_limits(1):
        for e in entries().values():
            if e.chapter == chapter:
                drawn = [draw(11, number, e).calls for number in range(2 if e.weight else 0)]
                for calls in (small(e), *drawn):
                    right, left_out, wrong = check(calls)
                    assert not wrong, f"{e.name}: {wrong}"
                    assert bool(right) == bool(calls.peers), (
                        f"{e.name}: no peer is right: {left_out}"
                    )


def test_a_row_is_drawn_again() -> None:
    for number in range(20):
        one, two = (draw(5, number, chosen(5, number)) for _ in range(2))
        assert one.title == two.title
    e = entries()["matmul"]
    assert draw(5, 0, e).title != draw(6, 0, e).title
    np.testing.assert_array_equal(draw(5, 0, e).calls.ours(), draw(5, 0, e).calls.ours())


def test_a_new_function_leaves_the_rows_of_others_alone() -> None:
    table = list(entries().values())
    for number in range(50):
        before = chosen(1, number, table[1:])
        assert chosen(1, number, table) in (before, table[0])
    assert set(chapters()) == {chosen(0, number).chapter for number in range(400)}


def test_memory_orders_keep_the_values() -> None:
    a = np.arange(24.0).reshape(2, 3, 4)
    found = set()
    for seed in range(60):
        d = Draw((seed,))
        laid = d.lay(a)
        np.testing.assert_array_equal(laid, a)
        found.add(d.said[0])
    assert found == {
        f"2x3x4 float64{end}" for end in ("", " F", " steps", " padded", " every second")
    }


def test_sizes() -> None:
    d = Draw((0,))
    assert {d.size(2, 4) for _ in range(200)} == {2, 3, 4}
    for _ in range(300):
        numbers = d.size(4, 100_000)
        assert np.prod(stack := d.stack(numbers), dtype=int) * numbers <= MOST_NUMBERS
        assert np.prod(stack, dtype=int) <= MOST_ITEMS
    tiny = Draw((0,), small=True)
    assert (tiny.size(2, 500), tiny.stack(9), tiny.points()) == (3, (), (10, 3))


def test_a_wrong_result_is_reported_and_never_timed() -> None:
    calls = []

    def ours() -> int:
        calls.append(1)
        return 2

    found = measure.measure(row(ours, numpy=lambda: 1))
    assert (found.ratio, len(calls)) == (None, 1)
    assert "1 expected, 2 found" in found.wrong
    said = summary.text([found])
    assert "wrong  made_up 3x3" in said
    assert "python -m bench.sweep --seed 3 --row 7" in said


def test_an_error_is_a_wrong_result() -> None:
    def ours() -> int:
        raise ValueError("too small")

    assert measure.measure(row(ours, numpy=lambda: 1)).wrong == "ValueError: too small"


def test_a_peer_that_is_wrong_is_left_out() -> None:
    def slow() -> int:
        return sum(range(2_000)) * 0 + 1

    found = measure.measure(row(lambda: 1, slow=slow, wrong=lambda: 2, broken=lambda: 1 // 0))
    assert (found.peer, list(found.left_out)) == ("slow", ["wrong", "broken"])
    assert found.ratio is not None
    assert found.ratio > 1


def test_what_seems_to_lose_is_measured_again(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([[[2.0], [1.0]], [[1.0], [2.0]]])
    monkeypatch.setattr(measure, "interleave", lambda *_, **__: next(times))
    found = measure.measure(row(lambda: 1, numpy=lambda: 1))
    assert (found.ratio, found.again, found.loses) == (2.0, True, False)


def test_the_fastest_peer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([[[3.0], [2.0], [9.0]], [[1.0], [3.0], [2.0]]])
    monkeypatch.setattr(measure, "interleave", lambda *_, **__: next(times))
    found = measure.measure(row(lambda: 1, a=lambda: 1, b=lambda: 1, slow=lambda: 1))
    assert (found.peer, found.ratio) == ("b", 2.0)


def test_the_summary() -> None:
    rows = [
        result("stats", 4.0),
        result("stats", 0.5),
        result("eigen", 2.0),
        result("eigen", None, wrong="They differ."),
    ]
    eigen, stats, total = summary.summaries(rows)
    assert (eigen.rows, eigen.compared, eigen.wrong, eigen.losing) == (2, 1, 1, 0)
    assert (stats.share, stats.worst) == (0.5, 0.5)
    assert stats.mean == pytest.approx(2**0.5)
    assert total.share == pytest.approx(1 / 3)
    assert total.mean == pytest.approx(4 ** (1 / 3))
    said = summary.text(rows)
    assert said.index("They differ") < said.index("0.50") < said.index("chapter")
    assert "4.00  f of" not in said


def test_a_run_without_rest_says_what_it_costs() -> None:
    rows = [result("stats", 1.0, beside={"ours": t, "peer": 1.0}) for t in (2.0, 8.0)]
    assert "mmlcore takes 4.00 times its rested times, the best peers 1.00" in summary.text(rows)


def test_every_public_function_has_a_small_call(monkeypatch: pytest.MonkeyPatch) -> None:
    assert floor.uncovered() == []
    monkeypatch.setattr(mml, "brand_new", lambda: 0, raising=False)
    monkeypatch.setattr(mml, "__all__", [*mml.__all__, "brand_new"])
    assert floor.uncovered() == ["brand_new"]


def test_the_price_of_a_call() -> None:
    found = floor.price(entries()["inner"])
    assert found.ours is not None
    assert 0 < found.ours < 1e-3
    assert found.ratio
    said = floor.text([found, floor.Price("alone", 1e-6, "", None)])
    assert "inner" in said
    assert said.splitlines()[-1].split() == ["-", "1,000", "-", "alone"]


def test_results_are_compared_by_their_size() -> None:
    near("float64")((1.0, [2.0, 0.0]), (1.0, [2.0, 1e-12]))
    for wrong in ((1.0, [2.0, 1e-3]), (1.0,), (1.0, [2.0]), (np.nan, [2.0, 0.0])):
        with pytest.raises(AssertionError):
            near("float64")((1.0, [2.0, 0.0]), wrong)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "rows.json"
    assert main(["stats", "--rows", "2", "--json", str(saved)]) == 0
    assert "total" in capsys.readouterr().out
    document = json.loads(saved.read_text())
    assert [r["chapter"] for r in document["rows"]] == ["stats", "stats"]
    assert document["summary"][-1]["rows"] == 2
    assert document["machine"]["processor"]
    number = document["rows"][1]["number"]
    assert main(["--row", str(number), "--no-rest"]) == 0
    assert document["rows"][1]["title"] in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["poetry"])


def test_the_ratchet_says_what_fell() -> None:
    def rows_of(*ratios: float) -> list[Result]:
        return [Result(0, i, "c", "f", "f", "numpy", x) for i, x in enumerate(ratios)]

    assert summary.fallen(rows_of(*[3.0] * 19, 0.1)) == ""
    assert "geometric mean is 1.10" in summary.fallen(rows_of(1.1, 1.1))
    assert "25% of the rows" in summary.fallen(rows_of(9.0, 9.0, 9.0, 0.3))
    assert summary.fallen([]) == ""
