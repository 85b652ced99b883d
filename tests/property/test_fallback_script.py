"""The script beside the PBX gives the plan that the application would have given, for every network, number and time."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcore.asterisk.fallback import script
from callcore.asterisk.route_reply import reply_variables
from callcore.asterisk.snapshot_file import VALID_FOR, pack
from callcore.routing.decide import decide
from callcore.routing.numbering import load_numbering, national_number
from callcore.routing.snapshot import RoutingOptions, build_snapshot
from tests.fakes import network
from tests.property.test_routing import directories, instants, numbers

pytestmark = pytest.mark.property

NUMBERING = load_numbering(Path(__file__).parents[2] / "config" / "data" / "numbering" / "plan.gz")
zones = st.sampled_from(["Europe/Moscow", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kamchatka"])
minutes = st.integers(0, int(VALID_FOR.total_seconds()) // 60)


@given(
    directory=directories(),
    zone=zones,
    did=numbers,
    caller=st.one_of(numbers, st.from_regex(r"\+79[0-9]{9}", fullmatch=True)),
    made_at=instants,
    later=minutes,
)
@settings(max_examples=60, deadline=None)
def test_the_same_plan(tmp_path_factory, directory, zone, did, caller, made_at, later):
    moved = replace(directory, outlets=tuple(replace(one, tz=zone) for one in directory.outlets[:4]))
    file = tmp_path_factory.getbasetemp() / "routing.snapshot"
    for sellers in (directory, moved):
        options = RoutingOptions(whisper_sound="dealerline/whisper", greeting_sound="dealerline/hello")
        snapshot = build_snapshot(sellers, 1, made_at, numbering=NUMBERING, options=options)
        file.write_bytes(pack(snapshot, made_at))
        at = made_at + timedelta(minutes=later)
        document, numbering = script.read(str(file), at.timestamp())
        for dialled in (did, network.SITE, network.DEALER_DID):
            expected = reply_variables(decide(snapshot, dialled, caller, at))
            assert tuple(script.plan(document, numbering, dialled, caller, at.timestamp())) == expected


@given(number=numbers)
@settings(max_examples=500, deadline=None)
def test_numbers_are_read_alike(number):
    assert script._national_number(number) == national_number(number)
