"""Talks that are handed on, with real SIP calls: blind and asking first, by REFER, by keys and by the application. Several
calls go on side by side; each has a phone of its own."""

import asyncio
import csv
from pathlib import Path

import pytest

from callcore.asterisk.ami import AmiSettings, AsteriskPbx
from callcore.calls.cel import read_line, replay
from callcore.calls.facts import PbxSnapshot
from callcore.calls.model import PhoneInfo
from callcore.calls.tracker import Tracker
from callcore.kernel.clock import SystemClock
from callcore.network.model import PhoneOwner
from dialplans.plan import Behaviour
from recordings.model import Span
from tests.audio import is_heard, read_sound, tone_level
from tests.pbx.kept import RIGHT, kept
from tests.pbx.lab import AMI_SECRET, CUSTOMER_HZ, DID, MUSIC_HZ, OUTSIDE, SOUNDS_HZ, VOICES, customer

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]


class Talk:
    """One customer's call that a phone of ours has taken: what the PBX told of it."""

    def __init__(self, ear, customer_id, call_id):
        self.ear, self.customer_id, self.call_id = ear, customer_id, call_id
        self.heard = {}

    def said(self, kind, name):
        return [event[name] for event in self.ear.milestones(kind) if event["CallId"] == self.call_id]

    @property
    def handings(self):
        names = ("Way", "Means", "From", "ToKind", "To")
        return list(zip(*(self.said("handing", name) for name in names), strict=True))

    async def milestone(self, kind, count=1):
        def fits(event):
            return (
                event.get("UserEvent") == "DL"
                and event["Kind"] == kind
                and len(self.said(kind, "Kind")) >= count
            )

        await self.ear.first(fits)


class Phones:
    """p9 and p10 are duty, p4 is an operator; the others stand at the outlet of their number."""

    def phone(self, key):
        number = int(key[1:])
        owner = {4: PhoneOwner.OPERATOR, 9: PhoneOwner.DUTY, 10: PhoneOwner.DUTY}.get(
            number, PhoneOwner.OUTLET
        )
        outlet = number if owner is PhoneOwner.OUTLET else None
        return PhoneInfo(number, owner, key, outlet, outlet, "", 400 if number == 4 else None)


@pytest.fixture
async def pbx(lab):
    """The application's own ear and hand."""
    pbx = AsteriskPbx(AmiSettings("127.0.0.1", lab.plan.ami_port, "lab", AMI_SECRET), SystemClock())
    await pbx.start()
    while not isinstance(await pbx.next_fact(), PbxSnapshot):
        pass
    yield pbx
    await pbx.close()


def rows(transfers):
    """from, to kind, who took it, result."""
    return [
        (one.from_phone_id, one.to_kind, one.to_phone_id, one.result)
        for one in sorted(transfers, key=lambda one: one.ordinal)
    ]


def as_heard(talk):
    """Rows of the call as the application has followed it."""
    return rows(one for (call_id, _), one in talk.heard.items() if call_id == talk.call_id)


def as_in_cel(lab, talk):
    with Path(lab.plan.cel_file).open(encoding="utf-8", newline="") as file:
        events = [event for line in csv.reader(file) if (event := read_line(line))]
    group, grown = set(), {event.linkedid for event in events if event.call_id == talk.call_id}
    while (
        group != grown
    ):  # a phone that asks by a call of its own has a group of its own, until the two are joined
        group = grown
        channels = {event.uniqueid for event in events if event.linkedid in group}
        grown = group | {event.linkedid for event in events if event.uniqueid in channels}
    works = replay([event for event in events if event.linkedid in group], Phones())
    (work,) = [work for work in works if work.call_id == talk.call_id]
    return rows(work.transfers.values())


def check_rows(lab, talk, expected):
    """Heard and read, the call has the same handings on."""
    assert as_heard(talk) == expected
    assert as_in_cel(lab, talk) == expected


