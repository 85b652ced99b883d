"""Use cases: an administrator records a phrase instead of the synthesiser, hears it, takes it back. A new one replaces the old
one; the old ones stay as versions."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Final

from sqlalchemy import select, update

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, Invalid, NotFound
from callcore.network.model import Viewer
from callcore.network.tables import UserRow
from callcore.orders.file_store import FileStore
from callcore.outbound.robot.change_settings import EDITORS, READERS
from callcore.outbound.robot.numerals import ALL_WORDS
from callcore.outbound.robot.speech import PHRASES
from callcore.outbound.robot.voices import RobotVoice
from callcore.outbound.tables import VoicePhraseRow

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_SECONDS: Final = 30.0
MIN_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Converted:
    """8 kHz, mono, 16 bits, even loudness."""

    wav: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class PhraseLine:
    """`at` None: the synthesiser speaks. `version` counts the recordings that there were."""

    name: str
    title: str
    text: str
    is_word: bool
    at: datetime | None
    author: str
    file_name: str
    duration_ms: int
    version: int


class RobotPhrases:
    """Each voice has a set of its own. `convert` raises Invalid (field file): no-sound, unknown-kind, too-long, too-short.
    `renew` is told after a change."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        store: FileStore,
        convert: Callable[[bytes], Awaitable[Converted]],
        renew: Callable[[RobotVoice, Mapping[str, Path]], Awaitable[None]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._store = store
        self._convert = convert
        self._renew = renew

    async def list(self, viewer: Viewer, voice: RobotVoice) -> tuple[PhraseLine, ...]:
        """Sentences, then the words of numbers. Raises Forbidden."""
        if viewer.role not in READERS:
            raise Forbidden("not-reader")
        async with self._database.session() as session:
            found = (
                await session.execute(
                    select(VoicePhraseRow, UserRow.full_name)
                    .outerjoin(UserRow, UserRow.id == VoicePhraseRow.user_id)
                    .where(VoicePhraseRow.voice == voice.shelf)
                    .order_by(VoicePhraseRow.id)
                )
            ).all()
        kept = {row.name: (row, author or "") for row, author in found if row.replaced_at is None}
        counts: dict[str, int] = {}
        for row, _ in found:
            counts[row.name] = counts.get(row.name, 0) + 1
        known = [(one.name, one.title, one.text, False) for one in PHRASES.values()]
        known += [(word, word, word, True) for word in ALL_WORDS]
        return tuple(
            _phrase(name, title, text, is_word, kept.get(name), counts.get(name, 0))
            for name, title, text, is_word in known
        )

    async def upload(self, viewer: Viewer, voice: RobotVoice, name: str, file_name: str, data: bytes) -> None:
        """Raises Forbidden, NotFound, Invalid (field file), OSError."""
        self._check(viewer, name)
        if not data or len(data) > MAX_BYTES:
            raise Invalid("file-wrong", fields={"file": "too-big" if data else "empty"})
        converted = await self._convert(data)
        if not MIN_SECONDS <= converted.seconds <= MAX_SECONDS:
            raise Invalid("file-wrong", fields={"file": "too-long" if converted.seconds > 1 else "too-short"})
        stored = await self._store.keep(BytesIO(converted.wav))
        now = self._clock.now()
        row = VoicePhraseRow(
            voice=voice.shelf,
            name=name,
            sha256=stored.sha256,
            file_name=file_name[:100],
            duration_ms=round(converted.seconds * 1000),
            at=now,
            user_id=viewer.user_id,
        )
        await self._replace(viewer, voice, name, now, "phrase:recorded", row)

    async def restore(self, viewer: Viewer, voice: RobotVoice, name: str) -> None:
        """The synthesiser again. Raises Forbidden, NotFound."""
        self._check(viewer, name)
        await self._replace(viewer, voice, name, self._clock.now(), "phrase:restored", None)

    async def file(self, viewer: Viewer, voice: RobotVoice, name: str) -> Path | None:
        """The recorded one; None while the synthesiser speaks. Raises Forbidden, NotFound."""
        if viewer.role not in READERS:
            raise Forbidden("not-reader")
        return (await self.recorded(voice)).get(name)

    async def recorded(self, voice: RobotVoice) -> Mapping[str, Path]:
        """Files in force, by the name of the phrase; one whose bytes are lost is left out."""
        async with self._database.session() as session:
            rows = await session.execute(
                select(VoicePhraseRow.name, VoicePhraseRow.sha256).where(
                    VoicePhraseRow.voice == voice.shelf, VoicePhraseRow.replaced_at.is_(None)
                )
            )
            kept = [(str(name), str(sha256)) for name, sha256 in rows]
        found: dict[str, Path] = {}
        for name, sha256 in kept:
            try:
                found[name] = await self._store.path(sha256)
            except NotFound:
                continue
        return found

    async def _replace(
        self,
        viewer: Viewer,
        voice: RobotVoice,
        name: str,
        now: datetime,
        action: str,
        row: VoicePhraseRow | None,
    ) -> None:
        async with self._database.transaction() as session:
            await session.execute(
                update(VoicePhraseRow)
                .where(
                    VoicePhraseRow.voice == voice.shelf,
                    VoicePhraseRow.name == name,
                    VoicePhraseRow.replaced_at.is_(None),
                )
                .values(replaced_at=now)
            )
            if row is not None:
                session.add(row)
            audit.record(
                session,
                at=now,
                actor_id=viewer.user_id,
                action=action,
                entity="phrase",
                entity_id=name,
                voice=voice.title,
            )
        await self._renew(voice, await self.recorded(voice))

    def _check(self, viewer: Viewer, name: str) -> None:
        if viewer.role not in EDITORS:
            raise Forbidden("not-editor")
        if name not in PHRASES and name not in ALL_WORDS:
            raise NotFound("phrase-unknown")


def _phrase(
    name: str, title: str, text: str, is_word: bool, kept: tuple[VoicePhraseRow, str] | None, version: int
) -> PhraseLine:
    if kept is None:
        return PhraseLine(name, title, text, is_word, None, "", "", 0, version)
    row, author = kept
    return PhraseLine(name, title, text, is_word, row.at, author, row.file_name, row.duration_ms, version)
