"""Talks that are handed on, with real SIP calls: blind and asking first, by REFER, by keys and by the application."""

import pytest

from dialplans.plan import Behaviour
from tests.audio import is_heard, read_sound, tone_level
from tests.pbx.lab import CUSTOMER_HZ, DID, MUSIC_HZ, VOICES, customer

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(90)]


def third_of(path, number):
    """A part of a recording: 0, 1 or 2."""
    sound = read_sound(path)
    length = len(sound.channels[0]) // 3
    part = sound.channels[0][number * length : (number + 1) * length]
    return type(sound)(sound.rate_hz, (part,))


def handings(ear):
    return [
        (one["Way"], one["Means"], one["From"], one["ToKind"], one["To"]) for one in ear.milestones("handing")
    ]


async def talk(lab, ear, seconds):
    """A call whose customer's ear is kept -> (call id of the PBX, what the customer heard)."""
    await lab.customers.listen("customers")
    call = await lab.customers.place_call(customer(talk_s=seconds))
    await lab.over(call)
    call_id = (await ear.milestone("done"))["CallId"]
    await lab.quiet()
    return call_id, lab.customers.heard(call)


async def test_a_blind_transfer_that_is_answered(lab, ear, application):
    """Three voices, the dealers' one after another; one recording; the customer's number stays hidden."""
    await lab.customers.set_transfer("p1", "102")
    application.route(("p1", 15))
    call_id, heard = await talk(lab, ear, 14)
    assert handings(ear) == [("blind", "phone", "p1", "phones", "p2")]
    assert [event["Phone"] for event in ear.milestones("accepted")] == ["p1", "p2"]
    assert len(ear.milestones("recording")) == 1
    assert await lab.customers.screen_of("p2") == f"<{DID}>"
    assert is_heard(lab.recording(call_id, "-in.wav"), CUSTOMER_HZ)
    ours = lab.recording(call_id, "-out.wav")
    for third, speaks, waits in ((0, "p1", "p2"), (2, "p2", "p1")):
        part = third_of(ours, third)
        assert is_heard(part, VOICES[speaks])
        assert tone_level(part, VOICES[speaks]) > tone_level(part, VOICES[waits]) + 10
    assert is_heard(heard, MUSIC_HZ)


async def test_a_blind_transfer_that_nobody_takes_comes_back(lab, ear, application):
    await lab.customers.set_transfer("p1", "102")
    await lab.customers.set_behaviour("p2", Behaviour.REJECT)
    application.route(("p1", 15))
    call = await lab.customers.place_call(customer(talk_s=18))
    await ear.milestone("accepted")  # how a telephone behaves counts from its next call on
    await lab.customers.set_behaviour("p1", Behaviour.ACCEPT)
    await lab.over(call)
    call_id = (await ear.milestone("done"))["CallId"]
    await lab.quiet()
    assert [event["Phone"] for event in ear.milestones("back")] == ["p1"]
    assert [event["Phone"] for event in ear.milestones("accepted")] == ["p1", "p1"]
    assert read_sound(lab.recording(call_id, "-out.wav")).duration_s > 9


async def test_nobody_takes_it_and_the_operators_do(lab, ear, application):
    await lab.customers.set_keys("p1", "##102w")
    await lab.customers.set_behaviour("p2", Behaviour.BUSY)
    application.route(("p1", 15))
    call = await lab.customers.place_call(customer(talk_s=18))
    await ear.milestone("accepted")  # how a telephone behaves counts from its next call on
    await lab.customers.set_behaviour("p1", Behaviour.REJECT)
    await lab.over(call)
    call_id = (await ear.milestone("done"))["CallId"]
    await lab.quiet()
    assert handings(ear) == [("blind", "keys", "p1", "phones", "p2")]
    assert [event["Phone"] for event in ear.milestones("accepted")] == ["p1", "p4"]
    assert is_heard(lab.recording(call_id, "-out.wav"), VOICES["p4"])


@pytest.mark.parametrize("end", ["h", "wwwwww*1"])
async def test_asking_first_by_keys(lab, ear, application, end):
    """The receiver put down joins the two; *1 goes back to the customer, who has heard nothing of the asking."""
    await lab.customers.set_keys("p1", f"*2www105{end}")
    await lab.customers.listen("p5")
    application.route(("p1", 15))
    call_id, heard = await talk(lab, ear, 24)
    assert handings(ear) == [("attended", "keys", "p1", "phones", "p5")]
    done = [event["Result"] for event in ear.events if event.get("Event") == "AttendedTransfer"]
    assert done == (["Success"] if end == "h" else [])
    assert len(ear.milestones("accepted")) == 2
    assert is_heard(lab.customers.heard("p5"), CUSTOMER_HZ) is (end == "h")
    assert is_heard(heard, VOICES["p5"]) is (end == "h")
    assert is_heard(lab.recording(call_id, "-out.wav"), VOICES["p1"])
