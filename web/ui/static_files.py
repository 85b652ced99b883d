"""Our own style, script, font and picture files under one address that changes with their content."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

FOREVER = "public, max-age=31536000, immutable"
_TEXT = frozenset({".css", ".js", ".svg", ".webmanifest", ".json"})
_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    body: bytes
    gzipped: bytes | None
    content_type: str


class StaticFiles:
    """All files of one folder, held in memory (about 1 MB) and named `/static/<hash of all>/<path>`.

    One hash for the whole folder keeps relative imports and font addresses inside the files valid.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }
        digest = hashlib.sha256()
        for name, file in self._files.items():
            digest.update(f"{name}\0{len(file.body)}\0".encode())
            digest.update(file.body)
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """For templates: `static('app.css')`. A misspelt name fails loudly instead of giving a dead link."""
        if name not in self._files:
            raise LookupError(f"no static file {name!r}; for vendor files run web.ui.assets.install")
        return f"/static/{self.version}/{name}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        file = self._files.get(request.match_info["path"])
        if file is None:
            raise web.HTTPNotFound
        # An open page may ask with the hash of the previous release: it gets today's file, uncached.
        fresh = request.match_info["version"] == self.version
        headers = {"Cache-Control": FOREVER if fresh else "no-cache", "Vary": "Accept-Encoding"}
        body = file.body
        if file.gzipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            body = file.gzipped
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, content_type=file.content_type, headers=headers)


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    small = gzip.compress(body, 6, mtime=0) if path.suffix in _TEXT else None
    return StaticFile(body, small, kind)
