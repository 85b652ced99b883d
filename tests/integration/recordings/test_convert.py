"""From files to a playable file: what is heard where, also after decoding."""

import errno
import hashlib
from array import array
from pathlib import Path

import pytest

from callcore.calls.model import RecordingKind
from recordings import audio
from recordings.model import (
    TARGET_LUFS,
    AudioFormat,
    AudioJob,
    Converted,
    Failed,
    FailureCode,
    Silent,
    SourceGroup,
)
from recordings.steps import convert as steps
from recordings.steps.convert import convert
from tests.audio import is_heard, make_tone, read_sound, tone_samples, write_wav

pytestmark = pytest.mark.integration

CUSTOMER_HZ, OURS_HZ = 440, 620


def job(tmp_path: Path, audio_format: AudioFormat = "mp3", **files: Path) -> AudioJob:
    kind = RecordingKind.VOICEMAIL if "voicemail" in files else RecordingKind.TALK
    return AudioJob(SourceGroup("call-1", kind, **files), tmp_path / "scratch", (audio_format,), 60)


def both_sides(tmp_path: Path, seconds: float = 2.0, ours_seconds: float | None = None) -> dict[str, Path]:
    return {
        "customer": make_tone(tmp_path / "call-1-in.wav", CUSTOMER_HZ, seconds),
        "ours": make_tone(tmp_path / "call-1-out.wav", OURS_HZ, ours_seconds or seconds),
    }


def made(outcome: object) -> Converted:
    assert isinstance(outcome, Converted), outcome
    return outcome


@pytest.mark.parametrize("audio_format", ["mp3", "opus", "wav"])
def test_each_side_is_heard_on_its_own_channel_only(tmp_path: Path, audio_format: AudioFormat) -> None:
    result = made(convert(job(tmp_path, audio_format, **both_sides(tmp_path))))
    sound = read_sound(result.copies[0].path)
    assert len(sound.channels) == 2
    assert is_heard(sound, CUSTOMER_HZ, 0, above_db=-20)
    assert not is_heard(sound, OURS_HZ, 0)
    assert is_heard(sound, OURS_HZ, 1, above_db=-20)
    assert not is_heard(sound, CUSTOMER_HZ, 1)
    assert sound.duration_s == pytest.approx(2.0, abs=0.2)
    assert result.duration_ms == 2000
    assert result.notes == ()


def test_size_digest_and_waveform_are_those_of_the_file(tmp_path: Path) -> None:
    result = made(convert(job(tmp_path, **both_sides(tmp_path))))
    data = result.copies[0].path.read_bytes()
    assert result.copies[0].size_bytes == len(data)
    assert result.copies[0].sha256 == hashlib.sha256(data).hexdigest()
    assert set(result.waveform.customer) == {50}
    assert set(result.waveform.ours) == {50}


def test_both_copies_are_equally_loud_and_what_was_said_by_whom_is_measured(tmp_path: Path) -> None:
    """A quiet customer speaks for 3 of 10 seconds, we for 1 at the same time and 2 alone; 5 s nobody does."""
    customer = tone_samples(CUSTOMER_HZ, 3.0, level=0.05) + tone_samples(0, 7.0)
    ours = tone_samples(0, 2.0) + tone_samples(OURS_HZ, 3.0, level=0.05) + tone_samples(0, 5.0)
    files = {
        "customer": write_wav(tmp_path / "call-1-in.wav", customer),
        "ours": write_wav(tmp_path / "call-1-out.wav", ours),
    }
    job = AudioJob(
        SourceGroup("call-1", RecordingKind.TALK, **files), tmp_path / "scratch", ("mp3", "opus"), 60
    )
    result = made(convert(job))
    assert result.measured.silence_share == pytest.approx(0.5)
    assert result.measured.talk_share == pytest.approx(0.5)
    assert result.measured.loudness_lufs == pytest.approx(-29.5, abs=2.0), "of the source"
    assert [one.format for one in result.copies] == ["mp3", "opus"]
    for one in result.copies:
        assert audio.loudness(one.path) == pytest.approx(TARGET_LUFS, abs=1.0)
        sound = read_sound(one.path)
        assert is_heard(sound, CUSTOMER_HZ, 0, above_db=-20)
        assert not is_heard(sound, OURS_HZ, 0)
        assert is_heard(sound, OURS_HZ, 1, above_db=-20)
        assert max(max(map(abs, side)) for side in sound.channels) < 32_000, "nothing is cut"


def test_different_lengths_are_filled_up(tmp_path: Path) -> None:
    result = made(convert(job(tmp_path, **both_sides(tmp_path, 4.0, 1.0))))
    sound = read_sound(result.copies[0].path)
    assert sound.duration_s == pytest.approx(4.0, abs=0.2)
    assert not any(abs(sample) > 300 for sample in sound.channels[1][12_000:])
    assert result.notes == ("sides-differ",)


