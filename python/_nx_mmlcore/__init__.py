"""What networkx asks of its backends at the end of its own import: a description, without loading mmlcore."""

from __future__ import annotations

from typing import Any


def get_info() -> dict[str, Any]:
    """Describe the backend `mmlcore` to networkx."""
    return {
        "backend_name": "mmlcore",
        "project": "mmlcore",
        "package": "mmlcore",
        "short_summary": "PageRank in C++, with a certified error.",
        "functions": {
            "pagerank": {
                "additional_docs": (
                    "Gauss-Seidel sweeps on all cores. The L1 distance to the true vector is at most `tol` where "
                    "`max_iter` sweeps allow it, and at least as good as networkx's own criterion promises."
                ),
            }
        },
    }
