"""The list of idioms: each is what numpy gives, with its derivatives, or a TraceError; and its table in the documentation."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import mmlcore as mml

pytest.importorskip("scipy")

from tests.calculus.idioms import idioms, numbers, outcome

LEAST = 0.91  # of all idioms are traced


@pytest.fixture(scope="module")
def outcomes():
    found = [(idiom, *outcome(idiom)) for idiom in idioms()]
    return [row for row in found if row[1] != "missing"]


def test_none_is_silently_wrong(outcomes):
    assert [
        (i.text, kind, words) for i, kind, words in outcomes if kind not in ("right", "refused")
    ] == []
    traced = sum(kind == "right" for _, kind, _ in outcomes)
    assert traced >= LEAST * len(outcomes)
    assert all(
        "line" in words or "traced, needed" in words
        for _, kind, words in outcomes
        if kind == "refused"
    )


def test_derivatives(outcomes):
    """By differences of numpy's values, forward and in reverse, of one point and of many."""
    for idiom, kind, _ in outcomes[::3]:
        if kind != "right":
            continue
        f, plain = mml.Function(idiom.function(), idiom.shape), idiom.function()
        rng = np.random.default_rng(5 + len(idiom.text))
        x = rng.uniform(0.2, 1.9, idiom.shape)
        slopes = f.jacobian(x).reshape(-1, x.size)
        by_steps = mml.finite_difference(
            lambda v, i=idiom, g=plain: numbers(g(v.reshape(i.shape).copy())).ravel(), x.ravel()
        )
        close = lambda a, b, eps: np.allclose(a, b, eps, eps)
        assert close(slopes, np.reshape(by_steps, slopes.shape), 1e-5), idiom.text
        many = f.jacobian(np.stack([x] * 19))[7].reshape(slopes.shape)
        assert close(many, slopes, 1e-9), idiom.text
        weights = rng.standard_normal(f.shape)
        again = idiom.function()
        s = mml.Function(lambda v, g=again, w=weights: np.sum(w * g(v)), idiom.shape)
        assert close(s.gradient(x).ravel(), weights.ravel() @ slopes, 1e-8), idiom.text


def table(outcomes):
    """How many of each group are traced, and which are not."""
    all_of, right = (
        Counter(i.group for i, *_ in outcomes),
        Counter(i.group for i, k, _ in outcomes if k == "right"),
    )
    rows = ["| what | traced | of | refused |", "| -- | -- | -- | -- |"]
    for group, count in all_of.items():
        missing = ", ".join(
            f"`{i.text.replace(' ;; ', '; ').replace('|', ' or ')}`"
            for i, k, _ in outcomes
            if i.group == group and k != "right"
        )
        rows.append(f"| {group} | {right[group]} | {count} | {missing} |")
    rows.append(f"| together | {sum(right.values())} | {len(outcomes)} | |")
    return "\n".join(rows)


def test_the_table_of_the_documentation_is_true(outcomes):
    if len(outcomes) < len(idioms()):
        pytest.skip("functions that this version of numpy or SciPy has not")
    page = (Path(__file__).parents[2] / "docs" / "traced.md").read_text(encoding="utf-8")
    assert table(outcomes) in page
