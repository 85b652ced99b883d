"""«Распределение звонков» as a browser gets it: saving, conflict, return, errors, rights, trial, what-if."""

import asyncio
import html
import re
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from jinja2 import BytecodeCache
from sqlalchemy import select

from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.kernel.errors import Conflict
from callcore.network.change_policies import ChangePolicies
from callcore.network.model import Role
from callcore.network.policies import load_policies
from callcore.network.policy import BUILT_IN, ActivePolicy, Policy, QuotaUnit, StageKind
from callcore.network.policy_tables import PolicyVersionRow
from callcore.network.tables import OrgRow
from tests.factories.network import make_org
from tests.fakes.clock import FakeClock
from tests.integration.web.policy_stage import CALLER, CSRF, PolicyStage

pytestmark = pytest.mark.integration
Browser = TestClient[Any, Any]
Form = dict[str, str]

WHOLE: Form = {
    "max_outlets": "12",
    "max_neighbours": "3",
    "knows_days": "30",
    "points_missed": "0",
    "points_declined": "0",
    "points_no_callback": "0",
    "own_order_first": "1",
    "to_neighbours": "1",
}
BASE: Form = {"stages.0.kind": "base", "stages.0.ringing": "in-order"}
SHARES: Form = {
    "stages.0.kind": "quota",
    "stages.0.period": "month",
    "stages.0.quotas.0.org_id": "Мастер",
    "stages.0.quotas.0.unit": "percent",
    "stages.0.quotas.0.limit": "40",
    "stages.1.kind": "base",
}


@pytest.fixture
async def stage(database: Database, clock: FakeClock, template_cache: BytecodeCache) -> PolicyStage:
    stage = PolicyStage(database, clock, template_cache)
    await stage.build()
    return stage


async def look(browser: Browser, address: str, status: int = 200) -> str:
    answer = await browser.get(address)
    assert answer.status == status, (address, answer.status)
    return html.unescape(await answer.text())


async def send(browser: Browser, address: str, status: int, **form: str) -> str:
    answer = await browser.post(address, data={"csrf_token": CSRF} | form, allow_redirects=False)
    text = html.unescape(await answer.text())
    assert answer.status == status, f"{address}: {answer.status} {text[:3000]}"
    return text


async def save(browser: Browser, policy_id: int, shown: int, status: int = 303, **form: str) -> str:
    usual = WHOLE | {"shown": str(shown), "do": "save"}
    return await send(browser, f"/routing/{policy_id}", status, **usual | form)


async def policies(stage: PolicyStage) -> tuple[ActivePolicy, ...]:
    async with stage.database.session() as session:
        return await load_policies(session)


async def audit(stage: PolicyStage) -> list[tuple[str, int | None]]:
    async with stage.database.session() as session:
        rows = await session.execute(select(AuditRow.action, AuditRow.actor_id).order_by(AuditRow.id))
        return [tuple(row) for row in rows]


async def test_the_first_save_makes_version_one_and_the_page_tells_what_changed_in_the_second(
    stage: PolicyStage,
) -> None:
    assert await policies(stage) == (BUILT_IN,)
    async with stage.browser() as browser:
        assert "Действует заводская настройка" in await look(browser, "/routing")
        await save(browser, 0, 0, **BASE)
        (first,) = await policies(stage)
        assert (first.version, first.name) == (1, "Основная")
        await save(browser, first.id, 1, **SHARES, note="Мастер просит больше")
        (second,) = await policies(stage)
        quota = second.policy.stages[0].quotas[0]
        assert (quota.org_id, quota.unit, quota.limit) == (stage.orgs["master"].id, QuotaUnit.PERCENT, 40)
        text = await look(browser, f"/routing/{first.id}")
        for expected in (
            "Версия 2",
            "Мастер просит больше",
            "Добавлена ступень «Базовая+»",
            "Белова admin",
            "Сохранить как версию 3",
            "Сайт, Москва",
        ):
            assert expected in text, expected
    author = stage.users[Role.ADMIN].id
    assert await audit(stage) == [("policy:saved", author), ("policy:saved", author)]


