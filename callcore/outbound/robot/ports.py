"""What the robot needs from the rooms above: sounds that lie ready, and a dialler."""

from collections.abc import Sequence
from typing import Protocol

from callcore.outbound.robot.speech import Part


class Speaker(Protocol):
    """Where the sounds lie."""

    async def ready(self, parts: Sequence[Part]) -> str | None:
        """The message as the PBX names it. None while a part of it, or a phrase of the dialplan, is not there: it is
        rendered, off the path of calls."""
        ...

    def has_voice(self) -> bool:
        """False while nothing can be rendered."""
        ...


class Dials(Protocol):
    async def dial(self, call_id: str) -> None:
        """After the commit of its attempt; once."""
        ...
