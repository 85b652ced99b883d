"""The only place where an AMI action is put together.

CR LF in a value would be a second action, a bare LF a header, a comma in Variable a second variable: control
characters are refused, everything that reaches the dialplan is allow-listed, and no text of a person is ever sent.
"""

import re
from collections.abc import Mapping
from typing import Final

from callcore.calls.pbx import NO_VARIABLES
from callcore.kernel.errors import Invalid
from dialplans import contract

# Asterisk copies Channel and CallerID into 256 bytes and cuts the rest in silence; ChannelId ends at 149.
CHANNEL_LIMIT: Final = 255
CHANNEL_ID_LIMIT: Final = 149
LONGEST_RING_S: Final = 600.0

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CHANNEL: Final = re.compile(r"(?:PJSIP|Local)/[A-Za-z0-9_.+@/-]+")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_EXTENSION: Final = re.compile(r"\+?[A-Za-z0-9_*#-]{1,79}")
_CALL_ID: Final = re.compile(rf"[A-Za-z0-9_.-]{{1,{CHANNEL_ID_LIMIT}}}")
_VARIABLE: Final = re.compile(r"DL_[A-Z0-9_]{1,60}")
_VALUE: Final = re.compile(r"[A-Za-z0-9_/.&+-]{0,1000}")
_HAND: Final = re.compile(rf"{contract.HAND_DUTY}|\+7[0-9]{{10}}|p[0-9]{{1,18}}(?:\.p[0-9]{{1,18}}){{0,7}}")
_NUMBER: Final = re.compile(r"(?:\+?[0-9]{1,20})?")


def action(name: str, **headers: str | list[str]) -> dict[str, str | list[str]]:
    """The headers of one action; a list is a header that stands there several times. Raises Invalid for any control
    character, in names as in values."""
    made: dict[str, str | list[str]] = {"Action": name, **headers}
    for key, told in made.items():
        for value in (key, *([told] if isinstance(told, str) else told)):
            if _CONTROL.search(value):
                raise Invalid("control-characters", fields={key: "remove control characters and line ends"})
    return made


def originate(
    *,
    channel: str,
    context: str,
    extension: str,
    call_id: str,
    caller_id: str,
    timeout_s: float,
    variables: Mapping[str, str] = NO_VARIABLES,
) -> dict[str, str | list[str]]:
    """One asynchronous call. `caller_id` is a number or empty: it shows on the display of the first leg. `variables` are
    set on its channel only."""
    _check("channel", channel, _CHANNEL, "PJSIP/… or Local/… of latin letters and digits")
    if len(channel) > CHANNEL_LIMIT:
        raise Invalid("bad-originate", fields={"channel": f"at most {CHANNEL_LIMIT} characters"})
    _check("context", context, _NAME, "a name of latin letters, digits, - and _")
    _check("extension", extension, _EXTENSION, "digits or a phone key")
    _check("call_id", call_id, _CALL_ID, "letters, digits, dots and dashes")
    _check("caller_id", caller_id, _NUMBER, "digits, with or without a plus, or nothing")
    if not 0 < timeout_s <= LONGEST_RING_S:
        raise Invalid("bad-originate", fields={"timeout_s": f"more than 0 and at most {LONGEST_RING_S:.0f}"})
    headers: dict[str, str | list[str]] = {
        "Channel": channel,
        "Context": context,
        "Exten": extension,
        "Priority": "1",
        "ChannelId": call_id,
        "Variable": [f"__{contract.CALL_ID}={call_id}", *_assignments(variables)],
        "Timeout": str(round(timeout_s * 1000)),
        # By itself a Local channel begins as slin: both ways would be translated, and Debian's Asterisk loses sound there.
        "Codecs": contract.CODEC,
        # Without it the whole AMI session waits for the phone and no event is read.
        "Async": "true",
    }
    return action("Originate", **headers, **({"CallerID": caller_id} if caller_id else {}))


def hang_up(call_id: str) -> dict[str, str | list[str]]:
    """A channel is found by its uniqueid, too."""
    _check("call_id", call_id, _CALL_ID, "letters, digits, dots and dashes")
    return action("Hangup", Channel=call_id)


def mute_recording(channel: str, *, is_muted: bool) -> dict[str, str | list[str]]:
    """Silence instead of both sides: the files keep their lengths."""
    _check("channel", channel, _CALL_ID, "letters, digits, dots and dashes")
    return action("MixMonitorMute", Channel=channel, Direction="both", State="1" if is_muted else "0")


def hold_place(ticket: int, at_epoch_s: int) -> dict[str, str | list[str]]:
    """A variable of the whole PBX."""
    if ticket <= 0:
        raise Invalid("bad-ticket", fields={"ticket": "more than 0"})
    return action("Setvar", Variable=f"{contract.HELD_PLACE}{ticket}", Value=str(at_epoch_s))


def answer_pause(channel: str, answer: contract.PauseAnswer) -> dict[str, str | list[str]]:
    return action("Setvar", Channel=_talking(channel), Variable=contract.PAUSED, Value=answer.value)


def hand_on(channel: str, to: str) -> dict[str, str | list[str]]:
    """Whoever talks with this channel goes to dl-hand."""
    return action("BlindTransfer", Channel=_talking(channel), Context=contract.HAND, Exten=_hand(to))


def say_whom_to_ask(channel: str, to: str) -> dict[str, str | list[str]]:
    """Atxfer takes digits only, so the rest goes ahead of it as a variable."""
    return action("Setvar", Channel=_talking(channel), Variable=f"__{contract.ASK}", Value=_hand(to))


def ask_first(channel: str) -> dict[str, str | list[str]]:
    return action("Atxfer", Channel=_talking(channel), Context=contract.ASKING, Exten="1")


def ask_no_more(channel: str) -> dict[str, str | list[str]]:
    return action("CancelAtxfer", Channel=_talking(channel))


def _talking(channel: str) -> str:
    _check("channel", channel, _CHANNEL, "PJSIP/… of latin letters and digits")
    return channel


def _hand(to: str) -> str:
    _check("to", to, _HAND, "phone keys joined by dots, duty, or a number of Russia")
    return to


def _assignments(variables: Mapping[str, str]) -> list[str]:
    for name, value in variables.items():
        _check("variables", name, _VARIABLE, "names of the dialplan's own: DL_…")
        _check("variables", value, _VALUE, "letters, digits and -_/.&+")
    return [f"{name}={value}" for name, value in variables.items()]


def _check(field: str, value: str, allowed: re.Pattern[str], advice: str) -> None:
    if not allowed.fullmatch(value):
        raise Invalid("bad-originate", fields={field: advice})