async def talk(lab, ear, application, key, seconds):
    """A call to this phone, from where the two are joined."""
    await lab.customers.listen("customers")
    before = len(ear.milestones("accepted"))
    application.route((key, 15))
    customer_id = await lab.customers.place_call(customer(talk_s=seconds))
    await ear.first(lambda _: len(ear.milestones("accepted")) > before)
    accepted = ear.milestones("accepted")[before]
    assert accepted["Phone"] == key
    await ear.first(
        lambda event: event.get("Event") == "BridgeEnter" and event["Uniqueid"] == accepted["Uniqueid"]
    )
    return Talk(ear, customer_id, accepted["CallId"])


async def end(lab, pbx, *talks):
    await asyncio.gather(*(lab.over(one.customer_id) for one in talks))
    for one in talks:
        await one.milestone("done")
    await lab.quiet()
    await pbx.phone_states()  # an answer comes after all events before it
    tracker = Tracker(Phones())
    changes = [tracker.apply(fact) for fact in pbx.ready_facts()]
    heard = {(one.call_id, one.ordinal): one for change in changes for one in change.transfers}
    for one in talks:
        one.heard = heard


def speakers(path, *names, channel=0):
    """Who of these speaks in a recording, one after another, second by second."""
    sound = read_sound(path)
    samples, size = sound.channels[channel], sound.rate_hz
    found = []
    for at in range(0, len(samples), size):
        second = type(sound)(size, (samples[at : at + size],))
        loudest = max(names, key=lambda name: tone_level(second, VOICES[name]))
        if is_heard(second, VOICES[loudest]) and found[-1:] != [loudest]:
            found.append(loudest)
    return found


def whole(lab, talk, tmp_path):
    """The recording of a talk as people will hear it."""
    joins = [
        Span(round(one.answered_at.timestamp() * 1000), round(one.ended_at.timestamp() * 1000))
        for (call_id, _), one in talk.heard.items()
        if call_id == talk.call_id and one.kind == "attended" and one.result == "answered"
    ]
    return kept(lab, talk.call_id, tmp_path, joins)


def parts(lab, talk):
    """What was kept of those who took the talk over, on their own channels."""
    return sorted(Path(lab.plan.recordings_dir).glob(f"{talk.call_id}-part-*.wav"))


async def test_blind_transfers_taken_come_back_and_rung_on(lab, ear, application, pbx, tmp_path):
    """p2 takes what p1 hands on. p8 is not there: p5 has its talk back; p10 refuses it, and the operators take it."""
    await lab.customers.set_transfer("p1", "102")
    await lab.customers.set_transfer("p5", "108")
    await lab.customers.set_keys("p10", "##108w")
    taken = await talk(lab, ear, application, "p1", 20)
    back = await talk(lab, ear, application, "p5", 17)
    await lab.customers.set_behaviour("p5", Behaviour.ACCEPT)  # from its next call on
    rung_on = await talk(lab, ear, application, "p10", 17)
    await lab.customers.set_behaviour("p10", Behaviour.REJECT)
    await end(lab, pbx, taken, back, rung_on)

    assert taken.handings == [("blind", "phone", "p1", "phones", "p2")]
    assert taken.said("accepted", "Phone") == ["p1", "p2"]
    assert len(taken.said("recording", "File")) == 1
    assert await lab.customers.screen_of("p2") == f"<{DID}>", "the customer's number stays hidden"
    assert is_heard(lab.recording(taken.call_id, "-in.wav"), CUSTOMER_HZ)
    assert speakers(lab.customers.heard(taken.customer_id), "p1", "p2") == ["p1", "p2"]
    assert is_heard(lab.customers.heard(taken.customer_id), MUSIC_HZ)
    assert speakers(whole(lab, taken, tmp_path), "p1", "p2", channel=RIGHT) == ["p1", "p2"]

    check_rows(lab, taken, [(1, "outlet", 2, "answered")])

    assert back.handings == [("blind", "phone", "p5", "phones", "p8")]
    assert back.said("back", "Phone") == ["p5"]
    assert back.said("accepted", "Phone") == ["p5", "p5"]

    check_rows(lab, back, [(5, "outlet", 8, "returned")])

    assert rung_on.handings == [("blind", "keys", "p10", "phones", "p8")]
    assert rung_on.said("back", "Phone") == ["p10"]
    assert rung_on.said("accepted", "Phone") == ["p10", "p4"]
    assert is_heard(lab.customers.heard(rung_on.customer_id), VOICES["p4"])
    assert speakers(whole(lab, rung_on, tmp_path), "p10", "p4", channel=RIGHT) == ["p10", "p4"]
    assert speakers(whole(lab, back, tmp_path), "p5", channel=RIGHT) == ["p5"]
    check_rows(lab, rung_on, [(10, "outlet", 8, "returned")])


