"""The journal, a call and its recordings as a browser gets them: filters, pages, rights, masks, ranges."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jinja2 import BytecodeCache
from sqlalchemy import select

from callcore.calls.attempt_tables import AttemptRow
from callcore.calls.note_play import ONE_PLAY
from callcore.calls.tables import CallEventRow, LegRow
from callcore.kernel.audit import AuditRow
from callcore.kernel.database import Database
from callcore.network.model import Role
from tests.factories.network import make_phone, make_user
from tests.fakes.clock import FakeClock
from tests.integration.web.call_stage import MASKED, NUMBER, SHOWN, SOUND, Stage, build_stage, digits_of

pytestmark = pytest.mark.integration

HOSTILE = "<script>alert(1)</script>\"'>{{7*7}}"


@pytest.fixture
async def stage(database: Database, clock: FakeClock, tmp_path: Path, template_cache: BytecodeCache) -> Stage:
    return await build_stage(database, clock, tmp_path / "store", template_cache)


def calls_in(text: str) -> list[str]:
    return re.findall(r'data-call="([^"]+)"', text)


async def page(browser: Any, address: str, status: int = 200) -> str:
    answer = await browser.get(address)
    assert answer.status == status, address
    return (await answer.read()).decode(errors="replace")


# --- the journal --------------------------------------------------------------------------------------------


async def test_the_journal_goes_down_and_back_by_its_own_links(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        for minute in range(60):
            await stage.call(session, minute, call_id=f"c{minute:02}")
    async with stage.browser("factory") as browser:
        seen: list[str] = []
        address = "/calls"
        for _ in range(3):
            text = await page(browser, address)
            seen += calls_in(text)
            following = re.search(r'rel="next" href="([^"]+)"', text)
            if following:
                address = following[1].replace("&amp;", "&")
        assert seen == [f"c{minute:02}" for minute in reversed(range(60))]
        assert following is None
        back = re.search(r'rel="prev" href="([^"]+)"', text)
        assert back
        assert calls_in(await page(browser, back[1].replace("&amp;", "&"))) == seen[25:50]


async def test_an_empty_journal_says_what_it_is_for(stage: Stage) -> None:
    async with stage.browser("factory") as browser:
        assert "Звонков пока нет" in await page(browser, "/calls")
        assert "По этим условиям звонков нет" in await page(browser, "/calls?status=missed")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"missed", "long", "out", "live", "rival"}),
        ("status=answered", {"long"}),
        ("status=live", {"live"}),
        ("direction=outbound", {"out"}),
        ("source=radio", {"out"}),
        ("region=RU-MOW", set()),
        ("region=RU-SVE", {"missed", "long", "out", "live", "rival"}),
        ("talk=60-", {"long"}),
        ("talk=0-10", {"missed", "out", "live", "rival"}),
        ("recording=1", {"long"}),
        ("transferred=1", {"out"}),
        ("number=8 (912) 440-18-25", {"missed", "long", "live"}),
        ("number=1825", {"missed", "long", "live"}),
        ("number=79990001122", {"out"}),
        ("period=today", {"missed", "long", "live", "rival"}),
        ("since=2026-03-13&until=2026-03-14", {"out"}),
        ("until=2026-03-14", {"out"}),
        ("status=answered&direction=outbound", set()),
    ],
)
async def test_each_filter_of_the_form(stage: Stage, query: str, expected: set[str]) -> None:
    await _five_calls(stage)
    async with stage.browser("factory") as browser:
        text = await page(browser, f"/calls?{query}".replace("+", "%2B"))
        assert set(calls_in(text)) == expected
        org = stage.orgs["master"].id
        assert set(calls_in(await page(browser, f"/calls?org={org}"))) == {"rival"}


async def test_calls_of_one_manager_are_those_that_rang_at_his_phone(stage: Stage) -> None:
    """Also when another one answered: then the row names that other one."""
    async with stage.database.transaction() as session:
        org = stage.orgs["factory"]
        anna = await make_user(session, org, full_name="Анна Белова")
        boris = await make_user(session, org, full_name="Борис Чижов")
        await make_phone(session, user=anna)
        answered = await stage.call(
            session, 0, call_id="both", result="answered", talk_s=30, user_id=boris.id
        )
        session.add(
            LegRow(
                call_row_id=answered.id,
                uniqueid="both-2",
                channel="PJSIP/p1-1",
                role="operator",
                user_id=anna.id,
                started_at=answered.started_at,
                outcome="cancelled",
            )
        )
        await stage.call(session, 1, call_id="foreign")
    async with stage.browser("factory") as browser:
        text = await page(browser, f"/calls?manager={anna.id}")
        assert set(calls_in(text)) == {"both"}
        assert "Сотрудник: Анна Белова" in text
        assert f'<option value="{anna.id}" selected>Анна Белова</option>' in text
        assert "Борис Чижов</option>" not in text, "only people with a telephone can be chosen"
        assert set(calls_in(await page(browser, f"/calls?manager={boris.id}"))) == {"both"}


async def _five_calls(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        await stage.call(session, 0, call_id="missed")
        long = await stage.call(session, 1, call_id="long", result="answered", talk_s=75)
        await stage.recording(session, long)
        await stage.call(
            session,
            -60 * 24 * 2,
            call_id="out",
            direction="outbound",
            result="no_answer",
            source="radio",
            is_transferred=True,
            caller_number="+79990001122",
        )
        await stage.call(session, 3, call_id="live", state="ringing", result="", ended_at=None)
        await stage.call(
            session, 4, call_id="rival", org_id=stage.orgs["master"].id, caller_number="+79261112233"
        )


async def test_conditions_become_chips_that_can_be_taken_off(stage: Stage) -> None:
    async with stage.browser("factory") as browser:
        text = await page(browser, "/calls?status=missed&talk=60-&period=7d")
        found = re.findall(r'class="chip" href="([^"]*)"[^>]*>([^<]+)<', text)
        chips = {words.strip(): href.replace("&amp;", "&") for href, words in found}
        assert chips["Итог: Пропущен"] == "/calls?period=7d&talk=60-"
        assert chips["7 дней"] == "/calls?status=missed&talk=60-"
        assert "Разговор от 1 мин" in chips


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        ("number=abc", "Введите номер"),
        ("number=" + "9" * 100, "Введите номер"),
        ("since=yesterday", "Дата в виде"),
        ("since=0001-01-01", "Дата в виде"),
        ("until=9999-12-31", "Дата в виде"),
        ("since=2026-03-31&until=2026-03-01", "Конец периода раньше начала"),
        ("period=century", "Выберите период"),
        ("org=1;drop", "Выберите дилера"),
        ("org=" + "9" * 40, "Выберите дилера"),
        ("manager=anna", "Выберите сотрудника"),
        ("status=nonsense", "Выберите значение"),
        ("direction=up", "Выберите значение"),
        ("talk=-1", "Выберите длину"),
        ("region=" + "x" * 60, "Выберите регион"),
        ("after=broken", "Адрес страницы испорчен"),
        ("before=ffffffffffffffff-ffffffffffffffffffffff", "Адрес страницы испорчен"),
    ],
)
async def test_a_broken_condition_is_named_and_nothing_breaks(stage: Stage, query: str, advice: str) -> None:
    async with stage.browser("factory") as browser:
        assert advice in await page(browser, f"/calls?{query}", 400)


async def test_strange_letters_in_conditions_do_no_harm(stage: Stage) -> None:
    async with stage.browser("factory") as browser:
        for query in ("number=%00%0d%0a1825", "region=%F0%9F%93%9E", "source=%27%22%3C%3E", "org=%D9%A3"):
            answer = await browser.get(f"/calls?{query}")
            assert answer.status in (200, 400)
            assert "<>" not in await answer.text()


async def test_new_calls_are_counted_by_the_same_conditions(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        await stage.call(session, 0, call_id="old")
    async with stage.browser("factory") as browser:
        text = await page(browser, "/calls?status=missed")
        found = re.search(r'data-fresh="([^"]+)"', text)
        assert found
        address = found[1].replace("&amp;", "&")
        assert (await page(browser, address)).strip() == ""
        async with stage.database.transaction() as session:
            await stage.call(session, 1, call_id="new")
            await stage.call(session, 2, call_id="other", result="answered")
        fragment = await page(browser, address)
        assert "1\N{NO-BREAK SPACE}новый звонок" in fragment
        assert 'href="/calls?status=missed"' in fragment
        assert (await browser.get("/calls/fresh?status=nonsense")).status == 400


# --- rights and masks ---------------------------------------------------------------------------------------


async def test_a_dealer_sees_only_his_own_calls(stage: Stage) -> None:
    await _five_calls(stage)
    async with stage.browser("vector") as browser:
        text = await page(browser, "/calls")
        assert set(calls_in(text)) == {"missed", "long", "out", "live"}
        assert "Мастер-Дом" not in text
        other = stage.orgs["master"].id
        assert calls_in(await page(browser, f"/calls?org={other}")) == []
    async with stage.browser("master") as browser:
        assert calls_in(await page(browser, "/calls")) == ["rival"]


async def test_guessed_addresses_of_another_dealer_do_not_exist(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        call = await stage.call(session, call_id="theirs", result="answered", talk_s=60)
        recording = await stage.recording(session, call)
    guesses = [
        "/calls/theirs",
        "/calls/theirs?fragment=preview",
        "/calls/theirs?fragment=row",
        "/calls/theirs?fragment=recordings",
        f"/recordings/{recording.id}/audio",
        f"/recordings/{recording.id}/audio?download=1",
        f"/recordings/{recording.id}/waveform.json",
    ]
    async with stage.browser("vector") as browser:
        for address in guesses:
            await page(browser, address)
    async with stage.browser("master") as browser:
        for address in guesses:
            missing = await page(browser, address, 404)
            assert "Вектор" not in missing
        unknown = await page(browser, "/calls/no-such-call", 404)
        strip = re.compile(r"<code>[0-9a-f]+</code>|nonce=\S+|content=\S+")
        assert strip.sub("", unknown) == strip.sub("", await page(browser, "/calls/theirs", 404))


async def test_who_has_nothing_to_do_with_calls_is_kept_out(stage: Stage) -> None:
    async with stage.browser("factory", Role.SEO) as browser:
        for address in ("/calls", "/calls/fresh", "/calls/x", "/recordings/1/audio"):
            await page(browser, address, 404)
        await browser.post("/sign-out", headers={"X-CSRF-Token": "csrf-0"}, allow_redirects=False)
        answer = await browser.get("/calls", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=/calls")


async def test_no_digit_of_a_masked_number_leaves_the_server(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        call = await stage.call(session, call_id="short", talk_s=3, caller_name=f"Иван {NUMBER}")
        await stage.leg(session, call, "1.1", channel=f"PJSIP/{NUMBER[1:]}-0001")
        await stage.recording(session, call)
    hidden = NUMBER[-7:]
    addresses = [
        "/calls",
        "/calls/short",
        *(f"/calls/short?fragment={part}" for part in ("live", "row", "preview")),
    ]
    async with stage.browser("vector") as browser:
        for address in addresses:
            text = await page(browser, address)
            assert hidden not in digits_of(re.sub(r"datetime=\S+|[\w-]+\.(?:css|js|svg|woff2)", "", text)), (
                address
            )
        assert MASKED in await page(browser, "/calls")
        assert calls_in(await page(browser, f"/calls?number={hidden}")) == []
        assert calls_in(await page(browser, f"/calls?number={NUMBER[1:]}")) == []
        technical = await page(browser, "/calls/short?fragment=technical")
        assert "PJSIP" not in technical
    async with stage.browser("factory") as browser:
        assert SHOWN in await page(browser, "/calls")
        assert "PJSIP" in await page(browser, "/calls/short")


async def test_after_a_proven_talk_the_dealer_sees_the_number(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        await stage.call(session, call_id="talk", result="answered", talk_s=10)
    async with stage.browser("vector") as browser:
        assert SHOWN in await page(browser, "/calls")
        assert calls_in(await page(browser, "/calls?number=401825")) == ["talk"]


async def test_what_a_caller_sends_is_shown_as_text(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        call = await stage.call(
            session, call_id="evil", caller_name=HOSTILE, caller_number="", caller_raw=HOSTILE
        )
        await stage.leg(session, call, HOSTILE)
        session.add(
            CallEventRow(call_row_id=call.id, at=call.started_at, kind=HOSTILE, data={"code": HOSTILE})
        )
        session.add(
            CallEventRow(call_row_id=call.id, at=call.started_at, kind="anomaly", data={"code": HOSTILE})
        )
    async with stage.browser("factory") as browser:
        for address in (
            "/calls",
            "/calls/evil",
            "/calls/evil?fragment=preview",
            f"/calls?source={HOSTILE[:30]}",
        ):
            text = await page(browser, address)
            assert "<script>alert" not in text
        text = await page(browser, "/calls/evil")
        assert "&lt;script&gt;alert" in text
        assert "{{7*7}}" in text


# --- one call -----------------------------------------------------------------------------------------------


async def test_the_page_of_a_call_tells_the_whole_story(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        call = await stage.call(
            session,
            call_id="2026.1",
            result="answered",
            talk_s=90,
            wait_s=20,
            route="duty",
            warning="unknown-did",
            is_repaired=True,
            hangup_cause=16,
            explanation={"of": "another version"},
        )
        start = call.started_at
        await stage.leg(session, call, "1.1", ended_at=start + timedelta(seconds=110), bridged_at=start)
        await stage.leg(
            session,
            call,
            "1.2",
            role="outlet",
            org_id=call.org_id,
            outlet_id=call.outlet_id,
            ended_at=start + timedelta(seconds=20),
            outcome="declined",
            hangup_cause=21,
            step=1,
        )
        for kind, data in (
            ("entered", {}),
            ("fallback", {"reason": "timeout", "rung": "duty"}),
            ("step", {"step": 1, "step_kind": "outlet", "phones": ["p1"]}),
            ("declined", {"phone": "p1", "reason": "key"}),
            ("voicemail", {"seconds": 12}),
            ("from-the-future", {"x": 1}),
        ):
            session.add(CallEventRow(call_row_id=call.id, at=start, kind=kind, data=data))
    async with stage.browser("factory") as browser:
        text = await page(browser, "/calls/2026.1")
    for words in (
        "Входящий звонок",
        "Аварийный маршрут",
        "Восстановлен по CEL",
        "Неизвестный номер",
        "Салон Вектор-Строй",
        "отклонён",
        "Аварийный маршрут: приложение не ответило вовремя",
        "Клиент оставил сообщение, 00:12",
        "Событие from-the-future",
        "16: обычное завершение",
        "21: отклонён",
        "МСК+2",
    ):
        assert words in text, words


async def test_a_call_without_anything_still_has_a_page(stage: Stage) -> None:
    async with stage.database.transaction() as session:
        await stage.call(
            session,
            call_id="bare",
            state="offered",
            result="",
            ended_at=None,
            caller_number="",
            caller_raw="",
            org_id=None,
            outlet_id=None,
            region_code=None,
            route="",
        )
        made = {"key": "k", "kind": "order", "state": "ended", "number": NUMBER, "cli": NUMBER}
        at = stage.clock.now()
        session.add(AttemptRow(call_id="out-paid", made_at=at, cost_kopecks=340, **made))
        await stage.call(session, call_id="out-paid", direction="outbound")
    async with stage.browser("factory") as browser:
        assert "3,40" in await page(browser, "/calls/out-paid")
        text = await page(browser, "/calls/bare")
        assert "Стоимость связи" not in text
        assert "Поступил" in text
        assert "номер не определён" in text
        await page(browser, "/calls/bare?fragment=preview")
        await page(browser, "/calls/bare?fragment=nonsense", 404)


@pytest.mark.parametrize("call_id", ["nothing", "%00", "a" * 3000, "..%2f..%2fetc", "%E2%98%8E"])
async def test_unknown_calls_are_not_found(stage: Stage, call_id: str) -> None:
    async with stage.browser("factory") as browser:
        await page(browser, f"/calls/{call_id}", 404)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "pending"}, "Запись обрабатывается"),
        ({"state": "processing"}, "Запись обрабатывается"),
        ({"state": "failed"}, "Запись не получилась"),
        ({"state": "empty"}, "В записи тишина"),
        ({"is_truncated": True}, "Запись короче разговора"),
        ({"kind": "voicemail"}, "Голосовое сообщение"),
    ],
)
async def test_a_recording_in_each_state(stage: Stage, values: dict[str, Any], words: str) -> None:
    async with stage.database.transaction() as session:
        call = await stage.call(session, call_id="c")
        recording = await stage.recording(session, call, **values)
    async with stage.browser("factory") as browser:
        assert words in await page(browser, "/calls/c?fragment=recordings")
        is_ready = values.get("state", "ready") == "ready"
        await page(browser, f"/recordings/{recording.id}/waveform.json", 200 if is_ready else 404)


# --- sound --------------------------------------------------------------------------------------------------


@pytest.fixture
async def sound(stage: Stage) -> str:
    async with stage.database.transaction() as session:
        call = await stage.call(session, call_id="c", result="answered", talk_s=61)
        recording = await stage.recording(session, call)
    return f"/recordings/{recording.id}/audio"


async def test_sound_comes_whole_and_by_ranges(stage: Stage, sound: str) -> None:
    async with stage.browser("vector") as browser:
        whole = await browser.get(sound)
        assert (whole.status, await whole.read()) == (200, SOUND)
        assert whole.headers["Content-Type"] == "audio/mpeg"
        assert whole.headers["Accept-Ranges"] == "bytes"
        assert whole.headers["Cache-Control"] == "private, no-cache"
        assert "Content-Disposition" not in whole.headers
        for asked, sent in (
            ("0-", SOUND),
            ("100-199", SOUND[100:200]),
            ("-10", SOUND[-10:]),
            ("10000-99999", SOUND[10000:]),
        ):
            part = await browser.get(sound, headers={"Range": f"bytes={asked}"})
            assert (part.status, await part.read()) == (206, sent)
            assert part.headers["Content-Range"].endswith(f"/{len(SOUND)}")
        beyond = await browser.get(sound, headers={"Range": f"bytes={len(SOUND)}-"})
        assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(SOUND)}")
        head = await browser.head(sound)
        assert (head.status, head.headers["Content-Length"], await head.read()) == (200, str(len(SOUND)), b"")


async def test_a_range_of_an_older_file_gives_the_whole_new_one(stage: Stage, sound: str) -> None:
    async with stage.browser("vector") as browser:
        etag = (await browser.head(sound)).headers["ETag"]
        asked = {"Range": "bytes=5-9"}
        assert (await browser.get(sound, headers=asked | {"If-Range": etag})).status == 206
        stale = await browser.get(sound, headers=asked | {"If-Range": '"older"'})
        assert (stale.status, len(await stale.read())) == (200, len(SOUND))
        old = "Mon, 01 Jan 2001 00:00:00 GMT"
        assert (await browser.get(sound, headers=asked | {"If-Range": old})).status == 200
        assert (await browser.get(sound, headers={"If-None-Match": etag})).status == 304


async def test_a_download_has_a_name_without_the_number(stage: Stage, sound: str) -> None:
    async with stage.browser("vector") as browser:
        answer = await browser.get(f"{sound}?download=1")
        name = answer.headers["Content-Disposition"]
        assert re.fullmatch(r'attachment; filename="call-20260316-0900-\d+\.mp3"', name)
        assert await answer.read() == SOUND


async def test_each_play_is_written_down_once(stage: Stage, sound: str) -> None:
    async with stage.browser("vector") as browser:
        await browser.head(sound)
        assert await _plays(stage) == []
        for asked in ("5000-", "0-", "100-"):
            await browser.get(sound, headers={"Range": f"bytes={asked}"})
        assert await _plays(stage) == [("recording:played", 2)]
        stage.clock.advance(ONE_PLAY + timedelta(seconds=1))
        await browser.get(sound)
        await browser.get(f"{sound}?download=1")
    async with stage.browser("factory") as browser:
        await browser.get(sound)
    assert await _plays(stage) == [
        ("recording:played", 2),
        ("recording:played", 2),
        ("recording:downloaded", 2),
        ("recording:played", 1),
    ]


async def _plays(stage: Stage) -> list[tuple[str, int | None]]:
    async with stage.database.session() as session:
        rows = await session.scalars(select(AuditRow).order_by(AuditRow.id))
        return [(row.action, row.actor_id) for row in rows]


async def test_the_waveform_as_the_player_draws_it(stage: Stage, sound: str) -> None:
    async with stage.browser("vector") as browser:
        wave = await (await browser.get(sound.replace("audio", "waveform.json"))).json()
    assert wave == {"customer": [1, 50, 100], "ours": [0, 20, 7], "duration_s": 61.0}


@pytest.mark.parametrize("path", ["../secret.mp3", "/etc/passwd", "gone.mp3", ""])
async def test_a_path_that_leads_elsewhere_is_not_followed(stage: Stage, path: str) -> None:
    (stage.store.parent / "secret.mp3").write_bytes(b"secret")
    async with stage.database.transaction() as session:
        call = await stage.call(session, call_id="c")
        recording = await stage.recording(session, call, path=path)
    async with stage.browser("factory") as browser:
        text = await page(browser, f"/recordings/{recording.id}/audio", 404)
        assert "secret" not in text


@pytest.mark.parametrize("recording_id", ["0", "404", "x", "-1", "9" * 30, "%D9%A3", "1e3"])
async def test_unknown_recordings_are_not_found(stage: Stage, recording_id: str) -> None:
    async with stage.browser("factory") as browser:
        await page(browser, f"/recordings/{recording_id}/audio", 404)
        await page(browser, f"/recordings/{recording_id}/waveform.json", 404)
