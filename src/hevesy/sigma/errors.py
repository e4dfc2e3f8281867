"""The one error of the Sigma engine; a mistake inside a rule is a `Refusal`, not an error."""

from __future__ import annotations

__all__ = ["SigmaLoadError"]


class SigmaLoadError(Exception):
    """What was handed to `load` cannot be read at all: its text is one clear sentence."""
