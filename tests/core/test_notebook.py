"""What notebooks show of results: mathematics in LaTeX, fields in HTML."""

from __future__ import annotations

import inspect
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import mmlcore as mml
from mmlcore.core.notebook import (
    fields_html,
    matrix_latex,
    number_latex,
    ratio_latex,
    without_rounding,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (1 / 3, "0.333333"),
        (1.5e-12, r"1.5 \cdot 10^{-12}"),
        (1e300, r"1 \cdot 10^{300}"),
        (np.inf, r"\infty"),
        (-np.inf, r"-\infty"),
        (np.nan, r"\mathrm{NaN}"),
        (1 + 2j, "1 + 2 i"),
        (1 - 1j, "1 - i"),
        (3j, "3 i"),
        (2 + 0j, "2"),
        (np.float32(0.1), "0.1"),
        (7, "7"),
    ],
)
def test_numbers(value, text):
    assert number_latex(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, r"\tfrac{1}{3}"),
        (-22 / 7, r"-\tfrac{22}{7}"),
        (np.float32(1) / np.float32(3), r"\tfrac{1}{3}"),
        (2.0, "2"),
        (0.1234567, "0.123457"),
        (1e-9, r"1 \cdot 10^{-9}"),
        (1000.5, "1000.5"),
        (0.5 + 1j / 3, r"\tfrac{1}{2} + \tfrac{1}{3} i"),
        (np.inf, r"\infty"),
    ],
)
def test_fractions(value, text):
    assert ratio_latex(value) == text


def test_matrices():
    assert matrix_latex([1.0, 2.0]) == r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}"
    assert matrix_latex([[1, 2], [3, 4]]) == r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}"
    large = matrix_latex(np.arange(400.0).reshape(20, 20))
    assert large.count(r"\\") == 7
    assert large.count(r"\cdots") == 7
    assert r"\vdots" in large
    assert r"\ddots" in large
    assert "399" in large
    np.testing.assert_array_equal(without_rounding([1.0, 1e-17]), [1, 0])
    np.testing.assert_array_equal(without_rounding([1 + 1e-17j, 1e-17 + 1j]), [1, 1j])


def test_an_elimination_shows_every_matrix_and_operation():
    a = np.array([[1.0, 1, 1, 15], [3, 2, 1, 28], [2, 1, 2, 23]])
    text = mml.row_echelon(a, reduced=True, steps=True)._repr_latex_()
    first = text.removeprefix(r"$$\begin{aligned} ").partition(" &\\xrightarrow")[0]
    assert first == matrix_latex(a)
    assert r"R_{1} \leftrightarrow R_{2}" in text
    assert r"R_{1} \to \tfrac{1}{3}\, R_{1}" in text
    assert r"R_{2} \to R_{2} - R_{1} \\ R_{3} \to R_{3} - 2 R_{1}" in text
    assert text.count(r"\xrightarrow") == 7
    assert text.count(r"\boxed{1}") == 3
    assert text.count("{") == text.count("}")
    assert text.endswith(r"\end{aligned}$$")


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_the_first_matrix_of_an_elimination_is_the_one_given(dtype, rng):
    a = rng.integers(-4, 5, (4, 5)).astype(dtype)
    if np.dtype(dtype).kind == "c":
        a = a + 1j * rng.integers(-4, 5, (4, 5)).astype(dtype)
    text = mml.row_echelon(a, steps=True)._repr_latex_()
    assert matrix_latex(a) in text


def test_eliminations_without_steps_or_too_large_show_the_form():
    assert mml.row_echelon(np.eye(2))._repr_latex_() == (
        r"$\displaystyle \begin{bmatrix} \boxed{1} & 0 \\ 0 & \boxed{1} \end{bmatrix}$"
    )
    large = mml.row_echelon(np.eye(30), steps=True)._repr_latex_()
    assert "xrightarrow" not in large
    assert r"\ddots" in large
    assert mml.row_echelon(np.zeros((3, 2, 2)))._repr_latex_() is None
    assert mml.row_echelon(np.zeros((0, 2)))._repr_latex_() is not None


def test_taylor_series():
    assert mml.taylor(np.sin, 0.0, 4)._repr_latex_() == (
        r"$\displaystyle x - 0.166667 x^{3} + O\left(x^{5}\right)$"
    )
    assert r"(x - 1)^{2}" in mml.taylor(np.log, 1.0, 3)._repr_latex_()
    assert r"(x + 1)" in mml.taylor(np.exp, -1.0, 3)._repr_latex_()
    assert mml.taylor(lambda x: 0 * x, 0.0, 1)._repr_latex_() == (
        r"$\displaystyle 0 + O\left(x^{2}\right)$"
    )
    assert mml.taylor(np.exp, [0.0, 1.0], 3)._repr_latex_() is None
    several = mml.taylor(lambda x: np.exp(x[0]) * x[1], [1.0, 2.0], 2)._repr_latex_()
    assert r"\tfrac12\, h^\top" in several
    assert r"h = x - \begin{bmatrix} 1 \\ 2 \end{bmatrix}" in several
    assert mml.taylor(lambda x: x.sum(), np.zeros((3, 2)), 1)._repr_latex_() is None


