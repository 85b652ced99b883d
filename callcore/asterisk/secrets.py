"""Passwords of machines (AMI users, SIP accounts, trunks): generated once, kept in one file that only we can read."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from callcore.kernel.ids import secret_token

_RENEWED: Final = "renewals"  # a counter among the names


class PbxSecrets:
    """A map name -> secret. Names: ami, phone:p12, trunk:main. Several processes may ask at once: what is missing is made
    under a lock, after another look at the file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def get(self, *names: str) -> dict[str, str]:
        """The named secrets; the file is replaced atomically when one had to be made."""
        values = self._read()
        if any(name not in values for name in names):
            values = self._add(names)
        return {name: values[name] for name in names}

    def renew(self, name: str) -> str:
        """Another secret in place of one that was lost; the old one is worth nothing once the PBX has read its files."""
        with self._locked():
            values = self._read()
            values[name] = secret_token()
            values[_RENEWED] = str(self._count(values) + 1)
            self._replace(values)
        return values[name]

    def renewals(self) -> int:
        """Grows with each secret that was renewed, for who has to tell the PBX."""
        return self._count(self._read())

    @staticmethod
    def _count(values: dict[str, str]) -> int:
        return int(values.get(_RENEWED, "0"))

    def _read(self) -> dict[str, str]:
        if not self._file.exists():
            return {}
        values: dict[str, str] = json.loads(self._file.read_text(encoding="utf-8"))
        return values

    def _add(self, names: tuple[str, ...]) -> dict[str, str]:
        with self._locked():
            known = self._read()
            values = {name: secret_token() for name in names} | known
            self._replace(values)
        return values

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _replace(self, values: dict[str, str]) -> None:
        fresh = self._file.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(values, stream, indent=1, sort_keys=True)
        fresh.replace(self._file)
