"""A log line never carries a whole telephone number or a secret."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import structlog

from callcore.kernel.logs import configure_logs, get_logger, mask_digits

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    before = structlog.get_config()
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.configure(**before)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call from +79161234567", "call from +791…67"),
        ("89161234567", "891…67"),
        ("order 416", "order 416"),
        ("dealerline-1763839000.12", "dealerline-1763839000.12"),
        ("127.0.0.1:5060", "127.0.0.1:5060"),
        ("2026-11-23T12:35:14.123456Z", "2026-11-23T12:35:14.123456Z"),
        ("release 20261123-141500", "release 20261123-141500"),
        ("PJSIP/p12-00000012", "PJSIP/p12-00000012"),
        ("gone to +79161234567.", "gone to +791…67."),
        ("sip:79161234567@carrier", "sip:791…67@carrier"),
        ("?q=%2B79161234567&page=2", "?q=%2B791…67&page=2"),
        ("call-79161234567-in.wav", "call-791…67-in.wav"),
        ("8 (916) 123-45-67, вечером", "891…67, вечером"),
        ("+7 916 1234567", "+791…67"),
        ("916-123 45 67", "916…67"),
        ("123-45-67", "123…67"),
    ],
)
def test_long_runs_of_digits_are_masked(text: str, expected: str) -> None:
    assert mask_digits(text) == expected


def test_fields_are_masked_and_the_call_id_stays(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    get_logger("test").info(
        "call entered", call_id="dealerline-1763839000.12", caller="+79161234567", password="hunter2"
    )
    line = json.loads(capsys.readouterr().err)
    assert line["call_id"] == "dealerline-1763839000.12"
    assert line["caller"] == "+791…67"
    assert line["password"] == "***"
    assert line["module"] == "test"


def test_what_lies_deeper_and_what_libraries_write_is_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    get_logger("test").info(
        "message built", to=["89161234567"], about={"phones": ("+79161234567",)}, what=Spoken("8 916 123-45-67"),
        request_id="3f9160000000aa", count=3, secrets={"token": "hunter2"},
    )  # fmt: skip
    logging.getLogger("sqlalchemy").error("refused: %s", {"number": "+79161234567"})
    text = capsys.readouterr().err
    line = json.loads(text.splitlines()[0])
    assert (line["to"], line["about"]) == (["891…67"], {"phones": ["+791…67"]})
    assert (line["request_id"], line["count"]) == ("3f9160000000aa", 3)
    assert "refused" in text
    assert not any(tail in text for tail in ("161234567", "123-45-67", "hunter2"))


@dataclass(frozen=True)
class Spoken:
    number: str


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str], style: str) -> None:
    configure_logs("info", style)
    typed = "hunter" + "2"
    try:
        raise ValueError("caller " + "+7916" + "1234567", len(typed))
    except ValueError:
        get_logger("test").exception("request failed")
    text = capsys.readouterr().err
    assert "Traceback" in text
    assert "ValueError" in text
    assert typed not in text
    assert "+79161234567" not in text
