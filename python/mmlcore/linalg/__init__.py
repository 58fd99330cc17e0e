"""`numpy.linalg` under its own names, by the kernels of mmlcore: ``from mmlcore import linalg`` in place of ``numpy.linalg``.

Signatures, types, shapes, named results and errors are numpy's. Plain arrays of numbers go to the kernels: exact ndarrays (and
lists) of real and complex numbers of any integer or floating type that `numpy.linalg` takes. float32 and complex64 are computed
in double precision and rounded once wherever numpy does so. All else is numpy's: subclasses of arrays, objects, arrays of other
libraries, empty stacks, and whatever a kernel refuses (a singular matrix, NaN), so that the answer or the error is the one that
numpy gives. What differs within its contract: signs of vectors (here the entry of largest size is positive, and the diagonal of
R in `qr` is not negative), the order of eigenvalues of general matrices, and norms of numbers whose squares leave the range.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # numpy's own types
    from numpy.linalg import (
        LinAlgError,
        cholesky,
        cond,
        cross,
        det,
        diagonal,
        eig,
        eigh,
        eigvals,
        eigvalsh,
        inv,
        lstsq,
        matmul,
        matrix_norm,
        matrix_power,
        matrix_rank,
        matrix_transpose,
        multi_dot,
        norm,
        outer,
        pinv,
        qr,
        slogdet,
        solve,
        svd,
        svdvals,
        tensordot,
        tensorinv,
        tensorsolve,
        trace,
        vecdot,
        vector_norm,
    )
else:
    from mmlcore.linalg._factors import cholesky, qr, svd, svdvals
    from mmlcore.linalg._norms import matrix_norm, norm, vector_norm
    from mmlcore.linalg._parts import diagonal, matrix_transpose, trace
    from mmlcore.linalg._products import (
        cross,
        matmul,
        matrix_power,
        multi_dot,
        outer,
        tensordot,
        vecdot,
    )
    from mmlcore.linalg._rank import cond, matrix_rank, pinv
    from mmlcore.linalg._spectra import eig, eigh, eigvals, eigvalsh
    from mmlcore.linalg._systems import det, inv, lstsq, slogdet, solve, tensorinv, tensorsolve

    LinAlgError = np.linalg.LinAlgError

__all__ = [
    "LinAlgError",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
    "vecdot",
    "vector_norm",
]


def __getattr__(name: str) -> Any:
    """Return what a later numpy has that is not here yet, and what is private there."""
    if name.startswith("__"):
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(np.linalg, name)
