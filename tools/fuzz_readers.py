"""Atheris' target for the readers of text: whatever is in a file, it is read or refused by a FileError with its name.

nox -s fuzz -- 600        runs it for ten minutes, after the C++ parser's own target (fuzz_edges.cpp)
"""

from __future__ import annotations

import re
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["mmlcore"]):
    import mmlcore as mml
    from mmlcore.io import FileError, read_matrix

SEEDS = {
    "a.csv": b"x,y\n1,2\n3,4.5e3\n# end\n",
    "a.tsv": b"1\t2\n-3\tnan\n",
    "a.txt": b"1 2\n3 4\n",
    "edges.txt": b"# a comment\n0\t1\n1 2\n3,1\n",
    "edges.csv": b"0,1,2.5\n1,0,1e3\n",
    "a.mtx": b"%%MatrixMarket matrix coordinate real general\n3 3 2\n1 2 0.5\n3 1 2\n",
}
NAMES = sorted(SEEDS)
FOLDER = tempfile.TemporaryDirectory()


def reader(name: str) -> Callable[[Path], Any]:
    """Return what reads a file of this name."""
    return read_matrix if name in ("a.csv", "a.tsv", "a.txt") else mml.Graph.read


def read_one(data: bytes) -> None:
    """Read a file: its first byte says under which name, the others are in it."""
    if not data:
        return
    name = NAMES[data[0] % len(NAMES)]
    if re.search(rb"[0-9]{8}", data):
        return  # a graph has as many nodes as its largest number says: memory, and no finding
    path = Path(FOLDER.name, name)
    path.write_bytes(data[1:])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning is no finding
            reader(name)(path)
    except FileError as error:
        if name not in str(error):
            raise AssertionError(str(error)) from error


def main() -> None:
    with tempfile.TemporaryDirectory() as corpus:
        for i, name in enumerate(NAMES):
            Path(corpus, name).write_bytes(bytes([i]) + SEEDS[name])
        atheris.Setup([*sys.argv, corpus], read_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
