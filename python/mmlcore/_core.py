"""Stands for the compiled kernels: importing this module puts the one for this processor in its place."""

import sys

from mmlcore import _isa

sys.modules[__name__] = _isa.load()
