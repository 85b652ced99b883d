"""Files of logos in one folder, named by their content: the same picture is kept once and never changes."""

import asyncio
import hashlib
import re
import secrets
from pathlib import Path

from callcore.kernel.errors import NotFound
from callcore.network.logos import MIME, Picture, read_logo

_NAME = re.compile(r"[0-9a-f]{32}\.(png|jpg|webp)")


class LogoStore:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, data: bytes) -> str:
        """The name of the file. Raises Invalid as read_logo, OSError."""
        picture = read_logo(data)
        return await asyncio.to_thread(self._write, picture)

    async def read(self, name: str) -> tuple[bytes, str]:
        """Bytes and MIME type. Raises NotFound."""
        if not _NAME.fullmatch(name):
            raise NotFound("no-such-logo")
        try:
            body = await asyncio.to_thread((self._folder / name).read_bytes)
        except FileNotFoundError:
            raise NotFound("no-such-logo") from None
        return body, MIME[name.rpartition(".")[2]]

    def _write(self, picture: Picture) -> str:
        name = f"{hashlib.sha256(picture.body).hexdigest()[:32]}.{picture.extension}"
        path = self._folder / name
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = self._folder / f".{secrets.token_hex(8)}"
            fresh.write_bytes(picture.body)
            fresh.replace(path)
        return name
