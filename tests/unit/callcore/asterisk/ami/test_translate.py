from datetime import UTC, datetime

import pytest

from callcore.asterisk.ami.decoder import parse
from callcore.asterisk.ami.snapshot import live_channels, phone_states
from callcore.asterisk.ami.translate import translate
from callcore.calls import facts
from callcore.calls.facts import ChannelRef
from tests.fakes.ami_server import channel, event

pytestmark = pytest.mark.unit

AT = datetime(2026, 11, 22, 5, 30, 56, 250_000, tzinfo=UTC)
CUSTOMER = ChannelRef("PJSIP/trunk-main-00000050", "1795325456.80", "1795325456.80", "1795325456.80", "")
DEALER = ChannelRef("PJSIP/p12-0000001a", "1795325457.81", "1795325456.80", "1795325456.80", "p12")
DEALER_SAID = {"name": DEALER.name, "uniqueid": DEALER.uniqueid}


def fact(name: str, **headers: str) -> facts.PbxFact | None:
    return translate(parse(event(name, **headers)))


def test_newchannel() -> None:
    assert fact("Newchannel", **channel()) == facts.ChannelCreated(
        at=AT,
        channel=CUSTOMER,
        caller_number="79161234567",
        caller_name="Иван Петров",
        extension="74950000001",
        context="from-trunk",
        state="Ring",
    )


def test_newstate() -> None:
    assert fact("Newstate", **channel(ChannelStateDesc="Up")) == facts.ChannelStateChanged(AT, CUSTOMER, "Up")


def test_dial_begin() -> None:
    said = channel() | channel(prefix="Dest", **DEALER_SAID) | {"DialString": "p12"}
    assert fact("DialBegin", **said) == facts.DialBegun(AT, DEALER, CUSTOMER, "p12")


def test_dial_begin_of_an_originated_leg_has_no_caller() -> None:
    said = channel(prefix="Dest", **DEALER_SAID) | {"DialString": "p12"}
    assert fact("DialBegin", **said) == facts.DialBegun(AT, DEALER, None, "p12")


def test_dial_end() -> None:
    said = channel() | channel(prefix="Dest", **DEALER_SAID) | {"DialStatus": "BUSY"}
    assert fact("DialEnd", **said) == facts.DialEnded(AT, DEALER, CUSTOMER, "BUSY")


def test_local_bridge() -> None:
    one, two = "Local/p12@dl-leg-00000001;1", "Local/p12@dl-leg-00000001;2"
    said = channel("1.1", one, "LocalOne") | channel("1.2", two, "LocalTwo", ChanVariable="DL_PHONE=p12")
    bridged = fact("LocalBridge", **said, Context="dl-leg", Exten="p12", LocalOptimization="No")
    assert isinstance(bridged, facts.LocalBridged)
    assert (bridged.one.name, bridged.two.name) == (one, two)
    assert (bridged.one.phone_key, bridged.two.phone_key) == ("", "p12")
    assert bridged.one.is_local
    assert bridged.two.is_local


@pytest.mark.parametrize(
    ("name", "kind"), [("BridgeEnter", facts.BridgeEntered), ("BridgeLeave", facts.BridgeLeft)]
)
def test_bridges(name: str, kind: type[facts.BridgeEntered]) -> None:
    assert fact(name, BridgeUniqueid="b-1", BridgeType="basic", **channel()) == kind(AT, CUSTOMER, "b-1")


def test_hangup() -> None:
    said = channel() | {"Cause": "17", "Cause_txt": "User busy"}
    assert fact("Hangup", **said) == facts.ChannelHungUp(AT, CUSTOMER, 17, "User busy")


@pytest.mark.parametrize("cause", ["", "many", "-1"])
def test_a_hangup_without_a_sensible_cause_is_still_one(cause: str) -> None:
    hung_up = fact("Hangup", **channel(), Cause=cause)
    assert isinstance(hung_up, facts.ChannelHungUp)
    assert hung_up.cause == 0


def test_blind_transfer() -> None:
    said = channel(prefix="Transferer", **DEALER_SAID) | channel(prefix="Transferee")
    transferred = fact(
        "BlindTransfer", Result="Success", **said, IsExternal="Yes", Context="x", Extension="p31"
    )
    assert transferred == facts.Transferred(AT, DEALER, CUSTOMER, "blind", "Success", "p31")


def test_attended_transfer() -> None:
    said = channel(prefix="OrigTransferer", **DEALER_SAID) | channel(
        "1795325460.90", "PJSIP/p12-0000001b", "SecondTransferer", Exten="p31", Linkedid="1795325460.90"
    )
    transferred = fact("AttendedTransfer", Result="Success", **said, DestType="Bridge")
    assert isinstance(transferred, facts.Transferred)
    assert transferred.channel == DEALER
    assert transferred.other is not None
    assert transferred.other.linkedid == "1795325460.90"
    assert (transferred.kind, transferred.extension) == ("attended", "p31")


def test_milestone() -> None:
    said = channel() | {
        "UserEvent": "DL",
        "Kind": "declined",
        "CallId": "c-1",
        "Phone": "p12",
        "Reason": "key",
    }
    reached = fact("UserEvent", **said)
    assert reached == facts.MilestoneReached(
        AT, CUSTOMER, "declined", "c-1", (("Phone", "p12"), ("Reason", "key"))
    )
    assert isinstance(reached, facts.MilestoneReached)
    assert reached.value("Phone") == "p12"
    assert reached.value("Missing") == ""


def test_a_milestone_without_call_id_takes_the_channels() -> None:
    reached = fact("UserEvent", **channel(), UserEvent="DL", Kind="done")
    assert isinstance(reached, facts.MilestoneReached)
    assert reached.call_id == CUSTOMER.call_id
    assert reached.values == ()


