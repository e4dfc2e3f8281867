"""hevesy: finds what HAFNIUM and those after it did to Exchange servers, from evidence, offline."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
