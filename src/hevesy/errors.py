"""Every error of hevesy but those of `hevesy.sigma`, drawn as one tree.

```
HevesyError
├── UsageError           an option or argument of the user is wrong            -> exit 2
│   └── NoUsableInput    nothing of what was handed in can be read             -> exit 2
├── ContentError         a rule, an indicator file or a data table is wrong    -> exit 2
├── CaseError            a case folder cannot be read or written               -> exit 2
└── EvidenceError        one source of the evidence cannot be read             -> counted, exit 3
    └── EvidenceRefused  it is refused on purpose: a bomb, a link, `..`, encrypted
```

Broken evidence is no exception to the run: an `EvidenceError` is caught around one source,
becomes a `hevesy.model.Loss`, and the run goes on.
"""

from __future__ import annotations

__all__ = [
    "CaseError",
    "ContentError",
    "EvidenceError",
    "EvidenceRefused",
    "HevesyError",
    "NoUsableInput",
    "UsageError",
]


class HevesyError(Exception):
    """The root: its text is one clear sentence that shows the value that caused it."""


class UsageError(HevesyError):
    """An option or argument is wrong: `--jobs must be at least 1, not 0`."""


class NoUsableInput(UsageError):  # noqa: N818  # a noun says it better than an Error suffix
    """Nothing of what was handed in can be read."""


class ContentError(HevesyError):
    """A rule, an indicator file or a data table has a mistake; says file, line and value."""

    def __init__(self, message: str, file: str, line: int | None = None) -> None:
        """Keep the place, and put it in front of the message."""
        self.file = file
        self.line = line
        place = file if line is None else f"{file}:{line}"
        super().__init__(f"{place}: {message}")


class CaseError(HevesyError):
    """A case folder is missing, unreadable, of another schema, or in the way."""


class EvidenceError(HevesyError):
    """One source of the evidence cannot be read; the others can."""


class EvidenceRefused(EvidenceError):  # noqa: N818  # a noun says it better than an Error suffix
    """Evidence that is not read on purpose: a bomb, a link, an absolute member, encrypted."""
