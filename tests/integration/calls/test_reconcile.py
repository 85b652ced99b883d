"""Calls that nobody followed come from CEL; rows that are wrong are put right; nothing is doubled."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from callcore.calls import facts, reconcile
from callcore.calls.cel_file import CelReader
from callcore.calls.events import CallChanged
from callcore.calls.facts import PbxFact, PbxLost, PbxSnapshot
from callcore.calls.reconcile import CallReconciler, Reconciled
from callcore.calls.tables import CallEventRow, CallRow, CelRow, LegRow, RecordingRow
from callcore.kernel.bus import Bus, Event
from callcore.kernel.database import Database
from tests.fakes.clock import FakeClock
from tests.fakes.polling import until
from tests.integration.calls.conftest import Desk, Linker, story
from tests.integration.calls.test_follow_calls import Start, _moved, ended
from tests.scenarios.as_cel import cel_lines
from tests.scenarios.story import Phones, instant

pytestmark = pytest.mark.integration


class Bench:
    """A reconciler over a file of its own."""

    def __init__(self, database: Database, clock: FakeClock, path: Path) -> None:
        self.database, self.path, self.linker = database, path, Linker()
        self.busy: Callable[[str], bool] = lambda _: False
        self.saw_whole: Callable[[str], bool] = lambda _: False
        self.heard_since: Callable[[], datetime | None] = lambda: None
        self.events: list[Event] = []
        bus = Bus()
        _ = bus.subscribe(self.events.append)
        clock.set(instant(3600 * 5))
        self.reconciler = CallReconciler(
            reader=CelReader(path, database),
            database=database,
            bus=bus,
            clock=clock,
            directory=Phones(),
            linker=self.linker,
            is_busy_with=lambda call_id: self.busy(call_id),
            saw_whole=lambda linkedid: self.saw_whole(linkedid),
            heard_since=lambda: self.heard_since(),
        )

    def append(self, *stories: list[PbxFact]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            for one in stories:
                file.writelines(cel_lines(one))

    async def run(self) -> Reconciled:
        return await self.reconciler.run()

    async def calls(self) -> dict[str, CallRow]:
        async with self.database.session() as session:
            return {row.call_id: row for row in await session.scalars(select(CallRow))}

    async def count(self, table: type) -> int:
        async with self.database.session() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def bench(network: Database, clock: FakeClock, tmp_path: Path) -> Bench:
    return Bench(network, clock, tmp_path / "cel.csv")


def told(lines: list[str]) -> list[str]:
    """What is kept: the end of a channel says nothing beside its hang-up."""
    return [line for line in lines if not line.startswith('"CHAN_END"')]


def later(name: str, prefix: str) -> list[PbxFact]:
    return [_moved(fact, prefix) for fact in story(name)]


async def test_no_file_is_no_error(bench: Bench) -> None:
    assert await bench.run() == Reconciled()


async def test_calls_without_the_application_appear(bench: Bench) -> None:
    bench.append(story("answered"), later("missed", "200."), later("voicemail", "300."))
    result = await bench.run()
    assert (result.inserted, result.repaired, result.failed, result.waiting) == (3, 0, 0, 0)
    calls = await bench.calls()
    answered = calls["100.1"]
    assert (answered.result, answered.talk_s, answered.wait_s, answered.org_id) == ("answered", 30, 6, 5)
    assert (answered.is_repaired, answered.route, answered.did_id, answered.source) == (
        True,
        "app",
        3,
        "site",
    )
    assert answered.caller_number == "+79001234567"
    assert answered.order_id == 77, "customer and order are attached afterwards too"
    assert {name: call.result for name, call in calls.items()} == {
        "100.1": "answered",
        "200.1": "missed",
        "300.1": "voicemail",
    }
    async with bench.database.session() as session:
        bases = {row.base: row.kind for row in await session.scalars(select(RecordingRow))}
    assert bases == {"100.1": "talk", "300.1-vm": "voicemail"}
    assert {event.call_id for event in bench.events if isinstance(event, CallChanged)} == set(calls)


async def test_a_second_run_changes_nothing(bench: Bench) -> None:
    bench.append(story("answered"), later("attended_transfer", "200."))
    await bench.run()
    before = {name: (call.id, call.ended_at) for name, call in (await bench.calls()).items()}
    lines, happened = await bench.count(CelRow), await bench.count(CallEventRow)
    assert await bench.run() == Reconciled()
    async with bench.database.transaction() as session:
        await session.execute(update(CelRow).values(is_settled=False))
    again = await bench.run()
    assert (again.inserted, again.repaired, again.right) == (0, 0, 2)
    assert {name: (call.id, call.ended_at) for name, call in (await bench.calls()).items()} == before
    assert (await bench.count(CelRow), await bench.count(CallEventRow)) == (lines, happened)


async def test_a_row_that_is_right_stays_untouched(bench: Bench, start: Start) -> None:
    desk = await start()
    desk.pbx.emit(*story("answered"))
    await ended(desk)
    bench.append(story("answered"))
    assert (await bench.run()).right == 1
    call = (await bench.calls())["100.1"]
    assert not call.is_repaired
    assert await bench.count(RecordingRow) == 1


async def test_what_was_heard_whole_is_not_compared_again(bench: Bench, start: Start) -> None:
    """Nobody's hand corrects a row behind the follower's back in life; here it shows that the row was not touched."""
    desk = await start()
    before = story("answered")[0].at - timedelta(seconds=5)
    desk.pbx.emit(PbxSnapshot(before, (), restarted=False, system_name="pbx"), *story("answered"))
    await ended(desk)
    async with bench.database.transaction() as session:
        await session.execute(update(CallRow).values(talk_s=1000))
    bench.saw_whole = desk.follower.saw_whole
    bench.append(story("answered"), later("missed", "200."))
    result = await bench.run()
    assert (result.right, result.inserted, result.repaired) == (1, 1, 0)
    assert (await bench.calls())["100.1"].talk_s == 1000
    assert await bench.run() == Reconciled(), "both are settled"


async def test_the_record_of_a_call_that_was_heard_whole_is_not_kept(bench: Bench, clock: FakeClock) -> None:
    """It waits until the call has ended; whoever reads on after a restart finds all that was waiting."""
    whole, other = cel_lines(story("answered")), cel_lines(later("missed", "200."))
    bench.heard_since = lambda: instant(-5)
    bench.saw_whole = lambda linkedid: linkedid == "100.1"
    clock.set(instant(20))
    bench.path.write_text("".join(whole[:8] + other[:2]), encoding="utf-8")
    assert (await bench.run()).lines == 0, "they still live"
    with bench.path.open("a", encoding="utf-8") as file:
        file.writelines(whole[8:] + other[2:])
    clock.set(instant(3700))
    result = await bench.run()
    assert (result.lines, result.inserted) == (len(told(other)), 1)
    assert set(await bench.calls()) == {"200.1"}
    assert await bench.run() == Reconciled()

    bench.append(later("answered", "300.")[:12])
    clock.set(instant(20))
    assert (await bench.run()).lines == 0
    reborn = CelReader(bench.path, bench.database)
    told_later = await reborn.read_new(instant(20))
    assert told_later == len(told(cel_lines(later("answered", "300.")[:12])))


async def test_what_others_ask_the_record_for_is_kept(bench: Bench, clock: FakeClock) -> None:
    """A pressed key, a transfer; and a call that lasts too long to wait for."""
    bench.heard_since = lambda: instant(-5)
    bench.saw_whole = lambda _: True
    clock.set(instant(100))
    bench.append(story("attended_transfer"))
    result = await bench.run()
    assert (result.lines > 0, result.right) == (True, 1)
    bench.append(later("answered", "200.")[:12])
    assert (await bench.run()).lines == 0
    clock.set(instant(3 * 3600))
    assert (await bench.run()).lines == len(told(cel_lines(later("answered", "200.")[:12])))


@pytest.mark.parametrize("fact", [PbxLost, PbxSnapshot])
async def test_a_call_during_which_the_link_was_lost_is_compared(
    bench: Bench, start: Start, fact: type[PbxFact]
) -> None:
    desk = await start()
    first, *rest = story("answered")
    before = PbxSnapshot(first.at - timedelta(seconds=5), (), restarted=False, system_name="pbx")
    gap = (
        PbxLost(first.at, "cut")
        if fact is PbxLost
        else PbxSnapshot(first.at, (), restarted=False, system_name="pbx")
    )
    desk.pbx.emit(before, first, gap, *rest)
    await until(desk.has_told)
    assert not desk.follower.saw_whole("100.1")


@pytest.mark.parametrize("cut", range(1, 30, 4))
async def test_a_killed_application_leaves_a_row_that_becomes_right(
    bench: Bench, start: Start, cut: int
) -> None:
    """Killed after any fact; the PBX goes on alone and is not even reachable afterwards."""
    desk = await start()
    everything = story("answered")
    desk.pbx.emit(*everything[:cut])
    await until(desk.has_told)
    await desk.follower.close()

    reborn = await start(connected=False)
    bench.busy = reborn.follower.is_busy_with
    bench.append(everything)
    await bench.run()
    calls = await bench.calls()
    assert set(calls) == {"100.1"}
    call = calls["100.1"]
    assert (call.state, call.result, call.talk_s, call.wait_s) == ("ended", "answered", 30, 6)
    assert (call.started_at, call.ended_at, call.org_id, call.is_repaired) == (
        instant(0),
        instant(36.5),
        5,
        True,
    )
    async with bench.database.session() as session:
        legs = {leg.uniqueid: leg for leg in await session.scalars(select(LegRow))}
    assert {uid: leg.outcome for uid, leg in legs.items()} == {"100.1": "talked", "100.4": "talked"}
    assert all(leg.ended_at for leg in legs.values())


async def test_the_snapshot_that_comes_later_does_not_spoil_the_repair(
    bench: Bench, start: Start, clock: FakeClock
) -> None:
    desk = await start()
    desk.pbx.emit(*story("answered")[:24])
    await until(lambda: "CallAnswered" in desk.names())
    await desk.follower.close()
    reborn = await start(connected=False)
    await until(lambda: reborn.follower.health().live_calls == 1)
    bench.busy = reborn.follower.is_busy_with
    bench.append(story("answered"))
    await bench.run()
    clock.set(instant(9000))
    reborn.pbx.connect()
    await ended(reborn)
    call = (await bench.calls())["100.1"]
    assert (call.ended_at, call.talk_s, call.state) == (instant(36.5), 30, "ended")


async def test_a_wrong_end_is_corrected(bench: Bench, start: Start) -> None:
    """The link was cut over the end: the row was closed by the snapshot, 24 s late."""
    desk = await start()
    desk.pbx.emit(*story("link_cut_over_end"))
    await ended(desk)
    wrong = (await bench.calls())["100.1"]
    assert wrong.ended_at == instant(60)
    tail = [
        facts.ChannelHungUp(instant(10), ref, 16, "")
        for ref in (f.channel for f in story("link_cut_over_end") if isinstance(f, facts.BridgeEntered))
    ]
    bench.append([*story("link_cut_over_end"), *tail])
    assert (await bench.run()).repaired == 1
    call = (await bench.calls())["100.1"]
    assert (call.ended_at, call.talk_s, call.is_repaired) == (instant(10), 6, True)
    async with bench.database.session() as session:
        assert {leg.ended_at for leg in await session.scalars(select(LegRow))} == {instant(10)}


async def test_two_rows_of_one_conversation_become_one(bench: Bench, start: Start) -> None:
    """The application died between the consultation and the transfer."""
    everything = story("attended_transfer")
    desk = await start()
    desk.pbx.emit(*everything[:12])
    await until(lambda: desk.has_told("100.5"))
    await desk.follower.close()
    assert set(await bench.calls()) == {"100.1", "100.5"}
    bench.append(everything)
    await bench.run()
    calls = await bench.calls()
    assert set(calls) == {"100.1"}
    assert calls["100.1"].is_transferred


async def test_a_living_call_waits(bench: Bench) -> None:
    bench.append(story("answered"))
    bench.busy = lambda call_id: call_id == "100.1"
    assert (await bench.run()).waiting == 1
    assert await bench.calls() == {}
    bench.busy = lambda _: False
    assert (await bench.run()).inserted == 1


async def test_a_call_that_goes_on_waits_for_its_end(bench: Bench) -> None:
    lines = cel_lines(story("answered"))
    bench.path.write_text("".join(lines[:-1]), encoding="utf-8")
    assert (await bench.run()).inserted == 0
    with bench.path.open("a", encoding="utf-8") as file:
        file.write(lines[-1])
    assert (await bench.run()).inserted == 1


async def test_an_error_in_one_group_does_not_stop_the_others(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = reconcile.replay

    def fails(events, phones):
        if events[0].uniqueid.startswith("200."):
            raise ZeroDivisionError
        return original(events, phones)

    bench.append(story("answered"), later("missed", "200."), later("voicemail", "300."))
    with monkeypatch.context() as patch:
        patch.setattr(reconcile, "replay", fails)
        result = await bench.run()
    assert (result.inserted, result.failed) == (2, 1)
    assert (await bench.run()).inserted == 1


async def test_the_last_unfinished_line_is_left_for_the_next_time(bench: Bench) -> None:
    lines = "".join(cel_lines(story("answered"))).encode()
    cut = len(lines) // 2
    bench.path.write_bytes(lines[:cut])
    first = (await bench.run()).lines
    with bench.path.open("ab") as file:
        file.write(lines[cut:])
    second = await bench.run()
    assert first + second.lines == len(told(cel_lines(story("answered"))))
    assert second.inserted == 1


async def test_a_rotated_file_is_read_to_its_end_first(bench: Bench) -> None:
    lines = cel_lines(story("answered"))
    bench.path.write_text("".join(lines[:8]), encoding="utf-8")
    await bench.run()
    with bench.path.open("a", encoding="utf-8") as file:
        file.writelines(lines[8:16])
    bench.path.rename(bench.path.with_name("cel.csv.1"))
    bench.path.write_text("".join(lines[16:]), encoding="utf-8")
    result = await bench.run()
    assert result.lines == len(told(lines[8:]))
    assert result.inserted == 1


async def test_a_truncated_file_is_read_anew_without_doubles(bench: Bench) -> None:
    lines = cel_lines(story("answered"))
    bench.path.write_text("".join(lines), encoding="utf-8")
    await bench.run()
    inode = bench.path.stat().st_ino
    os.truncate(bench.path, 0)
    bench.path.write_text(
        "".join(lines[:5]) + "".join(cel_lines(later("missed", "200."))[:2]), encoding="utf-8"
    )
    assert bench.path.stat().st_ino == inode
    assert (await bench.run()).lines == 2


async def test_rubbish_between_the_lines_is_stepped_over(bench: Bench) -> None:
    lines = [line.encode() for line in cel_lines(story("answered"))]
    rubbish = [b"\n", b"\xff\xfe\x00\n", b'"unclosed quote' + b"x" * 70_000 + b"\n", b"a,b,c\n"]
    bench.path.write_bytes(b"".join([*rubbish, *lines]))
    result = await bench.run()
    kept = told([line.decode() for line in lines])
    assert (result.lines, result.inserted) == (len(kept), 1)


async def test_hostile_names_are_kept_for_people_only(bench: Bench) -> None:
    hostile = [
        replace(fact, caller_number='"; DROP\r\n,&${x}') if isinstance(fact, facts.ChannelCreated) else fact
        for fact in story("answered")
    ]
    bench.append(hostile)
    assert (await bench.run()).inserted == 1
    call = (await bench.calls())["100.1"]
    assert (call.caller_number, call.caller_raw) == ("", '"; DROP,&${x}')


async def test_a_database_that_is_away_is_met_again(bench: Bench, start: Start) -> None:
    """What was read before stays read; the next run goes on."""
    desk: Desk = await start()
    bench.append(story("answered"))
    bench.reconciler._database = desk.unsteady
    desk.unsteady.is_away = True
    with pytest.raises(Exception, match="database-unavailable"):
        await bench.run()
    desk.unsteady.is_away = False
    assert (await bench.run()).inserted == 1


async def test_it_runs_by_itself(bench: Bench) -> None:
    bench.append(story("answered"))
    await bench.reconciler.start()
    await until(lambda: bool(bench.events))
    await bench.reconciler.close()
    assert (await bench.calls())["100.1"].talk_s == 30


def test_the_grace_is_short_against_the_promise() -> None:
    """Within 60 s after a restart the journal is right."""
    assert timedelta(seconds=reconcile.EVERY_S) * 2 + reconcile.GRACE < timedelta(seconds=60)
