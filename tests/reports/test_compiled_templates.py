"""A page looks the same whether its templates were compiled now or before."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
from jinja2 import DictLoader, Environment

from hevesy.reports import compiled_templates
from hevesy.reports.compiled_templates import template_cache


def rendered(folder: Path, source: str) -> tuple[str, bool]:
    """What a template gives, and whether it was compiled for that."""
    environment = Environment(
        loader=DictLoader({"a": source}), autoescape=True, bytecode_cache=template_cache(folder)
    )
    compiled = mock.Mock(wraps=environment._compile)
    with mock.patch.object(environment, "_compile", compiled):
        return environment.get_template("a").render(x="<"), compiled.called


def test_a_template_is_compiled_once(tmp_path: Path) -> None:
    """The second time it is read, and says the same."""
    assert rendered(tmp_path / "new", "{{ x }}!") == ("&lt;!", True)
    assert rendered(tmp_path / "new", "{{ x }}!") == ("&lt;!", False)


def test_a_changed_template_or_room_is_noticed(tmp_path: Path) -> None:
    """Neither another text nor another filter is served from what was kept."""
    rendered(tmp_path, "{{ x }}!")
    assert rendered(tmp_path, "{{ x }}?") == ("&lt;?", True)
    with mock.patch.object(compiled_templates, "_made_of", return_value="other code"):
        assert rendered(tmp_path, "{{ x }}!") == ("&lt;!", True)


@pytest.mark.parametrize("damage", [b"", b"x" * 500])
def test_damage_is_compiled_anew(tmp_path: Path, damage: bytes) -> None:
    """What is kept is read as it was written, or not at all."""
    rendered(tmp_path, "{{ x }}!")
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage)
    assert rendered(tmp_path, "{{ x }}!") == ("&lt;!", True)
    assert rendered(tmp_path, "{{ x }}!") == ("&lt;!", False)


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """A report is written all the same."""
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    assert rendered(blocked / "folder", "{{ x }}!") == ("&lt;!", True)


def test_the_folder_stays_small(tmp_path: Path) -> None:
    """Old templates make room for new ones."""
    with mock.patch.object(compiled_templates, "_MOST", 3):
        for number in range(6):
            rendered(tmp_path, f"{number}")
    assert len(list(tmp_path.iterdir())) == 3


def test_what_templates_are_made_of_is_found() -> None:
    """The rooms whose code filters run are there, under the names that are hashed."""
    house = Path(compiled_templates.__file__).parents[1]
    for room in compiled_templates._ROOMS:
        assert list((house / room).glob("*.py"))
