"""The threads of mmlcore among those that threadpoolctl lists and limits."""

from __future__ import annotations

import sys
from typing import Any

from mmlcore import _core, _isa, _version
from mmlcore.core.threads import limit

_shown: list[Any] = []


def show_to_threadpoolctl() -> bool:
    """Let threadpoolctl list and limit the threads of mmlcore; called again, it does nothing more.

    ``import mmlcore`` does it where threadpoolctl is loaded already, ``import mmlcore.estimators`` does it too. After any
    other order of imports, call it once.

    Returns
    -------
    bool
        False where threadpoolctl is missing, or older than 3.3.

    Notes
    -----
    Inside ``with mmlcore.threads(n)`` a limit counts for the context that sets it, elsewhere for the process.

    Examples
    --------
    >>> from mmlcore.core.threadpool import show_to_threadpoolctl
    >>> from threadpoolctl import threadpool_limits
    >>> import mmlcore as mml
    >>> show_to_threadpoolctl()
    True
    >>> with threadpool_limits(1):
    ...     mml.get_num_threads()
    1
    """
    if _shown:
        return True
    try:
        import threadpoolctl  # noqa: PLC0415  (costs time that most programs need not spend)

        base = threadpoolctl.LibController
        register = threadpoolctl.register
    except (ImportError, AttributeError):
        return False
    methods = {
        "user_api": "mmlcore",
        "internal_api": "mmlcore",
        "filename_prefixes": tuple(f"_core_{level}" for level in _isa.installed()),
        "get_num_threads": lambda _: _core.num_threads(),
        "set_num_threads": lambda _, n: limit(n),
        "get_version": lambda _: _version.version,
    }
    _shown.append(type("MmlcoreController", (base,), methods))
    register(_shown[0])
    return True


def show_if_loaded() -> None:
    """Do it where it costs nothing."""
    if "threadpoolctl" in sys.modules:
        show_to_threadpoolctl()
