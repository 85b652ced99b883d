"""The embedded voice: unpacked without root by our own means, and it speaks."""

from pathlib import Path

import pytest

from callcore.asterisk.voice.install import find_or_install_voice
from callcore.asterisk.voice.model import Wanted
from callcore.asterisk.voice.phrases import PHRASES
from callcore.asterisk.voice.render import render_all, sound_seconds
from callcore.asterisk.voice.texts import make_texts
from callcore.network.directory_rows import Did
from callcore.network.wording import MAX_WHISPER_S, estimated_seconds, usual_whisper
from callcore.orders.open_orders import OpenOrder
from dialplans.contract import WHISPER_KEY_S
from tests.audio import read_sound

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

CHECKOUT = Path(__file__).resolve().parents[2]


def loudness(path):
    samples = read_sound(path).channels[0]
    return (sum(sample * sample for sample in samples) / len(samples)) ** 0.5


def test_it_is_ours_and_not_the_machines(voice):
    assert "espeak-ng" in Path(voice.argv[-1]).name
    assert Path(voice.argv[-1]).parts[-4].startswith("espeak-ng-")
    assert voice.version()


def test_a_fresh_cache_is_filled_and_found_again(tmp_path):
    told = []
    first = find_or_install_voice(tmp_path / "voice", told.append, system=lambda: None)
    assert len(told) == 2
    assert find_or_install_voice(tmp_path / "voice", told.append, system=lambda: None) == first
    assert len(told) == 2
    assert not list((tmp_path / "voice").glob(".staging-*"))


def test_what_it_says_is_speech_of_the_right_length(voice, tmp_path):
    texts = make_texts(
        [Did(id=1, number="+74950000001", label="Сайт", region_code="RU-MOS", source="site")],
        {"RU-MOS": "Московская область"},
        [OpenOrder(5, 416, "Роллеты", 891_000, "RU-MOS")],
    )
    done = render_all(voice, tmp_path, list(texts.all()))
    assert [one.problem for one in done] == [""] * 4  # one of them the promise to who asks to be called back
    for one in done:
        path = tmp_path / f"{one.name}.wav"
        assert 0.8 < sound_seconds(path) <= MAX_WHISPER_S
        assert 1500 < loudness(path) < 8000
    assert any(one.was_long for one in done), "goods, sum and region take too long together"


def test_whisper_prompt_and_key_take_8_s_at_most(voice, tmp_path):
    (accept,) = render_all(voice, tmp_path, [Wanted((PHRASES["accept-ru"],), "ru", 5)])
    assert sound_seconds(tmp_path / f"{accept.name}.wav") + MAX_WHISPER_S + float(WHISPER_KEY_S) <= 8.05


def test_every_phrase_can_be_said(voice, tmp_path):
    wanted = [Wanted((text,), name[-2:], 15) for name, text in PHRASES.items()]
    done = render_all(voice, tmp_path, wanted)
    assert all(one.name for one in done)
    assert len({one.name for one in done}) == len(PHRASES)


@pytest.mark.parametrize("text", [usual_whisper("site", "Московская область"), PHRASES["voicemail-ru"]])
def test_the_estimate_is_near(voice, tmp_path, text):
    (one,) = render_all(voice, tmp_path, [Wanted((text,), "ru", 20)])
    assert sound_seconds(tmp_path / f"{one.name}.wav") == pytest.approx(estimated_seconds(text), rel=0.35)
