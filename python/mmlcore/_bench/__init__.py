"""Honest comparison with a peer: the result verified first, both sides interleaved in one process, ratios reported.

`compare` is the method, `cases` the work that is compared; `bench/` in the repository runs the whole grid of cases,
`mmlcore bench` a short one, `mmlcore tour` single ones beside its stations.
"""

from mmlcore._bench.compare import Case, Comparison, WrongResultError, compare, verify
from mmlcore._bench.machine import cautions, machine

__all__ = ["Case", "Comparison", "WrongResultError", "cautions", "compare", "machine", "verify"]