def test_linearizations():
    assert mml.linearize(np.sqrt, 4.0)._repr_latex_() == (
        r"$\displaystyle f(x) \approx 2 + 0.25 \left(x - 4\right)$"
    )
    assert (
        r"\begin{bmatrix} 2 & 0 \\ 0 & 4 \end{bmatrix}"
        in mml.linearize(lambda x: x * x, [1.0, 2.0])._repr_latex_()
    )


A = np.array([[2.0, 1.0], [1.0, 3.0]])
POINTS = np.arange(60.0).reshape(30, 2) ** 0.5
SHOWN = {
    "SVD": lambda: mml.svd(A),
    "QR": lambda: mml.qr(A),
    "PivotedQR": lambda: mml.qr(A, pivoting=True),
    "LU": lambda: mml.lu(A),
    "LogDeterminant": lambda: mml.slogdet(A),
    "LeastSquares": lambda: mml.lstsq(A, [1.0, 2.0]),
    "EigenResult": lambda: mml.eigh(A),
    "Diagonalization": lambda: mml.diagonalize(A),
    "PowerIteration": lambda: mml.power_iteration(A),
    "Projection": lambda: mml.project(POINTS, A),
    "StationaryPoint": lambda: mml.classify_stationary(lambda x: x @ x, [0.0, 0.0]),
    "GradientCheck": lambda: mml.check_gradient(lambda x: x @ x, [0.0, 1.0], lambda x: 2 * x),
    "Constrained": lambda: mml.lagrange(lambda x: x @ x, lambda x: x[0] + x[1] - 1, [1.0, 2.0]),
    "Neighbors": lambda: mml.nearest_neighbors(POINTS, POINTS, 3),
    "NeighborsWithin": lambda: mml.NeighborIndex(POINTS).within(POINTS, 1.0),
    "Dataset": mml.datasets.iris,
    "Heights": mml.datasets.heights,
    "SparseJacobian": lambda: mml.sparse_jacobian(lambda x: x * x, [1.0, 2.0]),
}


@pytest.mark.parametrize("name", SHOWN)
def test_results_show_their_fields(name):
    found = SHOWN[name]()
    assert type(found).__name__ == name
    text = found._repr_html_()
    tree = ET.fromstring(text)  # well formed
    said = ["".join(field.itertext()) for field in tree.iter("strong")]
    assert said == list(found._fields)
    assert len(text) < 60_000


def test_stacks_and_large_matrices_say_what_they_are():
    text = mml.svd(np.ones((40, 20, 30)))._repr_html_()
    assert "40 x 20 x 20, float64, the first" in text
    assert "…" in text
    assert "0 x 3" in fields_html(mml.svd(np.zeros((0, 3))))
    assert "1+2i" in fields_html(mml.lu(np.array([[1 + 2j]])))


def test_text_is_escaped():
    found = mml.datasets.Dataset(np.eye(1), np.zeros(1, int), ("<b>",), ("&",), "<script>", "")
    assert "<script>" not in found._repr_html_()
    assert "&lt;script&gt;" in found._repr_html_()


def test_small_graphs_draw_themselves():
    web = mml.datasets.micro_internet(trap=True)
    tree = ET.fromstring(web._repr_html_().replace("&nbsp;", " "))
    picture = tree.find("{http://www.w3.org/2000/svg}svg")
    paths = [p for p in picture.iter("{http://www.w3.org/2000/svg}path") if p.get("marker-end")]
    assert len(paths) == web.num_edges
    names = [t.text for t in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert names == web.labels
    assert "nan" not in web._repr_html_()
    one = mml.Graph.from_edges([0], [0])._repr_html_()
    assert "<svg" in one
    assert "nan" not in one
    assert "<svg" not in mml.Graph.from_edges(np.arange(99), np.arange(99))._repr_html_()
    long = mml.Graph.from_labels(["a name too long"], ["<"])._repr_html_()
    assert "a name …" in long
    assert "&lt;</text>" in long


RESULTS = [
    getattr(mml, name)
    for name in mml.__all__
    if inspect.isclass(getattr(mml, name)) and issubclass(getattr(mml, name), tuple)
]


@pytest.mark.parametrize("kind", RESULTS, ids=lambda kind: kind.__name__)
def test_every_result_has_something_for_notebooks(kind):
    assert hasattr(kind, "_repr_html_") or hasattr(kind, "_repr_latex_")


@pytest.mark.parametrize("kind", RESULTS, ids=lambda kind: kind.__name__)
def test_every_field_of_a_result_says_what_it_is(kind):
    owner = next(k for k in kind.__mro__ if "_fields" in vars(k))
    source = inspect.getsource(owner)
    body = source[source.index(":") :]
    for field in kind._fields:
        assert re.search(rf'\b{field}: [^\n]*\n\s+"""', body), f"{kind.__name__}.{field}"
