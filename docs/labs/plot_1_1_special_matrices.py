"""
Special matrices
================

A square matrix is *singular* when its rows are linearly dependent: one of them is a combination of the others. Gaussian
elimination decides. Multiples of rows are subtracted from rows below until the matrix is in *echelon form*, zeros under a
staircase of pivots. Where a pivot is missing, the matrix has no inverse.
"""

# %%
# Exercise
# --------
# Is this matrix singular? Answer as one does on paper. Take the rows in order. Subtract from each row the multiples of the
# rows above that make zeros left of the diagonal. If the diagonal is zero then, add a lower row and subtract again. If it
# stays zero, the matrix is singular; otherwise divide the row by it.
#
# *Hint.* Three loops: over the rows, over the lower rows that may help, over the rows above. The first row needs no
# subtraction.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml
import mmlcore.plot


def by_hand(matrix):
    """Return the matrix after each row, and whether a pivot is missing."""
    # your lines


# %%
# *Solution.* The last row of the second matrix is twice the first.


def by_hand(matrix):
    """Return the matrix after each row, and whether a pivot is missing."""
    a, seen = np.array(matrix, float), []
    for row in range(len(a)):
        for lower in range(row, len(a)):
            if lower > row and a[row, row] == 0:
                a[row] += a[lower]
            for above in range(row):
                a[row] -= a[row, above] * a[above]
        if a[row, row] == 0:
            return seen, True
        a[row] /= a[row, row]
        seen.append(a.copy())
    return seen, False


for square in ([[2.0, 1], [1, 3]], [[1.0, 2], [2, 4]]):
    _, singular = by_hand(square)
    print(f"by hand {singular}, mml.is_singular {mml.is_singular(square)}")
    # sphinx_gallery_start_ignore
    assert singular == mml.is_singular(square)
    # sphinx_gallery_end_ignore

# %%
# Is it singular?
# ---------------
# The fourth row is 5/4 of the third. Three pivots are found, the determinant is zero.

blocks = np.array([[2.0, 0, 0, 0], [0, 3, 0, 0], [0, 0, 4, 4], [0, 0, 5, 5]])
echelon = mml.row_echelon(blocks)
print("singular:", mml.is_singular(blocks), " rank:", echelon.rank)

# sphinx_gallery_start_ignore
assert mml.is_singular(blocks)
np.testing.assert_equal(echelon.rank, np.linalg.matrix_rank(blocks))
np.testing.assert_allclose(mml.determinant(blocks), np.linalg.det(blocks), atol=1e-12)
# sphinx_gallery_end_ignore

fig, axes = plt.subplots(1, 2, figsize=(7, 3.4), layout="constrained")
mml.plot.matrix(blocks, ax=axes[0]).set_title("A")
pivots = enumerate(echelon.pivots)
mml.plot.matrix(echelon.matrix, frames=pivots, ax=axes[1]).set_title(
    "echelon form, three pivots"
)

# %%
# Step by step
# ------------
# The solution above, row by row: a lower row is added where the pivot is zero, and the row is divided by its pivot.


matrix = np.array([[0.0, 7, -5, 3], [2, 8, 0, 4], [3, 12, 0, 5], [1, 3, 1, 3]])
seen, singular = by_hand(matrix)
# sphinx_gallery_start_ignore
assert not singular
np.testing.assert_allclose(seen[0][0], [1, 7.5, -2.5, 3.5])
np.testing.assert_allclose(seen[1][1], [0, 1, -5 / 7, 3 / 7], atol=1e-12)
np.testing.assert_allclose(seen[2][2], [0, 0, 1, 1.5], atol=1e-12)
np.testing.assert_allclose(seen[3][3], [0, 0, 0, 1], atol=1e-12)
# sphinx_gallery_end_ignore

fig, axes = plt.subplots(1, 4, figsize=(10, 2.8), layout="constrained")
for row, (ax, state) in enumerate(zip(axes, seen, strict=True)):
    mml.plot.matrix(state, frames=[(row, k) for k in range(4)], ax=ax)
    ax.set_title(f"row {row} put right", fontsize=10)

# %%
# ``mml.row_echelon`` exchanges rows instead, so that the largest number of the column becomes the pivot: no multiplier is above
# 1, and rounding does not grow. It says what it did. Its steps, applied to the matrix again, give its result.

echelon = mml.row_echelon(matrix, steps=True)
again = matrix.copy()
for kind, i, j, factor in echelon.steps:
    if kind == "swap":
        again[[i, j]] = again[[j, i]]
        print(f"exchange rows {i} and {j}")
    else:
        again[i] += factor * again[j]
        print(f"add {factor:.3g} times row {j} to row {i}")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(again, echelon.matrix, atol=1e-12)
# sphinx_gallery_end_ignore

# %%
# A magic square
# --------------
# Every row, column and diagonal of this square sums to 34, and so do many other quartets: it has rank 3. The procedure by
# hand asks whether a rounded number *is* zero, is told no, and calls the square regular. The zero has to be judged by the size
# of what it was computed from.

magic = np.array([[16.0, 2, 3, 13], [5, 11, 10, 8], [9, 7, 6, 12], [4, 14, 15, 1]])
_, singular = by_hand(magic)
print("by hand: singular is", singular)
print(f"mml.is_singular: {mml.is_singular(magic)}, rank {mml.rank(magic)}")

# sphinx_gallery_start_ignore
assert mml.is_singular(magic)
assert not singular
assert mml.rank(magic) == np.linalg.matrix_rank(magic) == 3
# sphinx_gallery_end_ignore
null = mml.null_space(magic)[:, 0]
print("the combination that vanishes:", (null / null[0]).round(12))
# sphinx_gallery_start_ignore
np.testing.assert_allclose(null / null[0], [1, 3, -3, -1], atol=1e-12)
# sphinx_gallery_end_ignore

# %%
# Hilbert's matrix is nearly singular and is not. The condition number says how many digits a solution loses.

hilbert = 1 / (np.arange(1.0, 5)[:, None] + np.arange(4))
# sphinx_gallery_start_ignore
assert not mml.is_singular(hilbert)
# sphinx_gallery_end_ignore
print(f"digits lost: {np.log10(mml.condition(hilbert)):.1f}")
# sphinx_gallery_start_ignore
np.testing.assert_allclose(mml.condition(hilbert), np.linalg.cond(hilbert), rtol=1e-8)
np.testing.assert_allclose(
    mml.solve(hilbert, hilbert @ np.ones(4)), np.ones(4), atol=1e-10
)
# sphinx_gallery_end_ignore
