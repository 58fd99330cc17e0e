# Written by tools/make_stubs.py from the compiled module; do not edit.
"""
The compiled kernels of mmlcore, for one instruction level. Private: use the functions of mmlcore.
"""

import collections.abc
import typing

import numpy as np
import typing_extensions

class PointTree:
    @staticmethod
    def pays(
        points: np.ndarray[typing.Any, typing.Any],
        queries: typing.SupportsInt | typing.SupportsIndex,
        k: typing.SupportsInt | typing.SupportsIndex,
    ) -> bool:
        """
        Whether a tree of these takes less time than all differences; queries < 0: one that is kept.
        """
    def __init__(self, points: np.ndarray[typing.Any, typing.Any]) -> None: ...
    def nearest(
        self,
        queries: np.ndarray[typing.Any, typing.Any],
        squares: np.ndarray[typing.Any, typing.Any],
        indices: typing.Annotated[np.typing.ArrayLike, np.int64],
    ) -> None:
        """
        Fills squared distances and indices (q, k) of the nearest points, nearest first.
        """
    def nearest_of_own(
        self,
        squares: np.ndarray[typing.Any, typing.Any],
        indices: typing.Annotated[np.typing.ArrayLike, np.int64],
    ) -> None:
        """
        The same (n, k) of the points themselves, none of which is its own neighbour.
        """
    def pays_for(self, k: typing.SupportsInt | typing.SupportsIndex) -> bool:
        """
        Whether this one does for so many neighbours, told by some of its points.
        """
    def points(self, out: np.ndarray[typing.Any, typing.Any]) -> None:
        """
        The points, as they were given.
        """
    def query(
        self,
        queries: typing.Any,
        points: np.ndarray[typing.Any, typing.Any],
        k: typing.SupportsInt | typing.SupportsIndex,
    ) -> typing.Any:
        """
        Distances and indices (q, k) for plain queries among the points of the tree; None for all others.
        """
    def within(
        self,
        queries: np.ndarray[typing.Any, typing.Any],
        radius: typing.SupportsFloat | typing.SupportsIndex,
    ) -> tuple[typing.Any, ...]:
        """
        Distances, indices and the offsets of each query: points as near as the radius, nearest first.
        """
    @property
    def count(self) -> int: ...
    @property
    def nbytes(self) -> int: ...

class InEdges:
    """
    A graph as compressed rows of in-edges, arranged for PageRank.
    """
    @staticmethod
    def from_parts(parts: typing.Any, mapped: bool) -> InEdges:
        """
        The graph over arrays that `parts` gave; they are checked.
        """
    def __init__(
        self,
        source: typing.Any,
        target: typing.Any,
        weight: typing.Any,
        nodes: typing.SupportsInt | typing.SupportsIndex,
        combine: str = "keep",
        wide: bool = False,
        files: typing.Any = None,
        pages: str = "keep",
    ) -> None: ...
    def parts(self) -> dict[typing.Any, typing.Any]:
        """
        Everything the graph consists of, as a dict of arrays over its memory.
        """
    def rows(self) -> tuple[typing.Any, ...]:
        """
        (start, source, weight, out_weight): rows by node, their edges in the order of the input.
        """
    @property
    def edges(self) -> int: ...
    @property
    def nodes(self) -> int: ...
    @property
    def weighted(self) -> bool: ...

class EdgeText:
    """
    Edges of an edge list in text.
    """
    def __init__(self) -> None: ...
    def columns(self) -> tuple[typing.Any, ...]:
        """
        (source, target, weight or None): the memory goes to them, and this is empty again.
        """
    def feed(self, text: typing.Any, mapped: bool = False) -> None:
        """
        The next lines, whole ones.
        """
    @property
    def lines(self) -> int: ...

