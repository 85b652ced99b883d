"""Whatever a carrier sends as a caller."""

import pytest

from callcore.calls.model import MAX_CALLER_CHARS, printable, read_caller, read_dialled

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("raw", "number", "kept"),
    [
        ("79001234567", "+79001234567", "79001234567"),
        ("8 (900) 123-45-67", "+79001234567", "8 (900) 123-45-67"),
        ("", "", ""),
        ("anonymous", "", "anonymous"),
        ("9" * 40, "", "9" * 40),
        ("9" * 200, "", "9" * MAX_CALLER_CHARS),
        ("Иван", "", "Иван"),
        ('",&${EXTEN}', "", '",&${EXTEN}'),
        ("7900\r\n1234567", "", "79001234567"),
        ("7900\x001234567", "", "79001234567"),
        ("\u202e7654321", "", "7654321"),
    ],
)
def test_a_caller_is_kept_and_trusted_only_when_it_parses(raw: str, number: str, kept: str) -> None:
    caller = read_caller(raw, "Имя\r\nвторая\x07 строка")
    assert (caller.number, caller.raw) == (number, kept)
    assert caller.name == "Имявторая строка"


def test_a_lone_surrogate_does_not_reach_the_database() -> None:
    assert printable("а\ud800б").encode() == "аб".encode()


@pytest.mark.parametrize(
    ("dialled", "stored"), [("74950000001", "+74950000001"), ("103", "103"), ("", ""), ("s\n", "s")]
)
def test_a_dialled_number_is_e164_when_it_can_be(dialled: str, stored: str) -> None:
    assert read_dialled(dialled) == stored
