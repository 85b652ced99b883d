"""A log line never carries a whole telephone number or a secret."""

import json
import logging
from collections.abc import Iterator

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
