"""What a voice says becomes what a telephone plays."""

import io
import wave
from array import array

import pytest

from callcore.asterisk.voice.model import Speech, VoiceFailed
from callcore.asterisk.voice.sound import telephone_wav
from tests.audio import Sound, tone_level, tone_samples

pytestmark = pytest.mark.unit


def played(speech):
    data, seconds = telephone_wav(speech)
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        samples = array("h", file.readframes(file.getnframes()))
    assert seconds == pytest.approx(len(samples) / 8000)
    return Sound(8000, (samples,))


def silence(seconds, rate_hz):
    return array("h", bytes(2 * round(seconds * rate_hz)))


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050])
def test_silence_around_the_words_is_cut_and_the_tone_stays_itself(rate_hz):
    tone = tone_samples(700, 1.0, 0.1, rate_hz)
    sound = played(Speech(rate_hz, silence(0.5, rate_hz) + tone + silence(1.0, rate_hz)))
    assert sound.duration_s == pytest.approx(1.1, abs=0.02)
    assert tone_level(sound, 700) > -20


def test_what_a_telephone_cannot_carry_does_not_come_back_as_another_tone():
    sound = played(Speech(22050, tone_samples(700, 1.0, 0.3, 22050)))
    hiss = array(
        "h",
        (
            a + b
            for a, b in zip(
                tone_samples(700, 1.0, 0.3, 22050), tone_samples(5500, 1.0, 0.3, 22050), strict=True
            )
        ),
    )
    mixed = played(Speech(22050, hiss))
    assert tone_level(mixed, 2500) < -45
    assert tone_level(mixed, 700) == pytest.approx(tone_level(sound, 700), abs=1)


@pytest.mark.parametrize("level", [0.03, 0.3, 0.9])
def test_loud_and_soft_come_out_alike(level):
    sound = played(Speech(22050, tone_samples(500, 1.0, level, 22050)))
    assert tone_level(sound, 500) == pytest.approx(-16.4, abs=1)


@pytest.mark.parametrize("samples", [array("h"), silence(1, 22050)])
def test_silence_is_no_sound(samples):
    with pytest.raises(VoiceFailed):
        telephone_wav(Speech(22050, samples))
