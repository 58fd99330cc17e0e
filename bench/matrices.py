"""Matrix products against numpy's OpenBLAS and torch, einsum, points and images."""

from typing import Any

import numpy as np
import scipy.ndimage

import mmlcore as mml
from bench.harness import as_test
from bench.peers import with_torch
from mmlcore._bench.cases import agree, data, matmul, rounding
from mmlcore._bench.compare import Call, Case

BATCH = {2: 10, 3: 6.5, 4: 6, 6: 3.3, 8: 1.3, 16: 1.1, 24: 1, 32: 1, 48: 1, 64: 1}

EINSUMS = (
    ("ij,jk->ik", (3, 3), (3, 3)),
    ("ij,ij->i", (1_000_000, 3), (1_000_000, 3)),
    ("bij,bjk->bik", (100_000, 4, 4), (100_000, 4, 4)),
    ("bhqd,bhkd->bhqk", (8, 8, 128, 64), (8, 8, 128, 64)),
    ("nd,de,ne->n", (100_000, 16), (16, 16), (100_000, 16)),
    ("ij,jk,kl->il", (300, 300), (300, 300), (300, 300)),
)


def einsum(subscripts: str, *shapes: tuple[int, ...]) -> Case:
    """Contraction, numpy's with `optimize=True` as well."""

    def setup() -> tuple[Call, Call]:
        x = [data(shape, "float64", i) for i, shape in enumerate(shapes)]
        return (
            lambda: np.einsum(subscripts, *x, optimize=True),
            lambda: mml.einsum(subscripts, *x),
        )

    title = f"einsum {subscripts} {' '.join('x'.join(map(str, s)) for s in shapes)}"
    return Case(title, "matrices", setup, agree(1e-12))


def points(n: int, d: int, dtype: str) -> Case:
    """A rotation of many points."""

    def setup() -> tuple[Call, Call]:
        x, a = data((n, d), dtype), data((d, d), dtype, 1)
        return lambda: x @ a.T, lambda: mml.transform_points(a, x)

    name = f"transform_points {n:,} x {d} {dtype}"
    return Case(name, "matrices", setup, agree(100 * rounding(dtype)))


def image(order: int, target: float) -> Case:
    """A photograph of a million pixels turned; SciPy without its spline's prefilter."""

    def setup() -> tuple[Call, Call]:
        picture, turn = data((1000, 1000), "float32"), mml.rotation(0.3)
        back = np.linalg.inv(turn)[::-1, ::-1]
        middle = np.array([499.5, 499.5])
        offset = middle - back @ middle

        def theirs() -> np.ndarray:
            return scipy.ndimage.affine_transform(
                picture, back, offset, order=order, prefilter=False
            )

        return theirs, lambda: mml.transform_image(picture, turn, order=order)

    def same_inside(expected: np.ndarray, got: np.ndarray) -> None:
        """SciPy's rim is half a pixel smaller."""
        agree(1e-4)(expected[200:800, 200:800], got[200:800, 200:800])

    return Case(
        f"transform_image 1000 x 1000 order {order}",
        "matrices",
        setup,
        same_inside,
        target,
        "scipy",
    )


def torch_cases(torch: Any) -> list[Case]:
    """Stacks of products."""

    def stack(n: int) -> Case:
        def setup() -> tuple[Call, Call]:
            a, b = (
                data((4_000_000 // n**2, n, n), "float64"),
                data((4_000_000 // n**2, n, n), "float64", 1),
            )
            x, y = torch.from_numpy(a), torch.from_numpy(b)
            return lambda: torch.matmul(x, y).numpy(), lambda: mml.matmul(a, b)

        return Case(
            f"matmul {4_000_000 // n**2:,} of {n}x{n} float64",
            "matrices",
            setup,
            agree(1e-13),
            1.0,
            "torch",
        )

    return [stack(n) for n in (3, 8, 32)]


CASES = [
    *(matmul(n) for n in (8, 16, 32, 64, 96, 128, 200, 256, 512)),
    matmul(64, "float32"),
    matmul(1024, target=1.15),
    matmul(1024, "float32", target=1.03),
    matmul(1000, target=1.15),
    matmul(4096, target=1.15),
    matmul(4096, "float32", target=1.03),
    *(matmul(n, batch=4_000_000 // n**2, target=target) for n, target in BATCH.items()),
    *(matmul(n, "float32", batch=8_000_000 // n**2, target=BATCH[n]) for n in (3, 8, 16)),
    *(einsum(*case) for case in EINSUMS),
    *(points(1_000_000, d, dtype) for d in (2, 3) for dtype in ("float64", "float32")),
    image(0, 3),
    image(1, 3),
    *with_torch(torch_cases),
]
test_cases = as_test(CASES)
