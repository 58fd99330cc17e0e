r"""
Visualising matrices and eigenvectors
=====================================

The columns of a matrix are where it sends the axes; everything else follows: the grid stays a grid. Its determinant is the area of
the image of the unit square, negative where left and right are exchanged. An *eigenvector* keeps its line, and its *eigenvalue*
says how much longer it becomes:

.. math:: A v = \lambda v \quad\Longleftrightarrow\quad \det(A - \lambda I) = 0,\; (A - \lambda I)\, v = 0

How much such values and vectors can be trusted, and where there are none: see :doc:`/sensitivity`, :doc:`/subspaces` and
:doc:`/beside`.
"""

# %%
# Exercise
# --------
# For a matrix of two rows the characteristic polynomial is :math:`\lambda^2 - (a + d) \lambda + (a d - b c)`. Write a
# function that returns both eigenvalues. They may be complex. Try a shear, a rotation, and the matrix (1, 0; -1, 4).
#
# *Hint.* ``np.emath.sqrt`` takes roots of negative numbers as well.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
import mmlcore.plot


def eigenvalues(matrix):
    """Return both eigenvalues of a matrix of two rows."""
    # your lines


# %%
# *Solution.* The formula for quadratic equations.


def eigenvalues(matrix):
    """Return both eigenvalues of a matrix of two rows."""
    (a, b), (c, d) = np.asarray(matrix)
    middle = (a + d) / 2
    root = np.emath.sqrt(middle**2 - (a * d - b * c))
    return np.array([middle - root, middle + root])


for matrix in (mml.shear(1.0), mml.rotation(np.pi / 2), [[1.0, 0], [-1, 4]]):
    print(
        eigenvalues(matrix).round(12),
        "and by mml.eigvals",
        mml.eigvals(matrix).round(12),
    )
    # sphinx_gallery_start_ignore
    np.testing.assert_allclose(
        np.sort_complex(eigenvalues(matrix)),
        np.sort_complex(mml.eigvals(matrix)),
        atol=1e-7,
    )
    # sphinx_gallery_end_ignore

# %%
# Six ways to move the plane
# --------------------------
# The dashed lines are those that stay.

kinds = {
    "stretch": mml.scaling(2, 0.5),
    "shear": mml.shear(1.0),
    "rotation": mml.rotation(np.pi / 6),
    "reflection": mml.reflection([1.0, -1.0]),
    "inversion": mml.scaling(-1, -1),
    "onto a line": mml.projection_matrix([2.0, 1.0]),
}
fig, axes = plt.subplots(2, 3, figsize=(10, 7), layout="constrained")
for ax, (name, matrix) in zip(axes.ravel(), kinds.items(), strict=True):
    mml.plot.transformation(matrix, ax=ax)
    ax.set_title(f"{name}\n{ax.get_title()}", fontsize=8)

for matrix in kinds.values():
    np.testing.assert_allclose(
        mml.determinant(matrix), np.linalg.det(matrix), atol=1e-14
    )
    np.testing.assert_allclose(
        np.sort_complex(mml.eigvals(matrix)),
        np.sort_complex(np.linalg.eigvals(matrix)),
        atol=1e-12,
    )

# %%
# Drag a matrix
# -------------
# Each of the four numbers is a slider. Look for matrices whose dashed lines meet, and vanish: there the two
# eigenvalues become one, then a complex pair.


def plane(ax, a, b, c, d):
    mml.plot.transformation([[a, b], [c, d]], ax=ax)


entry = (-1.5, 2.5, 0.1)
mml.plot.explore(plane, a=(0.0, 3.0, 0.1), b=entry, c=entry, d=(-1.0, 4.0, 0.1))

# %%
# Special cases
# -------------
# * A shear has one line only: it is *defective*, and cannot be diagonalized.
# * A rotation of the plane has none; one of space has its axis.
# * A multiple of the identity keeps every line.

try:
    mml.diagonalize(mml.shear(1.0))
