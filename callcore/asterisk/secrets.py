"""Passwords of machines (AMI users, SIP accounts, trunks): generated once, kept in one file that only we can read."""

import json
import os
from pathlib import Path

from callcore.kernel.ids import secret_token


class PbxSecrets:
    """A map name -> secret. Names: ami, phone:p12, trunk:main. Missing ones are made and written at once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._values: dict[str, str] = {}
        if file.exists():
            self._values = json.loads(file.read_text(encoding="utf-8"))

    def get(self, *names: str) -> dict[str, str]:
        """The named secrets; the file is replaced atomically when one had to be made."""
        missing = [name for name in names if name not in self._values]
        if missing:
            self._values.update({name: secret_token() for name in missing})
            self._write()
        return {name: self._values[name] for name in names}

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        with os.fdopen(
            os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as stream:
            json.dump(self._values, stream, indent=1, sort_keys=True)
        fresh.replace(self._file)
