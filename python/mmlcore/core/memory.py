"""Memory that is kept between calls."""

from __future__ import annotations

from mmlcore import _core


def release_memory() -> int:
    """Give the system back the memory that is kept for further results and as scratch memory of kernels.

    Results of 128 KiB and more own their memory as any array; when one is dropped, its pages are kept for the next: for the
    process up to 128 MiB in blocks of 1 MiB and more, 16 MiB in smaller ones. Each thread that called a kernel keeps scratch
    memory for the next call, up to 64 MiB; what idle threads keep is given back too. Fresh pages cost more than many kernels:
    the system clears them first.

    Returns
    -------
    int
        Bytes given back.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml
    >>> inverses = mml.inverse(np.ones((100_000, 2, 2)) + np.eye(2))
    >>> del inverses
    >>> mml.release_memory() >= 100_000 * 4 * 8
    True
    >>> mml.release_memory()
    0
    """
    return int(_core.release_kept())
