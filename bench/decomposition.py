"""Principal components against scikit-learn's, on data with forty strong directions and noise, like images."""

import numpy as np
from scipy import sparse
from sklearn.decomposition import PCA as Theirs

import mmlcore as mml
from bench.harness import as_test
from bench.peers import FASHION, fashion_images
from mmlcore._bench.cases import agree, data
from mmlcore._bench.compare import Call, Case


def images(n: int, d: int, dtype: str) -> np.ndarray:
    """Whole numbers from 0 to 255, the strong directions decaying from 1 to 0.1."""
    strong = data((40, d), "float32", 1) * np.geomspace(1, 0.1, 40, dtype="float32")[:, None]
    x = data((n, 40), "float32") @ strong * 20 + data((n, d), "float32", 2) * 15 + 90
    return np.round(np.clip(x, 0, 255)).astype(dtype)


def fit(n: int, d: int, k: int, dtype: str, solver: str, target: float, rtol: float = 1e-4) -> Case:
    """The variances of the first k components."""

    def setup() -> tuple[Call, Call]:
        x = images(n, d, dtype)
        return (
            lambda: Theirs(k, svd_solver=solver).fit(x).explained_variance_,
            lambda: mml.PCA(k).fit(x).explained_variance_,
        )

    name = f"PCA fit {n:,} x {d} k={k} {dtype}"
    return Case(name, "decomposition", setup, agree(rtol), target, f"scikit-learn {solver}")


def transform(n: int, d: int, k: int, dtype: str, target: float) -> Case:
    """Scores of the points that were fitted."""

    def setup() -> tuple[Call, Call]:
        x = images(n, d, dtype)
        ours = mml.PCA(k).fit(x)
        theirs = Theirs(k, svd_solver="covariance_eigh").fit(x)
        theirs.components_ = ours.components_
        theirs.mean_ = ours.mean_
        return lambda: theirs.transform(x), lambda: ours.transform(x)

    name = f"PCA transform {n:,} x {d} k={k} {dtype}"
    return Case(name, "decomposition", setup, agree(1e-4), target, "scikit-learn")


def fit_fashion(dtype: str, target: float) -> Case:
    """Real images, as bytes and as float32; scikit-learn takes float32."""

    def setup() -> tuple[Call, Call]:
        x = fashion_images().astype(dtype)
        wide = x.astype(np.float32)
        return (
            lambda: (
                Theirs(50, svd_solver="covariance_eigh").fit(wide).explained_variance_.astype(float)
            ),
            lambda: mml.PCA(50).fit(x).explained_variance_.astype(float),
        )

    name = f"PCA fit Fashion-MNIST 60,000 x 784 k=50 {dtype}"
    return Case(name, "decomposition", setup, agree(1e-4), target, "scikit-learn covariance_eigh")


def sparse_fit(target: float) -> Case:
    """Sparse data, centred; the spectrum falls, as that of words does."""

    def setup() -> tuple[Call, Call]:
        rng = np.random.default_rng(0)
        x = sparse.random_array((200_000, 20_000), density=1e-3, rng=rng, format="csr")
        x.data *= (np.arange(1, 20_001) ** -0.5)[x.indices]
        return (
            lambda: Theirs(50, svd_solver="arpack").fit(x).explained_variance_,
            lambda: mml.PCA(50).fit(x).explained_variance_,
        )

    name = "PCA fit sparse 200,000 x 20,000 0.1 % k=50"
    return Case(name, "decomposition", setup, agree(1e-8), target, "scikit-learn arpack")


CASES = [
    sparse_fit(3),
    fit(60_000, 784, 50, "float32", "covariance_eigh", 1.5),
    fit(60_000, 784, 2, "float32", "covariance_eigh", 1.8),
    fit(60_000, 784, 50, "float64", "covariance_eigh", 1.6),
    fit(5_000, 784, 50, "float32", "covariance_eigh", 2.5),
    fit(5_000, 784, 2, "float32", "arpack", 1.5),
    # Long float32 sums cost scikit-learn three digits here.
    fit(2_000_000, 64, 10, "float32", "covariance_eigh", 2.5, 5e-3),
    fit(400, 40_000, 50, "float32", "arpack", 10),
    transform(60_000, 784, 50, "float32", 1.5),
]
if FASHION.exists():
    CASES += [fit_fashion("float32", 1.5), fit_fashion("uint8", 1.5)]
test_cases = as_test(CASES)
