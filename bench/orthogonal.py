"""Orthonormal bases and QR against numpy, SciPy and torch."""

import functools

import numpy as np
import scipy.linalg

import mmlcore as mml
from bench.harness import as_test
from bench.peers import with_torch
from mmlcore._bench.cases import Peer, agree, data, gram_schmidt, rounding
from mmlcore._bench.compare import Call, Case

STACKS = {2: 22, 3: 28, 4: 20, 6: 15, 8: 14, 16: 8.5, 32: 1.5, 64: 1.5}
NUMPY: Peer = ("numpy", np.linalg.qr)
SCIPY = ("scipy", functools.partial(scipy.linalg.qr, mode="economic", check_finite=False))


def qr(
    shape: tuple[int, ...], dtype: str = "float64", *, target: float = 1.0, peer: Peer = NUMPY
) -> Case:
    """Both factors; R is compared up to the signs of its rows."""

    def setup() -> tuple[Call, Call]:
        a = data(shape, dtype)
        return lambda: abs(np.asarray(peer[1](a)[1])), lambda: abs(mml.qr(a).R)

    title = " x ".join(f"{n:,}" for n in shape)
    rough = agree(1e5 * max(shape[-2:]) * rounding(dtype))
    return Case(f"qr {title} {dtype}", "orthogonal", setup, rough, target, peer[0])


def stack_of_qr(n: int, dtype: str, target: float) -> Case:
    """A stack that is larger than the caches."""
    return qr((4_000_000 // n**2, n, n), dtype, target=target)


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
    *(stack_of_qr(n, "float64", t) for n, t in STACKS.items()),
    *(stack_of_qr(n, "float32", STACKS[n]) for n in (3, 8, 16)),
    qr((100_000, 32), target=4.5, peer=SCIPY),
    qr((1_000_000, 16), "float32", target=3, peer=SCIPY),
    *(qr((n, n)) for n in (3, 16, 64, 200, 512)),
    qr((1024, 1024), target=1.5, peer=SCIPY),
    qr((1024, 1024), "float32", target=2.5, peer=SCIPY),
    qr((2048, 2048), peer=SCIPY),
    *with_torch(
        lambda torch: [
            qr(shape, target=t, peer=("torch", lambda a: torch.linalg.qr(torch.from_numpy(a))))
            for shape, t in (((100_000, 32), 4.5), ((444_444, 3, 3), 1.0), ((1024, 1024), 1.0))
        ]
    ),
]
test_cases = as_test(CASES)
