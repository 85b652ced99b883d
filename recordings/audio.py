"""The one door to pydub and ffmpeg. Used in the worker process; importing it there keeps the application small."""

import re
import shutil
import subprocess
import tempfile
import warnings
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from recordings.model import AudioFormat, FailureCode
from recordings.steps.errors import StepFailed

_READ_BYTES = 1 << 18
_NO_SPACE = "No space left on device"
_LIMITER = "alimiter=limit=0.85:level=false:attack=3:release=60:latency=true"
_LOUDNESS_LIMIT_S = 120.0
_INTEGRATED = re.compile(rb"I:\s+(-?[\d.]+) LUFS")
_SILENCE_LUFS = -69.0  # what is quieter the measure itself gates away


@dataclass(frozen=True, slots=True)
class _Coding:
    codec: str
    bitrate: str
    parameters: tuple[str, ...]


# 16 kHz because 8 kHz MP3 is an extension that not every player knows. Joint stereo would let the two voices leak into
# one another's channel, so the sides stay apart; opus does so at this rate by itself.
_CODINGS: dict[AudioFormat, _Coding] = {
    "mp3": _Coding("libmp3lame", "48k", ("-ar", "16000", "-joint_stereo", "0", "-compression_level", "7")),
    "opus": _Coding("libopus", "48k", ("-application", "audio")),
}


def encode(
    source: Path, target: Path, audio_format: AudioFormat, scratch: Path, *, gain_db: float = 0.0
) -> None:
    """Code a WAV file into `target`, made louder by so much; a limiter keeps its peaks whole. A WAV copy stays as it was
    recorded. Raises StepFailed encode-failed or disk-full, OSError from the disk."""
    coding = _CODINGS.get(audio_format)
    if coding is None:
        shutil.copyfile(source, target)
        return
    level = ("-af", f"volume={gain_db:.2f}dB,{_LIMITER}") if gain_db else ()
    segments, failure = _pydub()
    with _temporary_files_in(scratch), source.open("rb") as pcm, target.open("wb+") as coded:
        try:
            segments.from_file(pcm, format="wav").export(
                coded,
                format=audio_format,
                codec=coding.codec,
                bitrate=coding.bitrate,
                parameters=[*level, *coding.parameters, "-map_metadata", "-1", "-threads", "1"],
            )
        except failure as exc:
            full = _NO_SPACE in str(exc)
            raise StepFailed(
                FailureCode.DISK_FULL if full else FailureCode.ENCODE_FAILED, str(exc)[-300:]
            ) from exc


def loudness(source: Path) -> float | None:
    """Integrated loudness of EBU R128 in LUFS; None for what is too short or too quiet to have one. Raises StepFailed
    encode-failed."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostats", "-nostdin", "-threads", "1"]
    command += ["-i", str(source), "-af", "ebur128=framelog=quiet", "-f", "null", "-"]
    try:
        told = subprocess.run(command, capture_output=True, check=True, timeout=_LOUDNESS_LIMIT_S).stderr
    except subprocess.SubprocessError as exc:
        raise StepFailed(FailureCode.ENCODE_FAILED, "the loudness was not measured") from exc
    found = _INTEGRATED.findall(told)
    lufs = float(found[-1]) if found else _SILENCE_LUFS
    return lufs if lufs > _SILENCE_LUFS else None


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a player would hear: length and the loudest sample (0..32768) of each channel."""

    duration_ms: int
    loudest: tuple[int, ...]


def decode(path: Path, channels: int, rate_hz: int) -> Decoded:
    """Decode the whole file and measure it, in constant memory. Raises StepFailed check-failed."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-xerror", "-nostdin", "-threads", "1"]
    command += ["-i", str(path), "-f", "s16le", "-ac", str(channels), "-ar", str(rate_hz), "-"]
    samples = 0
    loudest = [0] * channels
    with (
        tempfile.TemporaryFile(dir=path.parent) as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdout is not None
        while data := process.stdout.read(_READ_BYTES):
            block = array("h", data[: len(data) // 2 * 2])
            samples += len(block)
            for channel in range(channels):
                part = block[channel::channels]
                loudest[channel] = max(loudest[channel], max(part, default=0), -min(part, default=0))
        process.wait()
        errors.seek(0)
        said = errors.read(300).decode(errors="replace").strip()
    if process.returncode != 0 or not samples:
        raise StepFailed(FailureCode.CHECK_FAILED, said or "the copy does not decode")
    return Decoded(round(samples * 1000 / channels / rate_hz), tuple(loudest))


def _pydub() -> tuple[Any, type[Exception]]:
    """AudioSegment with its ffmpeg set, and the exception of its encoder."""
    with warnings.catch_warnings():
        # pydub looks for a system ffmpeg while it is imported and warns; ours is set right below.
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
        from pydub.exceptions import CouldntEncodeError
    AudioSegment.converter = imageio_ffmpeg.get_ffmpeg_exe()
    return AudioSegment, CouldntEncodeError


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """pydub writes through the default temporary folder; what it leaves there after a failure must go with the scratch."""
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
