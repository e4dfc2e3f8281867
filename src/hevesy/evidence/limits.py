"""How much of hostile evidence is read before it is refused; real collections pass."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["HEAD", "Limits"]

HEAD = 64 * 1024
"""Bytes of a file that its recogniser sees."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one archive may make of itself.

    Logs compress well: one repeated line shrinks about 1,000:1 with Deflate, whose own bound is
    1,032:1, and ordinary IIS logs 10:1 to 30:1. A bomb multiplies by nesting, by overlapping
    members, or by a stronger method. So the ratio is judged over everything that one file of this
    machine unfolds to, whatever the depth.
    """

    ratio: int = 2000
    """Unpacked bytes for a packed one, over a whole archive file, beyond `ratio_from`."""
    ratio_from: int = 64 << 20
    """Unpacked bytes (64 MiB) below which no ratio is judged."""
    total: int = 64 << 40
    """Unpacked bytes (64 TiB) that the archives of one run may hold in all."""
    members: int = 10_000_000
    """Members that the archives of one run may hold in all."""
    directory: int = 256 << 20
    """Bytes (256 MiB) of one zip's central directory, which is held in memory."""
    depth: int = 5
    """Archives within each other; a compressed tar counts once."""
    memory: int = 32 << 20
    """Bytes (32 MiB) of a spooled member that are held in memory before it goes to a file."""
    spool: int = 256 << 30
    """Bytes (256 GiB) of one member that may be spooled to the scratch folder."""

    def unfolding(self, packed: int) -> int:
        """Bytes that a file of so many may unfold to."""
        return max(self.ratio_from, self.ratio * packed)
