"""From facts to rows, on both databases; what happens when the database, a linker or a row is broken."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text

from callcore.calls import facts
from callcore.calls.events import CallRinging
from callcore.calls.facts import RouteDecided
from callcore.calls.tables import CallRow, LinkedidRow, RecordingRow
from callcore.kernel.database import Database
from callcore.network.tables import DidRow
from tests.fakes.clock import FakeClock
from tests.fakes.polling import until
from tests.integration.calls.conftest import Desk, story
from tests.scenarios.story import channel, instant

pytestmark = pytest.mark.integration

Start = Callable[..., Awaitable[Desk]]


async def ended(desk: Desk) -> None:
    await until(lambda: "CallEnded" in desk.names())


async def test_an_answered_call_becomes_a_row(start: Start) -> None:
    desk = await start()
    desk.pbx.emit(*story("answered"))
    await ended(desk)

    call = await desk.call()
    assert call is not None
    assert (call.state, call.result, call.talk_s, call.wait_s) == ("ended", "answered", 30, 6)
    assert (call.org_id, call.outlet_id, call.did_id, call.region_code) == (5, 50, 3, "RU-MOW")
    assert (call.caller_number, call.source, call.order_id) == ("+79001234567", "yandex", 77)
    assert call.started_at == instant(0)
    assert call.explanation == {"steps": []}
    legs = await desk.legs()
    assert {leg.role for leg in legs.values()} == {"customer", "outlet"}
    assert legs["100.4"].outcome == "talked"
    assert await desk.happened() == ["entered", "routed", "step", "offered", "accepted", "done"]
    async with desk.database.session() as session:
        recording = (await session.scalars(select(RecordingRow))).one()
        assert (recording.base, recording.state, recording.call_row_id) == ("100.1", "pending", call.id)
        assert (await session.scalars(select(LinkedidRow.linkedid))).all() == ["100.1"]
    assert desk.names() == ["PbxLinkChanged", "CallRinging", "CallAnswered", "CallEnded"]


async def test_the_card_is_there_before_the_pop(start: Start) -> None:
    """Link at the first write of a routed call, commit, then tell."""
    desk = await start()
    everything = story("answered")
    ringing = next(i for i, fact in enumerate(everything) if isinstance(fact, facts.ChannelStateChanged))
    desk.pbx.emit(*everything[: ringing + 1])
    await until(lambda: any(isinstance(event, CallRinging) for event in desk.events))
    call = await desk.call()
    assert call is not None
    assert (call.state, call.order_id) == ("ringing", 77)
    assert desk.linker.asked == ["100.1"]


async def test_a_fallback_call_takes_its_source_from_the_number(start: Start) -> None:
    desk = await start()
    desk.pbx.emit(*story("fallback"))
    await ended(desk)
    call = await desk.call()
    assert call is not None
    assert (call.route, call.result, call.did_id, call.source) == ("duty", "duty_answered", 3, "site")


async def test_an_offered_decision_lands_on_the_call(start: Start) -> None:
    desk = await start()
    first, *_ = story("answered")
    desk.follower.offer(RouteDecided(instant(0.1), "100.1", "74950000001", 3, "RU-SVE", "vk", "", {"why": 1}))
    desk.pbx.emit(first)
    await until(desk.has_told)
    call = await desk.call()
    assert call is not None
    assert (call.region_code, call.source, call.explanation) == ("RU-SVE", "vk", {"why": 1})


async def test_an_attended_transfer_is_one_row(start: Start) -> None:
    desk = await start()
    facts_of_story = story("attended_transfer_bridge_first")
    desk.pbx.emit(*facts_of_story[:9])
    await until(lambda: len({getattr(event, "call_id", "") for event in desk.events}) >= 3)
    assert await desk.call("100.5") is not None, "the consultation was a call of its own"
    desk.pbx.emit(*facts_of_story[9:])
    await ended(desk)
    assert await desk.call("100.5") is None
    call = await desk.call()
    assert call is not None
    assert call.is_transferred
    legs = await desk.legs()
    assert {leg.call_row_id for leg in legs.values()} == {call.id}
    assert len(legs) == 4
    async with desk.database.session() as session:
        assert set(await session.scalars(select(LinkedidRow.call_row_id))) == {call.id}


async def test_nothing_is_lost_while_the_database_is_away(start: Start) -> None:
    desk = await start()
    first, second = story("answered"), story("missed")
    desk.pbx.emit(*first[:6])
    await until(desk.has_told)
    desk.unsteady.is_away = True
    desk.pbx.emit(*first[6:])
    desk.pbx.emit(*(_moved(fact, "200.") for fact in second))
    await until(lambda: desk.unsteady.refused >= 2)
    assert desk.names() == ["PbxLinkChanged"], "nothing is told before it is written"
    desk.unsteady.is_away = False
    await until(lambda: desk.names().count("CallEnded") == 2)
    one, two = await desk.call("100.1"), await desk.call("200.1")
    assert one is not None
    assert two is not None
    assert (one.result, one.talk_s, two.result) == ("answered", 30, "missed")
    assert (await desk.happened()).count("accepted") == 1
    assert desk.follower.health().unwritten_calls == 0


async def test_a_locked_sqlite_file_is_waited_for(start: Start, network: Database) -> None:
    if not network.is_sqlite:
        return  # the lock of a whole file is SQLite's own

    def impatient(connection, _record) -> None:
        connection.execute("PRAGMA busy_timeout=50")

    event.listen(network.engine.sync_engine, "connect", impatient)
    await network.engine.dispose()
    other = Database(network.url)
    desk = await start()
    async with other.engine.connect() as connection:
        await connection.execute(text("BEGIN IMMEDIATE"))
        desk.pbx.emit(*story("answered"))
        await until(lambda: desk.follower.health().unwritten_calls == 1)
        assert await desk.call() is None
        await connection.rollback()
    await ended(desk)
    call = await desk.call()
    assert call is not None
    assert call.talk_s == 30
    await other.close()


async def test_a_broken_linker_does_not_cost_the_row(start: Start) -> None:
    desk = await start()
    desk.linker.fails = True
    desk.pbx.emit(*story("answered"))
    await ended(desk)
    call = await desk.call()
    assert call is not None
    assert (call.result, call.order_id) == ("answered", None)
    async with desk.database.session() as session:
        assert await session.scalar(select(DidRow.label)) == "Сайт", "what the linker had half done is undone"


async def test_one_impossible_row_does_not_hold_up_the_others(start: Start) -> None:
    """The decision's number was deleted before the write: the row says what the network says now."""
    desk = await start()
    broken = [replace(f, did_id=999) if isinstance(f, RouteDecided) else f for f in story("answered")]
    desk.pbx.emit(*broken, *(_moved(fact, "200.") for fact in story("missed")))
    await until(lambda: desk.names().count("CallEnded") == 2)
    one, two = await desk.call("100.1"), await desk.call("200.1")
    assert one is not None
    assert two is not None
    assert (one.result, one.did_id, two.did_id) == ("answered", 3, 3)


