"""A recorded phrase as people send it (WAV, MP3, Ogg) -> plain samples at the telephone's rate. Blocking; ffmpeg reads it in a
process of its own, with bounds on time and length."""

import subprocess
from array import array
from typing import Final

import imageio_ffmpeg

from callcore.kernel.errors import Invalid

RATE_HZ: Final = 8000
LONGEST_S: Final = 60  # what is longer is cut and then refused by its length
_LIMIT_S: Final = 20.0
_KINDS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"RIFF", "wav"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"\xff\xf3", "mp3"),
    (b"\xff\xf2", "mp3"),
    (b"OggS", "ogg"),
)


def samples_of(data: bytes) -> "array[int]":
    """Mono, 16 bits, RATE_HZ. Raises Invalid (field file: unknown-kind, no-sound)."""
    kind = next((name for start, name in _KINDS if data.startswith(start)), None)
    if kind is None:
        raise Invalid("file-wrong", fields={"file": "unknown-kind"})
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-threads", "1"]
    command += ["-f", kind, "-i", "pipe:0", "-vn", "-t", str(LONGEST_S)]
    command += ["-f", "s16le", "-ac", "1", "-ar", str(RATE_HZ), "pipe:1"]
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise Invalid("file-wrong", fields={"file": "no-sound"}) from exc
    if done.returncode != 0 or not done.stdout:
        raise Invalid("file-wrong", fields={"file": "no-sound"})
    return array("h", done.stdout[: len(done.stdout) // 2 * 2])
