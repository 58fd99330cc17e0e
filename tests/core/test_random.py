"""Philox: the published test vectors, independence of the split, and the shape of the distributions."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml
from mmlcore import _core


def philox(counter, key):
    """One block of Philox4x32-10 in plain Python, from Salmon et al. (2011)."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def test_the_reference_matches_the_published_vector():
    assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]


@pytest.mark.parametrize(("seed", "stream"), [(0, 0), (12345678901, 7), (2**64 - 1, 2**63)])
def test_uniform_numbers(seed, stream):
    numbers = _core.random_numbers(seed, stream, 0, 10, False)
    for n, number in enumerate(numbers):
        counter = [n // 2, 0, stream & 0xFFFFFFFF, stream >> 32]
        words = philox(counter, [seed & 0xFFFFFFFF, seed >> 32])
        bits = words[n % 2 * 2 + 1] << 32 | words[n % 2 * 2]
        assert number == ((bits >> 12) + 0.5) * 2.0**-52


def test_any_part_of_the_sequence():
    whole = _core.random_numbers(1, 2, 0, 100_000, True)
    for n in (1, 2, 5):
        with mml.threads(n):
            np.testing.assert_array_equal(
                _core.random_numbers(1, 2, 37, 99_000, True), whole[37:99_037]
            )


def test_distributions():
    uniform = _core.random_numbers(5, 0, 0, 400_000, False)
    assert 0 < uniform.min() < uniform.max() < 1
    counts = np.histogram(uniform, 50, (0, 1))[0]
    assert ((counts - 8000) ** 2 / 8000).sum() < 100  # chi squared, 49 degrees of freedom
    normal = _core.random_numbers(5, 1, 0, 400_000, True)
    assert abs(normal.mean()) < 0.01
    assert abs(normal.var() - 1) < 0.01
    assert abs((normal**4).mean() - 3) < 0.06
    assert abs(np.corrcoef(normal[:-1], normal[1:])[0, 1]) < 0.01
