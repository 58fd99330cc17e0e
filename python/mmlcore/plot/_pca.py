"""What a principal component analysis found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mmlcore.core.arrays import Array, as_data, as_index, shape_error
from mmlcore.plot._axes import axes_or_new, grid, show_image


def scree(model: Any, *, ax: Any = None) -> Any:
    """Share of the variance of each component, as bars, and of all up to it, as a line.

    Parameters
    ----------
    model : PCA
        Fitted; ours or scikit-learn's.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore as mml, mmlcore.plot
    >>> pca = mml.PCA().fit([[0.0, 0.0], [3.0, 4.5], [6.0, 8.0]])
    >>> mmlcore.plot.scree(pca).get_ylabel()
    'share of the variance'
    """
    ax = axes_or_new(ax)
    shares = np.asarray(model.explained_variance_ratio_)
    number = np.arange(1, len(shares) + 1)
    ax.bar(number, shares, label="each component", color="0.7")
    ax.plot(number, np.cumsum(shares), marker=".", label="all up to it")
    ax.set(xlabel="component", ylabel="share of the variance", ylim=(0, 1.05))
    ax.legend()
    return ax


def biplot(
    model: Any,
    X: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    features: Sequence[str] | None = None,
    ax: Any = None,
) -> Any:
    """Scores of the first two components, and the features as arrows.

    Parameters
    ----------
    model : PCA
        Fitted, with two components or more.
    X : array_like of shape (n, d)
        Points.
    groups : array_like of shape (n,), optional
        What points are coloured by.
    features : sequence of str, optional
        Names of the features.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Notes
    -----
    An arrow is the feature's part in both components times their deviation, scaled so that the longest reaches the edge of the
    points: features whose arrows point the same way vary together.

    Examples
    --------
    >>> import mmlcore as mml, mmlcore.plot
    >>> points = [[0.0, 0.0], [3.0, 4.5], [6.0, 8.0]]
    >>> mmlcore.plot.biplot(mml.PCA(2).fit(points), points, features=["a", "b"]).get_xlabel()
    'component 1 (99.9 %)'
    """
    if len(model.components_) < 2:
        msg = f"model: got {len(model.components_)} components, needed at least 2."
        raise ValueError(msg)
    ax = axes_or_new(ax)
    scores = np.asarray(model.transform(X))[:, :2]
    if groups is None:
        ax.scatter(*scores.T, s=12)
    else:
        kinds, of_kind = np.unique(np.asarray(groups), return_inverse=True)
        for number, kind in enumerate(kinds):
            ax.scatter(*scores[of_kind == number].T, s=12, label=str(kind))
        ax.legend()
    arrows = model.components_[:2].T * np.sqrt(model.explained_variance_[:2])
    longest = float(np.linalg.norm(arrows, axis=1).max(initial=0))
    arrows = arrows * (float(np.abs(scores).max(initial=1)) / (longest or 1))
    names = [str(i) for i in range(len(arrows))] if features is None else list(features)
    for arrow, name in zip(arrows, names, strict=True):
        ax.annotate("", arrow, (0, 0), arrowprops={"arrowstyle": "->", "color": "0.3"})
        ax.annotate(name, arrow * 1.05, ha="center", va="center")
    shares = 100 * np.asarray(model.explained_variance_ratio_)
    ax.set(xlabel=f"component 1 ({shares[0]:.1f} %)", ylabel=f"component 2 ({shares[1]:.1f} %)")
    return ax


def principal_axes(model: Any, X: ArrayLike, *, ax: Any = None) -> Any:
    """Points of the plane, and the principal components as arrows from the mean, one standard deviation long.

    Parameters
    ----------
    model : PCA
        Fitted to points with two features.
    X : array_like of shape (n, 2)
        Points.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Examples
    --------
    >>> import mmlcore as mml, mmlcore.plot
    >>> points = [[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]
    >>> ax = mmlcore.plot.principal_axes(mml.PCA(1).fit(points), points)
    >>> [round(float(number), 6) for number in ax.texts[0].xy]
    [6.0, 8.0]
    """
    points = as_data(X, "X")
    if points.shape[1] != 2:
        raise shape_error("X", points.shape, "(n, 2)")
    ax = axes_or_new(ax)
    ax.scatter(*points.T, s=12, color="0.6")
    deviations = np.sqrt(np.asarray(model.explained_variance_))
    for k, (direction, size) in enumerate(zip(model.components_, deviations, strict=True)):
        style = {"arrowstyle": "-|>", "color": f"C{k}", "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", model.mean_ + size * direction, model.mean_, arrowprops=style)
    ax.set_aspect("equal", adjustable="datalim")
    return ax


def components(model: Any, shape: tuple[int, int], *, count: int = 10, axes: Any = None) -> Array:
    """The first components, and the mean, as images.

    Parameters
    ----------
    model : PCA
        Fitted to images as rows.
    shape : tuple of int
        (height, width) of an image; their product is the number of features.
    count : int, default 10
        How many components at most.
    axes : array of matplotlib Axes, optional
        One more than components. Default: those of a new figure.

    Returns
    -------
    ndarray of matplotlib Axes
        The mean first.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml, mmlcore.plot
    >>> pca = mml.PCA(2).fit(np.random.default_rng(0).random((10, 12)))
    >>> [ax.get_title() for ax in mmlcore.plot.components(pca, (3, 4))]
    ['mean', '1', '2']
    """
    count = min(as_index(count, "count", 1), len(model.components_))
    height, width = _image_shape(shape, len(model.mean_))
    drawn: Array = grid(axes, 1, count + 1)[0]
    show_image(drawn[0], model.mean_.reshape(height, width), "mean")
    for number in range(count):
        image = model.components_[number].reshape(height, width)
        reach = float(np.abs(image).max())
        show_image(drawn[number + 1], image, str(number + 1), cmap="RdBu", vmin=-reach, vmax=reach)
    return drawn


def reconstructions(
    model: Any,
    X: ArrayLike,
    shape: tuple[int, int],
    *,
    counts: Sequence[int] = (1, 5, 20),
    axes: Any = None,
) -> Array:
    """Images, and what is left of them by their first components: a row for each image.

    Parameters
    ----------
    model : PCA
        Fitted to images as rows.
    X : array_like of shape (n, d)
        Images as rows.
    shape : tuple of int
        (height, width) of an image.
    counts : sequence of int
        Numbers of components; those beyond what the model has are drawn with all.
    axes : array of matplotlib Axes, optional
        n (1 + number of counts). Default: those of a new figure.

    Returns
    -------
    ndarray of matplotlib Axes, shape (n, 1 + number of counts)
        A row for each image, the original first.

    Examples
    --------
    >>> import numpy as np, mmlcore as mml, mmlcore.plot
    >>> images = np.random.default_rng(0).random((10, 12))
    >>> mmlcore.plot.reconstructions(mml.PCA(3).fit(images), images[:2], (3, 4), counts=(1, 3)).shape
    (2, 3)
    """
    x = as_data(X, "X")
    height, width = _image_shape(shape, len(model.mean_))
    drawn = grid(axes, len(x), len(counts) + 1)
    directions = np.asarray(model.components_, dtype=np.float64)
    scores = (x - model.mean_) @ directions.T
    for row, point, score in zip(drawn, x, scores, strict=True):
        show_image(row[0], point.reshape(height, width), "image")
        for ax, k in zip(row[1:], counts, strict=True):
            image = score[:k] @ directions[:k] + model.mean_
            show_image(ax, image.reshape(height, width), f"{min(k, len(score))} components")
    return drawn


def error_curve(model: Any, *, ax: Any = None) -> Any:
    """Mean squared reconstruction error of the fitted points against the number of components.

    Parameters
    ----------
    model : PCA
        Fitted; the noise stands for what it does not have.
    ax : matplotlib Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib Axes
        `ax`, or the Axes of the new figure.

    Notes
    -----
    The error with k components is the sum of the variances left out, divided by n instead of n - 1.

    Examples
    --------
    >>> import mmlcore as mml, mmlcore.plot
    >>> pca = mml.PCA().fit([[0.0, 0.0], [3.0, 4.5], [6.0, 8.0]])
    >>> mmlcore.plot.error_curve(pca).lines[0].get_xdata().tolist()
    [0, 1, 2]
    """
    ax = axes_or_new(ax)
    variances = np.asarray(model.explained_variance_, dtype=np.float64)
    n, k = model.n_samples_, len(variances)
    left = (min(n, len(model.mean_)) - k) * float(model.noise_variance_)
    rest = left + np.concatenate([np.cumsum(variances[::-1])[::-1], [0]])
    ax.plot(np.arange(k + 1), rest * ((n - 1) / n), marker=".")
    ax.set(xlabel="components", ylabel="mean squared error", ylim=(0, None))
    return ax


def _image_shape(shape: tuple[int, int], features: int) -> tuple[int, int]:
    height, width = (as_index(side, "shape", 1) for side in shape)
    if height * width != features:
        msg = f"shape: got {height} x {width}, needed {features} numbers, as many as there are features."
        raise ValueError(msg)
    return height, width
