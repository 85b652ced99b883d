"""A talk is handed on from the desk: duty, a colleague and an outside number are asked first, a dealer's outlet gets it at once."""

import pytest
from playwright.async_api import Page, expect

from dialplans.plan import Behaviour
from tests.e2e.conftest import Visit
from tests.e2e.talks import own_phone
from tests.installation.office import Office, until

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

CUSTOMER, OUTSIDE = "+79160000759", "+79160000742"
COLLEAGUE = "operator2@demo.dealerline.example"


async def answers(office: Office, *names: str) -> None:
    """One of these phones of ours, or of outside numbers by way of the carrier, has picked up."""

    async def is_up(name: str) -> bool:
        if name.startswith("p"):
            lines = (await office.channels()).splitlines()
            return any(line.startswith(f"PJSIP/{name}-") and "!Up!" in line for line in lines)
        return await office.stand.carrier.calls_to(name) == 1

    async def is_one_up() -> bool:
        return any([await is_up(name) for name in names])

    await until(f"{names} pick up", is_one_up)


async def hand_on(page: Page, target: str, way: str) -> None:
    """`target` is the label of a person or place, or a number."""
    await page.get_by_role("link", name="Перевести").click()
    if target.startswith("+"):
        await page.get_by_label("Или внешний номер").fill(target)
    else:
        await page.get_by_role("radio", name=target).check()
    await page.get_by_role("radio", name=way).check()
    await page.get_by_role("button", name="Перевести").click()


async def test_everybody_to_whom_the_desk_hands_on(office: Office, visit: Visit) -> None:
    (colleague,) = office.rows(
        "SELECT p.id, u.full_name FROM phones p JOIN users u ON u.id = p.user_id WHERE u.email = ?", COLLEAGUE
    )
    (outlet,) = office.rows(
        "SELECT o.name FROM outlets o JOIN phones p ON p.outlet_id = o.id WHERE p.id = ?",
        office.dealer_keys[0][1:],
    )
    phone = await own_phone(office, "operator")
    others = (*office.duty, f"p{colleague['id']}", office.dealer_keys[0])
    await office.behave(others, Behaviour.ACCEPT)
    visitor = await visit("operator")
    await visitor.go_live("/desk")
    page = visitor.page
    calling = await office.call(CUSTOMER, to_did=office.operators_did, talk_s=170)
    await phone.rings_since()
    await phone.pick_up()
    await expect(page.locator("[data-desk-card]").first).to_have_attribute("data-moment", "talking")
    # Whose shift it is depends on the hour.
    asked = {"Дежурный": office.duty, colleague["full_name"]: (f"p{colleague['id']}",), OUTSIDE: (OUTSIDE,)}
    for target, names in asked.items():
        await hand_on(page, target, "Сначала спросить")
        await expect(page.locator("body")).to_contain_text("Спрашиваем: клиент слышит музыку")
        await answers(office, *names)
        await page.get_by_role("button", name="Вернуться к клиенту").click()
        await expect(page.get_by_role("link", name="Перевести")).to_be_visible()
    await hand_on(page, outlet["name"], "Сразу")
    await expect(page.locator("body")).to_contain_text("Переводим")
    taken = "SELECT id FROM call_transfers WHERE ordinal = 4 AND result = 'answered'"
    await until("the outlet talks", lambda: office.rows(taken))
    await office.stand.carrier.hang_up(calling)
    await office.over(calling)

    await until("the call is in the journal", lambda: office.ended_call_of(CUSTOMER))
    await visitor.go(f"/transfers?number={CUSTOMER[1:]}")
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(4)
    told = [await rows.nth(n).inner_text() for n in range(4)]
    for text, target, result in zip(
        reversed(told),
        ("Дежурный", colleague["full_name"], "+7 916 000-07-42", outlet["name"]),
        ("Вернулся", "Вернулся", "Вернулся", "Ответили"),
        strict=True,
    ):
        assert target in text, told
        assert result in text, told
