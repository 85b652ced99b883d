"""What messages announce, past tense."""

from dataclasses import dataclass

from callcore.kernel.bus import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesChanged(Event):
    """The inbox of the people in the audience has something new, or something less to read."""
