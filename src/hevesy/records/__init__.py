"""Bytes -> tables: one file a log kind, holding how it is recognised and parsed."""

from __future__ import annotations
