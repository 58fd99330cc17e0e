"""What each function of `mmlcore.plot` draws: a program and its picture on the function's page, made by the build."""

from __future__ import annotations

from pathlib import Path

IRIS = "iris = mml.datasets.iris()\n"
DIGITS = "digits = mml.datasets.digits()\n"
# The last line draws.
PROGRAMS = {
    "arrows": 'mml.plot.arrows([[1.0, 1.5], [-1.0, 2.0], [2.0, 0.5]], names=["a", "b", "c"])',
    "basins": """\
x = np.stack(np.meshgrid(np.linspace(-2, 2, 250), np.linspace(-2, 2, 250)), axis=-1)
cube = lambda z: np.stack([z[0] ** 3 - 3 * z[0] * z[1] ** 2 - 1, 3 * z[0] ** 2 * z[1] - z[1] ** 3])
mml.plot.basins(mml.newton(cube, x), ((-2, 2), (-2, 2)))""",
    "biplot": IRIS
    + "mml.plot.biplot(mml.PCA(2).fit(iris.data), iris.data, features=iris.features)",
    "chances": IRIS
    + """\
length, virginica = iris.data[50:, 2:3], iris.target[50:] == 2
mml.plot.chances(mml.logistic_regression(length, virginica), length, virginica)""",
    "components": DIGITS + "mml.plot.components(mml.PCA(8).fit(digits.data), (8, 8), count=8)",
    "corner": """\
x = np.linspace(0, 4, 40)
y = 2 * np.exp(-1.3 * x) + 0.05 * np.random.default_rng(0).standard_normal(40)
decay = mml.curve_fit(lambda x, height, rate: height * np.exp(-rate * x), x, y, [1, 1])
mml.plot.corner(decay)""",
    "descent": """\
valley = lambda p: (1 - p[0]) ** 2 + 5 * (p[1] - p[0] ** 2) ** 2
found = mml.minimize(valley, [-1.3, 1.6], method="bfgs", trajectory=True)
mml.plot.descent(valley, found.path)""",
    "error_curve": DIGITS + "mml.plot.error_curve(mml.PCA().fit(digits.data))",
    "explore": """\
def turned(ax, degrees):
    mml.plot.transformation(mml.rotation(np.deg2rad(degrees)), ax=ax)
mml.plot.explore(turned, degrees=(30, 120))""",
    "fit": """\
x = np.linspace(0, 10, 60)
peak = lambda x, height, centre, width: height * np.exp(-(((x - centre) / width) ** 2))
y = peak(x, 3, 5, 1.5) + 0.2 * np.random.default_rng(0).standard_normal(60)
mml.plot.fit(peak, x, y, mml.curve_fit(peak, x, y, [2, 4, 1]))""",
    "heat_map": IRIS + "mml.plot.heat_map(mml.correlation(iris.data), iris.features)",
    "images": DIGITS
    + "mml.plot.images(digits.data[:10].reshape(10, 8, 8), [*map(str, digits.target[:10])], columns=5)",
    "landscape": """\
from mmlcore.optimize import landscapes

mml.plot.landscape(landscapes.sandpit(), ((0, 6), (0, 6)))""",
    "losses": DIGITS
    + """\
net = mml.MLP([64, 20, 10], output="softmax", epochs=20, validation=0.25, random_state=0)
mml.plot.losses(net.fit(digits.data / 16, digits.target))""",
    "matrix": """\
echelon = mml.row_echelon([[1, 2, 0, 1], [2, 4, 1, 3], [1, 2, 1, 2]], reduced=True)
mml.plot.matrix(echelon.matrix, frames=enumerate(echelon.pivots))""",
    "network": """\
web = mml.datasets.micro_internet()
mml.plot.network(web, names=web.labels)""",
    "principal_axes": IRIS
    + """\
points = iris.data[:, 2:]
mml.plot.principal_axes(mml.PCA(2).fit(points), points)""",
    "ranks": """\
web = mml.datasets.micro_internet()
mml.plot.ranks(mml.pagerank(web).ranks, names=web.labels, top=6)""",
    "reconstructions": DIGITS
    + "mml.plot.reconstructions(mml.PCA().fit(digits.data), digits.data[3:4], (8, 8))",
    "regions": "from mmlcore.estimators import KNeighborsClassifier\n\n"
    + IRIS
    + """\
petals, names = iris.data[:, 2:], np.array(iris.classes)[iris.target]
model = KNeighborsClassifier(15).fit(petals, names)
mml.plot.regions(model.predict, ((0.5, 7.2), (0, 2.7)), points=petals, labels=names)""",
    "residual_bars": """\
x = np.linspace(0, 4, 12)
y = 1 + 2 * x + np.random.default_rng(0).standard_normal(12)
line = lambda x, a, b: a + b * x
mml.plot.residual_bars(line, x, y, [1.0, 2.0])""",
    "scree": IRIS + "mml.plot.scree(mml.PCA().fit(iris.data))",
    "slopes": """\
x, y = np.meshgrid(np.linspace(-2, 2, 12), np.linspace(-2, 2, 12))
points = np.stack([x.ravel(), y.ravel()], axis=1)
mml.plot.slopes(lambda p: p[0] ** 2 - p[1] ** 2, points)""",
    "taylor": "mml.plot.taylor(np.sin, 0.0, (1, 3, 5))",
    "transformation": "mml.plot.transformation([[2.0, 1.0], [0.5, 1.0]])",
}


def draw(folder: Path, names: list[str] | None = None) -> list[Path]:
    """Run the programs and write what they draw, ``figure_<name>.png``; return where."""
    import matplotlib as mpl  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    from matplotlib import pyplot as plt  # noqa: PLC0415

    import mmlcore as mml  # noqa: PLC0415

    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in names or PROGRAMS:
        plt.close("all")
        exec(compile(PROGRAMS[name], f"figure of {name}", "exec"), {"np": np, "mml": mml})  # noqa: S102
        paths.append(folder / f"figure_{name}.png")
        plt.gcf().savefig(paths[-1], dpi=110, facecolor="white")
    plt.close("all")
    return paths


def with_figure(name: str, lines: list[str]) -> None:
    """Add a program and its figure to the page of a function of `mmlcore.plot`."""
    function = name.removeprefix("mmlcore.plot.")
    if not name.startswith("mmlcore.plot.") or function not in PROGRAMS:
        return
    program = PROGRAMS[function].splitlines()
    blank = [] if program[0].startswith("from ") else [""]
    code = ["import numpy as np", "import mmlcore as mml", *blank, *program]
    lines += ["", ".. rubric:: Figure", "", ".. code-block:: python", ""]
    lines += [f"   {line}".rstrip() for line in code]
    lines += ["", f".. image:: /_pictures/figure_{function}.png"]
    lines += [f"   :alt: What this call of {function} draws", "   :width: 600px", ""]
