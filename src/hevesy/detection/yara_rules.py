"""Compiles YARA rules, the house's and others', and scans the bytes of a file with them."""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from hevesy.detection.stages import Claim, claim_of, level_of
from hevesy.errors import ContentError
from hevesy.model import RuleReference, RuleUse
from hevesy.sigma.storage import read_entry, version, write_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import yara_x

__all__ = ["FileMatch", "YaraRules", "load_yara"]

SCAN_SECONDS = 20
"""A file that takes longer is not scanned further: a rule must not be a way to stop a run."""

_FORMAT = 1
"""Of what is kept of compiled rules; counts on when they are compiled otherwise."""
_FILES = 100
"""Files of compiled rules in a cache; the oldest make room."""
_Kept = tuple[bytes, int, tuple[tuple[str, str], ...]]
"""Compiled rules, how many are usable, and what was refused."""

_GLOBALS = ("filename", "filepath", "extension", "filetype", "owner")
# Collections such as signature-base and YARA Forge rely on these externals being defined.


@dataclass(frozen=True, slots=True)
class FileMatch:
    """A rule that matched a file, and where."""

    claim: Claim
    offset: int
    text: str
    """What stands at the first match, with some of what stands around it."""


@dataclass(frozen=True)
class YaraRules:
    """Compiled rules as bytes, so that workers can be handed them."""

    compiled: bytes
    use: RuleUse
    own: bool = False
    """Whether they are hevesy's, whose claims a verdict may rest on."""

    @cached_property
    def _scanner(self) -> yara_x.Scanner:
        import yara_x

        scanner = yara_x.Scanner(yara_x.Rules.deserialize_from(io.BytesIO(self.compiled)))
        scanner.set_timeout(SCAN_SECONDS)
        scanner.max_matches_per_pattern(16)
        return scanner

    def scan(self, data: bytes, path: str) -> Iterator[FileMatch]:
        r"""Rules that match a file.

        Args:
            data: Its bytes.
            path: Its path, with `\` or `/`, for rules that ask for it.

        Raises:
            TimeoutError: Scanning took longer than `SCAN_SECONDS`.
        """
        import yara_x

        name = re.split(r"[\\/]", path)[-1]
        values = {
            "filename": name,
            "filepath": path,
            "extension": "." + name.rsplit(".", 1)[-1] if "." in name else "",
        }
        for key, value in values.items():
            self._scanner.set_global(key, value)
        try:
            results = self._scanner.scan(data)
        except yara_x.TimeoutError as error:
            raise TimeoutError(f"YARA took longer than {SCAN_SECONDS} s") from error
        for rule in results.matching_rules:
            offset = min((m.offset for p in rule.patterns for m in p.matches), default=0)
            meta = {str(k): v for k, v in rule.metadata}
            claim = _claim(rule.identifier, rule.namespace, meta, own=self.own)
            yield FileMatch(claim, offset, _context(data, offset))


def load_yara(
    source: str, paths: Sequence[Path], *, own: bool = False, cache: Path | None = None
) -> YaraRules:
    """Compile the YARA files below some paths, each in a namespace of its own.

    Args:
        source: How the collection is called in reports.
        own: Whether they are hevesy's.
        paths: Files (`.yar`, `.yara`) or folders of them.
        cache: Folder for compiled rules; as trustworthy as the rules.

    Raises:
        ContentError: A path is missing, or no file can be compiled.
    """
    texts = {file: file.read_text(encoding="utf-8", errors="replace") for file in _files(paths)}
    if cache is None:
        return YaraRules(*_compiled(source, texts), own)
    entry = cache / f"yara-{_key(source, texts)}.bin"
    known = read_entry(entry)
    if known is not None:
        with contextlib.suppress(msgspec.MsgspecError):  # whole, but nothing that was kept here
            compiled, usable, refused = msgspec.msgpack.decode(known, type=_Kept)
            return YaraRules(compiled, RuleUse(source, usable, refused), own)
    compiled, use = _compiled(source, texts)
    kept = msgspec.msgpack.encode((compiled, use.usable, use.refused))
    write_entry(entry, kept, most=_FILES)
    return YaraRules(compiled, use, own)


def _key(source: str, texts: Mapping[Path, str]) -> str:
    """All that compiled rules depend on."""
    digest = hashlib.sha256(f"{_FORMAT} {version('yara-x')} {source}".encode())
    for file, text in texts.items():
        digest.update(f"\n{file}\n{len(text)}\n{text}".encode())
    return digest.hexdigest()[:40]


def _compiled(source: str, texts: Mapping[Path, str]) -> tuple[bytes, RuleUse]:
    """The rules of some files, as bytes, and what is said of them."""
    import yara_x

    compiler = yara_x.Compiler(relaxed_re_syntax=True)
    for name in _GLOBALS:
        compiler.define_global(name, "")
    usable, refused = 0, []
    for file, text in texts.items():
        compiler.new_namespace(f"{source}/{file.name}")
        try:
            compiler.add_source(text, origin=str(file))
        except yara_x.CompileError as error:
            line = str(error).splitlines()[0] if str(error) else "cannot be compiled"
            refused.append((str(file), _first_place(str(error), line)))
        else:
            usable += len(
                re.findall(r"^\s*(?:private\s+|global\s+)*rule\s+\w+", text, re.MULTILINE)
            )
    if refused and not usable:
        file_name, reason = refused[0]
        raise ContentError(reason, file_name)
    buffer = io.BytesIO()
    compiler.build().serialize_into(buffer)
    return buffer.getvalue(), RuleUse(source, usable, tuple(refused))


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise ContentError("there is no such file or folder", str(path))
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [f for f in inside if f.is_file() and (f == path or f.suffix in {".yar", ".yara"})]
    return found


def _first_place(error: str, line: str) -> str:
    place = re.search(r"-->\s*\S*?:?(\d+):(\d+)", error)
    return f"{line} (line {place.group(1)})" if place else line


def _claim(identifier: str, namespace: str, meta: Mapping[str, object], *, own: bool) -> Claim:
    def text(key: str) -> str:
        value = meta.get(key, "")
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    techniques = tuple(re.findall(r"T\d{4}(?:\.\d{3})?", text("technique")))
    says_stage = "stage" in meta
    rule = RuleReference(
        id=text("id") or f"yara:{identifier}",
        title=text("title") or identifier,
        author=text("author"),
        source=namespace,
        licence=text("licence") or text("license"),
        level=level_of(text("level") or "high"),
        techniques=techniques or ("T1505.003",),
        description=text("description"),
        remedy=text("remedy"),
    )
    custom: dict[str, object] = {k: text(k) for k in ("stage", "outcome", "why") if k in meta}
    if says_stage:
        custom["anchor"] = True
    return claim_of(rule, ("persistence",), custom, (namespace, 1), own=own)


def _context(data: bytes, offset: int) -> str:
    start = max(0, offset - 120)
    return data[start : offset + 400].decode("utf-8", "backslashreplace")
