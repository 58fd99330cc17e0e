# Written by tools/make_stubs.py from the compiled module; do not edit.
"""
The compiled kernels of mmlcore, for one instruction level. Private: use the functions of mmlcore.
"""

import typing

import numpy as np

def build_info() -> dict[typing.Any, typing.Any]:
    """
    What this module was built with.
    """

def gram_schmidt(
    a: np.ndarray[typing.Any, typing.Any],
    q: np.ndarray[typing.Any, typing.Any],
    norms: np.ndarray[typing.Any, typing.Any],
    rtol: typing.SupportsFloat | typing.SupportsIndex,
) -> None:
    """
    Columns of a orthonormalized in order into q; norms (..., n), contiguous: lengths of what they added.
    """

def matmul(
    a: np.ndarray[typing.Any, typing.Any],
    b: np.ndarray[typing.Any, typing.Any],
    out: np.ndarray[typing.Any, typing.Any],
) -> None:
    """
    out = a b for stacks of matrices.
    """

def matmul_small(a: typing.Any, b: typing.Any, /) -> typing.Any:
    """
    The product of two small plain matrices; NotImplemented for everything else.
    """

def num_threads() -> int:
    """
    Threads that a kernel called now may use.
    """

def random_numbers(
    seed: typing.SupportsInt | typing.SupportsIndex,
    stream: typing.SupportsInt | typing.SupportsIndex,
    first: typing.SupportsInt | typing.SupportsIndex,
    size: typing.SupportsInt | typing.SupportsIndex,
    normal: bool,
) -> np.typing.NDArray[np.float64]:
    """
    Numbers first ... first + size - 1 of a Philox stream, uniform in (0, 1) or standard normal.
    """

def set_num_threads(count: typing.SupportsInt | typing.SupportsIndex) -> None:
    """
    Sets the threads of the process.
    """

def set_thread_override(count: typing.SupportsInt | typing.SupportsIndex) -> int:
    """
    Sets the threads of the calling Python thread (0: the process's number) and returns what was set.
    """

def solve(
    a: np.ndarray[typing.Any, typing.Any],
    b: np.ndarray[typing.Any, typing.Any],
    x: np.ndarray[typing.Any, typing.Any],
) -> None:
    """
    x = a^-1 b for stacks of matrices (..., n, n) and (..., n, k).
    """

def solve_small(a: typing.Any, b: typing.Any, /) -> typing.Any:
    """
    One small system of plain arrays; NotImplemented for everything else.
    """
