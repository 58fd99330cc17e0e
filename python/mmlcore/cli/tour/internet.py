"""Station: the micro-internet of the course, and the page that swallows it."""

from __future__ import annotations

import numpy as np

import mmlcore as mml
from mmlcore.cli.tour.peers import numpy_pagerank
from mmlcore.cli.tour.station import Grid, Station
from mmlcore.core.arrays import Array

LINKS = {"A": "BCD", "B": "AC", "C": "ADF", "D": "C", "E": "BD", "F": "CD"}
TRAP = LINKS | {"F": "CDG", "G": "G"}
KNOWN = (16, 16 / 3, 40, 76 / 3, 0, 40 / 3)  # per cent, from the course


def edges(links: dict[str, str]) -> tuple[Array, Array]:
    """Return source and target of each link, as numbers of sites."""
    names = list(links)
    pairs = [(i, names.index(to)) for i, (_, targets) in enumerate(links.items()) for to in targets]
    source, target = np.array(pairs).T
    return source, target


def rank(links: dict[str, str], damping: float) -> Array:
    """Per cent of the readers on each site."""
    source, target = edges(links)
    graph = mml.Graph.from_edges(source, target, num_nodes=len(links))
    return 100 * mml.pagerank(graph, damping=damping, tol=1e-10, max_iter=10_000).ranks


def visit(seconds: float) -> Station:
    """Rank both internets."""
    station = Station("Six sites and a trap: PageRank by hand")
    free = rank(LINKS, 1.0)
    off = float(np.max(np.abs(free - KNOWN)))
    if off > 1e-6:
        raise ArithmeticError(f"The micro-internet is ranked {free}, the course says {KNOWN}.")
    trapped, damped = rank(TRAP, 1.0), rank(TRAP, 0.5)
    station.items.append(
        "Readers click links at random for ever. Where are they? The ranks are the eigenvector of the link matrix for the "
        f"eigenvalue 1; the course finds 16, 5 1/3, 40, 25 1/3, 0, 13 1/3 per cent, and so does mmlcore (to {off:.0e})."
    )
    rows = [
        [
            site,
            " ".join(TRAP[site]),
            f"{free[i]:.2f} %" if i < len(free) else "",
            f"{trapped[i]:.2f} %",
            f"{damped[i]:.2f} %",
        ]
        for i, site in enumerate(TRAP)
    ]
    station.items.append(
        Grid(
            "",
            ["site", "links to", "six sites", "with trap G", "G, damping 0.5"],
            rows,
            list(damped / damped.max()),
            left=2,
        )
    )
    station.items.append(
        "G links to itself only: whoever enters never leaves, and every other rank becomes zero. Damping, "
        "a reader who sometimes types an address instead of clicking, brings the others back."
    )
    source, target = edges(TRAP)
    sides = (
        lambda: numpy_pagerank(source, target, len(TRAP), 0.85, 1e-10),
        lambda: (
            mml.pagerank(mml.Graph.from_edges(source, target, num_nodes=len(TRAP)), tol=1e-10).ranks
        ),
    )
    station.beside(
        "7 sites, damping 0.85",
        sides,
        lambda a, b: float(np.abs(a - b).sum()),
        2e-10,
        seconds=seconds,
    )
    return station
