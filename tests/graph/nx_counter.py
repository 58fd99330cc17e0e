"""A pytest plugin for networkx's own tests: prints how often the backend ran."""

from __future__ import annotations


def pytest_sessionfinish() -> None:
    """Print the count on a line of its own."""
    from mmlcore.networkx import Backend  # noqa: PLC0415  (after networkx has set itself up)

    print(f"\nmmlcore backend calls: {Backend.calls}")
