"""A refusal becomes a status, words and a next step, and never tells of the inside."""

import pytest

from callcore.kernel import errors
from tests.unit.web.conftest import Browser
from web.errors import explain

pytestmark = pytest.mark.unit

STATUSES = {"missing": 404, "pbx": 503, "conflict": 409, "invalid": 400, "bug": 500, "slow": 503}


@pytest.mark.parametrize(("what", "status"), STATUSES.items())
async def test_a_page_for_people(operator: Browser, what: str, status: int) -> None:
    answer = await operator.get(f"/refuse/{what}")
    text = await answer.text()
    assert answer.status == status
    assert "Код обращения" in text
    assert answer.headers["X-Request-Id"] in text
    for inside in ("Traceback", "secret inside", "10.1.2.3", "ZeroDivision"):
        assert inside not in text


@pytest.mark.parametrize(("what", "status"), STATUSES.items())
async def test_json_for_programs(browser: Browser, what: str, status: int) -> None:
    answer = await browser.get(f"/api/refuse/{what}")
    told = await answer.json()
    assert answer.status == status
    assert answer.content_type == "application/problem+json"  # RFC 9457
    assert {"type", "title", "status", "detail", "code", "request_id"} <= set(told)
    assert (told["status"], bool(told["detail"])) == (status, True)


async def test_htmx_gets_json_too(operator: Browser) -> None:
    answer = await operator.get("/refuse/pbx", headers={"HX-Request": "true"})
    assert (await answer.json())["message"] == "АТС не отвечает"


async def test_an_unknown_page_keeps_the_navigation(operator: Browser) -> None:
    answer = await operator.get("/nowhere")
    text = await answer.text()
    assert answer.status == 404
    assert "Такой страницы нет" in text
    assert 'href="/hello"' in text


async def test_a_wrong_method_is_no_failure(operator: Browser) -> None:
    answer = await operator.post("/hello", headers={"X-CSRF-Token": "csrf-0"})
    assert answer.status == 405


async def test_too_large_a_body_is_refused_before_it_is_read(operator: Browser) -> None:
    answer = await operator.post("/change", data=b"x" * 20_000, headers={"X-CSRF-Token": "csrf-0"})
    assert answer.status == 413


def test_every_kind_of_refusal_has_a_status_of_its_own() -> None:
    kinds = [kind for kind in errors.DealerlineError.__subclasses__() if kind.__module__ == errors.__name__]
    assert len(kinds) >= 8
    for kind in kinds:
        told = explain(kind("some-code"))
        assert told.code == "some-code"
        assert told.status >= 400
        assert told.advice
    assert explain(errors.TooMany("x", retry_after_s=30)).retry_after_s == 30
