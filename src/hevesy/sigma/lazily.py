"""Parts of a stored rule set that are decoded when somebody looks at them."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar, overload

__all__ = ["LazyMap", "LazySequence", "uncollected"]

T = TypeVar("T")


class LazySequence(Sequence[T], Generic[T]):
    """A sequence whose length is known and whose items are made all together, once."""

    def __init__(self, count: int, make: Callable[[], Sequence[T]]) -> None:
        """Take the number of items, and what makes them."""
        self._count = count
        self._make = make
        self._made: Sequence[T] | None = None

    def _items(self) -> Sequence[T]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __len__(self) -> int:
        """How many there are; makes none of them."""
        return self._count

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        """One item, or some of them."""
        return self._items()[index]

    def __iter__(self) -> Iterator[T]:
        """All items."""
        return iter(self._items())

    def __eq__(self, other: object) -> bool:
        """Equal to any sequence of equal items."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as with lists

    def __repr__(self) -> str:
        """As a tuple."""
        return repr(tuple(self))


class LazyMap(Mapping[str, T], Generic[T]):
    """A map whose keys are known and each of whose values is made when it is asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], T]]) -> None:
        """Take what makes each value."""
        self._makers = makers
        self._made: dict[str, T] = {}

    def __getitem__(self, key: str) -> T:
        """The value, made now or before."""
        if key not in self._made:
            self._made[key] = self._makers[key]()
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        """The keys."""
        return iter(self._makers)

    def __len__(self) -> int:
        """How many keys there are."""
        return len(self._makers)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector from looking, again and again, at what is only being made."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
