"""The rows of recordings as a queue: whoever takes one bumps `attempts`, and only the holder of the newest attempt may end it.

So two workers never end the same row twice, and a killed one's row is free again when its lease (`due_at`) has passed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select, union

from callcore.calls.model import RecordingKind, RecordingState
from callcore.kernel.database import Database, unless_exists
from recordings import rows
from recordings.model import Converted, Copy, Failed, RecordingSettings, Silent, Span
from recordings.names import call_id_of
from recordings.rows import RECORDINGS, Entry, Finished

_SETTLE_AFTER: Final = timedelta(seconds=2)
_UNDER_WAY: Final = (RecordingState.PENDING, RecordingState.PROCESSING, RecordingState.FAILED)


@dataclass(frozen=True, slots=True)
class Owed:
    """Rows of the bases in question and those to which a file is still owed; which of the calls have ended."""

    entries: tuple[Entry, ...]
    ended_calls: frozenset[str]


class RecordingQueue:
    def __init__(self, database: Database, settings: RecordingSettings) -> None:
        self._database = database
        self._settings = settings

    async def owed(self, bases: Iterable[str]) -> Owed:
        names = list(bases)

        def look(connection: Connection) -> Owed:
            entries = (*rows.entries_of(connection, names), *rows.open_entries(connection))
            return Owed(entries, rows.ended_calls(connection, map(call_id_of, names)))

        return await self._database.read(look)

    async def open_entries(self) -> tuple[Entry, ...]:
        """Rows to which a file is still owed, oldest first."""
        return await self._database.read(rows.open_entries)

    async def entries_of(self, bases: Iterable[str]) -> tuple[Entry, ...]:
        """Rows of these bases in any state."""
        wanted = list(bases)
        return await self._database.read(lambda connection: rows.entries_of(connection, wanted))

    async def entries_after(self, last_id: int, state: RecordingState) -> tuple[Entry, ...]:
        """A page of rows in one state, by id, for the nightly comparison."""
        return await self._database.read(lambda connection: rows.entries_after(connection, last_id, state))

    async def joins_of(self, claim: Entry) -> tuple[Span, ...]:
        """When those who were asked first talked with the customer of this call."""
        return await self._database.read(lambda connection: rows.joins_of(connection, claim.call_id))

    async def copies_of(self, entries: Sequence[Entry]) -> dict[int, tuple[Copy, ...]]:
        """By recording, the main one first."""
        return await self._database.read(lambda connection: rows.copies_of(connection, entries))

    async def known_paths(self, folder: str) -> frozenset[str]:
        """Paths of all rows and copies whose file lies in one folder, e.g. `2025/11/22`."""
        wanted = union(
            *(
                select(table.c.path).where(table.c.path.startswith(f"{folder}/", autoescape=True))
                for table in (RECORDINGS, rows.COPIES)
            )
        )
        return await self._database.read(lambda connection: frozenset(connection.scalars(wanted)))

    async def adopt(self, base: str, kind: RecordingKind, started_at: datetime) -> None:
        """Make the row of files that nobody announced. A row that appeared meanwhile stays as it is."""
        values = {
            "call_id": call_id_of(base),
            "kind": kind,
            "base": base,
            "state": RecordingState.PENDING,
            "started_at": started_at,
        }

        def make(connection: Connection) -> None:
            connection.execute(unless_exists(connection, RECORDINGS), values)

        await self._database.write(make)

    async def claim(self, entries: Sequence[Entry], now: datetime) -> list[Entry]:
        """Take rows; those that somebody else was quicker to take are left out."""
        lease_ends = now + timedelta(seconds=self._settings.lease_s)

        def take(connection: Connection) -> list[Entry]:
            claims = []
            for entry in entries:
                attempts = entry.attempts + 1
                mine = {"state": RecordingState.PROCESSING, "attempts": attempts, "due_at": lease_ends}
                if rows.change(connection, entry, mine) is not None:
                    claims.append(replace(entry, state=RecordingState.PROCESSING, attempts=attempts))
            return claims

        return await self._database.write(take)

    async def renew(self, claim: Entry, now: datetime) -> bool:
        """Prolong the lease; false when the row is no longer ours."""
        return await self._change(claim, due_at=now + timedelta(seconds=self._settings.lease_s))

    async def release(self, claim: Entry) -> None:
        """Give a row back undone, at a graceful stop."""
        await self._change(claim, state=RecordingState.PENDING, attempts=claim.attempts, due_at=None)

    async def restart(self, entry: Entry) -> bool:
        """Begin anew, with all attempts, a row whose originals are still there."""
        return await self._change(
            entry, state=RecordingState.PENDING, attempts=0, due_at=None, path="", error=""
        )

    async def finish_ready(
        self, claim: Entry, made: Converted, copies: Sequence[Copy], now: datetime
    ) -> Finished:
        """The row with its copies, the call's mark and its events in one transaction."""
        main = copies[0]
        values: dict[str, Any] = {
            "state": RecordingState.READY,
            "path": main.path,
            "mime": main.mime,
            "size_bytes": main.size_bytes,
            "sha256": main.sha256,
            "duration_ms": made.duration_ms,
            "waveform": {"customer": list(made.waveform.customer), "ours": list(made.waveform.ours)},
            "loudness_lufs": made.measured.loudness_lufs,
            "silence_share": made.measured.silence_share,
            "talk_share": made.measured.talk_share,
            "error": ",".join(made.notes),
            "due_at": now + _SETTLE_AFTER,
        }
        return await self._database.write(
            lambda connection: rows.finish(connection, claim, values, now, copies)
        )

    async def finish_empty(self, claim: Entry, silent: Silent, now: datetime) -> Finished:
        return await self._finish(claim, _empty(silent, now), now)

    async def finish_bare(self, entries: Sequence[Entry], now: datetime) -> list[Finished]:
        """Rows whose files hold nothing: taken and ended at once, together."""
        nothing = _empty(Silent(0, may_delete=True), now)
        return await self._database.write(lambda connection: rows.end_empty(connection, entries, nothing))

    async def finish_failed(self, claim: Entry, failed: Failed, now: datetime) -> Finished:
        """Plan the next attempt, or give up and tell it in the call."""
        is_last = not failed.code.is_curable or claim.attempts >= self._settings.max_attempts
        values = {
            "state": RecordingState.FAILED,
            "error": failed.code.value,
            "due_at": None if is_last else now + self._settings.retry_after(claim.attempts),
        }
        return await self._finish(claim, values, now)

    async def lose_file(self, entry: Entry, now: datetime) -> None:
        """A finished row whose file is gone, with no original to make it from again."""
        values = {"state": RecordingState.FAILED, "error": "file-missing", "due_at": None}
        await self._finish(entry, values, now)

    async def counts(self) -> tuple[int, int]:
        """Rows that wait or are at work, and rows given up."""
        state = RECORDINGS.c.state
        query = select(state, func.count()).where(state.in_(_UNDER_WAY)).group_by(state)
        found = await self._database.read(lambda connection: connection.execute(query).all())
        by_state = {state: int(count) for state, count in found}
        failed = by_state.pop(RecordingState.FAILED, 0)
        return sum(by_state.values()), failed

    async def _change(self, entry: Entry, **values: Any) -> bool:
        return (
            await self._database.write(lambda connection: rows.change(connection, entry, values)) is not None
        )

    async def _finish(self, claim: Entry, values: dict[str, Any], now: datetime) -> Finished:
        return await self._database.write(lambda connection: rows.finish(connection, claim, values, now))


def _empty(silent: Silent, now: datetime) -> dict[str, Any]:
    return {
        "state": RecordingState.EMPTY,
        "duration_ms": silent.duration_ms,
        "error": "",
        "due_at": now + _SETTLE_AFTER,
    }
