"""Calls into LAPACK: Ctrl-C ends them, errors and results pass."""

from __future__ import annotations

import signal
import threading
import time

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.core.lapack import patiently

ORDER = 320  # rows: more than the kernels of our own take
NAMES = ("svd", "eigh", "eig", "eigvals", "qr", "inv", "solve", "det", "slogdet", "eigvalsh")


def general(rng):
    return rng.standard_normal((ORDER, ORDER))


def symmetric(rng):
    a = general(rng)
    return a + a.T


def hermitian(_):
    return np.eye(1001, dtype=complex)  # one row more than our own takes


def dependent(rng):
    a = general(rng)
    a[:, -1] = a[:, 0]
    return a


CALLS = {
    "is_independent": (mml.is_independent, dependent),  # no proof of full rank
    "coordinates": (lambda a: mml.coordinates(a[0], a), dependent),
    "eigvals": (mml.eigvals, general),
    "eig": (mml.eig, general),
    "null_space": (mml.null_space, general),
    "is_singular": (mml.is_singular, dependent),
    "rank": (mml.rank, dependent),
    "condition": (mml.condition, general),
    "eigh_complex": (mml.eigh, hermitian),
    "diagonalize": (mml.diagonalize, general),
    "characteristic_polynomial": (mml.characteristic_polynomial, general),
    "orthogonal_complement": (
        lambda a: mml.orthogonal_complement(a[:, ORDER // 2 :] @ a[: ORDER // 2]),
        dependent,
    ),
}


def timed_interrupt(call, after):
    """Seconds from an alarm that raises KeyboardInterrupt to where that leaves the call."""
    sent = []

    def interrupt(*_):
        sent.append(time.perf_counter())
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        with pytest.raises(KeyboardInterrupt):
            call()
        return time.perf_counter() - sent[0]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs an alarm")
@pytest.mark.parametrize("name", CALLS)
def test_ctrl_c_while_lapack_takes_its_time(name, rng, monkeypatch):
    call, data = CALLS[name]
    a = data(rng)
    over = threading.Event()
    for lapack in NAMES:
        monkeypatch.setattr(np.linalg, lapack, lambda *_, **__: over.wait(20))
    try:
        assert timed_interrupt(lambda: call(a), 0.1) < 0.5
    finally:
        over.set()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs an alarm")
def test_ctrl_c_in_an_echelon_form(rng):
    a = rng.standard_normal((2000, 4000))
    assert timed_interrupt(lambda: [mml.row_echelon(a) for _ in range(100)], 0.3) < 1


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs an alarm")
@pytest.mark.parametrize(
    "call",
    [lambda a: mml.coordinates(a[0], a), lambda a: mml.orthogonal_complement(a[:, :500])],
    ids=["coordinates", "orthogonal_complement"],
)
def test_ctrl_c_in_a_kernel(call, rng):
    a = rng.standard_normal((1500, 1500))
    assert timed_interrupt(lambda: [call(a) for _ in range(200)], 0.3) < 1


def test_results_and_errors_pass(rng):
    a = rng.standard_normal((300, 300))
    values = patiently(np.linalg.svd, a, compute_uv=False)
    np.testing.assert_array_equal(values, np.linalg.svd(a, compute_uv=False))
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        patiently(np.linalg.inv, np.zeros((300, 300)))


def test_other_threads_call_as_they_are(rng):
    a = rng.standard_normal((300, 300))
    found = []
    worker = threading.Thread(target=lambda: found.append(mml.rank(a)))
    worker.start()
    worker.join()
    assert found == [300]
