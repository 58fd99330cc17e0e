"""Every lab of the documentation runs, without a warning; its own assertions check its numbers."""

from __future__ import annotations

import runpy
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib").use("Agg")
import matplotlib.pyplot as plt

LABS = sorted((Path(__file__).parents[1] / "docs" / "labs").glob("plot_*.py"))


def test_the_labs_are_here():
    assert {int(lab.name.split("_")[1]) for lab in LABS} >= {1}


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.stem)
def test_lab(lab):
    text = lab.read_text(encoding="utf-8")
    assert "assert" in text, f"{lab.name} compares nothing"
    started = time.perf_counter()
    try:
        with np.printoptions(), plt.rc_context():
            runpy.run_path(str(lab), run_name="__main__")
        assert (
            time.perf_counter() - started < 30
        )  # five seconds on a machine that does nothing else
        assert plt.get_fignums(), f"{lab.name} draws nothing"
    finally:
        plt.close("all")
