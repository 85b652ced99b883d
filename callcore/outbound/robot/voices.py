"""The robot's voices. Each has its own set of recorded phrases. Pure."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RobotVoice:
    """`code` is stored: never renamed. `variant` is what the synthesiser calls it, empty for its usual one."""

    code: str
    title: str
    variant: str

    @property
    def shelf(self) -> str:
        """VoicePhraseRow.voice; the usual one keeps the name from when there was no other."""
        return f"robot:{self.code}" if self.code else "robot"


VOICES: Final = {
    voice.code: voice
    for voice in (
        RobotVoice("", "Мужской", ""),
        RobotVoice("male-2", "Мужской, второй", "m3"),
        RobotVoice("female", "Женский", "f2"),
        RobotVoice("female-2", "Женский, второй", "f4"),
    )
}
USUAL: Final = VOICES[""]


def voice_of(code: str) -> RobotVoice:
    """What a newer program has stored is said in the usual one."""
    return VOICES.get(code, USUAL)
