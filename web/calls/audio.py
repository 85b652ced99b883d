"""A recording as bytes: by ranges for the player, whole for a download."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

from callcore.calls.recording_views import CopyView
from web.calls.services import ReadCopy

_SUFFIXES = {"audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/wav": "wav"}


class RecordingFile(web.FileResponse):
    """One file with HTTP Range. Kept by the browser only as long as each use is asked for: rights may end."""

    def __init__(self, path: Path, mime: str, download_as: str = "") -> None:
        super().__init__(path, headers=_headers(mime, download_as))

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """aiohttp knows If-Range as a date only: with an entity tag of old the whole file must go (RFC 9110, 13.1.5)."""
        asked = request.headers.get(hdrs.IF_RANGE, "").strip()
        if not asked or _is_date(asked) or asked == await asyncio.to_thread(_etag, self._path):
            return await super().prepare(request)
        whole = CIMultiDict(request.headers)
        whole.pop(hdrs.RANGE, None)
        whole.pop(hdrs.IF_RANGE, None)
        return await super().prepare(request.clone(headers=whole))


class RecordingStream(web.StreamResponse):
    """One file of a distant store with HTTP Range (RFC 9110, 14): read through us, never by a link to the store."""

    def __init__(self, read: ReadCopy, copy: CopyView, download_as: str = "") -> None:
        super().__init__(headers=_headers(copy.mime, download_as))
        self._read, self._copy = read, copy
        self._first = b""
        self._rest: AsyncIterator[bytes] | None = None

    async def begin(self, request: web.BaseRequest) -> None:
        """What is sent, and the first piece of it: a store that is away, or has lost the file, is told before the head
        is sent. Raises NotFound, StoreUnavailable."""
        etag, size = f'"{self._copy.sha256[:32]}"', self._copy.size_bytes
        self.headers.update({hdrs.ETAG: etag, hdrs.ACCEPT_RANGES: "bytes", hdrs.VARY: hdrs.ACCEPT})
        if etag in request.headers.get(hdrs.IF_NONE_MATCH, ""):
            self.set_status(304)
            return
        part = _part(request, etag, size)
        if part is None:
            self.set_status(416)
            self.headers[hdrs.CONTENT_RANGE] = f"bytes */{size}"
            self.content_length = 0
            return
        start, end, is_part = part
        if is_part:
            self.set_status(206)
            self.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{end - 1}/{size}"
        self.content_length = end - start
        if request.method != hdrs.METH_HEAD:
            self._rest = self._read(self._copy, start, end - start)
            self._first = await anext(self._rest, b"")

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Sends everything; what a store breaks off ends the connection, so that nobody takes a part for the whole."""
        writer = await super().prepare(request)
        if self._rest is not None:
            await self.write(self._first)
            async for piece in self._rest:
                await self.write(piece)
        return writer


def _part(request: web.BaseRequest, etag: str, size: int) -> tuple[int, int, bool] | None:
    """Of the file, end exclusive, and whether a part was asked for; None when it has no such part. A Range that makes no
    sense is passed over."""
    if_range = request.headers.get(hdrs.IF_RANGE, "").strip()
    if if_range and if_range != etag:
        return 0, size, False
    try:
        asked = request.http_range
    except ValueError:
        return 0, size, False
    start, end = asked.start, asked.stop
    if start is None and end is None:
        return 0, size, False
    start = start or 0
    if start < 0:
        return max(0, size + start), size, True
    if start >= size:
        return None
    return start, min(end, size) if end is not None else size, True


def _headers(mime: str, download_as: str) -> CIMultiDict[str]:
    headers = CIMultiDict({hdrs.CACHE_CONTROL: "private, no-cache", hdrs.CONTENT_TYPE: mime})
    if download_as:
        headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{download_as}"'
    return headers


def file_name(started_at: datetime, recording_id: int, mime: str) -> str:
    """«call-20260316-0900-17.mp3»: the instant in UTC and our own id, nothing of the customer."""
    return f"call-{started_at.astimezone(UTC):%Y%m%d-%H%M}-{recording_id}.{_SUFFIXES.get(mime, 'bin')}"


def _etag(path: Path) -> str:
    """The tag that aiohttp gives to this file; empty when it is gone."""
    try:
        stat = path.stat()
    except OSError:
        return ""
    return f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'


def _is_date(text: str) -> bool:
    try:
        parsedate_to_datetime(text)
    except ValueError:
        return False
    return True
