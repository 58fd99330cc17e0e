"""Gram-Schmidt, projections, orthogonal complements."""

from mmlcore.orthogonal._gram_schmidt import gram_schmidt
from mmlcore.orthogonal._projection import Projection, project, projection_matrix
from mmlcore.orthogonal._qr import QR, PivotedQR, qr
from mmlcore.orthogonal._spans import is_orthogonal, orthogonal_complement, span_dimension

__all__ = [
    "QR",
    "PivotedQR",
    "Projection",
    "gram_schmidt",
    "is_orthogonal",
    "orthogonal_complement",
    "project",
    "projection_matrix",
    "qr",
    "span_dimension",
]
