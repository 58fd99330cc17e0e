"""The command `mmlcore`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 1 when nothing is left to write to, 2 for errors, 130 for Ctrl-C.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process by default.
    """
    try:
        import rich  # noqa: F401, PLC0415  (an extra: asked for only when the command runs)
        import typer  # noqa: F401, PLC0415
    except ImportError:
        print(
            'mmlcore: the command needs typer and rich: pip install "mmlcore[cli]"', file=sys.stderr
        )
        return 2
    from mmlcore.cli.app import app  # noqa: PLC0415

    try:
        status = app(
            None if argv is None else list(argv), prog_name="mmlcore", standalone_mode=False
        )
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001  (each becomes a line, or is raised again)
        return _say(error)


def _say(error: BaseException) -> int:
    """Tell an error in one line and return the exit status; what is not the user's to mend is raised."""
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
        print("mmlcore: interrupted", file=sys.stderr)
        return 130
    if isinstance(error, BrokenPipeError):  # the reader, `head` for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    if hasattr(error, "format_message"):
        text = error.format_message()
    elif isinstance(error, (ValueError, RuntimeError, OSError, MemoryError)):
        text = str(error) or type(error).__name__
    else:
        raise error
    print("mmlcore:", " ".join(text.split()), file=sys.stderr)
    return 2