async def test_a_restart_in_the_middle_of_a_talk_goes_on_with_the_same_row(
    start: Start, clock: FakeClock
) -> None:
    desk = await start()
    everything = story("answered")
    talk = next(i for i, fact in enumerate(everything) if isinstance(fact, facts.BridgeLeft))
    desk.pbx.emit(*everything[:talk])
    await until(lambda: "CallAnswered" in desk.names())
    await desk.follower.close()

    clock.set(instant(20))
    again = await start(connected=False)
    again.pbx.connect(
        *(
            facts.LiveChannel(channel(name), "Up", "", "", "", "", bridge, 20)
            for name, bridge in (("trunk#1", "B1"), ("p12;1#2", "B1"), ("p12;2#3", "B2"), ("p12#4", "B2"))
        )
    )
    again.pbx.emit(*everything[talk:])
    await ended(again)
    call = await again.call()
    assert call is not None
    assert (call.result, call.talk_s, call.started_at, call.org_id) == ("answered", 30, instant(0), 5)
    assert (await again.happened()).count("anomaly") == 0
    async with again.database.session() as session:
        assert await session.scalar(select(func.count()).select_from(CallRow)) == 1
    assert "CallRinging" not in again.names()


async def test_a_call_that_ended_during_the_restart_is_closed_by_the_snapshot(
    start: Start, clock: FakeClock
) -> None:
    desk = await start()
    desk.pbx.emit(*story("answered")[:13])
    await until(lambda: "CallRinging" in desk.names())
    await desk.follower.close()
    clock.set(instant(90))
    again = await start()
    await ended(again)
    call = await again.call()
    assert call is not None
    assert (call.state, call.ended_at) == ("ended", instant(90))
    assert "closed_unseen" in await again.happened()


async def test_a_fact_that_breaks_the_tracker_does_not_stop_the_pump(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await start()

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setitem(desk.follower._tracker._handlers, facts.DialEnded, broken)
        desk.pbx.emit(*story("answered"))
        await ended(desk)
    assert desk.follower.health().broken_facts == 2
    call = await desk.call()
    assert call is not None
    assert call.result == "answered"


async def test_stop_writes_what_has_arrived(start: Start) -> None:
    desk = await start()
    await until(lambda: "PbxLinkChanged" in desk.names())
    for fact in story("missed"):
        desk.follower.offer(fact)
    async with asyncio.timeout(60):
        await desk.follower.close()
    call = await desk.call()
    assert call is not None
    assert call.result == "missed"


def _moved(fact: facts.PbxFact, prefix: str) -> facts.PbxFact:
    """The same story in other channels, an hour later."""
    values: dict[str, object] = {"at": fact.at + timedelta(hours=1)}
    for name in ("channel", "caller", "one", "two", "other"):
        ref = getattr(fact, name, None)
        if ref is not None:
            values[name] = replace(
                ref,
                uniqueid=ref.uniqueid.replace("100.", prefix),
                linkedid=ref.linkedid.replace("100.", prefix),
                name=ref.name.replace("-0000000", "-0000001"),
            )
    if hasattr(fact, "call_id"):
        values["call_id"] = fact.call_id.replace("100.", prefix)
    if isinstance(fact, facts.MilestoneReached):
        values["values"] = tuple((k, v.replace("100.", prefix)) for k, v in fact.values)
    return replace(fact, **values)