@pytest.mark.parametrize(
    ("present", "channel", "hz", "note"),
    [("customer", 0, CUSTOMER_HZ, "ours-missing"), ("ours", 1, OURS_HZ, "customer-missing")],
)
def test_one_side_alone(tmp_path: Path, present: str, channel: int, hz: int, note: str) -> None:
    files = both_sides(tmp_path)
    result = made(convert(job(tmp_path, **{present: files[present]})))
    sound = read_sound(result.copies[0].path)
    assert is_heard(sound, hz, channel)
    assert not any(abs(sample) > 300 for sample in sound.channels[1 - channel])
    assert result.notes == (note,)


def test_a_killed_pbx_leaves_a_header_of_zeroes(tmp_path: Path) -> None:
    customer = write_wav(tmp_path / "call-1-in.wav", tone_samples(CUSTOMER_HZ, 3.0), told_bytes=0)
    ours = write_wav(tmp_path / "call-1-out.wav", tone_samples(OURS_HZ, 3.0), told_bytes=0)
    result = made(convert(job(tmp_path, customer=customer, ours=ours)))
    assert result.duration_ms == 3000
    assert result.notes == ("header-repaired",)
    assert is_heard(result.copies[0].path, CUSTOMER_HZ, 0)
    assert is_heard(result.copies[0].path, OURS_HZ, 1)


def test_a_voicemail_is_heard_on_both_ears(tmp_path: Path) -> None:
    message = make_tone(tmp_path / "call-1-vm.wav", CUSTOMER_HZ, 2.0)
    result = made(convert(job(tmp_path, voicemail=message)))
    sound = read_sound(result.copies[0].path)
    assert is_heard(sound, CUSTOMER_HZ, 0)
    assert is_heard(sound, CUSTOMER_HZ, 1)
    assert result.waveform.ours == ()


def test_headers_alone_are_nothing_and_may_go(tmp_path: Path) -> None:
    files = {
        "customer": write_wav(tmp_path / "call-1-in.wav", array("h")),
        "ours": write_wav(tmp_path / "call-1-out.wav", array("h")),
    }
    assert files["customer"].stat().st_size == 44
    assert convert(job(tmp_path, **files)) == Silent(0, may_delete=True)


def test_digital_silence_is_nothing_but_stays(tmp_path: Path) -> None:
    silence = array("h", [8, -8] * 8000)  # what A-law makes of silence
    assert convert(job(tmp_path, customer=write_wav(tmp_path / "a.wav", silence))) == Silent(
        2000, may_delete=False
    )


def test_a_whisper_is_not_silence(tmp_path: Path) -> None:
    quiet = make_tone(tmp_path / "a.wav", CUSTOMER_HZ, 2.0, level=0.001)
    assert isinstance(convert(job(tmp_path, customer=quiet)), Converted)


def test_no_file_at_all(tmp_path: Path) -> None:
    assert convert(job(tmp_path)) == Failed(FailureCode.FILE_MISSING)


def test_garbage_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"not a wave file" * 100)
    outcome = convert(job(tmp_path, customer=tmp_path / "a.wav"))
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.SOURCE_BROKEN


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, FailureCode.DISK_FULL),
        (errno.EDQUOT, FailureCode.DISK_FULL),
        (errno.EROFS, FailureCode.NOT_WRITABLE),
        (errno.EACCES, FailureCode.NOT_WRITABLE),
        (errno.EIO, FailureCode.UNEXPECTED),
    ],
)
def test_what_the_disk_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: FailureCode
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "refused", str(tmp_path / "secret" / "stereo.wav"))

    monkeypatch.setattr(steps, "write_stereo", refuse)
    outcome = convert(job(tmp_path, **both_sides(tmp_path)))
    assert isinstance(outcome, Failed)
    assert outcome.code is code
    assert "secret" not in outcome.detail


def test_an_encoder_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio.imageio_ffmpeg, "get_ffmpeg_exe", lambda: "/bin/false")
    outcome = convert(job(tmp_path, **both_sides(tmp_path)))
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.ENCODE_FAILED


def test_a_copy_that_is_too_short_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encode = audio.encode

    def half(source: Path, target: Path, audio_format: AudioFormat, scratch: Path, **more: float) -> None:
        encode(source, target, audio_format, scratch, **more)
        target.write_bytes(target.read_bytes()[: target.stat().st_size // 2])

    monkeypatch.setattr(steps, "encode", half)
    outcome = convert(job(tmp_path, **both_sides(tmp_path, 5.0)))
    assert isinstance(outcome, Failed)
    assert outcome.code is FailureCode.CHECK_FAILED


def test_a_copy_that_lost_a_voice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_stereo = steps.write_stereo
    monkeypatch.setattr(steps, "write_stereo", lambda target, left, _right: write_stereo(target, left, None))
    outcome = convert(job(tmp_path, **both_sides(tmp_path)))
    assert outcome == Failed(FailureCode.CHECK_FAILED, "a voice is missing in the copy")
