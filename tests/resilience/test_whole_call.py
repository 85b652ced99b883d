"""A real call through the whole installation: from the customer's INVITE to the recording on the order's card."""

import pytest

from dialplans.plan import Behaviour
from tests.audio import is_heard
from tests.installation.office import Office, until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

CUSTOMER_HZ = 2800


async def test_both_sides_are_heard_in_the_recording_that_stands_on_call_customer_and_order(
    office: Office,
) -> None:
    number = "+79160000701"
    first, *others = office.dealer_keys
    await office.behave(tuple(others), Behaviour.BUSY)
    await office.over(await office.call(number, talk_s=4, tone_hz=CUSTOMER_HZ, caller_name="Ольга"))
    call = await until("the journal has the call", lambda: office.ended_call_of(number))
    assert (call["result"], call["route"], call["warning"]) == ("answered", "app", "")
    assert 3 <= call["talk_s"] <= 5
    assert call["region_code"], "the region is always stored"
    order = office.rows("SELECT * FROM orders WHERE id = ?", call["order_id"])[0]
    assert (order["kind"], order["customer_id"]) == ("request", call["customer_id"])
    assert order["source"] != ""
    assert order["request_type"] != ""

    recording = await until(
        "the recording is ready",
        lambda: next(
            iter(
                office.rows("SELECT * FROM recordings WHERE call_row_id = ? AND state = 'ready'", call["id"])
            ),
            None,
        ),
        limit_s=60,
    )
    file = office.stand.dirs.store / recording["path"]
    voice = office.tone_of(first)
    assert is_heard(file, CUSTOMER_HZ, channel=0)
    assert is_heard(file, voice, channel=1)
    assert not is_heard(file, voice, channel=0)
    assert not is_heard(file, CUSTOMER_HZ, channel=1)
    assert 3000 <= recording["duration_ms"] <= 5500
    assert set(office.rows("SELECT waveform FROM recordings WHERE id = ?", recording["id"])[0].keys()) == {
        "waveform"
    }
    timeline = office.rows(
        "SELECT * FROM order_events WHERE order_id = ? AND call_id = ?", order["id"], call["call_id"]
    )
    assert len(timeline) == 1


async def test_a_known_customer_with_an_open_order_finds_that_order(office: Office) -> None:
    number = "+79160000702"
    await office.over(await office.call(number, talk_s=1))
    first = await until("first call", lambda: office.ended_call_of(number))
    await office.over(await office.call(number, talk_s=1))
    rows = await until(
        "second call", lambda: office.calls_of(number) if len(office.calls_of(number)) == 2 else None
    )
    assert {row["order_id"] for row in rows} == {first["order_id"]}
    assert len(office.rows("SELECT id FROM orders WHERE customer_id = ?", first["customer_id"])) == 1


async def test_a_dealer_who_declines_by_key_sends_the_call_to_the_next(office: Office) -> None:
    number = "+79160000703"
    await office.behave(office.dealer_keys, Behaviour.DECLINE)
    await office.over(await office.call(number, talk_s=2))
    call = await until("the journal has the call", lambda: office.ended_call_of(number))
    legs = office.rows("SELECT * FROM call_legs WHERE call_row_id = ? ORDER BY id", call["id"])
    assert {leg["outcome"] for leg in legs if leg["role"] == "outlet"} == {"declined"}
    assert call["result"] in {"answered", "duty_answered"}
    assert any(leg["outcome"] == "talked" for leg in legs if leg["role"] in {"operator", "duty"})


async def test_an_unknown_number_is_taken_and_marked(office: Office) -> None:
    number = "+79160000704"
    await office.over(await office.call(number, to_did="+74959999999", talk_s=1))
    call = await until("the journal has the call", lambda: office.ended_call_of(number))
    assert call["warning"] == "unknown-did"
    assert call["result"] in {"answered", "duty_answered"}


HOSTILE = [
    ("", "hidden"),
    ("anonymous", ""),
    ("1" * 40, "forty digits"),
    ("+79160000705", 'A"B,C&D;E'),
    ("+79160000706", "${SYSTEM(id)}$[1+1]"),
    ("+79160000707", "line%0D%0AAction: Originate\tChannel: Local/1"),
    ("+79160000708", "Иван Петров"),
    ('abc";DROP TABLE calls;--', "letters"),
]


@pytest.mark.parametrize(("number", "name"), HOSTILE)
async def test_nothing_that_a_caller_sends_drops_the_call_or_loses_the_row(
    office: Office, number: str, name: str
) -> None:
    before = office.rows("SELECT coalesce(max(id), 0) AS id FROM calls")[0]["id"]
    result = await office.over(await office.call(number, caller_name=name, talk_s=1, hidden=not number))
    assert result.startswith("ANSWER")
    rows = await until(
        "the journal has the call",
        lambda: office.rows("SELECT * FROM calls WHERE id > ? AND state = 'ended'", before) or None,
    )
    assert [row["result"] for row in rows] == ["answered"]
    assert all(ord(char) >= 32 for char in rows[0]["caller_name"] + rows[0]["caller_raw"])
    if name == "Иван Петров":
        assert rows[0]["caller_name"] == name


@pytest.mark.parametrize("after_s", [0.05, 0.4, 0.9, 1.6, 2.6])
async def test_a_caller_who_leaves_at_any_moment_leaves_a_closed_row_and_no_channel(
    office: Office, after_s: float
) -> None:
    number = f"+79160007{int(after_s * 100):03}"
    await office.over(await office.call(number, talk_s=30, hang_up_after_s=after_s))
    call = await until("the journal has the call", lambda: office.ended_call_of(number))
    assert call["result"] in {"abandoned", "answered", "missed"}
    assert call["ended_at"] is not None
    await office.quiet()
    assert not office.rows("SELECT * FROM call_legs WHERE call_row_id = ? AND ended_at IS NULL", call["id"])
