"""Measures hevesy against peers on the same machine, in the same run; no part of the tests."""
