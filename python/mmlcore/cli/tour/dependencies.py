"""Station: a real graph of this computer. What does everything depend on?"""

from __future__ import annotations

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour.packages import as_edges, debian_packages, python_packages
from mmlcore.cli.tour.peers import numpy_pagerank
from mmlcore.cli.tour.station import Grid, Station

SHOWN = 12


def visit(seconds: float) -> Station:
    """Rank the packages installed here."""
    graphs = {"Debian": debian_packages(), "Python": python_packages()}
    kind = max(graphs, key=lambda name: len(graphs[name]))
    names, source, target = as_edges(graphs[kind])
    n = len(names)
    station = Station(f"What does everything depend on? {n:,} {kind} packages of this computer")
    result = mml.pagerank(mml.Graph.from_edges(source, target, num_nodes=n), tol=1e-10)
    needed = np.bincount(target, minlength=n)
    order = np.argsort(-result.ranks, kind="stable")[:SHOWN]
    by_count = list(np.argsort(-needed, kind="stable"))
    station.items.append(
        f"Each package gives its rank to the packages it needs: {len(source):,} dependencies read from the metadata on this "
        f"disk. {result.iterations} iterations, and an error certified below {result.error:.0e}."
    )
    rows = [
        [
            str(place),
            names[i],
            f"{100 * result.ranks[i]:.2f} %",
            str(needed[i]),
            str(by_count.index(i) + 1),
        ]
        for place, i in enumerate(order, 1)
    ]
    header = ["", "package", "rank", "needed by", "place by count"]
    station.items.append(
        Grid("", header, rows, list(result.ranks[order] / result.ranks[order[0]]), left=2)
    )
    station.items.append(
        "Rank is not count: what a few important packages need stands above what many small ones need."
    )
    sides = (
        lambda: numpy_pagerank(source, target, n, 0.85, 1e-8),
        lambda: mml.pagerank(mml.Graph.from_edges(source, target, num_nodes=n), tol=1e-8).ranks,
    )
    station.beside(
        f"rank {n:,} packages, error 1e-8",
        sides,
        lambda a, b: float(np.abs(a - b).sum()),
        2e-8,
        seconds=seconds,
    )
    return station
