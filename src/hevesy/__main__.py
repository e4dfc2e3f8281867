"""`python -m hevesy` is the command `hevesy`."""

from __future__ import annotations

from hevesy.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
