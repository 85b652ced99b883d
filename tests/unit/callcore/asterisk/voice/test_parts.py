"""The robot's shelf: nothing is said that is not there whole; a recording takes the place of the voice and gives it back."""

from pathlib import Path

import pytest

from callcore.asterisk.voice.model import Wanted, voice_name
from callcore.asterisk.voice.parts import LEAD_MS, PartShelf, wav_of
from callcore.asterisk.voice.render import render_all, sound_seconds
from callcore.outbound.robot.speech import Part, call_parts, ready_parts
from tests.audio import tone_samples
from tests.fakes.voice import Tone

pytestmark = pytest.mark.unit

PARTS = (Part("Окно", "", 500), Part("две", "две"))


def shelf_with_voice(folder: Path) -> PartShelf:
    """Rendered in this process: what the worker process does is tested with a real voice."""
    voice = Tone()
    shelf = PartShelf(folder, lambda _: voice)
    shelf._voice = voice
    texts = [part.text for part in (*PARTS, *call_parts().values())]
    render_all(voice, folder, [Wanted((text,), "ru", 120.0) for text in texts])
    return shelf


async def test_a_message_is_put_together_when_all_its_parts_are_there(tmp_path: Path) -> None:
    shelf = shelf_with_voice(tmp_path)
    sound = await shelf.ready(PARTS)
    assert sound is not None
    assert sound.startswith("dealerline/robot/say-")
    assert await shelf.ready(PARTS) == sound
    assert await shelf.ready((PARTS[1], PARTS[0])) != sound
    path = tmp_path / f"{sound.rpartition('/')[2]}.wav"
    rendered = sum(sound_seconds(shelf._of_voice(part.text)) for part in PARTS)
    assert sound_seconds(path) == pytest.approx(rendered + 0.5 + LEAD_MS / 1000, abs=0.01)
    assert (tmp_path / "menu.wav").is_file()
    assert await shelf.ready((Part("Другое"),)) is None
    shelf._of_voice("две").unlink()
    assert await shelf.ready(PARTS) is None


async def test_a_recorded_phrase_is_said_instead_and_taken_back(tmp_path: Path) -> None:
    shelf = shelf_with_voice(tmp_path / "sounds")
    recorded = tmp_path / "menu.wav"
    recorded.write_bytes(wav_of(tone_samples(440, 0.5).tobytes()))
    before = await shelf.ready(PARTS)
    menu = tmp_path / "sounds/menu.wav"
    spoken = menu.read_bytes()
    await shelf.use_recorded({"menu": recorded, "две": recorded})
    assert menu.read_bytes() == recorded.read_bytes()
    assert await shelf.ready(PARTS) != before
    await shelf.use_recorded({})
    assert menu.read_bytes() == spoken
    assert await shelf.ready(PARTS) == before
    await shelf.use_recorded({"menu": tmp_path / "lost.wav"})
    assert await shelf.ready(PARTS) == before


async def test_without_a_voice_nothing_is_ready(tmp_path: Path) -> None:
    shelf = PartShelf(tmp_path, lambda _: None)
    assert await shelf.ready(PARTS) is None
    await shelf.refresh()
    assert not shelf.has_voice()
    assert await shelf.listen(PARTS) is None


async def test_another_voice_says_everything_anew_with_its_own_recordings(tmp_path: Path) -> None:
    voices = {"": Tone(), "f2": Tone(name=voice_name("f2"))}
    shelf = PartShelf(tmp_path / "sounds", lambda variant: voices[variant])
    texts = [part.text for part in (*PARTS, *ready_parts())]
    for voice in voices.values():
        render_all(voice, tmp_path / "sounds", [Wanted((text,), "ru", 120.0) for text in texts])
    await shelf.refresh()
    before = await shelf.ready(PARTS)
    recorded = tmp_path / "greeting.wav"
    recorded.write_bytes(wav_of(tone_samples(440, 0.5).tobytes()))
    await shelf.speak_as("f2", {"две": recorded})
    await shelf.refresh()
    assert shelf.has_voice()
    assert shelf._file(PARTS[0]) == shelf._of_voice("Окно") != recorded
    assert shelf._file(PARTS[1]) == recorded
    assert await shelf.ready(PARTS) not in (None, before)
