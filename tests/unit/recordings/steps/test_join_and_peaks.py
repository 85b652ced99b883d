import wave
from array import array
from pathlib import Path

import pytest

from recordings.model import FailureCode
from recordings.steps.errors import StepFailed
from recordings.steps.join import interleave, write_stereo
from recordings.steps.peaks import peaks, point_count
from recordings.steps.source import read_source
from tests.audio import make_tone, read_sound, tone_samples, write_wav

pytestmark = pytest.mark.unit


def test_interleave_fills_the_shorter_side() -> None:
    assert interleave(array("h", [1, 2, 3]), array("h", [9])).tolist() == [1, 9, 2, 0, 3, 0]
    assert interleave(array("h"), array("h", [7, 8])).tolist() == [0, 7, 0, 8]


def test_the_customer_is_left_and_we_are_right(tmp_path: Path) -> None:
    left, right = tone_samples(440, 9.0), tone_samples(620, 12.5)
    frames = write_stereo(
        tmp_path / "s.wav",
        read_source(write_wav(tmp_path / "in.wav", left)),
        read_source(write_wav(tmp_path / "out.wav", right)),
    )
    with wave.open(str(tmp_path / "s.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 8000, frames)
    sound = read_sound(tmp_path / "s.wav")
    assert sound.channels[0][: len(left)] == left
    assert not any(sound.channels[0][len(left) :])
    assert sound.channels[1] == right


def test_two_rates_do_not_join(tmp_path: Path) -> None:
    one = read_source(make_tone(tmp_path / "a.wav", 440, 0.2))
    two = read_source(make_tone(tmp_path / "b.wav", 440, 0.2, rate_hz=16000))
    with pytest.raises(StepFailed) as refused:
        write_stereo(tmp_path / "s.wav", one, two)
    assert refused.value.code is FailureCode.SOURCE_FORMAT


@pytest.mark.parametrize(("seconds", "points"), [(0.1, 200), (50, 200), (60, 240), (500, 2000), (7200, 2000)])
def test_number_of_points(seconds: float, points: int) -> None:
    assert point_count(round(seconds * 1000)) == points


def test_peaks_follow_the_sound(tmp_path: Path) -> None:
    samples = tone_samples(500, 5.0, 0.25) + tone_samples(0, 10.0) + tone_samples(500, 5.0, 1.0)
    source = read_source(write_wav(tmp_path / "a.wav", samples))
    found = peaks(source, len(samples), 200)
    assert len(found) == 200
    assert set(found[:50]) == {25}
    assert set(found[51:149]) == {0}
    assert set(found[150:]) == {100}


def test_peaks_of_a_shorter_side_end_with_it(tmp_path: Path) -> None:
    source = read_source(make_tone(tmp_path / "a.wav", 500, 1.0))
    found = peaks(source, 16_000, 200)
    assert set(found[:100]) == {50}
    assert set(found[101:]) == {0}
    assert peaks(None, 16_000, 200) == (0,) * 200


def test_more_points_than_samples(tmp_path: Path) -> None:
    source = read_source(write_wav(tmp_path / "a.wav", array("h", [-32768, 16384, 0])))
    found = peaks(source, 3, 200)
    assert max(found) == 100
    assert len(found) == 200
