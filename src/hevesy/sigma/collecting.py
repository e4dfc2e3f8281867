"""Rule collections: what the documents of one file leave to those after them."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hevesy.sigma.lowering import NotUsableError

if TYPE_CHECKING:
    from hevesy.sigma.documents import Document

__all__ = ["Collection"]


class Collection:
    """The documents of one file, one after the other, with their actions carried out."""

    def __init__(self, file: str = "") -> None:
        """Nothing is shared yet."""
        self.file = file
        self._shared: dict[str, Any] = {}
        self._previous: dict[str, Any] = {}

    def resolved(self, document: Document, content: dict[str, Any]) -> Document | None:
        """The document with what earlier ones give it; None where it only gives to later ones.

        Raises:
            NotUsableError: Its action is unknown, or it cannot be put together with earlier ones.
        """
        action = content.pop("action", None)
        if action == "global":
            self._shared = self._previous = content
            return None
        if action == "reset":
            self._shared = {}
            return None
        if action == "repeat":
            inherits = "id" not in content
            self._previous = _together(copy.deepcopy(self._previous), content)
        elif action is not None:
            raise NotUsableError("syntax", f"unknown collection action '{action}'")
        elif "correlation" in content or "filter" in content:
            return document
        else:
            inherits = "id" in self._shared
            given = copy.deepcopy(self._shared)
            self._previous = _together(content, given) if given else content
        return replace(document, content=self._previous, inherits=inherits)


def _together(into: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """One map with what another holds, which goes before.

    Raises:
        NotUsableError: Where one holds a map the other holds something else.
    """
    from sigma.collection import deep_dict_update

    try:
        return deep_dict_update(into, given)
    except (AttributeError, TypeError, RecursionError) as error:
        reason = "the document does not fit together with those before it in the collection"
        raise NotUsableError("syntax", f"{reason}: a map is needed where one has none") from error
