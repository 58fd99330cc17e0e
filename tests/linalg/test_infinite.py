"""Infinite numbers: where LAPACK's iteration for singular vectors may run for ever, an error ends the call."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from mmlcore import linalg

SIZES = (2, 3, 5, 16, 30, 150)
CALLS = """
import sys
import numpy as np
from mmlcore import linalg

def refused(call):
    try:
        call()
    except np.linalg.LinAlgError as error:
        return str(error).startswith("SVD did not converge")
    return False

n, bad = int(sys.argv[1]), float(sys.argv[2])
a = np.random.default_rng(0).standard_normal((2, n, n))
right = np.linalg.svd(a[0]).S
a[1, -1, 0] = bad
for dtype in (np.float64, np.float32, np.complex128):
    for given in (a.astype(dtype), list(a.astype(dtype)), np.ma.masked_array(a.astype(dtype))):
        assert refused(lambda: linalg.pinv(given))
        assert refused(lambda: linalg.lstsq(given[1], np.ones(n), rcond=None))
        for full in (False, True):
            if np.isnan(bad):
                assert refused(lambda: linalg.svd(given, full_matrices=full))
                continue
            found = linalg.svd(given, full_matrices=full)
            np.testing.assert_allclose(found.S[0], right, rtol=1e-4)
            assert all(np.isnan(np.asarray(part)[1]).all() for part in found)
    assert np.isnan(bad) or np.isnan(np.asarray(linalg.svd(np.asmatrix(a[1].astype(dtype))).S)).all()
"""


@pytest.mark.parametrize("bad", ["inf", "-inf", "nan"])
@pytest.mark.parametrize("size", SIZES)
def test_the_call_ends(size, bad):
    """In a process of its own, which can be stopped."""
    command = [sys.executable, "-W", "ignore", "-c", CALLS, str(size), bad]
    done = subprocess.run(command, timeout=60, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_values_alone_are_numpys(rng):
    a = rng.standard_normal((5, 5))
    a[2, 0] = np.inf
    with np.errstate(all="ignore"):
        ours, theirs = linalg.svd(a, compute_uv=False), np.linalg.svd(a, compute_uv=False)
    np.testing.assert_array_equal(ours, theirs)


def test_other_complaints_come_first():
    for bad in (np.array([np.inf, 1.0]), np.array([[np.inf, object()]], object)):
        with pytest.raises(
            (np.linalg.LinAlgError, TypeError), match=r"dimensional|Cannot cast|loop"
        ):
            linalg.svd(bad)
