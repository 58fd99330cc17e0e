r"""
How sure is a mean? Ten thousand samples
========================================

The mean of *n* measurements scatters about the true mean with the *standard error* :math:`\sigma / \sqrt n`. That is theory, and
needs the true :math:`\sigma`. The *bootstrap* needs nothing: draw new samples from the sample itself, with replacement, compute
what you want of each, and look how it scatters. Ten thousand samples are one array, and their means one call.
"""

# %%
# Exercise
# --------
# Draw 10,000 samples of 50 from the petal lengths of 50 flowers, with replacement. How far do their means scatter,
# and how far do their medians? Compare the first with :math:`s / \sqrt n`.
#
# *Hint.* ``random.choice`` takes a shape, so that all samples are one array; ``mml.mean`` and ``mml.median`` take ``axis=1``.

import matplotlib.pyplot as plt
import numpy as np

import mmlcore as mml

iris = mml.datasets.iris()
lengths = iris.data[iris.target == 1, 2]
n = len(lengths)
random = np.random.default_rng(0)

# your lines

# %%
# *Solution.* A sample in each row.

samples = random.choice(lengths, (10_000, n))

means = mml.mean(samples, axis=1)
medians = mml.median(samples, axis=1)
theory = float(np.sqrt(mml.variance(lengths, ddof=1) / n))
print(f"mean {mml.mean(lengths):.3f}, standard error {theory:.4f} by theory")
of_means, of_medians = np.sqrt([mml.variance(means), mml.variance(medians)])
print(f"by bootstrap {of_means:.4f} for means, {of_medians:.4f} for medians")

# sphinx_gallery_start_ignore
np.testing.assert_allclose(means, samples.mean(axis=1), rtol=1e-12)
np.testing.assert_allclose(medians, np.median(samples, axis=1), rtol=1e-12)
np.testing.assert_allclose(np.sqrt(mml.variance(means)), theory, rtol=0.05)
# sphinx_gallery_end_ignore

# %%
# Fifty irises
# ------------

fig, ax = plt.subplots(layout="constrained")
bins = np.linspace(3.9, 4.7, 60)
ax.hist(means, bins, alpha=0.6, label="means")
ax.hist(medians, bins, alpha=0.6, label="medians")
ax.set(xlabel="petal length, cm", ylabel="samples")
ax.legend()

# %%
# The means lie on a bell, though lengths themselves do not: the central limit theorem. The medians jump, since lengths were
# rounded to a millimetre.
#
# An interval for anything
# ------------------------
# The middle 95 % of the bootstrap is an interval for whatever was computed. There is no formula for the interval of a ratio of two
# medians, and none is needed.

other = iris.data[iris.target == 2, 2]
ratio = mml.median(random.choice(other, (10_000, n)), axis=1) / medians
low, high = mml.quantile(ratio, [0.025, 0.975])
times = mml.median(other) / mml.median(lengths)
print(f"virginica's petals: {times:.2f} times as long ({low:.2f} to {high:.2f})")
# sphinx_gallery_start_ignore
np.testing.assert_allclose([low, high], np.quantile(ratio, [0.025, 0.975]), rtol=1e-12)
assert low > 1
# sphinx_gallery_end_ignore

# %%
# Does the interval keep its word?
# --------------------------------
# A 95 % interval should hold the truth in 95 of 100 studies. Make the truth: a population of which everything is known, 4,000
# studies of each size, and for each the interval mean :math:`\pm 1.96` standard errors. Stacks of studies are rows.

population = random.gamma(2.0, 1.0, 1_000_000)  # lopsided, with mean 2
truth = float(mml.mean(population, axis=None))
sizes = np.array([3, 5, 10, 20, 50, 100, 200])
held = []
for size in sizes:
    studies = random.choice(population, (4_000, size))
    centre = mml.mean(studies, axis=1)
    half = 1.96 * np.sqrt(mml.variance(studies, axis=1, ddof=1) / size)
    held.append(float(np.mean(np.abs(centre - truth) <= half)))
for size, share in zip(sizes, held, strict=True):
    print(f"{size:3} measurements: {100 * share:.1f} % of the intervals hold the mean")

# sphinx_gallery_start_ignore
assert held[0] < 0.85
assert abs(held[-1] - 0.95) < 0.015
# sphinx_gallery_end_ignore

fig, ax = plt.subplots(layout="constrained")
ax.semilogx(sizes, held, "o-")
ax.axhline(0.95, color="0.6", linestyle=":")
ax.set(
    xlabel="measurements in a study",
    ylabel="intervals that hold the mean",
    ylim=(0.7, 1),
)

# %%
# With three measurements nearly one interval in four is wrong: the standard error itself is uncertain, which Student's *t* mends,
# and the population is lopsided, which it does not. From a hundred measurements on the promise is kept.
