"""The words that people wrote over the built-in ones: reading and use cases, in the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.database import insert_unless_exists
from callcore.kernel.errors import Conflict, Forbidden, NotFound
from callcore.messaging.choose_messages import EDITORS
from callcore.messaging.matrix import EVENTS, Cell, Channel, Recipient
from callcore.messaging.tables import TemplateRow
from callcore.messaging.texts import Texts, Words
from callcore.network.model import Viewer


@dataclass(frozen=True, slots=True)
class StoredWords:
    """`version` 0: the built-in ones."""

    words: Words
    version: int


async def own_words(session: AsyncSession, event: str) -> Mapping[Cell, Words]:
    rows = await session.scalars(select(TemplateRow).where(TemplateRow.event == event))
    return {(Recipient(row.recipient), Channel(row.channel)): Words(row.subject, row.body) for row in rows}


async def changed_cells(session: AsyncSession) -> frozenset[tuple[str, str, str]]:
    """(event, recipient, channel) that have words of their own."""
    found = await session.execute(select(TemplateRow.event, TemplateRow.recipient, TemplateRow.channel))
    return frozenset((row.event, row.recipient, row.channel) for row in found)


async def words_of(
    session: AsyncSession, texts: Texts, event: str, recipient: Recipient, channel: Channel
) -> StoredWords:
    """Raises NotFound for what is never told."""
    check_cell(event, recipient, channel)
    row = await session.scalar(_row(event, recipient, channel))
    if row is None:
        return StoredWords(texts.built_in(event, recipient, channel), 0)
    return StoredWords(Words(row.subject, row.body), row.version)


async def write_words(
    session: AsyncSession,
    viewer: Viewer,
    texts: Texts,
    cell: tuple[str, Recipient, Channel],
    words: Words,
    *,
    shown: int,
    now: datetime,
) -> None:
    """Raises Forbidden, NotFound, Invalid (fields subject, body), Conflict("words-changed")."""
    event, recipient, channel = cell
    check_editor(viewer)
    check_cell(event, recipient, channel)
    texts.check(event, channel, words)
    values = {"subject": words.subject.strip(), "body": words.body.strip(), "version": shown + 1, "at": now}
    if shown == 0:
        keys = {"event": event, "recipient": recipient.value, "channel": channel.value}
        is_written = await insert_unless_exists(
            session, TemplateRow, **keys, **values, user_id=viewer.user_id
        )
    else:
        is_written = (
            await session.scalar(
                update(TemplateRow)
                .where(TemplateRow.event == event, TemplateRow.recipient == recipient.value)
                .where(TemplateRow.channel == channel.value, TemplateRow.version == shown)
                .values(**values, user_id=viewer.user_id)
                .returning(TemplateRow.id)
                .execution_options(synchronize_session=False)
            )
            is not None
        )
    if not is_written:
        raise Conflict("words-changed")
    _note(session, viewer, cell, "written", now)


async def forget_words(
    session: AsyncSession, viewer: Viewer, cell: tuple[str, Recipient, Channel], *, now: datetime
) -> None:
    """Back to the built-in words. Raises Forbidden, NotFound."""
    check_editor(viewer)
    check_cell(*cell)
    event, recipient, channel = cell
    await session.execute(
        delete(TemplateRow)
        .where(TemplateRow.event == event, TemplateRow.recipient == recipient.value)
        .where(TemplateRow.channel == channel.value)
    )
    _note(session, viewer, cell, "reset", now)


def check_editor(viewer: Viewer) -> None:
    if viewer.role not in EDITORS:
        raise Forbidden("not-editor")


def check_cell(event: str, recipient: Recipient, channel: Channel) -> None:
    if event not in EVENTS or not EVENTS[event].offers(recipient, channel):
        raise NotFound("no-such-message")


def _row(event: str, recipient: Recipient, channel: Channel) -> Select[TemplateRow]:
    return select(TemplateRow).where(
        TemplateRow.event == event,
        TemplateRow.recipient == recipient.value,
        TemplateRow.channel == channel.value,
    )


def _note(
    session: AsyncSession, viewer: Viewer, cell: tuple[str, Recipient, Channel], what: str, now: datetime
) -> None:
    audit.record(
        session,
        at=now,
        actor_id=viewer.user_id,
        action=f"words:{what}",
        entity="message_template",
        entity_id="/".join(cell),
    )
