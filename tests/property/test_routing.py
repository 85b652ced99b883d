"""What holds for every network, number and instant."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.network.days import DayException
from callcore.network.model import OrgState
from callcore.routing.decide import decide
from callcore.routing.explain import from_json, to_json, to_text
from callcore.routing.hours import DAYS, parse_hours
from callcore.routing.model import Reason
from callcore.routing.numbering import load_numbering
from callcore.routing.snapshot import build_snapshot, schedule_of
from dialplans.contract import MAX_KEYS_PER_STEP, MAX_STEPS, StepKind
from tests.fakes import network

pytestmark = pytest.mark.property

DATA = Path(__file__).parents[2] / "config" / "data"
NUMBERING = load_numbering(DATA / "numbering" / "plan.gz")
with (DATA / "regions.csv").open(encoding="utf-8") as _file:
    OURS = sorted({row["tz"] for row in csv.DictReader(_file)})
ZONES = sorted(zone for zone in available_timezones() if "/" in zone)  # with every summer time there has been
zones = st.one_of(st.sampled_from(OURS), st.sampled_from(ZONES))

instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
clocks = st.integers(0, 24 * 60 - 1)
periods = st.lists(st.tuples(clocks, clocks), max_size=3)
weeks = st.tuples(*[periods] * 7)
numbers = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"\+?[78]?[0-9]{10}", fullmatch=True),
    st.text(alphabet='0123456789+-() ,&"${}\r\n;Ж', max_size=60),
    st.sampled_from([network.SITE, network.SITE_MOSCOW, network.DEALER_DID, network.OPERATORS_DID]),
)


def stored(week):
    return {
        day: [[clock(a), clock(b)] for a, b in day_periods]
        for day, day_periods in zip(DAYS, week, strict=True)
    }


def clock(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


def open_by_definition(week, local):
    """The slow way: lay every period of the last two days on the wall clock."""
    wall = local.replace(tzinfo=None)
    for back in (0, 1):
        midnight = (wall - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
        for start, end in week[midnight.weekday()]:
            begins = midnight + timedelta(minutes=start)
            ends = midnight + timedelta(minutes=end, days=1 if end <= start else 0)
            if begins <= wall < ends:
                return True
    return False


@given(week=weeks, zone=zones, now=instants)
@settings(max_examples=400, deadline=None)
def test_hours_hold_on_the_clock_of_every_zone(week, zone, now):
    local = now.astimezone(ZoneInfo(zone))
    assert parse_hours(stored(week)).is_open(local) is open_by_definition(week, local)


@st.composite
def directories(draw):
    orgs = [network.org(1, "/1/")]
    for number in range(2, draw(st.integers(3, 7))):
        parent = draw(st.sampled_from(orgs))
        state = draw(st.sampled_from(OrgState))
        takes = draw(st.booleans())
        orgs.append(network.org(number, f"{parent.path}{number}/", state=state, takes_site_calls=takes))
    outlets = [
        network.outlet(
            100 + number,
            draw(st.sampled_from(orgs)).id,
            region_code=draw(st.sampled_from(["RU-MOW", "RU-SVE"])),
            tz=draw(st.one_of(zones, st.just("Mars/Base"))),
            hours=draw(st.one_of(weeks.map(stored), st.just(network.ALWAYS), st.just({"mon": "нет"}))),
            accepts_calls=draw(st.booleans()),
            position=draw(st.integers(0, 3)),
            ring_s=draw(st.integers(-5, 500)),
        )
        for number in range(draw(st.integers(0, 30)))
    ]
    phones = [network.outlet_phone(1000 + place.id, place.id) for place in outlets if draw(st.booleans())]
    phones += [network.operator(2000 + number) for number in range(draw(st.integers(0, 45)))]
    phones += [network.duty(3000 + number, number) for number in range(draw(st.integers(1, 7)))]
    return network.directory(orgs=tuple(orgs), outlets=tuple(outlets), phones=tuple(phones))


def snapshot_of(directory):
    return build_snapshot(directory, 1, network.MADE_AT, numbering=NUMBERING)


@given(directory=directories(), did=numbers, caller=numbers, now=instants)
@settings(max_examples=150, deadline=None)
def test_any_call_gets_a_whole_plan_that_ends_on_duty(directory, did, caller, now):
    decision = decide(snapshot_of(directory), did, caller, now)
    steps = decision.plan.steps
    assert 1 <= len(steps) <= MAX_STEPS
    assert steps[-1].kind is StepKind.DUTY
    assert all(1 <= len(step.phone_keys) <= MAX_KEYS_PER_STEP and 5 <= step.ring_s <= 120 for step in steps)
    order = [StepKind.OUTLET, StepKind.OPERATORS, StepKind.DUTY]
    kinds = [order.index(step.kind) for step in steps]
    assert kinds == sorted(kinds)
    assert decision.region_code in {None, "RU-MOW", "RU-SVE"}, (
        "a region that we do not know would lose the call's row"
    )
    assert from_json(json.loads(json.dumps(to_json(decision)))) == decision
    assert to_text(decision)


@given(directory=directories(), did=numbers, caller=numbers, now=instants)
@settings(max_examples=150, deadline=None)
def test_the_order_does_not_depend_on_the_order_of_rows(directory, did, caller, now):
    turned = replace(
        directory, orgs=directory.orgs[::-1], outlets=directory.outlets[::-1], dids=directory.dids[::-1]
    )
    assert decide(snapshot_of(directory), did, caller, now) == decide(snapshot_of(turned), did, caller, now)


@given(directory=directories(), did=numbers, now=instants)
@settings(max_examples=150, deadline=None)
def test_every_outlet_tried_was_taken_and_every_candidate_is_told_of(directory, did, now):
    snapshot = snapshot_of(directory)
    decision = decide(snapshot, did, "", now)
    tried = [step.outlet_id for step in decision.plan.steps if step.kind is StepKind.OUTLET]
    assert len(set(tried)) == len(tried), "nobody is rung twice"
    outlets = [item for item in decision.explanation.considered if item.outlet_id is not None]
    assert tried == [item.outlet_id for item in outlets if item.reason is Reason.TAKEN]
    by_id = (
        {place.id: place for place in snapshot.outlets_by_org[1].outlets}
        if 1 in snapshot.outlets_by_org
        else {}
    )
    assert all(by_id[place].schedule.is_open(now) and by_id[place].phone_keys for place in tried)
    assert len({item.outlet_id for item in outlets}) == len(outlets)


specials = st.lists(st.tuples(st.integers(-3, 3), periods), max_size=4, unique_by=lambda item: item[0])


@given(week=weeks, extra=specials, zone=zones, now=instants)
@settings(max_examples=300, deadline=None)
def test_days_that_differ_hold_on_the_clock_of_every_zone(week, extra, zone, now):
    wall = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    special = {wall.date() + timedelta(days=shift): day for shift, day in extra}
    exceptions = tuple(
        DayException(day, tuple((clock(a), clock(b)) for a, b in spans), "") for day, spans in special.items()
    )
    schedule = schedule_of(network.outlet(1, 2, hours=stored(week), tz=zone, exceptions=exceptions), ())
    expected = False
    for back in (0, 1):
        midnight = (wall - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
        for start, end in special.get(midnight.date(), week[midnight.weekday()]):
            begins = midnight + timedelta(minutes=start)
            ends = midnight + timedelta(minutes=end, days=1 if end <= start else 0)
            expected |= begins <= wall < ends
    assert schedule.is_open(now) is expected
    change = schedule.changes_at(now)
    if change is not None:
        assert change > now
        assert schedule.is_open(change) is not expected
        halfway = now + (change - now) / 2
        assert schedule.is_open(halfway) is expected, "nothing changes before the next change"
