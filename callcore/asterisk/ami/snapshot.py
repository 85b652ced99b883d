"""Rows of CoreShowChannels and DeviceStateList -> our values. Pure."""

import re
from collections.abc import Iterable

from callcore.asterisk.ami.translate import Headers, channel_of, person, phone_state
from callcore.calls.facts import LiveChannel


def live_channels(rows: Iterable[Headers]) -> tuple[LiveChannel, ...]:
    """Rows that name no channel (the closing CoreShowChannelsComplete) are passed over."""
    return tuple(live for row in rows if (live := _live_channel(row)) is not None)


def phone_states(rows: Iterable[Headers]) -> dict[str, str]:
    """Phone key -> our word, for the phones among the devices."""
    found = (phone_state(_plain(row, "Device"), _plain(row, "State")) for row in rows)
    return dict(known for known in found if known is not None)


def _live_channel(row: Headers) -> LiveChannel | None:
    channel = channel_of(row)
    if channel is None:
        return None
    return LiveChannel(
        channel=channel,
        state=_plain(row, "ChannelStateDesc"),
        caller_number=person(row, "CallerIDNum"),
        caller_name=person(row, "CallerIDName"),
        extension=_plain(row, "Exten"),
        context=_plain(row, "Context"),
        bridge_id=_plain(row, "BridgeId"),
        duration_s=_seconds(_plain(row, "Duration")),
    )


def _plain(row: Headers, name: str) -> str:
    value = row.get(name, "")
    return value if isinstance(value, str) else value[0]


def _seconds(duration: str) -> int:
    """`01:02:03` -> 3723; hours may pass 99."""
    clock = re.fullmatch(r"(\d+):(\d\d):(\d\d)", duration)
    return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3]) if clock else 0
