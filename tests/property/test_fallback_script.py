"""The script beside the PBX gives the plan that the application would have given, for every network, number and time."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.asterisk.fallback import choice, script
from callcore.asterisk.route_reply import reply_variables
from callcore.asterisk.snapshot_file import VALID_FOR, pack
from callcore.network.days import CalendarDay, DayException, DayKind, HoursOverride
from callcore.routing.decide import decide
from callcore.routing.live import Live, QuotaCount
from callcore.routing.numbering import load_numbering, national_number
from callcore.routing.snapshot import RoutingOptions, build_snapshot
from callcore.routing.sounds import Sounds
from tests.fakes import network
from tests.property.policies import with_policies
from tests.property.test_routing import clock, directories, instants, numbers, periods

pytestmark = pytest.mark.property

NUMBERING = load_numbering(Path(__file__).parents[2] / "config" / "data" / "numbering" / "plan.gz")
zones = st.sampled_from(["Europe/Moscow", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kamchatka"])
minutes = st.integers(0, int(VALID_FOR.total_seconds()) // 60)


def with_special_days(directory, zone, made_at, exception, until):
    """A few outlets of the week alone in a zone that may have summer time; others with a holiday, an exception, an
    override that ends within the life of the file."""
    day = made_at.date() + timedelta(days=exception[0])
    exceptions = (DayException(day, tuple((clock(a), clock(b)) for a, b in exception[1]), ""),)
    override = HoursOverride(until % 2 == 0, made_at + timedelta(minutes=until), "")
    special = {"tz": "Asia/Kamchatka", "exceptions": exceptions}
    outlets = [
        replace(one, tz=zone, works_on_holidays=True)
        if place < 3
        else replace(one, **special, override=override if place % 2 else None)
        for place, one in enumerate(directory.outlets)
    ]
    holiday = CalendarDay(made_at.date() + timedelta(days=2), DayKind.OFF, "")
    return replace(directory, outlets=tuple(outlets), calendar=(holiday,))


@given(
    directory=directories(),
    zone=zones,
    did=numbers,
    caller=st.one_of(numbers, st.from_regex(r"\+79[0-9]{9}", fullmatch=True)),
    made_at=instants,
    later=minutes,
    day=st.integers(-1, 8),
    span=periods,
    later_still=minutes,
)
@settings(max_examples=60, deadline=None)
def test_the_same_plan(
    tmp_path_factory, directory, zone, did, caller, made_at, later, day, span, later_still
):
    moved = with_special_days(directory, zone, made_at, (day, span), later_still)
    file = tmp_path_factory.getbasetemp() / "routing.snapshot"
    for sellers in (directory, moved):
        options = RoutingOptions(whisper_sound="dealerline/whisper", greeting_sound="dealerline/hello")
        snapshot = build_snapshot(sellers, 1, made_at, numbering=NUMBERING, options=options)
        file.write_bytes(pack(snapshot, made_at))
        at = made_at + timedelta(minutes=later)
        document, numbering = script.read(str(file), at.timestamp())
        for dialled in (did, network.SITE, network.DEALER_DID):
            expected = reply_variables(decide(snapshot, dialled, caller, at).plan)
            assert tuple(script.plan(document, numbering, dialled, caller, at.timestamp())) == expected


@given(number=numbers)
@settings(max_examples=500, deadline=None)
def test_numbers_are_read_alike(number):
    assert choice._national_number(number) == national_number(number)


@given(data=st.data(), directory=directories(), made_at=instants, later=minutes, did=numbers, caller=numbers)
@settings(max_examples=120, deadline=None)
def test_the_same_choice_by_any_policy(tmp_path_factory, data, directory, made_at, later, did, caller):
    """Quotas stand as they did when the file was written."""
    sellers = data.draw(with_policies(directory, made_at))
    counts = st.dictionaries(st.integers(1, 8), st.integers(0, 20), max_size=4)
    quotas = {number: QuotaCount(data.draw(st.integers(0, 60)), data.draw(counts)) for number in (1, 2)}
    live = Live(quotas=quotas)
    sounds = Sounds(greetings={2: "dl/hello"}, by_did={1: "dl/site"}, by_region={"RU-MOW": "dl/moscow"})
    options = RoutingOptions(operators_wait_s=60, whisper_sound="dl/usual")
    snapshot = build_snapshot(sellers, 1, made_at, numbering=NUMBERING, options=options, sounds=sounds)
    file = tmp_path_factory.getbasetemp() / "routing.snapshot"
    file.write_bytes(pack(snapshot, made_at, live=live))
    at = made_at + timedelta(minutes=later)
    document, numbering = script.read(str(file), at.timestamp())
    for dialled in (did, network.SITE, network.SITE_MOSCOW, network.DEALER_DID):
        for number in (caller, "+79122345678"):
            expected = reply_variables(decide(snapshot, dialled, number, at, live).plan)
            assert tuple(script.plan(document, numbering, dialled, number, at.timestamp())) == expected
