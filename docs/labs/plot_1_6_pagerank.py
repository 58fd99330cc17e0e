r"""
PageRank
========

A surfer on page :math:`j` follows one of its :math:`n_j` links, each with probability :math:`1/n_j`. In the column of page
:math:`j` the *link matrix* :math:`L` holds these probabilities. After many clicks the chances of being on each page no longer
change: :math:`r = L r`, an eigenvector with eigenvalue 1. A surfer who is bored with probability :math:`1 - d`, and then opens any
page, can always leave:

.. math:: r = d\, L\, r + \frac{1 - d}{n}
"""

# %%
# Exercise
# --------
# Send out 100 people, equally many to each page. Let them click, count them again, and stop when the counts have moved by
# less than 0.01 in all. Three pages: A links to B and C, B to C, C to A. Where are the people in the end?
#
# *Hint.* One click of everybody is the product of the link matrix and the vector of counts.

import matplotlib.pyplot as plt
import numpy as np
from sknetwork.data import art_philo_science

import mmlcore as mml
import mmlcore.plot


def iterate(matrix):
    """Return how 100 people are spread in the end, and after how many clicks."""
    # your lines


# %%
# *Solution.* Two fifths are at A and at C, one fifth at B.


def iterate(matrix):
    """Return how 100 people are spread in the end, and after how many clicks."""
    r = np.full(len(matrix), 100 / len(matrix))
    last, r, clicks = r, mml.matmul(matrix, r), 0
    while mml.distance(last, r) > 0.01:
        last, r, clicks = r, mml.matmul(matrix, r), clicks + 1
    return r, clicks


three = np.array([[0.0, 0, 1], [0.5, 0, 0], [0.5, 1, 0]])
print(iterate(three)[0].round(2))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(iterate(three)[0], [40, 20, 40], atol=0.02)
# sphinx_gallery_end_ignore

# %%
# A micro-internet
# ----------------
# Six pages. Nobody links to E.

links = {"A": "BCD", "B": "AC", "C": "ADF", "D": "C", "E": "BD", "F": "CD"}


def graph_of(links):
    """Return the graph whose nodes are numbered in the order of the pages."""
    number = {page: k for k, page in enumerate(links)}
    pairs = [(number[page], number[other]) for page in links for other in links[page]]
    return mml.Graph.from_edges(*np.transpose(pairs))


web = graph_of(links)
L = mml.link_matrix(web)
print(L.round(2))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(L.sum(axis=0), 1)
# sphinx_gallery_end_ignore

# %%
# Send out 100 people, let them click, count them again, until the counts hardly change.


r, clicks = iterate(L)
print(r.round(2), f"after {clicks} iterations")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(r, [16, 5.33, 40, 25.33, 0, 13.33], atol=0.01)
assert clicks == 18
# sphinx_gallery_end_ignore

# %%
# The same as an eigenvector, by numpy and by ``mml.eig``, and from ``mml.pagerank``, which never forms the matrix.

for values, vectors in (np.linalg.eig(L), mml.eig(L)):
    first = vectors[:, np.argmax(values.real)].real
    np.testing.assert_allclose(100 * first / first.sum(), r, atol=0.01)

found = mml.pagerank(web, damping=1)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(100 * found.ranks, r, atol=0.01)
# sphinx_gallery_end_ignore

fig, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
mml.plot.network(web, names=list(links), ranks=found.ranks, ax=axes[0])
mml.plot.ranks(found.ranks, names=list(links), top=6, ax=axes[1])

# %%
# A trap
# ------
# A seventh page links to itself alone. Who goes there stays: in the end nearly everybody.

trapped = graph_of({**links, "F": "CDG", "G": "G"})
L = mml.link_matrix(trapped)
r, clicks = iterate(L)
print(
    np.array2string(r, precision=2, suppress_small=True), f"after {clicks} iterations"
)
# sphinx_gallery_start_ignore
assert clicks == 131
np.testing.assert_allclose(r[6], 99.82, atol=0.005)
# sphinx_gallery_end_ignore

# %%
# Boredom lets them out. With damping 0.5 the trap is still popular, but not everything.

d = 0.5
damped, clicks = iterate(d * L + (1 - d) / 7)
print(damped.round(2), f"after {clicks} iterations")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    damped, [13.68, 11.21, 22.42, 16.76, 7.14, 10.88, 17.91], rtol=0, atol=0.006
)
assert clicks == 8
# sphinx_gallery_end_ignore

