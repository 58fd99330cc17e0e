"""Writes python/mmlcore/_core.pyi from the installed package: `python tools/make_stubs.py [--check]`.

pybind11-stubgen reads the compiled module; what it cannot know (the arguments of the METH_FASTCALL functions) is `Any`.
`--check` changes nothing and fails when the committed stub is not what it would write.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import mmlcore._core

PACKAGE = Path(__file__).parents[1] / "python" / "mmlcore"
HEADER = "# Written by tools/make_stubs.py from the compiled module; do not edit.\n"


def stub(module: str) -> str:
    """Return the tidied stub of one compiled module."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pybind11_stubgen", module, "-o", folder]
        subprocess.run(command, check=True, cwd=folder, capture_output=True)
        text = Path(folder, *module.split(".")).with_suffix(".pyi").read_text(encoding="utf-8")
    text = re.sub(r"^(__all__|from __future__).*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\bnumpy\.ndarray\b(?!\[)", "numpy.ndarray[typing.Any, typing.Any]", text)
    text = re.sub(r": tuple([,)])", r": tuple[typing.Any, ...]\1", text)
    text = re.sub(r"-> (dict|list|tuple):", r"-> \1[typing.Any, typing.Any]:", text)
    text = re.sub(r"-> (list|tuple)\[typing.Any, typing.Any\]:", r"-> \1[typing.Any, ...]:", text)
    text = re.sub(r"-> list\[typing.Any, \.\.\.\]:", "-> list[typing.Any]:", text)
    text = re.sub(
        r"^def (\w+)\(([\w, ]*)\):$",
        lambda m: (
            f"def {m[1]}("
            + ", ".join(
                [f"{a.strip()}: typing.Any" for a in m[2].split(",") if a.strip()]
                + ["/"] * bool(m[2])
            )
            + ") -> typing.Any:"
        ),
        text,
        flags=re.MULTILINE,
    )
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--select",
        "I,ICN001",
        "--fix",
        "-q",
        "-",
    ]
    text = subprocess.run(
        [*command, "--unsafe-fixes"], input=text, check=False, capture_output=True, text=True
    ).stdout
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "x.pyi", "-"]
    return (
        HEADER
        + subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout
    )


def main() -> int:
    """Write or check the stub."""
    path, text = PACKAGE / "_core.pyi", stub(mmlcore._core.__name__)
    if "--check" not in sys.argv:
        path.write_text(text, encoding="utf-8")
    elif path.read_text(encoding="utf-8") != text:
        print(f"{path.name} is stale: run python tools/make_stubs.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
