"""Data that the tour and the labs use, from the wheel: no network, no other package.

Each says where it comes from and under which licence: ``mml.datasets.iris().licence``.
"""

from __future__ import annotations

import importlib.resources
from typing import Any, NamedTuple

import numpy as np

from mmlcore.core.arrays import Array
from mmlcore.core.notebook import fields_html
from mmlcore.graph import Graph

__all__ = ["Dataset", "Heights", "digits", "heights", "iris", "micro_internet"]

_CC_BY = "Creative Commons Attribution 4.0 International (CC BY 4.0)"
_LINKS = {"A": "BCD", "B": "AC", "C": "ADF", "D": "C", "E": "BD", "F": "CD"}


class Dataset(NamedTuple):
    """Points with what they are."""

    data: Array
    """(n, d), float64; rows are points."""
    target: Array
    """(n,) of int64: the class of each point, a place in `classes`."""
    features: tuple[str, ...]
    """Names of the columns."""
    classes: tuple[str, ...]
    """Names of the classes."""
    source: str
    """Where the data come from."""
    licence: str
    """What may be done with them."""

    def _repr_html_(self) -> str:
        return fields_html(self)


class Heights(NamedTuple):
    """A histogram of heights."""

    x: Array
    """(100,): the middle of each bin, in cm."""
    y: Array
    """(100,): share of the people per cm; the area is 1."""
    counts: Array
    """(100,) of int64: how many people."""
    source: str
    """Where the data come from."""
    licence: str
    """What may be done with them."""

    def _repr_html_(self) -> str:
        return fields_html(self)


def digits() -> Dataset:
    """Handwritten digits: 1797 images of 8 x 8 pixels of 0 to 16.

    Returns
    -------
    Dataset
        ``data`` (1797, 64), ``target`` the digits.

    References
    ----------
    .. [1] E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits" (test set), UCI Machine Learning Repository (1998),
       doi:10.24432/C50P49.

    Examples
    --------
    >>> import mmlcore as mml
    >>> digits = mml.datasets.digits()
    >>> digits.data.shape, digits.target[:4].tolist()
    ((1797, 64), [0, 1, 2, 3])
    """
    with _file("digits.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        images, labels = archive["images"].astype(np.float64), archive["labels"].astype(np.int64)
    names = tuple(f"pixel_{row}_{column}" for row in range(8) for column in range(8))
    source = "E. Alpaydin, C. Kaynak, UCI Machine Learning Repository, 1998, doi:10.24432/C50P49"
    return Dataset(images, labels, names, tuple(map(str, range(10))), source, _CC_BY)


def iris() -> Dataset:
    """Irises: lengths and widths of sepals and petals of 150 flowers of three species, in cm.

    Returns
    -------
    Dataset
        ``data`` (150, 4), ``target`` the species.

    References
    ----------
    .. [1] R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7 (1936), 179-188;
       UCI Machine Learning Repository (1988), doi:10.24432/C56C76.

    Examples
    --------
    >>> import mmlcore as mml
    >>> iris = mml.datasets.iris()
    >>> iris.features[0], iris.classes
    ('sepal_length', ('setosa', 'versicolor', 'virginica'))
    >>> mml.mean(iris.data).round(3)
    array([5.843, 3.057, 3.758, 1.199])
    """
    with _file("iris.csv").open(encoding="utf-8") as stream:
        *names, _ = stream.readline().strip().split(",")
        rows = np.loadtxt(stream, delimiter=",")
    source = "R. A. Fisher 1936; UCI Machine Learning Repository, 1988, doi:10.24432/C56C76"
    species = ("setosa", "versicolor", "virginica")
    points = np.ascontiguousarray(rows[:, :4])
    return Dataset(points, rows[:, 4].astype(np.int64), tuple(names), species, source, _CC_BY)


def heights() -> Heights:
    """Heights of people: a histogram of 995 of them in 100 bins of 2.5 cm, of which sixteen are not empty.

    Returns
    -------
    Heights
        ``x`` the middle of each bin in cm, ``y`` the share per cm, ``counts``.

    Examples
    --------
    >>> import mmlcore as mml
    >>> x, y, counts, *_ = mml.datasets.heights()
    >>> int(counts.sum()), round(float(2.5 * y.sum()), 12)
    (995, 1.0)
    """
    filled = (31, 13, 23, 64, 65, 126, 132, 127, 113, 91, 105, 50, 18, 18, 18, 1)
    counts = np.zeros(100, np.int64)
    counts[64:80] = filled
    x = 1.25 + 2.5 * np.arange(100)
    source = "counts of the lab on fitting a distribution, Mathematics for Machine Learning: Multivariate Calculus"
    return Heights(x, counts / (2.5 * counts.sum()), counts, source, "counts alone, free of rights")


def micro_internet(*, trap: bool = False) -> Graph:
    """Return the six sites of the course and their links, A to F.

    Parameters
    ----------
    trap : bool, default False
        With a seventh site G, to which F links and which links to itself alone.

    Returns
    -------
    Graph
        With ``labels``; unweighted.

    Examples
    --------
    >>> import mmlcore as mml
    >>> internet = mml.datasets.micro_internet()
    >>> mml.link_matrix(internet)[:, 0].round(3)
    array([0.   , 0.333, 0.333, 0.333, 0.   , 0.   ])
    >>> ranks = mml.pagerank(internet, damping=1.0, tol=1e-12).ranks
    >>> (100 * ranks).round(2)
    array([16.  ,  5.33, 40.  , 25.33,  0.  , 13.33])
    """
    links = _LINKS | ({"F": "CDG", "G": "G"} if trap else {})
    source = [site for site, targets in links.items() for _ in targets]
    target = [to for targets in links.values() for to in targets]
    names = list(links)
    graph = Graph.from_edges(
        [names.index(s) for s in source],
        [names.index(t) for t in target],
        num_nodes=len(names),
    )
    graph.labels = names
    return graph


def _file(name: str) -> Any:
    return importlib.resources.files("mmlcore") / "data" / name
