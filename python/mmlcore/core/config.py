"""What is installed and what runs: the first lines of every bug report."""

from __future__ import annotations

import platform
from typing import Any

import numpy as np

from mmlcore import _core, _isa, _version
from mmlcore.core.threads import get_num_threads


def config() -> dict[str, Any]:
    """Return what `show_config` prints as a dictionary."""
    return {
        "mmlcore": _version.version,
        **_core.build_info(),
        "installed": [_isa.full_name(n) for n in _isa.installed()],
        "supported": [_isa.full_name(n) for n in _isa.supported()],
        "threads": get_num_threads(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def show_config() -> None:
    """Print the versions, the instruction set that runs, the threads, and how to force another.

    Examples
    --------
    >>> import mmlcore as mml
    >>> mml.show_config()  # doctest: +ELLIPSIS
    mmlcore ...
    """
    c = config()
    print(
        f"mmlcore {c['mmlcore']} (Eigen {c['eigen']}, pybind11 {c['pybind11']}, {c['compiler']})\n"
        f"  runs            {c['isa']} ({8 * c['vector_bytes']}-bit vectors)\n"
        f"  installed       {', '.join(c['installed'])}\n"
        f"  processor runs  {', '.join(c['supported'])}\n"
        f"  threads         {c['threads']} (OMP_NUM_THREADS, mmlcore.set_num_threads)\n"
        f"  Python {c['python']}, numpy {c['numpy']}\n"
        f"Another level: set {_isa.VARIABLE}, for example {_isa.VARIABLE}=x86-64-v3, before Python starts."
    )
