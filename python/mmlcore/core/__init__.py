"""What every chapter stands on: the kernel loader, arrays, threads, errors, and the account of the build."""

from mmlcore.core.config import show_config
from mmlcore.core.errors import (
    ConvergenceError,
    DefectiveMatrixError,
    NotPositiveDefiniteError,
    SingularMatrixError,
    TraceError,
)
from mmlcore.core.memory import release_memory
from mmlcore.core.shared import share_threads
from mmlcore.core.threadpool import show_if_loaded
from mmlcore.core.threads import get_num_threads, set_num_threads, threads

__all__ = [
    "ConvergenceError",
    "DefectiveMatrixError",
    "NotPositiveDefiniteError",
    "SingularMatrixError",
    "TraceError",
    "get_num_threads",
    "release_memory",
    "set_num_threads",
    "share_threads",
    "show_config",
    "threads",
]

show_if_loaded()