except mml.DefectiveMatrixError as error:
    print(error)

turn = mml.rotation3d([1.0, 2.0, 2.0], 0.7)
values, vectors = mml.eig(turn)
axis = vectors[:, np.argmin(abs(values - 1))].real
print("axis:", (axis / axis[0]).round(12))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(axis / axis[0], [1, 2, 2], atol=1e-12)
np.testing.assert_allclose(np.abs(values), 1, atol=1e-14)
# sphinx_gallery_end_ignore

# %%
# The characteristic polynomial, and its roots.

A = np.array([[1.0, 0], [-1, 4]])
polynomial = mml.characteristic_polynomial(A)
print(polynomial, "has the roots", mml.eigvals(A))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(polynomial, [1, -5, 4])
np.testing.assert_allclose(np.sort(np.roots(polynomial)), np.sort(mml.eigvals(A)))
# sphinx_gallery_end_ignore

# %%
# Powers by the eigenbasis
# ------------------------
# In the basis of its eigenvectors a matrix is diagonal, :math:`T = C D C^{-1}`, and :math:`T^n = C D^n C^{-1}`: no product of
# matrices is needed. Whatever it starts with, a vector turns towards the largest eigenvalue.

T = np.array([[6.0, -1], [2, 3]])
C = np.array([[1.0, 1], [1, 2]])
# sphinx_gallery_start_ignore
np.testing.assert_allclose(mml.change_basis(T, C), np.diag([5, 4]), atol=1e-14)
# sphinx_gallery_end_ignore

P, D, P_inverse = mml.diagonalize(T)
# sphinx_gallery_start_ignore
np.testing.assert_allclose(
    P @ np.diag(np.diag(D) ** 10) @ P_inverse, np.linalg.matrix_power(T, 10), rtol=1e-10
)
np.testing.assert_allclose(
    mml.matrix_power(T, 10), np.linalg.matrix_power(T, 10), rtol=1e-12
)
# sphinx_gallery_end_ignore

A = np.array([[1.2, 0.5], [0.4, 0.7]])
v = np.array([-0.9, 1.6])
path = np.array([mml.matrix_power(A, n) @ v for n in range(7)])
found = mml.power_iteration(A)
print(f"eigenvalue {found.value:.6f} after {found.iterations} iterations")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(found.value, np.linalg.eigvals(A).max(), rtol=1e-9)
# sphinx_gallery_end_ignore

fig, ax = plt.subplots(figsize=(5, 5), layout="constrained")
line = found.vector / found.vector[0] * np.array([[-3.0], [3.0]])
ax.plot(*line.T, "k--", label=f"eigenvalue {found.value:.2f}")
mml.plot.arrows(path, names=[f"$A^{n} v$" for n in range(7)], ax=ax)
ax.set(xlim=(-1.5, 2.5), ylim=(-0.5, 2.5))
ax.legend()

# %%
# Eigenvectors of flowers
# -----------------------
# The covariance of data is a symmetric matrix: its eigenvectors are perpendicular, and point along the cloud of points; the
# eigenvalues are the variances in these directions. Sepals and petals of 150 irises:

iris = mml.datasets.iris()
points = iris.data[:, [0, 2]]
S = mml.covariance(points)
values, vectors = mml.eigh(S)
expected = np.linalg.eigh(np.cov(points.T, bias=True))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(values, expected.eigenvalues)
np.testing.assert_allclose(np.abs(vectors), np.abs(expected.eigenvectors), atol=1e-12)
# sphinx_gallery_end_ignore

fig, ax = plt.subplots(figsize=(6, 4), layout="constrained")
ax.scatter(*points.T, c=iris.target, s=10, cmap="viridis")
center = mml.mean(points)
deviations = 2 * np.sqrt(values) * vectors
mml.plot.arrows(deviations.T, origin=center, color="C3", ax=ax)
ax.set(xlabel=iris.features[0], ylabel=iris.features[2])
