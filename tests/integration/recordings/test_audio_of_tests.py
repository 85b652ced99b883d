"""The measure itself must be right before anything is proved with it."""

from array import array
from pathlib import Path

import pytest

from tests.audio import SILENCE_DB, Sound, is_heard, make_tone, read_sound, tone_level, tone_samples

pytestmark = pytest.mark.integration


def test_level_of_a_tone(tmp_path: Path) -> None:
    tone = make_tone(tmp_path / "a.wav", 440, 1.0, level=0.5)
    assert tone_level(tone, 440) == pytest.approx(-6.0, abs=0.2)
    assert tone_level(tone, 480) < -60
    assert is_heard(tone, 440)
    assert not is_heard(tone, 620)


def test_silence_has_no_level(tmp_path: Path) -> None:
    assert tone_level(make_tone(tmp_path / "a.wav", 0, 1.0), 440) == SILENCE_DB


def test_a_short_tone_in_a_long_silence_is_found() -> None:
    samples = array("h", bytes(2 * 8000 * 9)) + tone_samples(620, 1.0)
    assert tone_level(Sound(8000, (samples,)), 620) == pytest.approx(-6.0, abs=0.5)


def test_a_jump_of_phase_does_not_hide_a_tone() -> None:
    samples = array("h")
    for _ in range(20):
        samples += tone_samples(440, 0.233)
    assert tone_level(Sound(8000, (samples,)), 440) > -9


def test_mono_and_length(tmp_path: Path) -> None:
    sound = read_sound(make_tone(tmp_path / "a.wav", 440, 1.5))
    assert len(sound.channels) == 1
    assert sound.duration_s == pytest.approx(1.5)
