"""Which functions belong together: the *See Also* of their pages, which the build adds."""

from __future__ import annotations

GROUPS = (
    "solve lstsq inverse lu cholesky is_singular",
    "inverse solve pinv determinant",
    "determinant slogdet is_singular trace",
    "cholesky eigh classify",
    "lu row_echelon determinant",
    "row_echelon rank null_space row_swap row_scale row_add",
    "rank is_singular condition span_dimension is_independent svdvals",
    "null_space orthogonal_complement rank",
    "svd svdvals eigh PCA condition",
    "lstsq linear_regression project pinv",
    "eigh eigvalsh top_eigh eig svd",
    "eig eigvals diagonalize characteristic_polynomial",
    "top_eigh power_iteration PCA",
    "matrix_power diagonalize power_iteration matmul",
    "gram_schmidt qr is_orthogonal",
    "qr lstsq svd gram_schmidt",
    "project projection_matrix orthogonal_complement vector_projection",
    "oblique_projection projection_matrix reflection",
    "inner length distance angle cosine",
    "scalar_projection vector_projection inner",
    "cross determinant inner",
    "distance pairwise_distances nearest_neighbors",
    "NeighborIndex nearest_neighbors pairwise_distances",
    "coordinates change_basis is_independent",
    "rotation rotation3d scaling shear reflection compose",
    "compose matmul transform_points",
    "transform_points transform_image compose",
    "matmul einsum matrix_power",
    "classify is_orthogonal is_singular",
    "trace einsum",
    "mean variance covariance Moments",
    "covariance correlation affine_covariance PCA",
    "affine_mean affine_covariance transform_points",
    "median quantile mean standardize",
    "Moments covariance linear_regression",
    "PCA PPCA svd top_eigh",
    "linear_regression polynomial_fit curve_fit linear_regression_by linear_regression_rolling",
    "logistic_regression linear_regression MLP",
    "curve_fit curve_fit_batch least_squares polynomial_fit",
    "minimize minimize_globally newton lagrange least_squares",
    "MLP minimize gradient",
    "gradient value_and_gradient derivative jacobian hessian directional_derivative",
    "derivative taylor finite_difference total_derivative",
    "jacobian sparse_jacobian jacobian_vector_product vector_jacobian_product",
    "hessian sparse_hessian hessian_vector_product classify_stationary",
    "check_gradient finite_difference gradient",
    "taylor linearize parity",
    "linearize jacobian newton",
    "classify_stationary minimize lagrange",
    "Function loop gradient",
    "pagerank Graph link_matrix power_iteration",
    "threads set_num_threads get_num_threads share_threads show_config",
    "release_memory show_config",
)


def related() -> dict[str, list[str]]:
    """Return the functions that belong to each, in the order of the groups."""
    groups = [group.split() for group in GROUPS]
    found: dict[str, list[str]] = {}
    for first in (True, False):  # what a function stands first with comes first
        for names in groups:
            for name in names:
                if (name == names[0]) is not first:
                    continue
                others = found.setdefault(name, [])
                others += [
                    n for n in names[: None if first else 4] if n != name and n not in others
                ]
    return found


def with_see_also(name: str, lines: list[str]) -> None:
    """Add the section to a docstring of numpydoc's form that has none."""
    others = related().get(name.removeprefix("mmlcore."))
    if others is None or "See Also" in lines or not any(line.strip() for line in lines):
        return
    section = ["See Also", "--------", ", ".join(f"mmlcore.{n}" for n in others[:8]), ""]
    for place, line in enumerate(lines):
        if line in ("Notes", "References", "Examples"):
            lines[place:place] = section
            return
    lines += ["", *section]
