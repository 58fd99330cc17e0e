"""How results look in notebooks: numbers and matrices as LaTeX, named fields as HTML."""

from __future__ import annotations

import html
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from mmlcore.core.report import shown

MOST = 8  # rows and columns of a matrix that are shown: the first ones and the last

_MATRIX = "border-left:1.5px solid;border-right:1.5px solid;border-collapse:collapse;margin:0.3em 0"
_CELL = "border:none;padding:0.1em 0.5em;text-align:right"


def number_latex(value: Any) -> str:
    """Return a number with six digits, as LaTeX has powers of ten, infinity and complex numbers."""
    if isinstance(value, (complex, np.complexfloating)):
        return _complex_latex(value, number_latex)
    text = f"{float(value):.6g}"
    if "e" in text:
        digits, power = text.split("e")
        text = rf"{digits} \cdot 10^{{{int(power)}}}"
    return {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{NaN}", "-0": "0"}.get(text, text)


def ratio_latex(value: Any) -> str:
    """Return a number as a fraction of small numbers if it is one to rounding, else with six digits."""
    if isinstance(value, (complex, np.complexfloating)):
        return _complex_latex(value, ratio_latex)
    if not np.isfinite(value):
        return number_latex(value)
    exact = Fraction(float(value))
    near = exact.limit_denominator(99)
    rounding = 16 * float(np.finfo(getattr(value, "dtype", np.float64)).eps)
    if near.denominator == 1 or abs(near.numerator) > 999:
        return number_latex(value)
    if abs(near - exact) > rounding * max(1.0, abs(float(value))):
        return number_latex(value)
    return rf"{'-' if near < 0 else ''}\tfrac{{{abs(near.numerator)}}}{{{near.denominator}}}"


def _complex_latex(value: Any, number: Callable[[Any], str]) -> str:
    real, imag = number(value.real), number(value.imag)
    if imag == "0":
        return real
    imag = {"1": "", "-1": "-"}.get(imag, f"{imag} ") + "i"
    if real == "0":
        return imag
    return f"{real} - {imag[1:]}" if imag.startswith("-") else f"{real} + {imag}"


def _places(size: int) -> list[int | None]:
    """Return the places along an axis that are shown; None stands for those that are left out."""
    if size <= MOST:
        return list(range(size))
    return [*range(MOST - 2), None, size - 1]


def matrix_latex(a: Any, number: Callable[[Any], str] = number_latex) -> str:
    """Return a vector as a column, or a matrix; large ones with dots."""
    a = np.asarray(a)
    a = a.reshape(-1, 1) if a.ndim == 1 else a
    rows = []
    for i in _places(a.shape[0]):
        cells = []
        for j in _places(a.shape[1]):
            if i is None:
                cells.append(r"\vdots" if j is not None else r"\ddots")
            else:
                cells.append(r"\cdots" if j is None else number(a[i, j]))
        rows.append(" & ".join(cells))
    return r"\begin{bmatrix} " + r" \\ ".join(rows) + r" \end{bmatrix}"


def without_rounding(a: Any) -> Any:
    """Return an array without what is rounding beside its largest entry, in real and imaginary parts."""
    a = np.asarray(a)
    if a.dtype.kind == "c":
        least = 64 * np.finfo(a.dtype).eps * np.abs(a).max(initial=0)
        return np.where(np.abs(a.real) <= least, 0, a.real) + 1j * np.where(
            np.abs(a.imag) <= least, 0, a.imag
        )
    size = np.abs(a)
    return np.where(size <= 64 * np.finfo(a.dtype).eps * size.max(initial=0), a.dtype.type(0), a)


def _matrix_html(a: Any) -> str:
    """Return a vector as a row, or a matrix, as a table between lines."""
    a = a.reshape(1, -1) if a.ndim == 1 else a
    rows = []
    for i in _places(a.shape[0]):
        cells = []
        for j in _places(a.shape[1]):
            text = "…" if i is None or j is None else html.escape(_entry(a[i, j]))
            cells.append(f'<td style="{_CELL}">{text}</td>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table style="{_MATRIX}">{"".join(rows)}</table>'


def _entry(value: Any) -> str:
    """Return an entry of an array: numbers with five digits."""
    if isinstance(value, (np.complexfloating, complex)):
        return f"{value.real:.5g}{value.imag:+.5g}i"
    return f"{value:.5g}" if isinstance(value, (np.floating, float)) else str(value)


def _field_html(value: Any) -> tuple[str, str]:
    """Return what is said of a field, and the field itself."""
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        if isinstance(value, (list, tuple)) and len(value) > MOST:
            return f"{len(value):,} items", html.escape(shown(value[0])) + " …"
        return "", html.escape(shown(value[()] if isinstance(value, np.ndarray) else value))
    shape = " x ".join(f"{n:,}" for n in value.shape)
    about = f"{shape}, {value.dtype}"
    if value.size == 0:
        return about, ""
    if value.ndim > 2:
        about += ", the first"
        value = value.reshape(-1, *value.shape[-2:])[0]
    return about, _matrix_html(value)


def fields_html(result: Any) -> str:
    """Return a named tuple as its fields beside each other, each with its shape and type."""
    parts = []
    for name in result._fields:
        about, text = _field_html(getattr(result, name))
        if about:
            about = f' <small style="opacity:0.65">{about}</small>'
        parts.append(f"<div><strong>{html.escape(name)}</strong>{about}<div>{text}</div></div>")
    style = "display:flex;flex-wrap:wrap;gap:0.5em 2em;align-items:flex-start"
    return f'<div style="{style}">{"".join(parts)}</div>'
