import struct
from array import array
from pathlib import Path

import pytest

from recordings.model import FailureCode
from recordings.steps.errors import StepFailed
from recordings.steps.source import BLOCK_SAMPLES, PcmSource, read_source
from tests.audio import make_tone, tone_samples, write_wav

pytestmark = pytest.mark.unit


def samples_of(source: PcmSource | None) -> array:
    assert source is not None
    whole = array("h")
    for block in source.blocks():
        whole += block
    return whole


def test_a_whole_file_is_read_as_it_is(tmp_path: Path) -> None:
    tone = tone_samples(440, 10.0)
    assert len(tone) > BLOCK_SAMPLES
    source = read_source(write_wav(tmp_path / "a.wav", tone))
    assert source is not None
    assert (source.rate_hz, source.duration_ms, source.is_repaired) == (8000, 10_000, False)
    assert samples_of(source) == tone


@pytest.mark.parametrize("told", [0, 100, 0x7FFFFFFF, 0xFFFFFFF0])
def test_a_header_that_lies_is_not_believed(tmp_path: Path, told: int) -> None:
    tone = tone_samples(440, 1.0)
    path = write_wav(tmp_path / "a.wav", tone)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 4, 0)
    struct.pack_into("<I", data, 40, told)
    path.write_bytes(data)
    source = read_source(path)
    assert source is not None
    assert source.is_repaired
    assert samples_of(source) == tone
    assert path.read_bytes() == data, "an original is never changed"


def test_a_file_cut_in_the_middle_of_a_sample(tmp_path: Path) -> None:
    tone = tone_samples(440, 1.0)
    path = write_wav(tmp_path / "a.wav", tone)
    path.write_bytes(path.read_bytes()[:-4001])
    source = read_source(path)
    assert source is not None
    assert source.is_repaired
    assert samples_of(source) == tone[: len(tone) - 2001]


def test_chunks_around_the_sound_are_passed_over(tmp_path: Path) -> None:
    tone = tone_samples(440, 0.5)
    plain = write_wav(tmp_path / "a.wav", tone).read_bytes()
    extra = struct.pack("<4sI6s", b"LIST", 5, b"hello\0")
    (tmp_path / "b.wav").write_bytes(plain[:36] + extra + plain[36:] + extra)
    source = read_source(tmp_path / "b.wav")
    assert source is not None
    assert not source.is_repaired
    assert samples_of(source) == tone


@pytest.mark.parametrize("size", [0, 10, 44])
def test_a_header_alone_is_no_recording(tmp_path: Path, size: int) -> None:
    path = write_wav(tmp_path / "a.wav", array("h"))
    path.write_bytes(path.read_bytes()[:size])
    assert read_source(path) is None


def test_zeroes_instead_of_a_file_are_no_recording(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(bytes(1000))
    assert read_source(tmp_path / "a.wav") is None


def test_what_is_no_wav(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"OggS" + b"x" * 100)
    with pytest.raises(StepFailed) as refused:
        read_source(tmp_path / "a.wav")
    assert refused.value.code is FailureCode.SOURCE_BROKEN


def test_a_wav_without_sound(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF\0\0\0\0WAVE" + b"junk\x40\0\0\0" + b"x" * 64)
    with pytest.raises(StepFailed) as refused:
        read_source(tmp_path / "a.wav")
    assert refused.value.code is FailureCode.SOURCE_BROKEN


@pytest.mark.parametrize(("place", "value"), [(20, 7), (22, 2), (34, 8), (24, 1)])
def test_other_codings_are_refused(tmp_path: Path, place: int, value: int) -> None:
    path = make_tone(tmp_path / "a.wav", 440, 0.2)
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, place, value)
    path.write_bytes(data)
    with pytest.raises(StepFailed) as refused:
        read_source(path)
    assert refused.value.code is FailureCode.SOURCE_FORMAT


def test_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as refused:
        read_source(tmp_path / "none.wav")
    assert refused.value.code is FailureCode.SOURCE_UNREADABLE