async def test_the_second_of_two_who_edit_is_told_and_keeps_what_he_typed(stage: PolicyStage) -> None:
    async with stage.browser() as one, stage.browser(Role.MANUFACTURER) as two:
        await save(one, 0, 0, **BASE)
        (saved,) = await policies(stage)
        await save(two, saved.id, 1, **BASE, **{"stages.0.ring_s": "33"})
        text = await save(one, saved.id, 1, 409, **SHARES, note="моя правка")
        for expected in (
            "Белова manufacturer",
            'value="Мастер"',
            'value="моя правка"',
            'name="shown" value="2"',
        ):
            assert expected in text, expected
        assert (await policies(stage))[0].version == 2
        await save(one, saved.id, 2, **SHARES)
        assert (await policies(stage))[0].version == 3
        # the built-in one cannot be saved for a second time either
        await save(one, 0, 0, 404, **BASE)


async def test_of_two_saves_in_one_moment_one_is_refused(stage: PolicyStage) -> None:
    change, admin = ChangePolicies(stage.database, stage.clock), stage.viewer(Role.ADMIN)
    for shown in range(4):
        policy_id = (await policies(stage))[0].id
        answers = await asyncio.gather(
            *(change.save(admin, policy_id, Policy(max_outlets=2 + one), shown=shown) for one in range(4)),
            return_exceptions=True,
        )
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        assert len(refused) == 3
        for refusal in refused:
            assert isinstance(refusal, Conflict)
            assert refusal.details["author"] == "Белова admin"
        assert (await policies(stage))[0].version == shown + 1


async def test_a_version_that_cannot_be_read_gives_way_to_the_one_before(stage: PolicyStage) -> None:
    async with stage.browser() as browser:
        await save(browser, 0, 0, **SHARES)
        (sound,) = await policies(stage)
        async with stage.database.transaction() as session:
            broken = {"stages": "?"}
            at = stage.clock.now()
            session.add(PolicyVersionRow(policy_id=sound.id, version=2, made_at=at, body=broken))
        assert await policies(stage) == (sound,)
        assert "Эту версию прочесть не удалось" in await look(browser, "/routing")
        assert 'name="shown" value="2"' in await save(browser, sound.id, 1, 409, **BASE)
        await save(browser, sound.id, 2, **BASE)
        assert (await policies(stage))[0].version == 3


async def test_an_older_version_returns_by_one_press_and_the_press_is_undone_by_another(
    stage: PolicyStage,
) -> None:
    async with stage.browser() as browser:
        await save(browser, 0, 0, **BASE)
        (first,) = await policies(stage)
        await save(browser, first.id, 1, **SHARES)
        (second,) = await policies(stage)
        await send(browser, f"/routing/{first.id}/return", 303, version="1")
        (third,) = await policies(stage)
        assert (third.version, third.policy) == (3, first.policy)
        assert "Возврат к версии 1" in await look(browser, f"/routing/{first.id}")
        await send(browser, f"/routing/{first.id}/undo", 303)
        (fourth,) = await policies(stage)
        assert (fourth.version, fourth.policy) == (4, second.policy)
        for version in ("9", "x", "", "-1", "99999999999999"):
            await send(browser, f"/routing/{first.id}/return", 404, version=version)
    assert [action for action, _ in await audit(stage)][-2:] == ["policy:rolled-back"] * 2


ERRORS = [
    ({"stages.0.quotas.0.limit": "140"}, "От 1 до 100"),
    ({"stages.0.quotas.0.limit": ""}, "Укажите число"),
    ({"stages.0.quotas.0.limit": "много"}, "Нужно целое число"),
    ({"stages.0.quotas.0.org_id": "Нет такого"}, "Дилера «Нет такого» нет"),
    ({"stages.0.quotas.0.org_id": ""}, "Выберите дилера"),
    ({"stages.0.quotas.0.unit": "штуки"}, "Выберите значение из списка"),
    (
        {
            "stages.0.quotas.1.org_id": "Мастер",
            "stages.0.quotas.1.unit": "percent",
            "stages.0.quotas.1.limit": "5",
        },
        "Этот дилер уже есть выше",
    ),
    (
        {
            "stages.0.quotas.1.org_id": "Вектор",
            "stages.0.quotas.1.unit": "percent",
            "stages.0.quotas.1.limit": "61",
        },
        "Сумма долей 101 %",
    ),
    ({"stages.1.kind": "quota"}, "Такая ступень уже есть выше"),
    ({"stages.1.ring_s": "3"}, "От 5 до 120"),
    ({"max_outlets": "0"}, "От 1 до 20"),
    ({"knows_days": "-1"}, "От 0 до 365"),
    ({"min_points": "9" * 30}, "Слишком большое число"),
    ({"stages.1.kind": "rating", "stages.1.min_points": ""}, "Укажите порог баллов или сколько лучших"),
    (
        {"stages.1.kind": "fix", "stages.1.rules.0.org_id": "", "stages.1.rules.0.regions": "Москва"},
        "Выберите дилера",
    ),
    ({"note": "д" * 201}, "Не длиннее 200 знаков"),
]


