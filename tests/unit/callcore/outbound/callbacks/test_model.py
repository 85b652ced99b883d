"""Whom, when and how often: the rules of callbacks; the work that is asked for instead of a captcha; the size of the script."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcore.calls.attempts import AttemptReason, AttemptResult
from callcore.calls.settings import CallSettings
from callcore.outbound.callbacks.model import (
    CallbackReason,
    Try,
    allowed_from,
    next_try,
    number_problem,
    slots,
    time_problem,
)
from callcore.outbound.callbacks.proof_of_work import (
    LIFE,
    hashed_ip,
    is_hasty,
    is_solved,
    make_challenge,
    read_challenge,
    solve,
)
from callcore.outbound.callbacks.sites import CallbackSite, origin_of
from web.public.callback_pages import SCRIPT_FILE

pytestmark = pytest.mark.unit

NOON = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # in Moscow
USUAL = CallSettings()
OURS = Try(AttemptResult.OURS_NO_ANSWER, AttemptReason.PHONE_NO_ANSWER)
SILENT = Try(AttemptResult.NO_ANSWER, AttemptReason.CUSTOMER_NO_ANSWER)
UNSENT = Try(AttemptResult.FAILED, AttemptReason.NOT_SENT)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("8 (916) 123-45-67", ""),
        ("+7 495 123 45 67", ""),
        ("9161234567", ""),
        ("", "number-empty"),
        ("позвоните", "number-empty"),
        ("112", "number-short"),
        ("0890", "number-short"),
        ("8 916 123-45", "number-wrong"),
        ("+375 29 123-45-67", "number-foreign"),
        ("+7 701 123-45-67", "number-foreign"),
        ("8 809 123-45-67", "number-paid"),
        ("8 916 123-45-67 доб. 5", "number-wrong"),
        ("89161234567; 89161234568", "number-wrong"),
    ],
)
def test_only_whole_unpaid_russian_numbers(typed: str, problem: str) -> None:
    assert number_problem(typed) == problem


@pytest.mark.parametrize("tz", ["Europe/Kaliningrad", "Europe/Moscow", "Asia/Kamchatka"])
def test_hours_are_those_of_the_customer(tz: str) -> None:
    for hour in range(24):
        at = NOON + timedelta(hours=hour)
        opens = allowed_from(at, tz, USUAL)
        there = opens.astimezone(ZoneInfo(tz))
        assert opens >= at
        assert 9 <= there.hour < 21
        assert opens == at or (there.hour, there.minute) == (9, 0)
        assert (time_problem(at, NOON, tz, USUAL) == "") == (opens == at)
    offered = slots(NOON, tz, USUAL)
    assert offered
    assert all(time_problem(one.at, NOON, tz, USUAL) == "" for one in offered)
    assert all(one.at.astimezone(ZoneInfo(tz)).strftime("%H:%M") == one.text for one in offered)
    night = CallSettings(callback_from_minute=7 * 60, from_minute=10 * 60)
    assert allowed_from(NOON - timedelta(hours=4), "Europe/Moscow", night) == NOON - timedelta(hours=2)


def test_nobody_of_ours_costs_nothing_until_all_were_rung() -> None:
    def follows(*tries: Try, steps: int = 2) -> tuple[float | None, CallbackReason | None]:
        found = next_try(tries, steps=steps, now=NOON, tz="Europe/Moscow", settings=USUAL)
        return (found.due_at - NOON).total_seconds() if found.due_at else None, found.reason

    assert follows(OURS) == (5, None)
    assert follows(OURS, OURS) == (120, None)
    assert follows(OURS, OURS, OURS) == (5, None)
    assert follows(SILENT) == (120, None)
    assert follows(SILENT, SILENT) == (600, None)
    assert follows(SILENT, OURS, SILENT) == (600, None)
    assert follows(SILENT, SILENT, SILENT) == (None, CallbackReason.NO_ANSWER)
    assert follows(OURS, OURS, OURS, steps=1) == (None, CallbackReason.NOBODY_OF_OURS)
    assert follows(*[UNSENT] * 10) == (120, None)
    bad = Try(AttemptResult.FAILED, AttemptReason.NUMBER_REFUSED)
    assert follows(bad) == (None, CallbackReason.BAD_NUMBER)


def test_the_work_is_signed_dated_and_cannot_be_guessed() -> None:
    secret = b"secret"
    text = make_challenge(secret, "shop", "salt", NOON)
    answer = solve(text, bits=8)
    assert is_solved(text, answer, bits=8)
    assert not is_solved(text + "x", answer, bits=8) or not is_solved(text + "y", answer, bits=8)
    for wrong in ("", "-1", "1e3", "9" * 13, "٣"):
        assert not is_solved(text, wrong, bits=1)
    found = read_challenge(secret, text, NOON)
    assert found is not None
    assert (found.site, found.salt) == ("shop", "salt")
    assert is_hasty(found, NOON + timedelta(seconds=1))
    assert not is_hasty(found, NOON + timedelta(seconds=3))
    assert read_challenge(secret, text, NOON + LIFE) is None
    assert read_challenge(b"other", text, NOON) is None
    assert read_challenge(secret, text.replace("shop", "shoq"), NOON) is None
    for wrong in ("", ".", "....", "a.b.c.d", "x" * 400):
        assert read_challenge(secret, wrong, NOON) is None
    assert hashed_ip(secret, "1.2.3.4") != hashed_ip(b"other", "1.2.3.4")


def test_addresses_of_sites() -> None:
    assert origin_of(" https://Shop.ru/page?x=1 ") == "https://shop.ru"
    assert origin_of("shop.ru:8443") == "https://shop.ru:8443"
    assert origin_of("https://окна.рф/") == "https://xn--80atjc.xn--p1ai"
    site = CallbackSite(key="k", title="Окна", origins=("https://shop.ru",))
    assert site.admits("https://shop.ru")
    assert not site.admits("https://shop.ru.evil.example")
    assert not site.admits("null")


def test_the_script_is_small_and_alone() -> None:
    text = SCRIPT_FILE.read_bytes()
    assert len(text) <= 10 * 1024
    for foreign in (b"import ", b"cookie", b"localStorage", b"innerHTML", b"eval("):
        assert foreign not in text
