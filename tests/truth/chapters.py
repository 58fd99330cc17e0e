"""All explorers, chapter by chapter."""

from tests.truth import (  # noqa: F401
    calculus,
    decomposition,
    eigen,
    elimination,
    fits,
    graph,
    matrices,
    optimize,
    orthogonal,
    stats,
    vectors,
)
