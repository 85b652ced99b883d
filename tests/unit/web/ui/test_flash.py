"""The word for the next page is shown once, escaped, and cannot be used to break a page."""

import base64

import pytest

from tests.unit.web.conftest import Browser

pytestmark = pytest.mark.unit


async def test_it_is_shown_once_and_escaped(operator: Browser) -> None:
    answer = await operator.post("/change", data={"csrf_token": "csrf-0"})
    text = await answer.text()
    assert "Заказ &lt;принят&gt;" in text
    assert "Заказ &lt;принят&gt;" not in await (await operator.get("/ui")).text()


@pytest.mark.parametrize(
    "raw",
    [
        "%%%",
        "bm90IGpzb24",
        base64.urlsafe_b64encode(b'["evil", "x"]').decode(),
        base64.b64encode(b"[1]").decode(),
        "x" * 5000,
    ],
)
async def test_a_forged_cookie_says_nothing(operator: Browser, raw: str) -> None:
    answer = await operator.get("/hello", headers={"Cookie": f"flash={raw}; dealerline=token-0"})
    assert answer.status == 200
    page = await operator.get("/ui", headers={"Cookie": f"flash={raw}; dealerline=token-0"})
    assert page.status == 200
