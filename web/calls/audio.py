"""A recording as bytes: by ranges for the player, whole for a download."""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

_SUFFIXES = {"audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/wav": "wav"}


class RecordingFile(web.FileResponse):
    """One file with HTTP Range. Kept by the browser only as long as each use is asked for: rights may end."""

    def __init__(self, path: Path, mime: str, download_as: str = "") -> None:
        headers = CIMultiDict({hdrs.CACHE_CONTROL: "private, no-cache", hdrs.CONTENT_TYPE: mime})
        if download_as:
            headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{download_as}"'
        super().__init__(path, headers=headers)

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """aiohttp knows If-Range as a date only: with an entity tag of old the whole file must go (RFC 9110, 13.1.5)."""
        asked = request.headers.get(hdrs.IF_RANGE, "").strip()
        if not asked or _is_date(asked) or asked == await asyncio.to_thread(_etag, self._path):
            return await super().prepare(request)
        whole = CIMultiDict(request.headers)
        whole.pop(hdrs.RANGE, None)
        whole.pop(hdrs.IF_RANGE, None)
        return await super().prepare(request.clone(headers=whole))


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