class FunctionGraph:
    def __init__(self) -> None: ...
    def binary(
        self,
        op: typing.SupportsInt | typing.SupportsIndex,
        x: typing.SupportsInt | typing.SupportsIndex,
        y: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def body(
        self, x: typing.SupportsInt | typing.SupportsIndex
    ) -> tuple[FunctionGraph, list[int], list[int], list[int], list[int]]:
        """
        The graph of a loop's body, and the numbers of its inputs and outputs.
        """
    def concat(
        self, parts: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]
    ) -> int: ...
    def constant(self, values: typing.Annotated[np.typing.ArrayLike, np.float64]) -> int: ...
    def count(self) -> int: ...
    def describe(self, x: typing.SupportsInt | typing.SupportsIndex) -> tuple[typing.Any, ...]:
        """
        (operation, aux, operands, dims, size) of a node.
        """
    def element(
        self,
        x: typing.SupportsInt | typing.SupportsIndex,
        i: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def forward(
        self,
        outputs: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        of: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        directions: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        count: typing.SupportsInt | typing.SupportsIndex,
    ) -> list[int]: ...
    def full(
        self,
        x: typing.SupportsInt | typing.SupportsIndex,
        size: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def gather(
        self,
        x: typing.SupportsInt | typing.SupportsIndex,
        index: typing.Annotated[np.typing.ArrayLike, np.int32],
    ) -> int: ...
    def index(self, x: typing.SupportsInt | typing.SupportsIndex) -> np.typing.NDArray[np.int32]:
        """
        The index of a gather or scatter.
        """
    def input(self, size: typing.SupportsInt | typing.SupportsIndex) -> int: ...
    def is_constant(self, x: typing.SupportsInt | typing.SupportsIndex) -> bool: ...
    def line(
        self,
        op: typing.SupportsInt | typing.SupportsIndex,
        x: typing.SupportsInt | typing.SupportsIndex,
        index: typing.SupportsInt | typing.SupportsIndex,
        dims: typing.Annotated[
            collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(3)"
        ],
        size: typing.SupportsInt | typing.SupportsIndex,
    ) -> int:
        """
        order, pick or put along the middle of three axes.
        """
    def loop(
        self,
        body: FunctionGraph,
        ids: typing.Annotated[
            collections.abc.Sequence[
                collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]
            ],
            "FixedSize(4)",
        ],
        operands: typing.Annotated[
            collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(3)"
        ],
        count: typing.SupportsInt | typing.SupportsIndex,
        every: bool = False,
    ) -> int:
        """
        Steps of a graph with inputs (state, parameters, rows) and outputs `ids`.
        """
    def matmul(
        self,
        x: typing.SupportsInt | typing.SupportsIndex,
        y: typing.SupportsInt | typing.SupportsIndex,
        rows: typing.SupportsInt | typing.SupportsIndex,
        inner: typing.SupportsInt | typing.SupportsIndex,
        columns: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def matrices(
        self,
        op: typing.SupportsInt | typing.SupportsIndex,
        a: typing.SupportsInt | typing.SupportsIndex,
        b: typing.SupportsInt | typing.SupportsIndex,
        m: typing.SupportsInt | typing.SupportsIndex,
        n: typing.SupportsInt | typing.SupportsIndex,
        k: typing.SupportsInt | typing.SupportsIndex,
        aux: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> int: ...
    def number(self, value: typing.SupportsFloat | typing.SupportsIndex) -> int: ...
    def numbers(self) -> int:
        """
        Numbers that constants and indices hold.
        """
    def pattern(
        self,
        output: typing.SupportsInt | typing.SupportsIndex,
        of: typing.SupportsInt | typing.SupportsIndex,
    ) -> tuple[
        np.typing.NDArray[np.int32], np.typing.NDArray[np.int32], np.typing.NDArray[np.int32]
    ]:
        """
        Row starts and columns of the Jacobian, and colours of its columns.
        """
    def pow(
        self,
        x: typing.SupportsInt | typing.SupportsIndex,
        exponent: typing.SupportsFloat | typing.SupportsIndex,
    ) -> int: ...
    def recurrence(
        self,
        a: typing.SupportsInt | typing.SupportsIndex,
        b: typing.SupportsInt | typing.SupportsIndex,
        outer: typing.SupportsInt | typing.SupportsIndex,
        count: typing.SupportsInt | typing.SupportsIndex,
        inner: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def restore(
        self,
        op: typing.SupportsInt | typing.SupportsIndex,
        aux: typing.SupportsInt | typing.SupportsIndex,
        operands: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        dims: typing.Annotated[
            collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(3)"
        ],
        size: typing.SupportsInt | typing.SupportsIndex,
        extra: typing.Any,
    ) -> int:
        """
        A node as `describe` told it, with its operands' new numbers.
        """
    def reverse(
        self,
        outputs: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        weights: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        of: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        count: typing.SupportsInt | typing.SupportsIndex,
    ) -> list[int]: ...
    def scatter(
        self,
        x: typing.SupportsInt | typing.SupportsIndex,
        index: typing.Annotated[np.typing.ArrayLike, np.int32],
        length: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def search(
        self,
        places: typing.SupportsInt | typing.SupportsIndex,
        x: typing.SupportsInt | typing.SupportsIndex,
        or_equal: bool,
    ) -> int: ...
    def select(
        self,
        condition: typing.SupportsInt | typing.SupportsIndex,
        x: typing.SupportsInt | typing.SupportsIndex,
        y: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def size(self, x: typing.SupportsInt | typing.SupportsIndex) -> int: ...
    def sum(
        self,
        x: typing.SupportsInt | typing.SupportsIndex,
        outer: typing.SupportsInt | typing.SupportsIndex,
        repeats: typing.SupportsInt | typing.SupportsIndex,
        inner: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def taylor(
        self,
        outputs: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        of: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        curves: collections.abc.Sequence[
            collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]
        ],
    ) -> list[list[int]]: ...
    def tile(
        self,
        x: typing.SupportsInt | typing.SupportsIndex,
        outer: typing.SupportsInt | typing.SupportsIndex,
        repeats: typing.SupportsInt | typing.SupportsIndex,
        inner: typing.SupportsInt | typing.SupportsIndex,
    ) -> int: ...
    def unary(
        self,
        op: typing.SupportsInt | typing.SupportsIndex,
        x: typing.SupportsInt | typing.SupportsIndex,
        aux: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> int: ...
    def values(
        self, x: typing.SupportsInt | typing.SupportsIndex
    ) -> np.typing.NDArray[np.float64]: ...

class Program:
    def __init__(
        self,
        graph: FunctionGraph,
        inputs: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        outputs: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
        passes: bool = True,
    ) -> None: ...
    def __len__(self) -> int: ...
    def handle(self) -> typing_extensions.CapsuleType: ...
    def run(
        self,
        points: typing.SupportsInt | typing.SupportsIndex,
        arguments: collections.abc.Sequence[np.ndarray[typing.Any, typing.Any]],
        results: collections.abc.Sequence[np.ndarray[typing.Any, typing.Any]],
    ) -> None: ...
    @property
    def flops(self) -> float: ...
    @property
    def passes(self) -> int:
        """
        How many passes over rows one point takes; 0: none.
        """
    @property
    def slots(self) -> int: ...

def all_finite(x: np.ndarray[typing.Any, typing.Any]) -> bool:
    """
    Whether an array in C or Fortran order holds neither NaN nor infinity.
    """

def blas_threads(path: str) -> int:
    """
    Threads that a shared OpenBLAS may use.
    """

def build_info() -> dict[typing.Any, typing.Any]:
    """
    What this module was built with.
    """

def byte_moments(
    x: np.ndarray[typing.Any, typing.Any],
    mean: typing.Annotated[np.typing.ArrayLike, np.float64],
    squares: typing.Any,
) -> None:
    """
    Mean and, unless None, squared deviations of columns of bytes; exact.
    """

def byte_scatter(
    x: np.ndarray[typing.Any, typing.Any],
    mean: typing.Annotated[np.typing.ArrayLike, np.float64],
    scatter_matrix: typing.Annotated[np.typing.ArrayLike, np.float64],
) -> None:
    """
    Mean and scatter matrix of the rows of x, bytes; exact.
    """

def call_program(entry: typing.Any, arguments: typing.Any, out: typing.Any, /) -> typing.Any:
    """
    The short path of plain arrays; or NotImplemented.
    """

def centred_product(
    x: np.ndarray[typing.Any, typing.Any],
    mean: typing.Any,
    w: np.ndarray[typing.Any, typing.Any],
    out: np.ndarray[typing.Any, typing.Any],
    low: typing.Any = None,
) -> bool:
    """
    out = (x - mean - low) w, both contiguous; False if x holds NaN or infinity. Mean None: each row minus its own.
    """

def certify_spectrum_above(
    bound: typing.SupportsFloat | typing.SupportsIndex,
    a: np.ndarray[typing.Any, typing.Any],
    values: np.ndarray[typing.Any, typing.Any],
    vectors: np.ndarray[typing.Any, typing.Any],
    size: typing.SupportsFloat | typing.SupportsIndex,
) -> bool:
    """
    Whether a symmetric a has no eigenvalue above a bound but those found; `size` is that of the largest.
    """

def checksum(x: np.ndarray[typing.Any, typing.Any]) -> int:
    """
    A number that changes with every change of one number of x.
    """

def cholesky(
    a: np.ndarray[typing.Any, typing.Any], l: np.ndarray[typing.Any, typing.Any]
) -> tuple[int, int]:
    """
    Fills contiguous l, l l' = a, of stacks (..., n, n).

    Returns (-1, -1), or the first item without a factor and the row whose pivot is not positive, -1 for NaN.
    """

def closed_classes(graph: InEdges, landing: typing.Any) -> tuple[int, int]:
    """
    (closed parts of the graph, period of the one there is).
    """

def column_moments(
    x: np.ndarray[typing.Any, typing.Any],
    weights: typing.Any,
    mean: typing.Annotated[np.typing.ArrayLike, np.float64],
    squares: typing.Any,
    low: typing.Any = None,
) -> float:
    """
    Mean, what rounding took from it and, unless None, sum of squared deviations of each column.

    Returns the sum of the weights.
    """

def complex_pairs(
    a: np.ndarray[typing.Any, typing.Any], with_vectors: bool, balanced: bool = True
) -> typing.Any:
    """
    (values, vectors or None, items whose residuals are not at rounding level) of complex matrices.
    """

def component_points(
    scores: np.ndarray[typing.Any, typing.Any],
    mean: np.ndarray[typing.Any, typing.Any],
    low: typing.Any,
    components: np.ndarray[typing.Any, typing.Any],
    out: typing.Any = None,
) -> typing.Any:
    """
    mean + low + scores components for arrays of one type; None where Python has to see to it.
    """

def component_scores(
    x: np.ndarray[typing.Any, typing.Any],
    mean: np.ndarray[typing.Any, typing.Any],
    low: typing.Any,
    components: np.ndarray[typing.Any, typing.Any],
    out: typing.Any = None,
) -> typing.Any:
    """
    (x - mean - low) components' for arrays of one type; None where Python has to see to it.
    """

def correlations(
    sums: typing.Annotated[np.typing.ArrayLike, np.float64], to: np.ndarray[typing.Any, typing.Any]
) -> None:
    """
    Correlations from sums of products, (d, d), into `to`, contiguous.
    """

def curve_once(
    program: typing.Any,
    x: typing.Any,
    y: typing.Any,
    p0: typing.Any,
    f_scale: typing.Any,
    tol: typing.Any,
    max_iter: typing.Any,
    absolute: typing.Any,
    /,
) -> typing.Any:
    """
    A fit of plain data; None for the longer way.
    """

def default_rank_rtol(
    m: typing.SupportsInt | typing.SupportsIndex,
    n: typing.SupportsInt | typing.SupportsIndex,
    single: bool,
) -> float:
    """
    Up to which share of the largest a singular value counts as zero.
    """

def descend(
    both: Program,
    hessian: Program | None,
    start: typing.Annotated[np.typing.ArrayLike, np.float64],
    given: collections.abc.Sequence[typing.Annotated[np.typing.ArrayLike, np.float64]],
    method: typing.SupportsInt | typing.SupportsIndex,
    lower: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    upper: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    unit: typing.SupportsFloat | typing.SupportsIndex,
    ask_units: bool,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    trajectory: bool,
    learning_rate: typing.SupportsFloat | typing.SupportsIndex,
    momentum: typing.SupportsFloat | typing.SupportsIndex,
    callback: typing.Any,
) -> tuple[typing.Any, ...]:
    """
    (x, value, gradient, iterations, status, path) from starts (k, n); callback(x, value) after each step of one start.
    """

def determinants(
    a: np.ndarray[typing.Any, typing.Any],
    mantissa: np.ndarray[typing.Any, typing.Any],
    exponent: typing.Any,
) -> None:
    """
    det a[i] = mantissa[i] 2^exponent[i], or mantissa[i] itself with None; outputs contiguous.
    """

def door(name: str) -> typing.Any:
    """
    The compiled callable of a public function (mmlcore.core.door).
    """

def dual_scatter(
    x: np.ndarray[typing.Any, typing.Any],
    mean: typing.Annotated[np.typing.ArrayLike, np.float64],
    inner: typing.Annotated[np.typing.ArrayLike, np.float64],
    low: typing.Any = None,
) -> None:
    """
    Mean of the rows of x, and what rounding took from it; and the inner products of the centred rows.
    """

def empty(shape: tuple[typing.Any, ...], single: bool) -> typing.Any:
    """
    A large array that is not initialized, float32 if `single`.
    """

def evolve(
    value: Program,
    lower: typing.Annotated[np.typing.ArrayLike, np.float64],
    upper: typing.Annotated[np.typing.ArrayLike, np.float64],
    population: typing.SupportsInt | typing.SupportsIndex,
    generations: typing.SupportsInt | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    (points, values, generations, evaluations, gathered), the best first, by differential evolution in a box.
    """

def filtered_neighbors(
    points: np.ndarray[typing.Any, typing.Any],
    queries: np.ndarray[typing.Any, typing.Any],
    reduced_points: np.ndarray[typing.Any, typing.Any],
    reduced_queries: np.ndarray[typing.Any, typing.Any],
    margin: typing.SupportsFloat | typing.SupportsIndex,
    most: typing.SupportsFloat | typing.SupportsIndex,
    distances: np.ndarray[typing.Any, typing.Any],
    indices: typing.Annotated[np.typing.ArrayLike, np.int64],
) -> bool:
    """
    As nearest_neighbors, for points in rows; False if more than the share `most` of the points is left.
    """

def finite_difference(
    f: typing.Any,
    point: typing.Any,
    method: typing.SupportsInt | typing.SupportsIndex,
    step: typing.SupportsFloat | typing.SupportsIndex,
    program: typing.Any = None,
    shape: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex] = [],
) -> typing.Any:
    """
    (value, error) of the derivative by differences; a program takes the place of f.
    """

def fit_batch(
    chunk: Program,
    single: Program,
    x: typing.Annotated[np.typing.ArrayLike, np.float64],
    y: typing.Annotated[np.typing.ArrayLike, np.float64],
    weight: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    start: typing.Annotated[np.typing.ArrayLike, np.float64],
    lower: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    upper: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    loss: typing.SupportsInt | typing.SupportsIndex,
    loss_scale: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    theta: typing.Annotated[np.typing.ArrayLike, np.float64],
    covariance: typing.Annotated[np.typing.ArrayLike, np.float64],
    cost: typing.Annotated[np.typing.ArrayLike, np.float64],
    points: typing.Annotated[np.typing.ArrayLike, np.float64],
    iterations: typing.Annotated[np.typing.ArrayLike, np.int32],
    status: typing.Annotated[np.typing.ArrayLike, np.int32],
) -> None:
    """
    Many fits of one model; x, weight and bounds for each fit or for all.
    """

def fit_curve(
    program: Program,
    x: typing.Annotated[np.typing.ArrayLike, np.float64],
    y: typing.Annotated[np.typing.ArrayLike, np.float64],
    weight: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    start: typing.Annotated[np.typing.ArrayLike, np.float64],
    lower: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    upper: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    loss: typing.SupportsInt | typing.SupportsIndex,
    loss_scale: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    (theta, covariance, cost, iterations, evaluations, status) of a model traced for one point.
    """

def fit_line(
    result: typing.Any, X: typing.Any, y: typing.Any, sigma: typing.Any, intercept: typing.Any, /
) -> typing.Any:
    """
    A linear regression of plain arrays; None for a QR decomposition; or NotImplemented.
    """

def fit_logistic(
    X: np.ndarray[typing.Any, typing.Any],
    y: typing.Annotated[np.typing.ArrayLike, np.float64],
    ridge: typing.SupportsFloat | typing.SupportsIndex,
    intercept: bool,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    (coefficients, intercept, covariance or what logistic_covariance makes it of, log_likelihood, iterations, end) of y in {0, 1}.
    """

def fit_residuals(
    both: typing.Any,
    alone: typing.Any,
    points: typing.SupportsInt | typing.SupportsIndex,
    scale: typing.SupportsFloat | typing.SupportsIndex,
    start: typing.Annotated[np.typing.ArrayLike, np.float64],
    lower: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    upper: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    loss: typing.SupportsInt | typing.SupportsIndex,
    loss_scale: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    The same for residuals that Python computes: both(theta) is (r, J^T), alone(theta) is r.
    """

def fit_traced(
    values: Program,
    slopes: Program,
    rows: typing.Annotated[np.typing.ArrayLike, np.int64] | None,
    columns: typing.Annotated[np.typing.ArrayLike, np.int64] | None,
    start: typing.Annotated[np.typing.ArrayLike, np.float64],
    lower: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    upper: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    loss: typing.SupportsInt | typing.SupportsIndex,
    loss_scale: typing.SupportsFloat | typing.SupportsIndex,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    (theta, covariance, cost, iterations, evaluations, status) of residuals; slopes: all, or those in rows and columns.
    """

def follow_context(variable: typing.Any) -> None:
    """
    Takes the number of threads from a ContextVar: a tuple of (key, count), of which the last counts.
    """

def general_pairs(a: np.ndarray[typing.Any, typing.Any], with_vectors: bool) -> typing.Any:
    """
    (values, vectors or None, items whose residuals are not at rounding level) of real matrices, real where all values are.
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

def graph_operations() -> list[tuple[str, str, int, bool, str, int]]:
    """
    Rows of the table: name, kind, operands (-1: any number), whether bool in numpy, how it is written and binds.
    """

def id_range(ids: np.ndarray[typing.Any, typing.Any], mapped: bool = False) -> tuple[int, int]:
    """
    The least and the largest of a column of integers.
    """

def inner_products(
    x: np.ndarray[typing.Any, typing.Any],
    y: np.ndarray[typing.Any, typing.Any],
    out: np.ndarray[typing.Any, typing.Any],
) -> None:
    """
    out[i] = x_i y_i' for stacks (..., 1, d); out contiguous.
    """

def integer_codes(labels: typing.Annotated[np.typing.ArrayLike, np.int64]) -> typing.Any:
    """
    (codes in the order of the values, the different values); None where they are spread too widely.
    """

def known_trace(form: typing.Any, f: typing.Any, /) -> typing.Any:
    """
    What is kept of a function that reads what it read before; or None.
    """

def lagrange_once(
    result: typing.Any,
    programs: typing.Any,
    f: typing.Any,
    x0: typing.Any,
    tol: typing.Any,
    max_iter: typing.Any,
    /,
) -> typing.Any:
    """
    The stationary point from one start; None for the longer way.
    """

def largest_eigenpairs(
    a: np.ndarray[typing.Any, typing.Any],
    values: typing.Annotated[np.typing.ArrayLike, np.float64],
    vectors: typing.Annotated[np.typing.ArrayLike, np.float64],
) -> float:
    """
    Fills values (k,) and vectors (n, k) with the largest eigenpairs of a; returns the largest relative residual.
    """

def largest_size(x: np.ndarray[typing.Any, typing.Any]) -> float:
    """
    The largest |x| of an array in C or Fortran order; NaN if one is not finite.
    """

def least_squares(
    a: np.ndarray[typing.Any, typing.Any],
    b: np.ndarray[typing.Any, typing.Any],
    rtol: typing.SupportsFloat | typing.SupportsIndex,
    x: np.ndarray[typing.Any, typing.Any],
    residual: np.ndarray[typing.Any, typing.Any],
    rank: typing.Annotated[np.typing.ArrayLike, np.int64],
    values: np.ndarray[typing.Any, typing.Any],
) -> bool:
    """
    Fills x (..., n, k), and contiguous residual (..., k), rank (...), values (..., p), of stacks of equal count.

    False where the function has to see to it.
    """

def link_matrix(graph: InEdges) -> np.typing.NDArray[np.float64]:
    """
    Dense: entry (i, j) is the probability to go from node j to node i.
    """

def loaded_blas() -> list[typing.Any]:
    """
    Every OpenBLAS in this process, as a dictionary.
    """

def loaded_libraries() -> list[typing.Any]:
    """
    The paths of the libraries in this process.
    """

def logistic_covariance(
    X: np.ndarray[typing.Any, typing.Any],
    y: typing.Annotated[np.typing.ArrayLike, np.float64],
    state: typing.Annotated[np.typing.ArrayLike, np.float64],
    ridge: typing.SupportsFloat | typing.SupportsIndex,
    intercept: bool,
) -> typing.Any:
    """
    The covariance that fit_logistic left out; None where X or y have changed since.
    """

def lu_factor(
    a: np.ndarray[typing.Any, typing.Any], perm: typing.Annotated[np.typing.ArrayLike, np.int64]
) -> None:
    """
    Factors contiguous matrices in place; perm (..., m): A[perm] = L U.
    """

def matmul(
    a: np.ndarray[typing.Any, typing.Any],
    b: np.ndarray[typing.Any, typing.Any],
    out: np.ndarray[typing.Any, typing.Any],
) -> None:
    """
    out = a b for stacks of matrices.
    """

def multiply_rows(
    start: typing.Annotated[np.typing.ArrayLike, np.int64],
    source: np.ndarray[typing.Any, typing.Any],
    weight: typing.Any,
    z: typing.Annotated[np.typing.ArrayLike, np.float64],
) -> np.typing.NDArray[np.float64]:
    """
    The sums of w z over the edges of each row.
    """

def nearest_neighbors(
    points: np.ndarray[typing.Any, typing.Any],
    queries: np.ndarray[typing.Any, typing.Any],
    distances: np.ndarray[typing.Any, typing.Any],
    indices: typing.Annotated[np.typing.ArrayLike, np.int64],
) -> bool:
    """
    Fills squared distances and indices (q, k), nearest first; infinity and -1, and False, where squares overflow.
    """

def neighbors_among(
    queries: typing.Any,
    points: np.ndarray[typing.Any, typing.Any],
    k: typing.SupportsInt | typing.SupportsIndex,
) -> typing.Any:
    """
    Distances and indices (q, k) for plain queries among points that have squares and need no filter; None for all others.
    """

def networkx_edges(
    nodes: typing.Any, adjacency: typing.Any, weight: typing.Any, multigraph: bool
) -> tuple[typing.Any, ...]:
    """
    (source, target, weight or None) of a networkx adjacency.
    """

def neural_gradients(
    sizes: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    kinds: typing.Annotated[
        collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(3)"
    ],
    data: tuple[np.ndarray[typing.Any, typing.Any], np.ndarray[typing.Any, typing.Any], typing.Any],
    parameters: np.ndarray[typing.Any, typing.Any],
    gradient: np.ndarray[typing.Any, typing.Any],
) -> float:
    """
    Fill `gradient`; returns the cost.
    """

def neural_outputs(
    sizes: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    kinds: typing.Annotated[
        collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(3)"
    ],
    x: typing.Any,
    parameters: np.ndarray[typing.Any, typing.Any],
) -> typing.Any:
    """
    The last layer's activations of plain points (n, d) of the parameters' type; None for all others.
    """

def neural_predict(
    sizes: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    kinds: typing.Annotated[
        collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(3)"
    ],
    x: np.ndarray[typing.Any, typing.Any],
    parameters: np.ndarray[typing.Any, typing.Any],
    out: np.ndarray[typing.Any, typing.Any],
) -> None:
    """
    out = the last layer's activations.
    """

def neural_train(
    sizes: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    kinds: typing.Annotated[
        collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex], "FixedSize(3)"
    ],
    data: tuple[np.ndarray[typing.Any, typing.Any], np.ndarray[typing.Any, typing.Any], typing.Any],
    apart: tuple[np.ndarray[typing.Any, typing.Any], np.ndarray[typing.Any, typing.Any], typing.Any]
    | None,
    options: dict[str, typing.Any],
    state: typing.Annotated[
        collections.abc.Sequence[np.ndarray[typing.Any, typing.Any]], "FixedSize(3)"
    ],
    counters: typing.Annotated[np.typing.ArrayLike, np.int64],
    rates: typing.Annotated[np.typing.ArrayLike, np.float64],
    losses: typing.Annotated[np.typing.ArrayLike, np.float64],
    validation: typing.Annotated[np.typing.ArrayLike, np.float64],
    watch: typing.Any,
) -> tuple[int, int]:
    """
    Train for as many epochs as there are rates; returns how many were made, and why no more.
    """

def newton(
    values: Program,
    slopes: Program,
    both: Program | None,
    start: typing.Annotated[np.typing.ArrayLike, np.float64],
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    safeguard: bool,
    trajectory: bool,
    shortest: typing.Any,
) -> tuple[typing.Any, ...]:
    """
    (x, norm, steps, status, path or None) from starts (k, n); shortest(J, f) solves singular systems in the sense of least squares.
    """

def newton_once(
    result: typing.Any,
    programs: typing.Any,
    x0: typing.Any,
    tol: typing.Any,
    max_iter: typing.Any,
    /,
) -> typing.Any:
    """
    The root of a system from one start; None for the longer way.
    """

def num_threads() -> int:
    """
    Threads that a kernel called now may use.
    """

def number_names(source: typing.Any, target: typing.Any) -> tuple[typing.Any, ...]:
    """
    (source, target, names): numbers as names first appear.
    """

def orthogonalize(
    rows: np.ndarray[typing.Any, typing.Any], v: np.ndarray[typing.Any, typing.Any]
) -> float:
    """
    v, contiguous, made orthogonal to orthonormal rows in place; returns its length.
    """

def own_starts(
    start: np.ndarray[typing.Any, typing.Any],
    index: np.ndarray[typing.Any, typing.Any],
    entries: typing.SupportsInt | typing.SupportsIndex,
    slices: typing.SupportsInt | typing.SupportsIndex,
    size: typing.SupportsInt | typing.SupportsIndex,
) -> typing.Any:
    """
    A copy of the starts of a compressed sparse matrix; None unless they and the indices are of one.
    """

def pagerank(
    graph: InEdges,
    damping: typing.SupportsFloat | typing.SupportsIndex,
    restart: typing.Any,
    dangling: typing.Any,
    start: typing.Any,
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
    power: bool,
    stream: bool,
    progress: typing.Any,
    ranks: typing.Annotated[np.typing.ArrayLike, np.float64],
) -> tuple[typing.Any, ...]:
    """
    Fills ranks; returns (iterations, error, converged). Vectors are checked and sum to 1, or None.
    """

def pairwise_distances(
    x: np.ndarray[typing.Any, typing.Any],
    y: np.ndarray[typing.Any, typing.Any],
    squared: bool,
    out: np.ndarray[typing.Any, typing.Any],
) -> None:
    """
    out[i, j] = |x_i - y_j|, or its square.
    """

def pivoted_qr(
    a: np.ndarray[typing.Any, typing.Any],
    q: np.ndarray[typing.Any, typing.Any],
    r: np.ndarray[typing.Any, typing.Any],
    order: typing.Annotated[np.typing.ArrayLike, np.int64],
) -> bool:
    """
    a[:, order] = q r for stacks of matrices, order (..., n) contiguous. False where one is not finite.
    """

def point_columns(v: np.ndarray[typing.Any, typing.Any]) -> None:
    """
    Makes the leading entry of each column of a stack of matrices positive, in place.
    """

def point_pairs(
    left: np.ndarray[typing.Any, typing.Any], right: np.ndarray[typing.Any, typing.Any]
) -> None:
    """
    Turns pairs of complex singular vectors, columns of left and rows of right, so that the leading entry of the rows of right is positive.
    """

def points_within(
    queries: typing.Any,
    points: np.ndarray[typing.Any, typing.Any],
    radius: typing.SupportsFloat | typing.SupportsIndex,
    tree: PointTree,
) -> typing.Any:
    """
    Distances, indices and offsets for plain queries among points of few coordinates that have squares; None for all others.
    """

def polynomial_once(x: typing.Any, y: typing.Any, degree: typing.Any, /) -> typing.Any:
    """
    A polynomial of plain data in ascending order; None for the longer way.
    """

def polynomials_of_roots(roots: typing.Annotated[np.typing.ArrayLike, np.complex128]) -> typing.Any:
    """
    Coefficients (count, n + 1) of the products of x - root, for roots (count, n).
    """

def power_iterations(
    a: np.ndarray[typing.Any, typing.Any],
    vectors: np.ndarray[typing.Any, typing.Any],
    tol: typing.SupportsFloat | typing.SupportsIndex,
    max_iter: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, typing.Any, typing.Any]:
    """
    (values, iterations, residuals) of contiguous matrices (count, n, n); vectors (count, n) are the first and become the last.
    """

def principal_components(x: np.ndarray[typing.Any, typing.Any], k: typing.Any) -> typing.Any:
    """
    (components, variances, shares, singular values, mean, what rounding took from it or None, noise).

    Of few features or points; None where Python has to see to it.
    """

def qr(
    a: np.ndarray[typing.Any, typing.Any],
    q: np.ndarray[typing.Any, typing.Any],
    r: np.ndarray[typing.Any, typing.Any],
) -> None:
    """
    a = q r, the diagonal of r non-negative, for stacks of matrices; q of min(m, n) columns, or square.
    """

def quantiles(
    x: np.ndarray[typing.Any, typing.Any],
    places: typing.Annotated[np.typing.ArrayLike, np.float64],
    found: np.ndarray[typing.Any, typing.Any],
) -> bool:
    """
    Set found (q, d) to what lies at these places, 0 to n - 1, of each sorted column; NaN where it holds one.

    False, and nothing set, for many places of long columns.
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

def record_of(f: typing.Any, /) -> typing.Any:
    """
    What a function reads from around it; None where Python has to look.
    """

def reduce_points(
    x: np.ndarray[typing.Any, typing.Any],
    centre: np.ndarray[typing.Any, typing.Any],
    basis: np.ndarray[typing.Any, typing.Any],
    out: np.ndarray[typing.Any, typing.Any],
) -> float:
    """
    out (n, m + 1): coordinates of x - centre in the basis, and the length of the rest; returns the largest length.
    """

def regress_groups(
    X: np.ndarray[typing.Any, typing.Any],
    y: np.ndarray[typing.Any, typing.Any],
    sigma: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    code: typing.Annotated[np.typing.ArrayLike, np.int32],
    groups: typing.SupportsInt | typing.SupportsIndex,
    intercept: bool,
) -> tuple[typing.Any, ...]:
    """
    The same for the rows of each group.
    """

def regress_stack(
    X: np.ndarray[typing.Any, typing.Any],
    y: np.ndarray[typing.Any, typing.Any],
    sigma: np.ndarray[typing.Any, typing.Any] | None,
    intercept: bool,
) -> tuple[typing.Any, ...]:
    """
    (coefficients, intercept, covariance, chi2, dof, r2, status) of X (..., n, d), y (..., n); status 0: not yet fitted.
    """

def regress_windows(
    X: np.ndarray[typing.Any, typing.Any],
    y: np.ndarray[typing.Any, typing.Any],
    sigma: typing.Annotated[np.typing.ArrayLike, np.float64] | None,
    window: typing.SupportsInt | typing.SupportsIndex,
    intercept: bool,
) -> tuple[typing.Any, ...]:
    """
    The same for each window of rows.
    """

def release_kept() -> int:
    """
    Gives the system back what is kept for further results and as scratch memory; returns how many bytes.
    """

def resample(
    image: np.ndarray[typing.Any, typing.Any],
    h: typing.Annotated[np.typing.ArrayLike, np.float64],
    order: typing.SupportsInt | typing.SupportsIndex,
    fill: np.ndarray[typing.Any, typing.Any],
    out: np.ndarray[typing.Any, typing.Any],
) -> None:
    """
    out (h, w, channels): the image at the places h (x, y), by order 0, 1 or 3; fill is contiguous.
    """

def restart_blas_threads(path: str) -> bool:
    """
    Ends a shared OpenBLAS's own threads; new ones read the environment.
    """

def right_singular_vectors(
    a: np.ndarray[typing.Any, typing.Any],
    values: typing.Annotated[np.typing.ArrayLike, np.float64],
    right: np.ndarray[typing.Any, typing.Any],
) -> bool:
    """
    Fills values (n,) and right (n, n), columns, of a matrix of a shorter side up to JACOBI_SIDE.

    False for NaN or infinity.
    """

def row_echelon(
    a: np.ndarray[typing.Any, typing.Any],
    reduced: bool,
    rtol: typing.SupportsFloat | typing.SupportsIndex,
    with_steps: bool,
) -> typing.Any:
    """
    Brings contiguous matrices to echelon form in place; returns (pivots, ranks, swaps, steps).
    """

def same_record(f: typing.Any, record: typing.Any, /) -> typing.Any:
    """
    Whether a function reads the same; or NotImplemented.
    """

def scale_columns(
    x: np.ndarray[typing.Any, typing.Any],
    mean: typing.Annotated[np.typing.ArrayLike, np.float64],
    low: typing.Annotated[np.typing.ArrayLike, np.float64],
    scale: typing.Annotated[np.typing.ArrayLike, np.float64],
    to: np.ndarray[typing.Any, typing.Any],
) -> None:
    """
    to = (x - mean - low) / scale, column by column; `to` may be x.
    """

def scatter(
    x: np.ndarray[typing.Any, typing.Any],
    y: typing.Any,
    weights: typing.Any,
    deviations: bool,
    mean: typing.Annotated[np.typing.ArrayLike, np.float64],
    scatter_matrix: typing.Annotated[np.typing.ArrayLike, np.float64],
    low: typing.Any = None,
) -> tuple[float, float, float]:
    """
    Mean, what rounding took from it, and scatter matrix of the rows of x and of y, weighted.

    Returns the sum of the weights, NaN if one is none, and the least and the largest number on the diagonal, NaN if one is.
    """

def set_blas_threads(path: str, count: typing.SupportsInt | typing.SupportsIndex) -> None:
    """
    Threads of a shared OpenBLAS.
    """

def set_num_threads(count: typing.SupportsInt | typing.SupportsIndex) -> None:
    """
    Sets the threads of the process.
    """

def share_blas(
    path: str,
    most_threads: typing.SupportsInt | typing.SupportsIndex,
    processors: typing.SupportsInt | typing.SupportsIndex,
) -> bool:
    """
    Lets an OpenBLAS run its jobs on the pool; false where it cannot.
    """

def shared_blas_calls() -> int:
    """
    Groups of jobs that the pool has run for other libraries.
    """

def small_einsum(subscripts: str, operands: tuple[typing.Any, ...]) -> typing.Any:
    """
    A sum of few products over plain arrays, or None where it has to be planned.
    """

def solve(
    a: np.ndarray[typing.Any, typing.Any],
    b: np.ndarray[typing.Any, typing.Any],
    x: np.ndarray[typing.Any, typing.Any],
) -> None:
    """
    x = a^-1 b for stacks of matrices (..., n, n) and (..., n, k).
    """

def sort_rows(
    parts: typing.Any,
    number: np.ndarray[typing.Any, typing.Any],
    first: typing.SupportsInt | typing.SupportsIndex,
    rows: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[typing.Any, ...]:
    """
    (start, source, weight): edges of (source, target, weight) of several chunks by target, sources numbered anew.
    """

def sparse_gram(
    start: np.ndarray[typing.Any, typing.Any],
    column: np.ndarray[typing.Any, typing.Any],
    value: np.ndarray[typing.Any, typing.Any],
    left: typing.Annotated[np.typing.ArrayLike, np.float64],
    right: np.ndarray[typing.Any, typing.Any],
    v: typing.Annotated[np.typing.ArrayLike, np.float64],
    out: typing.Annotated[np.typing.ArrayLike, np.float64],
) -> None:
    """
    out = B'B v with B = A - left right', all vectors contiguous; checked as before.
    """

def sparse_product(
    start: np.ndarray[typing.Any, typing.Any],
    column: np.ndarray[typing.Any, typing.Any],
    value: np.ndarray[typing.Any, typing.Any],
    x: typing.Annotated[np.typing.ArrayLike, np.float64],
    out: typing.Annotated[np.typing.ArrayLike, np.float64],
) -> None:
    """
    out = A x; the caller has checked that starts ascend and that x has every column.
    """

def symmetric_product(
    a: np.ndarray[typing.Any, typing.Any],
    x: np.ndarray[typing.Any, typing.Any],
    y: np.ndarray[typing.Any, typing.Any],
) -> None:
    """
    Fills y with a x, by the lower triangle of a symmetric a of contiguous rows.
    """

def symmetry(a: np.ndarray[typing.Any, typing.Any]) -> tuple[float, float]:
    """
    (largest size of an element, largest difference of an element and its mirror image), a square.
    """

def traces() -> typing.Any:
    """
    Traces by the address of a function.
    """

def unshare_blas(path: str) -> None:
    """
    Lets it use threads of its own again.
    """

def with_points(
    x: np.ndarray[typing.Any, typing.Any],
    mean: typing.Annotated[np.typing.ArrayLike, np.float64],
    low: typing.Annotated[np.typing.ArrayLike, np.float64],
    scatter_matrix: typing.Annotated[np.typing.ArrayLike, np.float64],
    total: typing.SupportsFloat | typing.SupportsIndex,
    new_mean: typing.Annotated[np.typing.ArrayLike, np.float64],
    new_low: typing.Annotated[np.typing.ArrayLike, np.float64],
    new_scatter_matrix: typing.Annotated[np.typing.ArrayLike, np.float64],
) -> typing.Any:
    """
    Sums of points and of the rows of x, in given memory; their number, or None where Python has to see to it.
    """

COMPLEX_ENTRIES: int = 180000
JACOBI_SIDE: int = 200
LEAST_SQUARE: float = 1.0261342003245941e-289
LEAST_SQUARE_OF_SINGLE: float = 1.262177448353619e-29
NARROW_SCATTER: int = 24
PRODUCTS_FROM: int = 48
VALUES_ROUTE: int = 500
