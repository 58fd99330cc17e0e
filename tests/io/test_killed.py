"""A process that is killed while it writes leaves the old file or the new one, whole."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.io import read_matrix

WRITERS = {
    "results.npz": "write_arrays(path, {'X': np.full((300, 700), i), 'Y': np.full(3, i)})",
    "results.csv": "write_arrays(path, {'X': np.full((300, 70), i)})",
    "results.npy": "write_arrays(path, {'X': np.full((300, 700), i)})",
    "graph.npz": "Graph.from_edges(np.full(50_000, i), np.arange(50_000)).save(path)",
    "graph": "Graph.from_edges(np.full(50_000, i), np.arange(50_000)).save(path)",
}


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("name", sorted(WRITERS))
def test_whole_or_not_at_all(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    code = f"""
import itertools
import numpy as np
from mmlcore import Graph
from mmlcore.io import write_arrays
path = {str(path)!r}
for i in itertools.count(1):
    {WRITERS[name]}
    print(i, flush=True)
"""
    rng = np.random.default_rng(len(name))
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(rng.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
        if name.startswith("graph"):
            graph = mml.Graph.read(path)
            assert graph.num_edges == 50_000
        else:
            matrix = read_matrix(path)
            assert len(matrix) == 300
            assert (matrix == matrix[0, 0]).all()
