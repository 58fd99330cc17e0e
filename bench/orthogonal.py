"""Orthonormal bases against the QR of numpy and of SciPy."""

import functools

import scipy.linalg

from bench.harness import as_test
from mmlcore._bench.cases import gram_schmidt

SCIPY = ("scipy", functools.partial(scipy.linalg.qr, mode="economic", check_finite=False))

CASES = [
    gram_schmidt(100_000, 32, target=4.5),
    gram_schmidt(100_000, 32, "float32", target=3),
    gram_schmidt(1_000_000, 16, target=4.5),
    gram_schmidt(1_000_000, 16, "float32", target=3),
    gram_schmidt(100_000, 32, target=4.5, peer=SCIPY),
    gram_schmidt(100_000, 32, "float32", target=3, peer=SCIPY),
    gram_schmidt(1_000_000, 16, target=4.5, peer=SCIPY),
    gram_schmidt(1_000_000, 16, "float32", target=3, peer=SCIPY),
    gram_schmidt(1000, 10),
]
test_cases = as_test(CASES)
