"""`mmlcore info`: what is installed, which instruction level runs, on which machine."""

from __future__ import annotations

from mmlcore._bench import cautions, machine
from mmlcore.cli import show
from mmlcore.core.config import show_config


def command(json: show.Json = False) -> None:
    """Show versions, instruction level, threads and machine: the first lines of a bug report."""
    facts = machine()
    if json:
        show.print_json({**facts, "cautions": cautions()})
        return
    show_config()
    print(
        f"\n{facts['processor']}, {facts['cpus']} CPUs, {facts['memory_gb']} GB, {facts['system']}"
    )
    print("peers: " + ", ".join(f"{name} {version}" for name, version in facts["peers"].items()))
    for blas in facts["blas"]:
        print(
            f"BLAS of numpy: {blas['internal_api']} {blas['version']}, kernel {blas['architecture']}"
        )
    for caution in cautions():
        print(f"for benchmarks: {caution}")
