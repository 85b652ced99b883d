"""The lock note beside an unpacked Asterisk: what exactly was installed, from where, for which processor."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

NAME = "asterisk.lock.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class LockNote:
    """`root` is a folder's name relative to the note, so that a cache may be moved. `packages` are pairs
    of name and dpkg version, sorted; `debs_sha256` is `list_digest` of the downloaded files."""

    root: str
    asterisk: str
    suite: str
    architecture: str
    packages: tuple[tuple[str, str], ...]
    debs_sha256: str

    def to_json(self) -> str:
        body = {
            "format": _FORMAT,
            "root": self.root,
            "asterisk": self.asterisk,
            "suite": self.suite,
            "architecture": self.architecture,
            "debs_sha256": self.debs_sha256,
            "packages": dict(self.packages),
        }
        return json.dumps(body, indent=1, ensure_ascii=False) + "\n"


def parse_note(text: str) -> LockNote | None:
    """None for anything that is not a whole note of this format: the cache is then made anew."""
    try:
        body: Any = json.loads(text)
        if body["format"] != _FORMAT:
            return None
        fields = {key: body[key] for key in ("root", "asterisk", "suite", "architecture", "debs_sha256")}
        packages = tuple(sorted((str(name), str(version)) for name, version in body["packages"].items()))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    if (
        not all(isinstance(value, str) and value for value in fields.values())
        or Path(fields["root"]).name != fields["root"]
    ):
        return None
    return LockNote(**fields, packages=packages)


def read_note(cache_dir: Path) -> LockNote | None:
    try:
        return parse_note((cache_dir / NAME).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def write_note(cache_dir: Path, note: LockNote) -> None:
    """Replaces the old note in one step: readers see the old one or the new one."""
    draft = cache_dir / f"{NAME}.new"
    with draft.open("w", encoding="utf-8") as file:
        file.write(note.to_json())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(cache_dir / NAME)


def deb_identity(file_name: str) -> tuple[str, str]:
    """apt's file name -> package and version: `asterisk_1%3a22.10-1_amd64.deb` -> (asterisk, 1:22.10-1)."""
    name, version, _ = file_name.removesuffix(".deb").split("_", 2)
    return name, unquote(version)


def list_digest(sha256_by_file: Mapping[str, str]) -> str:
    """One digest for the whole list, in the line format of sha256sum(1), sorted by file name."""
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(sha256_by_file.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