async def test_whom_nobody_takes_is_rung_on_to_the_end_and_leaves_a_message(lab, ear, application, pbx):
    """p8 is not there, p1 does not want the talk back, the operator refuses all the while, duty does not answer: voicemail."""
    await lab.customers.set_transfer("p1", "108")
    await lab.customers.set_behaviour("p4", Behaviour.REJECT)
    for duty in ("p9", "p10"):
        await lab.customers.set_behaviour(duty, Behaviour.NO_ANSWER)
    lost = await talk(lab, ear, application, "p1", 33)
    await lab.customers.set_behaviour("p1", Behaviour.REJECT)
    await end(lab, pbx, lost)

    rung = [
        event["DestChannel"].partition("-")[0].removeprefix("PJSIP/")
        for event in ear.events
        if event.get("Event") == "DialBegin" and event.get("DestChannel", "").startswith("PJSIP/p")
    ]
    assert list(dict.fromkeys(rung)) == ["p1", "p4", "p9", "p10"]
    assert rung.count("p1") == 2, "who handed on is asked first"
    assert lost.said("accepted", "Phone") == ["p1"]
    (seconds,) = lost.said("voicemail", "Seconds")
    assert int(seconds) >= 2
    customer = lab.customers.heard(lost.customer_id)
    assert is_heard(customer, MUSIC_HZ)
    assert is_heard(customer, SOUNDS_HZ["voicemail-ru"])
    check_rows(lab, lost, [(1, "outlet", 8, "voicemail")])


async def test_asking_first_by_keys(lab, ear, application, pbx, tmp_path):
    """The receiver put down joins the two; *1 goes back to the customer, who has heard nothing of the asking."""
    await lab.customers.set_keys("p1", "*2www105h")
    await lab.customers.set_keys("p2", "*2www110wwwwww*1")
    for name in ("p5", "p10"):
        await lab.customers.listen(name)
    joined = await talk(lab, ear, application, "p1", 24)
    cancelled = await talk(lab, ear, application, "p2", 20)
    await end(lab, pbx, joined, cancelled)

    assert joined.handings == [("attended", "keys", "p1", "phones", "p5")]
    assert cancelled.handings == [("attended", "keys", "p2", "phones", "p10")]
    done = [
        event["OrigTransfererChannel"] for event in ear.events if event.get("Event") == "AttendedTransfer"
    ]
    assert [name.partition("-")[0] for name in done] == ["PJSIP/p1"]
    for one, asked, is_joined in ((joined, "p5", True), (cancelled, "p10", False)):
        assert asked in one.said("accepted", "Phone")
        assert is_heard(lab.customers.heard(asked), CUSTOMER_HZ) is is_joined
        assert is_heard(lab.customers.heard(one.customer_id), VOICES[asked]) is is_joined
        assert is_heard(lab.customers.heard(one.customer_id), MUSIC_HZ)
    assert speakers(whole(lab, joined, tmp_path), "p1", "p5", channel=RIGHT) == ["p1", "p5"]
    # What was asked is no part of the customer's talk.
    assert speakers(whole(lab, cancelled, tmp_path), "p2", "p10", channel=RIGHT) == ["p2"]
    check_rows(lab, joined, [(1, "outlet", 5, "answered")])
    check_rows(lab, cancelled, [(2, "duty", 10, "returned")])


