"""Which sanitizer's library is loaded: it is slow, keeps what is freed, and has an allocator of its own."""

from __future__ import annotations

import os

import pytest

LOADED = "san.so" in os.environ.get("LD_PRELOAD", "")
SLOWER = 10 if LOADED else 1  # times, about
not_sanitized = pytest.mark.skipif(
    LOADED, reason="a sanitizer is slow, and has its own memory and allocator"
)