def test_what_is_said_twice_counts_the_first_time() -> None:
    reached = fact(
        "UserEvent", **channel(), UserEvent="DL", Kind="entered\nfallback", CallId="c-1\nevil", Did="7\n8"
    )
    assert isinstance(reached, facts.MilestoneReached)
    assert (reached.kind, reached.call_id, reached.value("Did")) == ("entered", "c-1", "7")


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("NOT_INUSE", "available"),
        ("INUSE", "in_use"),
        ("BUSY", "in_use"),
        ("ONHOLD", "in_use"),
        ("RINGINUSE", "in_use"),
        ("RINGING", "ringing"),
        ("UNAVAILABLE", "unavailable"),
        ("INVALID", "unavailable"),
        ("UNKNOWN", "unavailable"),
    ],
)
def test_device_states(state: str, word: str) -> None:
    assert fact("DeviceStateChange", Device="PJSIP/p12", State=state) == facts.PhoneStateChanged(
        AT, "p12", word
    )


@pytest.mark.parametrize(
    ("device", "state"),
    [
        ("PJSIP/trunk-main", "INUSE"),
        ("Local/p12@x", "INUSE"),
        ("PJSIP/p12", "STRANGE"),
        ("", ""),
        ("PJSIP/p12x", "INUSE"),
    ],
)
def test_other_devices_are_not_phones(device: str, state: str) -> None:
    assert fact("DeviceStateChange", Device=device, State=state) is None


def test_the_lone_word_of_one_contact_is_not_believed() -> None:
    """A phone that registers anew says Created, then Removed of its old contact; it is still there."""
    assert fact("ContactStatus", EndpointName="p12", AOR="p12", ContactStatus="Removed") is None


@pytest.mark.parametrize("name", ["PJSIP/p12-0000001a", "PJSIP/p12-0000001a;x"])
def test_the_phone_is_known_from_the_name_or_from_the_variable(name: str) -> None:
    created = fact("Newchannel", **channel("1.1", name, ChanVariable="DL_CALL_ID=c-1\nDL_PHONE=p31"))
    assert isinstance(created, facts.ChannelCreated)
    assert created.channel.phone_key == ("p12" if name.endswith("a") else "p31")


def test_an_outside_phone_is_known_from_its_variable() -> None:
    created = fact("Newchannel", **channel(ChanVariable="DL_PHONE=p44"))
    assert isinstance(created, facts.ChannelCreated)
    assert created.channel.phone_key == "p44"
    assert created.channel.is_trunk
    assert created.channel.call_id == ""


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("<unknown>", ""),
        ("", ""),
        (r"O\'Brien", "O'Brien"),
        (r"ООО \"Ромашка\"", 'ООО "Ромашка"'),
        (r"a\\b", r"a\b"),
        (r"a\nb\r", "a b "),
        ("${SHELL(id)}, & ко", "${SHELL(id)}, & ко"),
    ],
)
def test_names_are_read_back(said: str, read: str) -> None:
    created = fact("Newchannel", **channel(CallerIDName=said))
    assert isinstance(created, facts.ChannelCreated)
    assert created.caller_name == read


@pytest.mark.parametrize("without", ["Channel", "Uniqueid"])
@pytest.mark.parametrize(
    "name", ["Newchannel", "Newstate", "BridgeEnter", "BridgeLeave", "Hangup", "UserEvent"]
)
def test_an_event_without_its_channel_is_nothing(name: str, without: str) -> None:
    said = channel() | {"UserEvent": "DL", "Kind": "done"}
    del said[without]
    assert fact(name, **said) is None


@pytest.mark.parametrize("stamp", ["", "yesterday", "99999999999999999999.0", "1.x"])
def test_an_event_without_an_instant_is_nothing(stamp: str) -> None:
    said = parse(event("Newchannel", **channel()))
    said["Timestamp"] = stamp
    assert translate(said) is None


@pytest.mark.parametrize("name", ["VarSet", "Newexten", "", "newchannel", "FullyBooted"])
def test_other_events_are_nothing(name: str) -> None:
    assert fact(name, **channel()) is None


def test_other_user_events_are_nothing() -> None:
    assert fact("UserEvent", **channel(), UserEvent="Other", Kind="done") is None
    assert fact("UserEvent", **channel(), UserEvent="DL") is None


def test_rows_of_live_channels() -> None:
    row = parse(event("CoreShowChannel", **channel(), BridgeId="b-1", Duration="01:02:03"))
    end = parse(event("CoreShowChannelsComplete", EventList="Complete", ListItems="1"))
    (live,) = live_channels([row, end])
    assert live.channel == CUSTOMER
    assert (live.duration_s, live.bridge_id, live.state, live.caller_name) == (
        3723,
        "b-1",
        "Ring",
        "Иван Петров",
    )
    assert live_channels([row | {"Duration": "soon"}])[0].duration_s == 0


def test_rows_of_devices() -> None:
    rows = [
        {"Device": "PJSIP/p1", "State": "INUSE"},
        {"Device": "PJSIP/trunk-x", "State": "INUSE"},
        {"ListItems": "2"},
    ]
    assert phone_states(rows) == {"p1": "in_use"}


def test_a_call_that_could_not_begin_is_named_by_our_own_id() -> None:
    said = {"Response": "Failure", "Channel": "Local/s@dl-ours/n", "Reason": "0", "Uniqueid": "out-a"}
    assert fact("OriginateResponse", **said) == facts.OriginateFailed(AT, "out-a")
    assert fact("OriginateResponse", **said | {"Response": "Success"}) is None
    assert fact("OriginateResponse", **said | {"Uniqueid": ""}) is None