@pytest.mark.parametrize(("wrong", "sentence"), ERRORS, ids=[sentence for _, sentence in ERRORS])
async def test_what_is_wrong_is_said_by_the_field_and_nothing_is_lost_or_saved(
    stage: PolicyStage, wrong: Form, sentence: str
) -> None:
    async with stage.browser() as browser:
        text = await save(browser, 0, 0, 422, **SHARES | {"note": "осенью"} | wrong)
    assert sentence in text
    for name, value in (SHARES | wrong).items():
        if (
            value
            and ".kind" not in name
            and value != "штуки"
            and not name.endswith((".unit", ".period", ".regions"))
        ):
            assert re.search(rf'name="{re.escape(name)}" value="{re.escape(value)}"', text), name
    assert await policies(stage) == (BUILT_IN,)
    assert await audit(stage) == []


async def test_the_buttons_of_the_form_change_it_and_save_nothing(stage: PolicyStage) -> None:
    async with stage.browser() as browser:
        form = WHOLE | SHARES | {"shown": "0"}
        order = re.compile(r'name="stages\.\d\.kind" value="(\w+)"')
        assert order.findall(await send(browser, "/routing/0", 200, **form, do="down.0")) == ["base", "quota"]
        assert order.findall(await send(browser, "/routing/0", 200, **form, do="drop.1")) == ["quota"]
        assert order.findall(await send(browser, "/routing/0", 200, **form, do="add.rating")) == [
            "quota",
            "rating",
            "base",
        ]
        text = await send(browser, "/routing/0", 200, **form, do="row.0")
        assert 'name="stages.0.quotas.1.org_id" value=""' in text
        assert "ещё не сохранена" in text
        text = await send(browser, "/routing/0", 200, **form, do="drop-row.0.0")
        assert "stages.0.quotas.0" not in text
        for nonsense in ("up.0", "up.99", "drop.x", "row", "drop-row.0", "add.stage", "🙃"):
            assert order.findall(await send(browser, "/routing/0", 200, **form, do=nonsense)) == [
                "quota",
                "base",
            ]
        drawing = await send(browser, "/routing/0/summary", 200, **form)
        assert "Базовая+" in drawing
        assert "40 %" in drawing
    assert await policies(stage) == (BUILT_IN,)


async def test_regions_and_numbers_of_a_rule_are_added_by_name(stage: PolicyStage) -> None:
    form = {
        "stages.0.kind": "fix",
        "stages.0.rules.0.org_id": "мастер",
        "stages.0.rules.0.regions": "москва",
        "stages.0.rules.0.dids": "Сайт, Москва",
        "stages.1.kind": "base",
    }
    async with stage.browser() as browser:
        await save(browser, 0, 0, **form)
    (saved,) = await policies(stage)
    (rule,) = saved.policy.stages[0].rules
    assert stage.did is not None
    assert (rule.org_id, rule.region_codes, rule.did_ids) == (
        stage.orgs["master"].id,
        ("RU-MOW",),
        (stage.did.id,),
    )


async def test_a_warning_does_not_stop_the_save(stage: PolicyStage) -> None:
    async with stage.browser() as browser:
        text = await send(
            browser, "/routing/0", 200, **WHOLE | BASE | {"shown": "0", "min_points": "5000", "do": "try"}
        )
        assert "Столько баллов нет ни у кого (больше всех — 900)" in text
        await save(browser, 0, 0, **BASE, min_points="5000")
        assert (await policies(stage))[0].policy.min_points == 5000


