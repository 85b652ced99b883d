"""Playable files in a bucket that speaks S3: Amazon, MinIO, Ceph, the clouds. The one door to botocore, which blocks: each
request runs in a few threads of its own, so that a slow bucket never takes those of the rest. Imported only where a bucket
is set up: botocore is large."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.session import Session

from callcore.kernel.errors import NotFound, StoreUnavailable
from recordings.model import MIME
from recordings.store import PIECE_BYTES, StoredFile

T = TypeVar("T")
_THREADS = 4
_ATTEMPTS = 4
_CONNECT_S = 5.0
_GONE = ("404", "NoSuchKey", "NotFound")


@dataclass(frozen=True, slots=True, repr=False)
class S3Settings:
    """`prefix` stands before every key, without a slash at its end. `read_s` bounds one answer, `limit_s` one method with
    its repeats."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    prefix: str = ""
    read_s: float = 20.0
    limit_s: float = 120.0


class S3Store:
    """See recordings.store.RecordingStore. Reading and putting the same bytes again are harmless, so both are repeated."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="s3")
        self._made: Any = None
        self._making = asyncio.Lock()

    @property
    def name(self) -> str:
        return "s3"

    async def put(self, key: str, file: Path, *, sha256: str, mime: str) -> None:
        """What is kept is read back: a checksum of the sender proves nothing about the disk of the keeper."""
        place = self._key(key)

        def send(client: Any) -> None:
            with file.open("rb") as body:
                client.put_object(
                    Bucket=self._settings.bucket,
                    Key=place,
                    Body=body,
                    ContentType=mime,
                    Metadata={"sha256": sha256},
                )

        await self._ask(send)
        kept = hashlib.sha256()
        async for piece in self.read(key):
            kept.update(piece)
        if kept.hexdigest() != sha256:
            raise StoreUnavailable("copy-differs", key=key)

    async def size(self, key: str) -> int | None:
        place = self._key(key)
        try:
            head = await self._ask(
                lambda client: client.head_object(Bucket=self._settings.bucket, Key=place), missing=True
            )
        except NotFound:
            return None
        return int(head["ContentLength"])

    async def read(self, key: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        if length == 0:
            return
        end = "" if length is None else str(start + length - 1)
        asked = {"Bucket": self._settings.bucket, "Key": self._key(key)}
        if start or end:
            asked["Range"] = f"bytes={start}-{end}"
        answer = await self._ask(lambda client: client.get_object(**asked), missing=True)
        body = answer["Body"]
        try:
            while piece := await self._in_thread(partial(body.read, PIECE_BYTES)):
                yield piece
        finally:
            body.close()

    async def delete(self, key: str) -> None:
        place = self._key(key)
        await self._ask(lambda client: client.delete_object(Bucket=self._settings.bucket, Key=place))

    async def days(self) -> tuple[str, ...]:
        """Three levels of folders, level by level: never all keys."""
        found = [""]
        for _ in range(3):
            deeper = [await self._ask(partial(self._folders, below)) for below in found]
            found = [folder for folders in deeper for folder in folders]
        return tuple(sorted(folder.rstrip("/") for folder in found))

    def _folders(self, below: str, client: Any) -> list[str]:
        return [
            folder["Prefix"].removeprefix(self._root)
            for page in self._pages(client, below, Delimiter="/")
            for folder in page.get("CommonPrefixes", ())
            if folder["Prefix"].rstrip("/").rpartition("/")[2].isdigit()
        ]

    async def files(self, day: str) -> tuple[StoredFile, ...]:
        _ = self._key(day)

        def look(client: Any) -> list[StoredFile]:
            return [
                StoredFile(item["Key"].removeprefix(self._root), int(item["Size"]))
                for page in self._pages(client, f"{day}/")
                for item in page.get("Contents", ())
                if item["Key"].rpartition(".")[2] in MIME
            ]

        return tuple(sorted(await self._ask(look), key=lambda one: one.key))

    def path(self, key: str) -> Path | None:  # noqa: ARG002 - the port's
        return None

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    # --- asking ---------------------------------------------------------------------------------------------------

    @property
    def _root(self) -> str:
        return f"{self._settings.prefix}/" if self._settings.prefix else ""

    def _key(self, key: str) -> str:
        parts = PurePosixPath(key).parts
        if not key or "\0" in key or key.startswith("/") or ".." in parts:
            raise NotFound("recording-path-refused")
        return f"{self._root}{key}"

    def _pages(self, client: Any, below: str, **more: str) -> Any:
        asking = client.get_paginator("list_objects_v2")
        return asking.paginate(Bucket=self._settings.bucket, Prefix=f"{self._root}{below}", **more)

    async def _ask(self, work: Callable[[Any], T], *, missing: bool = False) -> T:
        client = await self._client()
        return await self._in_thread(partial(work, client), missing=missing)

    async def _client(self) -> Any:
        async with self._making:
            if self._made is None:
                self._made = await self._in_thread(self._make)
        return self._made

    def _make(self) -> Any:
        told = self._settings
        return Session().create_client(
            "s3",
            endpoint_url=told.endpoint or None,
            region_name=told.region,
            aws_access_key_id=told.access_key,
            aws_secret_access_key=told.secret_key,
            config=Config(
                connect_timeout=_CONNECT_S,
                read_timeout=told.read_s,
                retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                max_pool_connections=_THREADS,
                s3={"addressing_style": "path"},
            ),
        )

    async def _in_thread(self, work: Callable[[], T], *, missing: bool = False) -> T:
        try:
            async with asyncio.timeout(self._settings.limit_s):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except ClientError as exc:
            code = str(exc.response.get("Error", {}).get("Code", ""))
            if missing and code in _GONE:
                raise NotFound("recording-file-missing") from exc
            raise StoreUnavailable("store-refused", code) from exc
        except (BotoCoreError, HTTPClientError, OSError, TimeoutError) as exc:
            raise StoreUnavailable("store-away", type(exc).__name__) from exc
