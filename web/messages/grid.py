"""The matrix as a grid of ticks on a page, and what was changed in it. Pure.

The form carries what was shown, so that only what this person changed is written: ticks that somebody else has set
meanwhile stay.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from callcore.messaging.matrix import EVENTS, Channel, Choices, EventKind, Recipient
from callcore.messaging.recipients import ADMINS
from callcore.network.model import Viewer

Cell = tuple[str, Recipient, Channel]
ON_SHOWN: Final = "shown"


@dataclass(frozen=True, slots=True)
class Tick:
    name: str
    channel: Channel
    is_on: bool
    is_locked: bool


@dataclass(frozen=True, slots=True)
class Row:
    """`cells` by recipient, in the order of the columns; empty where the event is not offered."""

    event: EventKind
    cells: tuple[tuple[Recipient, tuple[Tick, ...]], ...]


def grid(
    recipients: Iterable[Recipient], is_on: Callable[[EventKind, Recipient, Channel], bool]
) -> dict[str, list[Row]]:
    """By group, only events that are offered to somebody of `recipients`."""
    columns, groups = tuple(recipients), dict[str, list[Row]]()
    for event in EVENTS.values():
        cells = tuple((one, _ticks(event, one, is_on)) for one in columns)
        if any(ticks for _, ticks in cells):
            groups.setdefault(event.group, []).append(Row(event, cells))
    return groups


def _ticks(
    event: EventKind, recipient: Recipient, is_on: Callable[[EventKind, Recipient, Channel], bool]
) -> tuple[Tick, ...]:
    return tuple(
        Tick(
            name_of(event.code, recipient, channel),
            channel,
            is_on(event, recipient, channel),
            (recipient, channel) in event.locked,
        )
        for channel in Channel
        if event.offers(recipient, channel)
    )


def name_of(code: str, recipient: Recipient, channel: Channel) -> str:
    return f"{code}/{recipient}/{channel}"


def changed(form: Mapping[str, Any], groups: Mapping[str, list[Row]]) -> dict[Cell, bool]:
    """Ticks that differ from what was shown; names that are on no page of ours are passed over."""
    shown = set(str(form.get(ON_SHOWN, "")).split())
    wanted: dict[Cell, bool] = {}
    for rows in groups.values():
        for row in rows:
            for recipient, ticks in row.cells:
                for tick in ticks:
                    is_on = tick.name in form
                    if not tick.is_locked and is_on != (tick.name in shown):
                        wanted[row.event.code, recipient, tick.channel] = is_on
    return wanted


def shown_of(groups: Mapping[str, list[Row]]) -> str:
    """For the hidden field."""
    return " ".join(
        tick.name
        for rows in groups.values()
        for row in rows
        for _, ticks in row.cells
        for tick in ticks
        if tick.is_on
    )


def own_recipients(viewer: Viewer, event: EventKind) -> frozenset[Recipient]:
    """As what this person is meant, when the order or task is his or of his organisation."""
    if viewer.is_staff:
        meant = {Recipient.MANAGER} | ({Recipient.ADMIN} if viewer.role in ADMINS else set())
    else:
        meant = {Recipient.MANAGER, Recipient.DEALER}
    return frozenset(meant & set(event.on))


def own_groups(viewer: Viewer, choices: Mapping[str, Choices]) -> dict[str, list[Row]]:
    """One column: this person. Staff may ask for whatever the factory is told; of a dealer's people each sees his own."""
    groups: dict[str, list[Row]] = {}
    for event in EVENTS.values():
        meant = own_recipients(viewer, event)
        if not meant and not (viewer.is_staff and Recipient.ADMIN in event.on):
            continue
        ticks = tuple(
            Tick(
                name_of(event.code, Recipient.SELF, channel),
                channel,
                choices[event.code].for_person(viewer.user_id, viewer.org_id, meant, channel),
                any((one, channel) in event.locked for one in meant),
            )
            for channel in Channel
        )
        groups.setdefault(event.group, []).append(Row(event, ((Recipient.SELF, ticks),)))
    return groups
