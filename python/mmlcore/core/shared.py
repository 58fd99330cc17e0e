"""One set of threads for numpy, SciPy and mmlcore: their OpenBLAS runs its jobs on our pool."""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import re
import threading
import warnings
from pathlib import PurePath
from types import TracebackType
from typing import Any

from mmlcore import _core
from mmlcore.core.threads import smallest_open, start_value, tell_of_changes

_FIRST = (0, 3, 29)  # before, jobs whose numbers OpenBLAS's own threads do not have find no memory
_SOON = "18"  # OpenBLAS's own threads sleep after 2 to this power cycles, a tenth of a millisecond
_LATE = "28"  # as OpenBLAS is built, unless its builder wanted something else
_TIMEOUT = "OPENBLAS_THREAD_TIMEOUT"
# Libraries that have threads of their own and take no function.
_OTHERS = {
    "mkl_rt": "Intel's MKL",
    "mkl_core": "Intel's MKL",
    "accelerate.framework": "Apple's Accelerate",
    "libblis": "BLIS",
    "armpl": "Arm's performance libraries",
    "nvpl_blas": "NVIDIA's NVPL",
}
_lock = threading.RLock()


class _Blas:
    """An OpenBLAS that runs on our pool, and how it was before."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.path: str = found["path"]
        self.most = _most(found["config"])
        self.before: int = found["threads"]  # its threads when it was first shared
        self.base = self.before  # its threads outside of every `with threads(n)`
        self.told: int | None = None  # the last of `set_num_threads`

    def use(self, count: int) -> None:
        # Numbers of threads beyond the half would be needed by OpenBLAS's own, which factorizations go on using.
        count = max(1, min(count, (self.most + 1) // 2))
        if _core.blas_threads(self.path) != count:
            _core.set_blas_threads(self.path, count)

    def back(self, *, limited: bool) -> None:
        _core.unshare_blas(self.path)
        if not limited:
            self.base = _core.blas_threads(self.path)
        self.use(self.before if self.base == self.told else self.base)  # what others have set stays


class _State:
    """What is shared in this process, and for whom."""

    def __init__(self) -> None:
        self.blas: dict[str, _Blas] = {}
        self.refused: dict[str, str] = {}
        self.always = False
        self.bodies = 0
        self.limited = False  # within some `with threads(n)`


_state = _State()


class SharedThreads:
    """What `share_threads` returns: what is shared, and a context manager that undoes it.

    Attributes
    ----------
    libraries : tuple of str
        Paths of the libraries that run on the threads of mmlcore.
    refused : dict of str
        Why those that cannot do not, by path.
    """

    def __init__(self, libraries: tuple[str, ...], refused: dict[str, str], *, undo: bool) -> None:
        self.libraries = libraries
        self.refused = refused
        self._undo = undo

    def __enter__(self) -> SharedThreads:  # noqa: PYI034  (typing.Self is younger than Python 3.10)
        with _lock:
            if self._undo:
                _state.always = False
            _state.bodies += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with _lock:
            _state.bodies = max(0, _state.bodies - 1)
            if not _state.always and not _state.bodies:
                _undo()

    def __repr__(self) -> str:
        names = ", ".join(PurePath(path).name for path in self.libraries) or "nothing"
        return f"SharedThreads({names})"


def share_threads(share: bool = True) -> SharedThreads:
    """Let numpy's and SciPy's OpenBLAS run on the threads of mmlcore.

    Each OpenBLAS has threads of its own, which go on spinning for a tenth of a second after every product; a kernel that
    comes then has to share its processors with them, and the other way round. Afterwards there is one set of threads, which
    both take in turns. Every OpenBLAS in the process is shared; SciPy's is loaded first if SciPy is installed.

    Parameters
    ----------
    share : bool
        False gives every library its own threads again, whoever shared them.

    Returns
    -------
    SharedThreads
        Its ``libraries`` are the paths of what is shared. As a context manager it ends the sharing after the body, unless
        it was there before.

    Raises
    ------
    TypeError
        If `share` is not a bool.
    RuntimeError
        If no library with threads takes others: Intel's MKL, Apple's Accelerate, an OpenBLAS older than 0.3.29 or built
        with OpenMP. It says which was found, and why not. Where one of several is refused, there is a `RuntimeWarning`.

    Notes
    -----
    `threads` and `set_num_threads` limit these libraries, too. OpenBLAS has one number for the process: while bodies of
    ``with threads(n)`` are open, in whatever context, it is the least of them. Several Python threads may multiply at once:
    together they use as many threads as there are processors, the rest waits without spinning. A forked child shares with
    a pool of its own. At exit everything is undone.

    LU factorizations (``numpy.linalg.solve``, ``inv`` and ``det``) keep part of their work on threads of OpenBLAS. Called
    while no other Python thread exists, `share_threads` sees that these sleep after 0.1 ms.

    Its cost is that of loading SciPy's linear algebra; afterwards a product pays some 0.2 us.

    The function of OpenBLAS behind it is `openblas_set_threads_callback_function`
    (https://github.com/OpenMathLib/OpenBLAS/pull/4577).

    Examples
    --------
    >>> import mmlcore as mml
    >>> import numpy as np
    >>> a = np.eye(300)
    >>> with mml.share_threads():
    ...     product = mml.solve(a, a @ a)
    >>> bool(np.all(product == a))
    True
    """
    if type(share).__name__ not in {"bool", "bool_"}:
        msg = f"share: expected True or False, not {type(share).__name__}."
        raise TypeError(msg)
    with _lock:
        if not share:
            _state.always, _state.bodies = False, 0
            _undo()
            return SharedThreads((), {}, undo=False)
        _load_scipy()
        _share_all()
        first = not _state.always and not _state.bodies
        undo = not _state.always
        _state.always = True
        if first:
            tell_of_changes(_follow)
            atexit.register(share_threads, False)
        _follow(None)
        return SharedThreads(tuple(_state.blas), dict(_state.refused), undo=undo)


def _in_child() -> None:
    """Another thread of the parent may have held it."""
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def _load_scipy() -> None:
    with contextlib.suppress(ImportError):
        importlib.import_module("scipy.linalg")


def _most(config: str) -> int:
    found = re.search(r"MAX_THREADS=(\d+)", config)
    return int(found[1]) if found else 1


def _version(config: str) -> tuple[int, ...]:
    found = re.search(r"OpenBLAS (\d+)\.(\d+)\.(\d+)", config)
    return tuple(map(int, found.groups())) if found else ()


def why_not(found: dict[str, Any]) -> str | None:
    """Return why an OpenBLAS cannot run on our threads; None if it can, an empty text if it has no threads to share."""
    name = " ".join(found["config"].split()[:2]) or "OpenBLAS"
    version, most = _version(found["config"]), _most(found["config"])
    if found["layer"] == 0:
        return ""
    if found["layer"] != 1:
        return f"{name} was built with OpenMP, whose threads it cannot leave"
    if version and version < _FIRST:
        return f"{name} is older than 0.3.29, the first that runs on the threads of others without a fault"
    if not found["takes_function"]:
        return f"{name} was built without the functions by which it takes the threads of others"
    if most < 2 * found["own_threads"] - 1:
        half = (most + 1) // 2
        return (
            f"{name} has started {found['own_threads']} threads of the {most} that it was built for, and leaves too few numbers "
            f"for others; start Python with OPENBLAS_NUM_THREADS={half} or less"
        )
    return None


def _others(libraries: list[str]) -> dict[str, str]:
    """Why libraries that are no OpenBLAS are refused."""
    reasons = {}
    for path in libraries:
        for part, name in _OTHERS.items():
            if part in path.lower():
                reasons[path] = f"{name} has no function that would give it the threads of others"
    return reasons


def _share_all() -> None:
    """Share all libraries that are loaded and can be shared."""
    able, refused, idle = [], {}, False
    for found in _core.loaded_blas():
        reason = None if found["path"] in _state.blas else why_not(found)
        if reason is None:
            able.append(found)
        elif reason:
            refused[found["path"]] = reason
        else:
            idle = True
    if not able and not idle:
        refused |= _others(_core.loaded_libraries())
        listed = "; ".join(f"{path}: {reason}" for path, reason in refused.items())
        msg = "no library here can run on the threads of mmlcore. " + (
            f"{listed}."
            if listed
            else "No OpenBLAS is loaded: numpy was built with a BLAS that mmlcore does not know."
        )
        raise RuntimeError(msg)
    news = {path: reason for path, reason in refused.items() if path not in _state.refused}
    _state.refused = refused
    alone = threading.active_count() == 1
    for found in able:
        if found["path"] in _state.blas:
            continue
        blas = _Blas(found)
        if not _core.share_blas(blas.path, blas.most, start_value(None)):
            msg = f"{blas.path}: it could not be opened, or is one OpenBLAS too many."
            raise RuntimeError(msg)
        _state.blas[blas.path] = blas
        if alone:
            _restart(blas, _SOON)
    for path, reason in news.items():
        warnings.warn(f"{path} keeps its own threads: {reason}.", RuntimeWarning, stacklevel=3)


def _restart(blas: _Blas, timeout: str) -> None:
    """Let OpenBLAS's own threads begin anew; nobody may use them now."""
    if _TIMEOUT in os.environ:
        return  # somebody has chosen
    os.environ[_TIMEOUT] = timeout
    try:
        _core.restart_blas_threads(blas.path)
    finally:
        del os.environ[_TIMEOUT]


def _follow(count: int | None) -> None:
    """Give the libraries the number of threads that counts now; `count` is one that was set for the process."""
    with _lock:
        least = smallest_open()
        for blas in _state.blas.values():
            if count is not None:
                blas.told = count = max(1, min(count, (blas.most + 1) // 2))
                blas.base = count
            elif least is not None and not _state.limited:
                blas.base = _core.blas_threads(blas.path)  # somebody else may have set it
            if least is not None or count is not None or _state.limited:
                blas.use(blas.base if least is None else least)
        _state.limited = least is not None


def _undo() -> None:
    tell_of_changes(None)
    atexit.unregister(share_threads)
    alone = threading.active_count() == 1
    for blas in _state.blas.values():
        blas.back(limited=_state.limited)
        if alone:
            _restart(blas, _LATE)
    _state.blas.clear()
    _state.refused = {}
    _state.limited = False
