"""Linear systems against the LAPACK of numpy and of SciPy."""

import functools

import scipy.linalg

from bench.harness import as_test
from mmlcore._bench.cases import solve

BATCH = {2: 20, 3: 28, 4: 10, 6: 9, 8: 14, 16: 9, 24: 1.5, 32: 1.5, 64: 1.5}

SCIPY = ("scipy", functools.partial(scipy.linalg.solve, assume_a="gen", check_finite=False))

CASES = [
    solve(3, target=10),
    *(solve(n) for n in (8, 16, 32, 64, 100, 128, 256, 500, 512, 2048)),
    solve(1024, target=1.3),
    solve(1024, "float32", target=1.4),
    solve(4096),
    solve(1024, target=1.3, peer=SCIPY),
    solve(1024, "float32", target=1.4, peer=SCIPY),
    solve(3, target=10, peer=SCIPY),
    *(solve(n, batch=4_000_000 // n**2, target=target) for n, target in BATCH.items()),
    *(solve(n, "float32", batch=8_000_000 // n**2, target=BATCH[n]) for n in (3, 8, 16, 32)),
]
test_cases = as_test(CASES)
