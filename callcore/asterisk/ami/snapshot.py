"""Rows of CoreShowChannels and DeviceStateList -> our values. Pure."""

import re
from collections.abc import Iterable, Mapping

from callcore.asterisk.ami.headers import ParsedEvent
from callcore.asterisk.ami.translate import person, phone_state
from callcore.calls.facts import LiveChannel

Row = Mapping[str, str | list[str]]


def live_channels(rows: Iterable[Row]) -> tuple[LiveChannel, ...]:
    """Rows that name no channel (the closing CoreShowChannelsComplete) are passed over."""
    found = (_live_channel(ParsedEvent(row)) for row in rows)
    return tuple(live for live in found if live is not None)


def phone_states(rows: Iterable[Row]) -> dict[str, str]:
    """Phone key -> our word, for the phones among the devices."""
    events = [ParsedEvent(row) for row in rows]
    found = (phone_state(event.text("Device"), event.text("State")) for event in events)
    return dict(known for known in found if known is not None)


def _live_channel(row: ParsedEvent) -> LiveChannel | None:
    channel = row.channel()
    if channel is None:
        return None
    return LiveChannel(
        channel=channel,
        state=row.text("ChannelStateDesc"),
        caller_number=person(row, "CallerIDNum"),
        caller_name=person(row, "CallerIDName"),
        extension=row.text("Exten"),
        context=row.text("Context"),
        bridge_id=row.text("BridgeId"),
        duration_s=_seconds(row.text("Duration")),
    )


def _seconds(duration: str) -> int:
    """`01:02:03` -> 3723; hours may pass 99."""
    clock = re.fullmatch(r"(\d+):(\d\d):(\d\d)", duration)
    return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3]) if clock else 0
