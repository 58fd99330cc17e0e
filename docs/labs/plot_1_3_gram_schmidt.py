r"""
Gram-Schmidt
============

From the columns of a matrix to an orthonormal basis of what they span. Take the columns in order; from each subtract its
projections on the basis so far, and scale what is left to length 1:

.. math:: u_j = a_j - \sum_{i<j} (q_i \cdot a_j)\, q_i, \qquad q_j = u_j / |u_j|

A column that depends on earlier ones leaves nothing, and becomes zero. The columns that are left count the dimensions.
"""

# %%
# Exercise
# --------
# Write the formula above as a function: from a matrix with independent columns to a matrix with orthonormal ones.
#
# *Hint.* The projections on all columns so far are one product: ``q[:, :j] @ (q[:, :j].T @ a[:, j])``.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
import mmlcore.plot


def textbook(a):
    """Return an orthonormal basis, column by column."""
    # your lines


# %%
# *Solution.* Two vectors in the plane.


def textbook(a):
    q = np.zeros_like(a)
    for j in range(a.shape[1]):
        u = a[:, j] - q[:, :j] @ (q[:, :j].T @ a[:, j])
        q[:, j] = u / np.linalg.norm(u)
    return q


pair = np.array([[3.0, 1], [4, 2]])
print(textbook(pair))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(textbook(pair), mml.gram_schmidt(pair), atol=1e-14)
# sphinx_gallery_end_ignore

# %%
# Four vectors
# ------------

V = np.array([[1.0, 0, 2, 6], [0, 1, 8, 2], [2, 8, 3, 1], [1, -6, 2, 3]])
Q = mml.gram_schmidt(V)
print(Q.round(3))

expected = [
    [0.40824829, -0.1814885, 0.04982278, 0.89325973],
    [0.0, 0.1088931, 0.99349591, -0.03328918],
    [0.81649658, 0.50816781, -0.06462163, -0.26631346],
    [0.40824829, -0.83484711, 0.07942048, -0.36063281],
]
# sphinx_gallery_start_ignore
np.testing.assert_allclose(Q, expected, atol=1e-8)
np.testing.assert_allclose(Q.T @ Q, np.eye(4), atol=1e-15)
# sphinx_gallery_end_ignore

# %%
# It is the Q of the QR factorization, with the sign that leaves the first number of each column's triangle positive.

q, r = np.linalg.qr(V)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(Q, q * np.sign(np.diag(r)), atol=1e-14)
# sphinx_gallery_end_ignore

fig, axes = plt.subplots(1, 3, figsize=(9.5, 3.2), layout="constrained")
for ax, matrix, title in zip(axes, (V, Q, Q.T @ Q), ("V", "Q", "Q'Q"), strict=True):
    mml.plot.matrix(matrix.round(12), ax=ax).set_title(title)

# %%
# Any number of vectors, of any length
# ------------------------------------
# Three in four dimensions; five in three dimensions; three of which one is a combination of the others: 3, 3 and 2 dimensions.

A = np.array([[3.0, 2, 3], [2, 5, -1], [2, 4, 8], [12, 2, 1]])
B = np.array([[6.0, 2, 1, 7, 5], [2, 8, 5, -4, 1], [1, -6, 3, 2, 8]])
C = np.array([[1.0, 0, 2], [0, 1, -3], [1, 0, 2]])
for name, matrix in (("A", A), ("B", B), ("C", C)):
    print(f"{name}: {matrix.shape[1]} vectors, {mml.span_dimension(matrix)} dimensions")
    assert mml.span_dimension(matrix) == np.linalg.matrix_rank(matrix)
# sphinx_gallery_start_ignore
assert [mml.span_dimension(m) for m in (A, B, C)] == [3, 3, 2]
# sphinx_gallery_end_ignore

basis = mml.gram_schmidt(C)
print(basis.round(3) + 0.0)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    basis, [[0.5**0.5, 0, 0], [0, 1, 0], [0.5**0.5, 0, 0]], atol=1e-15
)
# sphinx_gallery_end_ignore

# %%
# Where the textbook fails
# ------------------------
# Läuchli's columns differ in the ninth digit. Written as above, the recurrence returns vectors at 60 degrees, which should be
# at 90. ``mml.gram_schmidt`` is orthogonal to the last digit whatever it is given.


def loss(q):
    return np.abs(q.T @ q - np.eye(q.shape[1])).max()


lauchli = np.vstack([np.ones(3), 1e-8 * np.eye(3)])
for name, q in (
    ("textbook", textbook(lauchli)),
    ("mmlcore", mml.gram_schmidt(lauchli)),
):
    between = np.rad2deg(mml.angle(q[:, 1], q[:, 2]))
    print(
        f"{name}: second and third at {between:.6f} degrees, Q'Q off by {loss(q):.1e}"
    )
# sphinx_gallery_start_ignore
assert loss(mml.gram_schmidt(lauchli)) < 1e-14
assert loss(textbook(lauchli)) > 0.4
# sphinx_gallery_end_ignore

# %%
# Each column more of a Hilbert matrix costs the textbook three digits.

sizes = np.arange(2, 13)
hilberts = [1 / (np.arange(n)[:, None] + np.arange(n) + 1.0) for n in sizes]
fig, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
ax.semilogy(
    sizes, [max(loss(textbook(h)), 1e-17) for h in hilberts], ".-", label="textbook"
)
ax.semilogy(
    sizes, [loss(np.linalg.qr(h).Q) for h in hilberts], ".-", label="numpy's qr"
)
ours = [loss(mml.gram_schmidt(h, rtol=0)) for h in hilberts]
ax.semilogy(sizes, ours, ".-", label="mmlcore")
ax.set(xlabel="columns of Hilbert's matrix", ylabel="largest error of Q'Q")
ax.legend()
# sphinx_gallery_start_ignore
assert max(ours) < 1e-14
# sphinx_gallery_end_ignore

# %%
# Dependence is a matter of proportion
# ------------------------------------
# What is small depends on the unit. A fixed threshold says that very short vectors span nothing.

tiny = 1e-15 * np.eye(4)
print("dimensions of tiny vectors:", mml.span_dimension(tiny))
# sphinx_gallery_start_ignore
assert mml.span_dimension(tiny) == 4
# sphinx_gallery_end_ignore
