"""The machine and the software behind a number, and what would make the number unfit to be published."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

from mmlcore.core.config import config

PEERS = ("numpy", "scipy", "scikit-learn", "networkx", "torch")
OPENBLAS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def machine() -> dict[str, Any]:
    """Return processor, memory, system, versions and the BLAS kernel of the peers, for the JSON of a run."""
    return {
        "processor": processor(),
        "cpus": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gb": _memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "mmlcore": config(),
        "peers": {name: version for name in PEERS if (version := _version(name))},
        "blas": blas(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def blas() -> list[dict[str, Any]]:
    """Return library, version, threads and kernel of each BLAS in the process; empty without threadpoolctl."""
    try:
        threadpoolctl = importlib.import_module("threadpoolctl")
    except ImportError:
        return []
    keys = ("internal_api", "version", "architecture", "num_threads", "threading_layer")
    pools = [p for p in threadpoolctl.threadpool_info() if p.get("user_api") == "blas"]
    return [{key: pool.get(key) for key in keys} for pool in pools]


def cautions() -> list[str]:
    """Return the reasons, one sentence each, why numbers taken now must not be published."""
    found = [
        f"{name}={os.environ[name]} is set: numpy's OpenBLAS then does not run its best kernel; unset it."
        for name in OPENBLAS
        if name in os.environ
    ]
    if hasattr(os, "getloadavg"):
        load, cpus = os.getloadavg()[0], os.cpu_count() or 1
        if load > 0.5 + cpus:
            found.append(
                f"the machine is busy (load {load:.1f} on {cpus} CPUs): the ratios scatter."
            )
    return found


def processor() -> str:
    """Return the processor's own name where the system tells it."""
    try:
        for line in (
            Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        ):
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