async def test_rights(stage: PolicyStage) -> None:
    async with stage.browser(Role.SUPERVISOR) as browser:
        text = await look(browser, "/routing")
        assert "Вы можете только смотреть" in text
        assert 'value="save"' not in text
        assert "Создать" not in text
        for address in ("/routing/0", "/routing/new", "/routing/0/return", "/routing/0/undo"):
            await send(browser, address, 403, **WHOLE | BASE | {"shown": "0", "do": "save", "name": "X"})
        await look(browser, "/routing/what-if")
    async with stage.browser(Role.OPERATOR) as browser:
        await look(browser, "/routing", 403)
        await look(browser, "/routing/what-if", 403)
    async with stage.browser() as browser:
        for missing in ("/routing/77", "/routing/x", "/routing/99999999999999999999"):
            await look(browser, missing, 404)
    assert await policies(stage) == (BUILT_IN,)


async def test_a_further_policy_is_a_copy_with_its_own_name(stage: PolicyStage) -> None:
    async with stage.browser() as browser:
        await send(browser, "/routing/new", 303, name="Реклама в Москве", source="0")
        common, further = await policies(stage)
        assert (common.name, further.name) == ("Основная", "Реклама в Москве")
        assert further.policy == common.policy
        for name, sentence in (
            ("Реклама в Москве", "уже есть"),
            ("  ", "Назовите стратегию"),
            ("я" * 81, "Не длиннее 80 знаков"),
        ):
            assert sentence in await send(
                browser, "/routing/new", 422, name=name, source="0" if not name else ""
            )
        text = await look(browser, f"/routing/{further.id}")
        assert "Ни одного. Стратегию выбирают в карточке номера" in text
        assert "для всех номеров" in await look(browser, f"/routing/{common.id}")


async def test_the_trial_keeps_the_form_and_saves_nothing(stage: PolicyStage) -> None:
    rule = {"stages.0.kind": "fix", "stages.0.rules.0.org_id": "Мастер", "stages.1.kind": "base"}
    async with stage.browser() as browser:
        text = await send(
            browser, "/routing/0", 200, **WHOLE | rule | {"shown": "0", "do": "try", "note": "проба"}
        )
    assert re.search(r"Звонков:\s*<b>10</b>", text)
    assert re.search(r"Первым получил бы другой дилер:\s*<b>10</b>", text)
    assert "+10" in text
    assert 'href="/calls/past-9"' in text
    assert "79160000" not in text
    assert 'value="проба"' in text
    assert await policies(stage) == (BUILT_IN,)


async def test_what_if_answers_without_calling(stage: PolicyStage) -> None:
    assert stage.did is not None
    async with stage.browser() as browser:
        number = stage.did.number.replace("+", "%2B")
        ask = f"/routing/what-if?to={number}&from=8+(916)+000-00-01"
        text = await look(browser, ask)
        assert "Вектор" in text
        assert CALLER not in text
        assert "Порядок дозвона" in await look(browser, f"{ask}&at=2026-03-08T03:00&tz=Asia/Omsk&policy=0.0")
        assert "Такого номера не бывает" in await look(browser, f"/routing/what-if?to={number}&from=12", 400)
        assert "Выберите, на какой" in await look(browser, "/routing/what-if?from=89160000001", 400)
        for wrong in ("at=вчера", "at=2026-03-08T03:00&tz=Mars", "policy=7.7", "policy=x"):
            await look(browser, f"{ask}&{wrong}", 400)


async def test_the_page_of_a_thousand_dealers_stays_light(stage: PolicyStage) -> None:
    async with stage.database.transaction() as session:
        root = await session.get_one(OrgRow, stage.orgs["factory"].id)
        for number in range(1000):
            await make_org(session, parent=root, name=f"ООО «Отделочные материалы {number}»")
    quotas = {}
    for row in range(20):
        quotas |= {
            f"stages.0.quotas.{row}.org_id": f"ООО «Отделочные материалы {row}»",
            f"stages.0.quotas.{row}.unit": "percent",
            f"stages.0.quotas.{row}.limit": "5",
        }
    async with stage.browser() as browser:
        await save(browser, 0, 0, **{"stages.0.kind": "quota", "stages.1.kind": "base"} | quotas)
        (saved,) = await policies(stage)
        assert len(saved.policy.stages[0].quotas) == 20
        assert saved.policy.stages[0].kind is StageKind.QUOTA
        answer = await browser.get("/routing")
        assert len(await answer.read()) < 150_000
