"""A figure with sliders in a notebook; the same figure, drawn once, everywhere else."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from numbers import Integral, Real
from typing import Any

from mmlcore.plot._axes import axes_or_new

_STEPS = 100  # of a slider of floats whose step is not given


def explore(draw: Callable[..., Any], *, ax: Any = None, **controls: Any) -> Any:
    """Draw a figure that has controls: sliders and menus in a notebook, the start values elsewhere.

    In a Jupyter kernel with ipywidgets the figure is shown with its controls and drawn again whenever one of them
    moves. In a script, a page or a terminal it is drawn once, so that the same lines serve both.

    Parameters
    ----------
    draw : callable
        Called as ``draw(ax, **values)`` with empty Axes and one value for each control; draws, returns nothing.
    ax : matplotlib Axes, optional
        Default: those of a new figure.
    **controls : tuple or list
        A tuple (start, stop) or (start, stop, step) is a slider, of integers where all of them are integers; it starts
        in the middle. A list is a menu of choices, words or numbers; it starts with the first.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Raises
    ------
    TypeError
        A control is neither a tuple of numbers nor a list.
    ValueError
        A slider has no length or no step, a menu has no choice.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml, mmlcore.plot
    >>> def turned(ax, degrees):
    ...     mml.plot.transformation(mml.rotation(np.deg2rad(degrees)), ax=ax)
    >>> mml.plot.explore(turned, degrees=(0, 120)).get_title()
    'determinant 1, eigenvalues 0.5-0.866j, 0.5+0.866j'
    """
    starts = {name: _start(name, control) for name, control in controls.items()}
    if not _in_notebook():
        ax = axes_or_new(ax)
        draw(ax, **starts)
        return ax
    return _with_widgets(draw, ax, controls, starts)


def _start(name: str, control: Any) -> Any:
    """Return the value with which a control starts; refuse a control that makes no sense."""
    if isinstance(control, list):
        if not control:
            msg = f"{name}: got an empty list, needed at least one choice."
            raise ValueError(msg)
        return control[0]
    numbers = isinstance(control, tuple) and len(control) in (2, 3)
    if not numbers or not all(isinstance(v, Real) and not isinstance(v, bool) for v in control):
        msg = f"{name}: got {control!r}, needed (start, stop), (start, stop, step) or a list of choices."
        raise TypeError(msg)
    start, stop, step = _range(control)
    if not (start < stop and step > 0):
        msg = f"{name}: got {control!r}, needed start < stop and a step above 0."
        raise ValueError(msg)
    middle = start + int((stop - start) / step / 2) * step
    return middle if _whole(control) else float(middle)


def _range(control: tuple[Any, ...]) -> tuple[Any, Any, Any]:
    start, stop, *step = control
    return start, stop, step[0] if step else 1 if _whole(control) else (stop - start) / _STEPS


def _whole(control: tuple[Any, ...]) -> bool:
    return all(isinstance(value, Integral) for value in control)


def _in_notebook() -> bool:
    """Say whether there is a kernel that can show widgets; IPython is not imported for the question."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None and find_spec("ipywidgets") is not None


def _with_widgets(
    draw: Callable[..., Any], ax: Any, controls: dict[str, Any], starts: dict[str, Any]
) -> Any:
    widgets = import_module("ipywidgets")
    if ax is None:  # not a figure of pyplot, which the notebook would show a second time
        ax = import_module("matplotlib.figure").Figure(layout="constrained").subplots()
    elif "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(ax.figure)
    others = [own for own in ax.figure.axes if own is not ax]
    made = {name: _widget(widgets, name, controls[name], starts[name]) for name in controls}
    image = widgets.Image(format="png")

    def redraw(_: Any = None) -> None:
        _draw_again(draw, ax, others, {name: widget.value for name, widget in made.items()})
        file = io.BytesIO()
        ax.figure.savefig(file, format="png")
        image.value = file.getvalue()

    redraw()
    for widget in made.values():
        widget.observe(redraw, names="value")
    import_module("IPython.display").display(widgets.VBox([*made.values(), image]))
    return ax


def _draw_again(
    draw: Callable[..., Any], ax: Any, others: list[Any], values: dict[str, Any]
) -> None:
    """Draw on empty Axes; what a drawing before added to the figure, such as colour bars, goes."""
    for added in ax.figure.axes:
        if added is not ax and added not in others:
            added.remove()
    ax.clear()
    draw(ax, **values)


def _widget(widgets: Any, name: str, control: Any, start: Any) -> Any:
    if isinstance(control, list):
        return widgets.Dropdown(options=control, value=start, description=name)
    low, high, step = _range(control)
    kind = widgets.IntSlider if _whole(control) else widgets.FloatSlider
    return kind(value=start, min=low, max=high, step=step, description=name)
