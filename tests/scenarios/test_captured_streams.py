"""What a real Asterisk said, translated."""

import pytest

from callcore.calls import facts
from tests.fakes.ami_stream import stream_facts

pytestmark = pytest.mark.scenario

CALL = "dl-1795378594.0"


@pytest.fixture(scope="module")
def said() -> list[facts.PbxFact]:
    return stream_facts("two_phones_the_second_accepts")


def test_the_milestones_in_order(said: list[facts.PbxFact]) -> None:
    milestones = [fact for fact in said if isinstance(fact, facts.MilestoneReached)]
    assert [(one.kind, one.value("Phone")) for one in milestones] == [
        ("entered", ""),
        ("step", ""),
        ("offered", "p2"),
        ("offered", "p1"),
        ("accepted", "p2"),
        ("recording", ""),
        ("declined", "p1"),
        ("done", ""),
    ]
    assert {one.call_id for one in milestones} == {CALL}


def test_the_customer_comes_first_with_his_odd_name(said: list[facts.PbxFact]) -> None:
    first = said[0]
    assert isinstance(first, facts.ChannelCreated)
    assert first.channel.is_trunk
    assert first.caller_number == "+79161234567"
    # PJSIP keeps the SIP quoting of a display name; the AMI's own escapes are gone.
    assert first.caller_name == 'Иван \\"O\'Brien\\", \\\\ ко'


def test_every_channel_that_came_is_gone_at_the_end(said: list[facts.PbxFact]) -> None:
    came = {fact.channel.uniqueid for fact in said if isinstance(fact, facts.ChannelCreated)}
    gone = {fact.channel.uniqueid for fact in said if isinstance(fact, facts.ChannelHungUp)}
    assert came == gone
    assert len(came) == 7


def test_all_channels_are_of_one_call(said: list[facts.PbxFact]) -> None:
    named = [fact.channel for fact in said if isinstance(fact, facts.ChannelFact)]
    assert {channel.linkedid for channel in named} == {CALL}
    # Early in a channel's life its variables are not there yet.
    assert {channel.call_id for channel in named} == {"", CALL}


def test_the_phone_that_accepted_was_bridged_and_the_other_was_not(said: list[facts.PbxFact]) -> None:
    bridged = {fact.channel.name for fact in said if isinstance(fact, facts.BridgeEntered)}
    assert "PJSIP/p2-00000002" in bridged
    assert not any(name.startswith(("PJSIP/p1-", "Local/p1@")) for name in bridged)


def test_halves_of_local_channels_are_joined(said: list[facts.PbxFact]) -> None:
    pairs = [fact for fact in said if isinstance(fact, facts.LocalBridged)]
    assert [pair.one.name[:-1] == pair.two.name[:-1] for pair in pairs] == [True, True]
