"""What must work wherever the package is installed: pytest and numpy are all that this file needs."""

import importlib.metadata

import numpy as np

import mmlcore as mml


def test_licences_of_what_is_compiled_in_are_shipped() -> None:
    files = [str(f) for f in importlib.metadata.files("mmlcore") or []]
    for name in ("LICENSE", "eigen-MPL-2.0.txt", "pybind11-BSD-3-Clause.txt"):
        assert any(f.endswith(name) for f in files), (name, files)


def test_the_build_describes_itself(capsys):
    mml.show_config()
    text = capsys.readouterr().out
    assert mml.__version__ in text
    assert "MMLCORE_ISA" in text


def test_one_kernel_of_each_hot_path():
    random = np.random.default_rng(0)
    a = random.standard_normal((40, 40)) + 20 * np.eye(40)
    b = random.standard_normal(40)
    np.testing.assert_allclose(mml.matmul(a, a), a @ a, rtol=1e-12, atol=1e-10)
    np.testing.assert_allclose(mml.solve(a, b), np.linalg.solve(a, b), rtol=1e-10)
    q = mml.gram_schmidt(a)
    np.testing.assert_allclose(q.T @ q, np.eye(40), atol=5e-15)
    points = random.standard_normal((200, 5))
    np.testing.assert_allclose(
        mml.covariance(points, ddof=1), np.cov(points.T), rtol=1e-12, atol=1e-14
    )
    scores = mml.PCA(n_components=2).fit_transform(points)
    assert scores.shape == (200, 2)
    ranks = mml.pagerank(mml.Graph.from_edges([0, 1, 2], [1, 2, 0])).ranks
    np.testing.assert_allclose(ranks, 1 / 3, atol=1e-8)
