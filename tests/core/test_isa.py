"""Instruction levels: the forced one runs, all agree, an impossible one is a clear error."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import _core, _isa
from mmlcore.core.config import config

POSSIBLE = [n for n in _isa.installed() if n in _isa.supported()]
BYTES = {"v4": 64, "v3": 32, "v2": 16}

WORK = """
import json, numpy as np, mmlcore as mml
from mmlcore.core.config import config
rng = np.random.default_rng(7)
results = {}
for dtype in (np.float64, np.float32):
    a, b = rng.standard_normal((97, 97)).astype(dtype), rng.standard_normal((97, 5)).astype(dtype)
    stack = rng.standard_normal((50, 6, 6)).astype(dtype)
    tall = rng.standard_normal((3000, 7)).astype(dtype)
    name = np.dtype(dtype).name
    results[name] = [x.astype(float).ravel().tolist() for x in (
        mml.matmul(a, b), mml.matmul(a[::-1, ::-1], a.T), mml.matmul(stack, stack), mml.solve(a, b),
        mml.solve(stack, stack[:, :, :2]), mml.gram_schmidt(tall), mml.gram_schmidt(tall[:7]))]
print(json.dumps({"config": config(), "results": results}))
"""


def run_at(level, code=WORK):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, _isa.VARIABLE: level},
        timeout=120,
        check=False,
    )


def test_something_is_possible():
    assert POSSIBLE
    assert config()["isa"] in [_isa.full_name(n) for n in POSSIBLE]


@pytest.mark.parametrize("level", POSSIBLE)
def test_the_forced_level_runs(level):
    for spelling in (level, _isa.full_name(level), _isa.full_name(level).upper()):
        told = run_at(spelling)
        assert told.returncode == 0, told.stderr
        ran = json.loads(told.stdout)["config"]
        assert ran["isa"] == _isa.full_name(level) or level == "generic"
        # The width is not a name that the build was told but what the compiler made of its flags.
        assert ran["vector_bytes"] == BYTES.get(level, ran["vector_bytes"])


def test_all_levels_agree():
    outcomes = [json.loads(run_at(level).stdout)["results"] for level in POSSIBLE]
    for outcome in outcomes[1:]:
        for name, tolerance in (("float64", 1e-10), ("float32", 2e-2)):
            for first, other in zip(outcomes[0][name], outcome[name], strict=True):
                np.testing.assert_allclose(other, first, rtol=tolerance, atol=tolerance)


def test_only_the_chosen_module_is_loaded():
    loaded = [n for n in sys.modules if n.startswith("mmlcore._core_")]
    assert loaded == [_core.__name__]


def test_unknown_level():
    told = run_at("x86-64-v9", "import mmlcore")
    assert told.returncode != 0
    assert (
        "ImportError: MMLCORE_ISA='x86-64-v9' is not an instruction level; known are x86-64-v4"
        in told.stderr
    )


def test_unsupported_level(monkeypatch):
    monkeypatch.setattr(_isa, "supported", lambda: ("v2",))
    monkeypatch.setattr(_isa, "installed", lambda: ("v4", "v2"))
    with pytest.raises(
        ImportError, match=r"'v4': this processor does not support it; possible here: x86-64-v2"
    ):
        _isa.choose("v4")
    with pytest.raises(ImportError, match=r"'generic': this processor does not support it"):
        _isa.choose("generic")
    assert _isa.choose(None) == "v2"


def test_level_not_installed(monkeypatch):
    monkeypatch.setattr(_isa, "supported", lambda: ("v4", "v3", "v2"))
    monkeypatch.setattr(_isa, "installed", lambda: ("v4",))
    with pytest.raises(
        ImportError, match=r"'v3': this installation holds no build for it.*MMLCORE_ISA_LEVELS=all"
    ):
        _isa.choose("v3")


def test_moved_to_an_older_processor(monkeypatch):
    monkeypatch.setattr(_isa, "supported", lambda: ("v3", "v2"))
    monkeypatch.setattr(_isa, "installed", lambda: ("v4",))
    with pytest.raises(
        ImportError, match="builds for x86-64-v4, and this processor supports x86-64-v3, x86-64-v2"
    ):
        _isa.choose(None)


def test_show_config(capsys):
    mml.show_config()
    text = capsys.readouterr().out
    for needed in (mml.__version__, "Eigen 5", config()["isa"], "threads", "MMLCORE_ISA=x86-64-v3"):
        assert needed in text
