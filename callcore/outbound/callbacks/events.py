"""What callbacks announce, past tense. Ids only: readers fetch the rest by their rights."""

from dataclasses import dataclass

from callcore.kernel.bus import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackChanged(Event):
    """A request was made, refreshed, called, closed."""

    callback_id: int
