"""`random_state` means the same everywhere: None is fresh, an integer repeats, a generator goes on."""

from __future__ import annotations

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.core.random_state import as_seed

DATA = np.random.default_rng(0).standard_normal((200, 6))
LABELS = DATA @ np.arange(1.0, 7.0)


def network(random_state):
    return mml.MLP([6, 4, 1], epochs=1, random_state=random_state).fit(DATA, LABELS).parameters_


def sketch(random_state):
    return mml.PCA(2, solver="randomized", random_state=random_state).fit(DATA).components_


def sample(random_state):
    return mml.PPCA(2).fit(DATA).sample(5, random_state=random_state)


def pairs(random_state):
    return mml.top_eigh(
        lambda v: DATA.T @ (DATA @ v), 2, shape=(6, 6), random_state=random_state
    ).values


@pytest.mark.parametrize("draw", [network, sketch, sample, pairs])
def test_every_kind_is_taken(draw):
    np.testing.assert_array_equal(draw(7), draw(np.int64(7)))
    for kind in (
        np.random.default_rng,
        np.random.RandomState,
        np.random.PCG64,
        np.random.SeedSequence,
    ):
        np.testing.assert_array_equal(draw(kind(3)), draw(kind(3)))
    assert np.isfinite(draw(None)).all()
    for wrong, error in (("a", TypeError), (1.5, TypeError), (-1, ValueError), (True, TypeError)):
        with pytest.raises(error, match="random_state: got"):
            draw(wrong)


@pytest.mark.parametrize("draw", [network, sample])
def test_none_is_fresh_and_a_generator_goes_on(draw):
    assert not np.array_equal(draw(None), draw(None))
    going = np.random.default_rng(0)
    assert not np.array_equal(draw(going), draw(going))
    legacy = np.random.RandomState(0)
    assert not np.array_equal(draw(legacy), draw(legacy))


def test_seeds_fit_the_kernels():
    for state in (None, 0, 2**64 - 1, np.random.default_rng(1), np.random.RandomState(1)):
        assert 0 <= as_seed(state) < 2**64
    with pytest.raises(ValueError, match="random_state"):
        as_seed(2**64)
