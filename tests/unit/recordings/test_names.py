from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest

from dialplans.contract import PartWay
from recordings.names import call_id_of, is_base, split_name, split_part, started_at_of, store_path

pytestmark = pytest.mark.unit

CALL = "dealerline-1763839000.12"
NOON = datetime(2026, 3, 16, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("file_name", "base", "suffix"),
    [
        (f"{CALL}-in.wav", CALL, "-in.wav"),
        (f"{CALL}-out.wav", CALL, "-out.wav"),
        (f"{CALL}.done", CALL, ".done"),
        (f"{CALL}-vm.wav", f"{CALL}-vm", "-vm.wav"),
    ],
)
def test_names_of_the_pbx(file_name: str, base: str, suffix: str) -> None:
    assert split_name(file_name) == (base, suffix)


def test_the_part_of_who_took_a_talk_over() -> None:
    part = f"{CALL}-part-1763839011250-a.wav"
    assert split_part(part) == (CALL, 1_763_839_011_250, PartWay.ASKED)
    assert split_name(part) is None
    for foreign in (
        f"../{part}",
        part.replace("-a", "-x"),
        part.replace("1763839011250", "12"),
        f"{CALL}-in.wav",
    ):
        assert split_part(foreign) is None


@pytest.mark.parametrize(
    "file_name",
    [
        "notes.txt", "-in.wav", ".done", "a-in.wav.part", "..-in.wav", "../etc/passwd-in.wav", "a/b-in.wav",
        "a\0b-in.wav", "a..b-in.wav", "$(reboot)-in.wav", "голос-in.wav", "a\n-in.wav", "x" * 300 + "-in.wav",
    ],
)  # fmt: skip
def test_foreign_names_are_passed_over(file_name: str) -> None:
    assert split_name(file_name) is None


@pytest.mark.parametrize("base", ["", ".", "..", "a/b", ".hidden", "a.", "-a", "a b"])
def test_what_is_no_base(base: str) -> None:
    assert not is_base(base)


@pytest.mark.parametrize(
    ("base", "call_id"),
    [
        (CALL, CALL),
        (f"{CALL}-vm", CALL),
        (f"{CALL}-1", CALL),
        ("1763839000.12", "1763839000.12"),
        ("pbx.two-1763839000.12-3", "pbx.two-1763839000.12"),
        ("7d0c9a11-5f4e-4b5a-9c1d-000000000012", "7d0c9a11-5f4e-4b5a-9c1d-000000000012"),
        ("7d0c9a11-5f4e-4b5a-9c1d-000000000012-vm", "7d0c9a11-5f4e-4b5a-9c1d-000000000012"),
    ],
)
def test_call_of_a_base(base: str, call_id: str) -> None:
    assert call_id_of(base) == call_id


def test_the_second_of_the_call_gives_its_folder() -> None:
    assert started_at_of(CALL) == datetime(2025, 11, 22, 19, 16, 40, tzinfo=UTC)
    assert store_path(CALL, NOON, "mp3") == PurePosixPath(f"2025/11/22/{CALL}.mp3")


def test_without_a_second_the_start_of_the_row_gives_the_folder() -> None:
    assert started_at_of("outbound-7") is None
    assert store_path("outbound-7", NOON, "opus") == PurePosixPath("2026/03/16/outbound-7.opus")
