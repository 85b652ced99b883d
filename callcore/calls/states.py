"""The life of a call as one table: state x signal -> state. Everything about the order of states lives here.

Theory of operation
-------------------
A call begins when the first channel of a new group is seen: it is OFFERED. While at least one phone is being
called it is RINGING; when the last such phone has gone without a talk, it is OFFERED again (the next step, the
duty phone, voicemail). When the customer's channel and a phone's channel meet in a bridge, directly or through
the two halves of Local channels, it is TALKING. When they part and the customer stays, it is HELD: somebody
transfers, or the customer waits for another phone. When no channel of the call lives any more it is ENDED, and
the result is computed, once.

The tracker does not put facts of the PBX in here one by one: it keeps the picture of channels, bridges and
phones, and tells by a Signal what a fact changed in that picture. So a duplicated fact changes nothing and
gives no signal, and facts of several channels may come in any order.

The network is right and we are late: every pair of state and signal has an answer, and none raises. Pairs that
an unbroken stream cannot bring are in ODD; they are obeyed as the table says and recorded as an anomaly.
A call that ENDED may come back (CHANNEL_SEEN): order is promised per channel only, so the last hang-up that we
knew of can overtake the birth of one more channel. It is closed, and its result computed, again.
"""

from enum import StrEnum
from typing import Final

from callcore.calls.model import CallState


class Signal(StrEnum):
    """What changed in the picture of a call."""

    CHANNEL_SEEN = "channel_seen"  # one more channel lives
    PHONE_CALLED = "phone_called"  # a phone begins to ring
    PHONES_GONE = "phones_gone"  # no phone is being called any more
    JOINED = "joined"  # the customer and a phone hear each other
    PARTED = "parted"  # they do not any more
    EMPTIED = "emptied"  # no channel lives


_O, _R, _T, _H, _E = (
    CallState.OFFERED,
    CallState.RINGING,
    CallState.TALKING,
    CallState.HELD,
    CallState.ENDED,
)

#                    seen  called gone  joined parted emptied
_ROWS: Final = {
    CallState.OFFERED: (_O, _R, _O, _T, _O, _E),
    CallState.RINGING: (_R, _R, _O, _T, _R, _E),
    CallState.TALKING: (_T, _T, _T, _T, _H, _E),
    CallState.HELD: (_H, _H, _H, _T, _H, _E),
    CallState.ENDED: (_O, _E, _E, _E, _E, _E),
}

TABLE: Final = {state: dict(zip(Signal, row, strict=True)) for state, row in _ROWS.items()}

ODD: Final = frozenset(
    {
        (CallState.OFFERED, Signal.PARTED),
        (CallState.RINGING, Signal.PARTED),
        (CallState.TALKING, Signal.JOINED),
        (CallState.HELD, Signal.PARTED),
        *((CallState.ENDED, signal) for signal in Signal),
    }
)


def next_state(state: CallState, signal: Signal) -> CallState:
    return TABLE[state][signal]


def is_odd(state: CallState, signal: Signal) -> bool:
    """True when an unbroken stream of facts cannot bring this signal in this state."""
    return (state, signal) in ODD
