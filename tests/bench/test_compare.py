"""The method of comparison, with functions whose times and results are made up."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from mmlcore._bench import Case, Comparison, WrongResultError, cautions, compare, machine, verify
from mmlcore._bench.cases import agree, matmul, same_basis


def equal(expected: Any, got: Any) -> None:
    assert expected == got, "They differ."


class Sides:
    """A peer and an own side that write down the order of their calls."""

    def __init__(
        self, peer: object = 1, ours: object = 1, seconds: tuple[float, float] = (4e-3, 2e-3)
    ) -> None:
        self.results, self.seconds, self.calls = (peer, ours), seconds, ""

    def _call(self, which: int) -> object:
        self.calls += "po"[which]
        time.sleep(self.seconds[which])
        return self.results[which]

    def setup(self) -> Any:
        return lambda: self._call(0), lambda: self._call(1)

    def case(self, **more: Any) -> Case:
        return Case("made up", "core", self.setup, equal, **more)


def test_a_wrong_result_is_never_timed() -> None:
    sides = Sides(peer=1, ours=2)
    with pytest.raises(
        WrongResultError, match=r"core: made up vs numpy: .* nothing was timed. They differ"
    ):
        compare(sides.case())
    assert sides.calls == "po"


def test_verify_returns_the_sides_ready_to_run() -> None:
    peer, ours = verify(Sides(peer=3, ours=3).case())
    assert (peer(), ours()) == (3, 3)


def test_the_sides_alternate() -> None:
    sides = Sides()
    result = compare(sides.case(), seconds=0.1)
    rounds = len(result.our_times)
    assert rounds >= 7
    assert sides.calls.endswith("po" * rounds)
    assert len(result.peer_times) == rounds


def test_the_ratio_is_peer_over_ours() -> None:
    result = compare(Sides(seconds=(12e-3, 3e-3)).case(), seconds=0.0)
    assert 2 < result.ratio < 5
    assert 2 < result.best_ratio < 5


def test_a_fast_function_is_called_many_times_in_a_block() -> None:
    calls = [0]

    def ours() -> int:
        calls[0] += 1
        return 1

    case = Case("fast", "core", lambda: (lambda: 1, ours), equal)
    result = compare(case, seconds=0.0)
    assert calls[0] > 1000
    assert max(result.our_times) < 1e-3


@pytest.mark.parametrize(
    ("peer", "target", "verdict"), [(2, 1.5, "ok"), (1, 1.5, "below target"), (0.5, 1, "loses")]
)
def test_the_verdict(peer: float, target: float, verdict: str) -> None:
    result = Comparison(Sides().case(target=target), (peer,) * 3, (1.0,) * 3)
    assert result.verdict == verdict
    row = result.as_dict()
    assert row["verdict"] == verdict
    assert row["peer_seconds"] == {"median": peer, "minimum": peer, "rounds": 3}


def test_medians_ignore_one_disturbed_round() -> None:
    result = Comparison(Sides().case(), (2.0, 2.0, 90.0), (1.0, 1.0, 1.0))
    assert result.ratio == 2


def test_a_failing_setup_is_not_hidden() -> None:
    def setup() -> Any:
        raise MemoryError("too large")

    with pytest.raises(MemoryError):
        compare(Case("large", "core", setup, equal))


def test_cautions_name_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "1")
    monkeypatch.setattr("os.getloadavg", lambda: (0.0, 0.0, 0.0))
    assert [text.split("=")[0] for text in cautions()] == ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]
    monkeypatch.setattr("os.getloadavg", lambda: (99.0, 0.0, 0.0))
    assert "busy" in cautions()[-1]


def test_the_machine_is_described() -> None:
    facts = machine()
    assert facts["processor"]
    assert facts["cpus"] >= 1
    assert facts["peers"]["numpy"] == np.__version__
    assert facts["mmlcore"]["isa"]


def test_agree() -> None:
    check = agree(1e-12)
    check([1.0, 2.0], [1.0, 2.0])
    for wrong in ([1.0, 2.1], [1.0], [np.nan, 2.0], np.array([1, 2], np.float32)):
        with pytest.raises(AssertionError):
            check([1.0, 2.0], wrong)


def test_same_basis() -> None:
    check = same_basis("float64")
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((50, 5)))[0]
    check(q, -q)
    for wrong in (q * 1.001, np.roll(q, 1, axis=1), np.zeros_like(q)):
        with pytest.raises(AssertionError):
            check(q, wrong)


def test_a_real_case_agrees() -> None:
    verify(matmul(20))