async def test_the_desk_hands_on_asks_joins_and_goes_back(lab, ear, application, pbx, tmp_path):
    """p1: duty is asked and not taken, an outside number is, and joined. p2: to two phones at once."""
    asking = await talk(lab, ear, application, "p1", 24)
    (channel,) = [(one["Channel"], one["Uniqueid"]) for one in ear.milestones("accepted")]
    await pbx.ask_first(channel=channel[0], to="duty")
    await asking.milestone("accepted", 2)
    blind = await talk(lab, ear, application, "p2", 12)
    await pbx.ask_no_more(channel=channel[0])
    await pbx.hand_on(channel=ear.milestones("accepted")[-1]["Channel"], to="p5.p10")
    await blind.milestone("accepted", 2)
    await pbx.ask_first(channel=channel[0], to=OUTSIDE)
    await ear.first(
        lambda event: (
            event.get("Event") == "DialEnd"
            and event.get("DestChannel", "").startswith("PJSIP/trunk-")
            and event["DialStatus"] == "ANSWER"
        )
    )
    await pbx.hang_up(channel[1])
    await end(lab, pbx, asking, blind)

    assert asking.handings == [
        ("attended", "desk", "p1", "duty", ""),
        ("attended", "desk", "p1", "outside", OUTSIDE),
    ]
    assert is_heard(lab.customers.heard(asking.customer_id), VOICES[OUTSIDE])
    assert not is_heard(lab.customers.heard(asking.customer_id), VOICES["p9"])
    # p1 hardly speaks with the customer between two askings.
    said = speakers(whole(lab, asking, tmp_path), "p1", OUTSIDE, "p9", channel=RIGHT)
    assert said[-1] == OUTSIDE
    assert "p9" not in said, "what duty was asked is private"
    assert await lab.customers.screen_of(OUTSIDE) == "<+74950000000>"
    assert blind.handings == [("blind", "desk", "p2", "phones", "p5.p10")]
    assert blind.said("accepted", "Phone")[1] in ("p5", "p10")
    check_rows(lab, asking, [(1, "duty", None, "returned"), (1, "outside", None, "answered")])
    assert [(kind, result) for _, kind, _, result in as_heard(blind)] == [
        ({"p5": "outlet", "p10": "duty"}[blind.said("accepted", "Phone")[1]], "answered")
    ]
    assert as_in_cel(lab, blind) == as_heard(blind)


async def test_a_telephone_asks_first_by_a_call_of_its_own(lab, ear, application, pbx, tmp_path):
    """REFER with Replaces, as the key of a desk phone sends it. p1 has talked with p5 before; p2 leaves his customer in the
    ringing of p10, who refuses: p2 has him back."""
    await lab.customers.set_asking("p1", "105", 6)
    await lab.customers.set_asking("p2", "110", 2)
    await lab.customers.set_behaviour("p10", Behaviour.NO_ANSWER)
    for name in ("p1", "p5"):
        await lab.customers.listen(name)
    joined = await talk(lab, ear, application, "p1", 22)
    left = await talk(lab, ear, application, "p2", 20)
    await lab.customers.set_behaviour("p2", Behaviour.ACCEPT)  # from its next call on
    await ear.first(
        lambda event: (
            event.get("Event") == "AttendedTransfer"
            and event["OrigTransfererChannel"].startswith("PJSIP/p2-")
        ),
        20,
    )
    await lab.customers.put_down("p10")
    await end(lab, pbx, joined, left)

    done = {
        event["OrigTransfererChannel"].partition("-")[0]: event["Result"]
        for event in ear.events
        if event.get("Event") == "AttendedTransfer"
    }
    assert done == {"PJSIP/p1": "Success", "PJSIP/p2": "Success"}
    customer = lab.customers.heard(joined.customer_id)
    assert speakers(customer, "p1", "p5") == ["p1", "p5"]
    asked = read_sound(lab.customers.heard("p5"))
    assert is_heard(asked, VOICES["p1"]), "the two spoke before"
    assert is_heard(asked, CUSTOMER_HZ)
    check_rows(lab, joined, [(1, "outlet", 5, "answered")])
    assert speakers(whole(lab, joined, tmp_path), "p1", "p5", channel=RIGHT) == ["p1", "p5"]
    # What the customer's recorder may lose of the second voice is on his own channel.
    (part,) = parts(lab, joined)
    assert speakers(part, "p1", "p5") == ["p5"]
    assert not is_heard(read_sound(part), CUSTOMER_HZ)

    assert left.said("back", "Phone") == ["p2"]
    assert speakers(lab.customers.heard(left.customer_id), "p2", "p10") == ["p2"]
    check_rows(lab, left, [(2, "duty", 10, "returned")])
