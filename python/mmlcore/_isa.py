"""Chooses the kernel module for this processor; `mmlcore._core` becomes the module chosen.

There is one extension module per instruction level (``_core_v2``, ``_core_v3``, ``_core_v4``; ``_core_generic`` on
processors other than x86-64). The best one that is installed and that the processor supports is opened;
``MMLCORE_ISA=x86-64-v3`` (or ``v3``) forces one. Nothing of a higher level is ever loaded into the process.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from types import ModuleType

from mmlcore import _cpu

PREFIX = "x86-64-"
LEVELS = ("v4", "v3", "v2")
VARIABLE = "MMLCORE_ISA"


def installed() -> tuple[str, ...]:
    """Levels whose module is installed, best first."""
    names = (*LEVELS, "generic")
    return tuple(n for n in names if importlib.util.find_spec(f"mmlcore._core_{n}") is not None)


def supported() -> tuple[str, ...]:
    """Levels that this processor can run, best first."""
    level = _cpu.level()
    return tuple(n for n in LEVELS if int(n[1:]) <= level) if level else ("generic",)


def choose(forced: str | None) -> str:
    """Name the level to load, or raise an ImportError that says what is possible."""
    here, able = installed(), supported()
    possible = [n for n in here if n in able]
    listed = ", ".join(full_name(n) for n in possible) or "none"
    if forced:
        level = forced.strip().lower().removeprefix(PREFIX)
        if level not in (*LEVELS, "generic"):
            known = ", ".join(PREFIX + n for n in LEVELS)
            msg = f"{VARIABLE}={forced!r} is not an instruction level; known are {known}; possible here: {listed}."
        elif level not in able:
            msg = f"{VARIABLE}={forced!r}: this processor does not support it; possible here: {listed}."
        elif level not in here:
            msg = (
                f"{VARIABLE}={forced!r}: this installation holds no build for it; possible here: {listed}. "
                "Install with -Ccmake.define.MMLCORE_ISA_LEVELS=all to build every level."
            )
        else:
            return level
        raise ImportError(msg)
    if not possible:
        msg = (
            f"mmlcore was installed with builds for {', '.join(map(full_name, here)) or 'no level'}, and this "
            f"processor supports {', '.join(map(full_name, able))}. Reinstall mmlcore on this machine: pip install "
            "--force-reinstall --no-binary mmlcore mmlcore."
        )
        raise ImportError(msg)
    return possible[0]


def full_name(level: str) -> str:
    """``v3`` as users write it: ``x86-64-v3``."""
    return PREFIX + level if level in LEVELS else level


def load() -> ModuleType:
    """Import the kernel module of the best level, or of the forced one."""
    return importlib.import_module(f"mmlcore._core_{choose(os.environ.get(VARIABLE))}")
