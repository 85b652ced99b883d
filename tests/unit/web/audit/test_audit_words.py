"""Rows of the audit as people read them, in a page and in a file."""

import io
import zipfile
from datetime import UTC, datetime

import pytest

from callcore.network.audit_log import AuditLine
from web.audit.book import make_book
from web.audit.form import read_form
from web.audit.words import ACTIONS, text_of

pytestmark = pytest.mark.unit

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def line(action: str, entity: str = "user", **data: object) -> AuditLine:
    return AuditLine(7, AT, 1, "=cmd()", "", action, entity, "12", "192.0.2.1", data)


def test_a_known_action_has_words_its_thing_and_what_changed() -> None:
    told = text_of(
        line("user:changed", changes={"role": ["operator", "admin"], "odd": 1}, reason="повышение")
    )
    assert (told.title, told.thing, told.href) == ("Сотрудник изменён", "Сотрудник 12", "/people/12")
    first, second = told.details
    assert (first.name, first.before, first.after) == ("Роль", "Оператор", "Администратор")
    assert (second.name, second.before, second.after) == ("Причина", None, "повышение")


def test_what_is_not_known_is_shown_as_it_is_and_secrets_are_not() -> None:
    told = text_of(line("robot:danced", "robot", email_sha256="abc", steps=["+79124401825", None, True]))
    assert (told.title, told.thing, told.href) == ("robot:danced", "robot 12", "")
    (steps,) = told.details
    assert (steps.name, steps.after.endswith(", —, да")) == ("steps", True)
    assert text_of(line("site-calls:set", is_on=False)).title.endswith("выключено")


def test_a_file_holds_no_formula() -> None:
    body = make_book([text_of(line("user:signed-in"))], "Europe/Moscow")
    book = zipfile.ZipFile(io.BytesIO(body))
    text = "".join(book.read(name).decode() for name in book.namelist())
    assert "<f>" not in text
    assert "&#39;=cmd()" in text or "'=cmd()" in text


def test_filters_are_read_and_wrong_days_are_told() -> None:
    form = read_form({"since": "2026-03-01", "until": "2026-03-02", "subject": "user"}, "Europe/Moscow")
    assert form.wanted.since == datetime(2026, 2, 28, 21, 0, tzinfo=UTC)
    assert form.wanted.until == datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
    assert [text for text, _ in form.chips()] == ["О чём: Вход и люди", "С: 2026-03-01", "По: 2026-03-02"]
    wrong = read_form(
        {"since": "вчера", "until": "9999-01-01", "subject": "x'y", "person": "\x00 Анна "}, "UTC"
    )
    assert set(wrong.errors) == {"since", "until"}
    assert (wrong.wanted.subject, wrong.wanted.person) == ("", "Анна")
    swapped = read_form({"since": "2026-03-02", "until": "2026-03-01"}, "UTC")
    assert set(swapped.errors) == {"until"}


def test_every_word_of_an_action_is_a_subject_and_a_verb() -> None:
    assert all(action.count(":") == 1 for action in ACTIONS)