exact = np.linalg.solve(np.eye(7) - d * L, np.full(7, (1 - d) / 7))
found = mml.pagerank(trapped, damping=d, tol=1e-12)
print(f"off by {np.abs(found.ranks - exact).sum():.1e}, guaranteed {found.error:.1e}")
# sphinx_gallery_start_ignore
assert np.abs(found.ranks - exact).sum() < found.error < 1e-12
# sphinx_gallery_end_ignore

fig, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
names = [*links, "G"]
for ax, ranks, title in zip(
    axes, (r / 100, found.ranks), ("without damping", "damping 0.5"), strict=True
):
    mml.plot.network(trapped, names=names, ranks=ranks, ax=ax).set_title(title)

# %%
# How fast? The distance to the result shrinks with the second eigenvalue, which damping makes at most :math:`d`.

for damping in (1.0, 0.85, 0.5):
    sizes = np.sort(np.abs(mml.eigvals(damping * L + (1 - damping) / 7)))[::-1]
    print(f"damping {damping}: second eigenvalue {sizes[1]:.3f}")
    assert sizes[1] <= damping + 1e-12

# %%
# Loops and islands
# -----------------
# In a loop everybody moves on together, for ever: all eigenvalues have size 1. Two islands have two eigenvalues 1, so that any share
# between them stays as it is. Damping leaves a single 1 in both.

loop, islands = ([0, 1, 2, 3], [1, 2, 3, 0]), ([0, 1, 2, 3], [1, 0, 3, 2])
for name, edges in (("loop", loop), ("islands", islands)):
    L = mml.link_matrix(edges)
    sizes = np.sort(np.abs(mml.eigvals(0.85 * L + 0.15 / 4)))
    print(f"{name}: {np.round(mml.eigvals(L), 6) + 0.0}, damped sizes {sizes.round(6)}")
    np.testing.assert_allclose(np.abs(mml.eigvals(L)), 1, atol=1e-12)
    np.testing.assert_allclose(sizes, [0.85, 0.85, 0.85, 1], atol=1e-12)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(np.sort(mml.eigvals(L).real), [-1, -1, 1, 1], atol=1e-12)
# sphinx_gallery_end_ignore

# %%
# A hundred pages
# ---------------
# A random internet whose pages link to neighbours mostly, and sometimes far away: distances are drawn from Cauchy's distribution.

n = 100
place = np.arange(n)
reach = np.abs(np.random.default_rng(0).standard_cauchy((n, n)) / 2)
target, source = np.nonzero(reach > 1 + np.abs(place[:, None] - place))
found = mml.pagerank((source, target), damping=0.9)

# A page without links sends its visitors anywhere.
L = mml.link_matrix((source, target))
L[:, L.sum(axis=0) == 0] = 1 / n
values, vectors = np.linalg.eig(0.9 * L + 0.1 / n)
first = vectors[:, np.argmax(values.real)].real
# sphinx_gallery_start_ignore
np.testing.assert_allclose(found.ranks, first / first.sum(), atol=1e-8)
# sphinx_gallery_end_ignore

fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.bar(place, 100 * found.ranks)
ax.set(xlabel="page", ylabel="visitors of 100")

# %%
# Thirty pages of Wikipedia
# -------------------------
# Articles on art, philosophy and science, and the links between them.

wikipedia = art_philo_science(metadata=True)
found = mml.pagerank(wikipedia.adjacency)
print(f"{found.iterations} iterations, error below {found.error:.0e}")

L = mml.link_matrix(wikipedia.adjacency)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    found.ranks, 0.85 * L @ found.ranks + 0.15 / len(L), atol=1e-8
)
# sphinx_gallery_end_ignore

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
mml.plot.ranks(found.ranks, names=list(wikipedia.names), top=12, ax=ax)

# %%
# Ask for what is near one article: bored surfers return to it. All thirty questions are answered together.

near = mml.pagerank(wikipedia.adjacency, personalization=np.eye(30)).ranks
for name in ("Pablo Picasso", "Plato", "Isaac Newton"):
    k = list(wikipedia.names).index(name)
    close = wikipedia.names[np.argsort(-near[k])[1:4]]
    print(f"{name}: {', '.join(close)}")
