"""What is heard while the phones ring: greeting, music, whisper, the word for who was late; and the queue. Real SIP calls."""

import pytest

from dialplans.contract import VOICEMAIL_FILE
from dialplans.plan import Behaviour
from tests.audio import is_heard, read_sound
from tests.pbx.lab import (
    CUSTOMER_HZ,
    GREETED_DID,
    MUSIC_HZ,
    SOUND_S,
    SOUNDS_HZ,
    STAYS_S,
    VOICES,
    customer,
)

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

WHISPER = "dealerline/whisper"
TALK_S = 2.0  # for a voice, or the music, to be heard


async def place(lab, **more):
    """A call whose customer's ear is kept."""
    await lab.customers.listen("customers")
    return await lab.customers.place_call(customer(**more))


def heard(lab, name):
    return read_sound(lab.customers.heard(name))


async def test_the_whisper_is_for_the_dealer_alone(lab, ear, application):
    await lab.customers.listen("p1")
    await lab.customers.set_think_s("p1", 2.5)
    application.route(("p1", 15), whisper=WHISPER)
    call = await place(lab, talk_s=3)
    await lab.over(call)
    await ear.milestone("done")
    await lab.quiet()
    dealer, caller = heard(lab, "p1"), heard(lab, call)
    for name in ("whisper", "accept-ru"):
        assert is_heard(dealer, SOUNDS_HZ[name])
        assert not is_heard(caller, SOUNDS_HZ[name])
    assert is_heard(dealer, CUSTOMER_HZ)
    assert is_heard(caller, VOICES["p1"])


async def test_greeting_and_notice_are_for_the_customer_alone(lab, ear, application):
    await lab.customers.listen("p1")
    application.route(("p1", 15), greeting="dealerline/hello&dealerline/notice", whisper=WHISPER)
    call = await place(lab, talk_s=STAYS_S)
    await ear.accepted()
    await lab.leave(call, TALK_S)
    await ear.milestone("done")
    await lab.quiet()
    dealer, caller = heard(lab, "p1"), heard(lab, call)
    for name in ("hello", "notice"):
        assert is_heard(caller, SOUNDS_HZ[name])
        assert not is_heard(dealer, SOUNDS_HZ[name])


@pytest.mark.parametrize("greeting", ["", "dealerline/hello"])
async def test_music_is_heard_while_phones_ring(lab, ear, application, greeting):
    """Without a greeting nobody has answered yet: it is early media."""
    await lab.customers.set_behaviour("p2", Behaviour.NO_ANSWER)
    application.route(("p2", 3), ("p1", 15), waiting="music", greeting=greeting)
    call = await place(lab, talk_s=STAYS_S)
    await ear.accepted()
    await lab.leave(call, TALK_S)
    await ear.milestone("done")
    await lab.quiet()
    caller = heard(lab, call)
    assert is_heard(caller, MUSIC_HZ)
    assert is_heard(caller, VOICES["p1"])


async def test_without_music_the_customer_hears_ringing(lab, ear, application):
    await lab.customers.set_behaviour("p2", Behaviour.NO_ANSWER)
    application.route(("p2", 3), ("p1", 15), greeting="dealerline/hello")
    call = await place(lab, talk_s=STAYS_S)
    await ear.accepted()
    await lab.leave(call, TALK_S)
    await ear.milestone("done")
    await lab.quiet()
    caller = heard(lab, call)
    assert not is_heard(caller, MUSIC_HZ)
    assert is_heard(caller, 430), "the ring tone of Russia is 425 Hz"


@pytest.mark.parametrize("presses", [True, False])
async def test_who_is_late_hears_that_the_call_was_taken(lab, ear, application, presses):
    await lab.customers.listen("p1")
    if presses:
        await lab.customers.set_think_s("p1", 2)
    else:
        await lab.customers.set_behaviour("p1", Behaviour.ANSWER)
    application.route(("p1-p2", 15), whisper=WHISPER)
    await lab.over(await lab.customers.place_call(customer(talk_s=7)))
    await ear.milestone("done")
    await lab.quiet()
    assert [event["Phone"] for event in ear.milestones("accepted")] == ["p2"]
    assert [(event["Phone"], event["Reason"]) for event in ear.milestones("declined")] == [("p1", "late")]
    late = heard(lab, "p1")
    assert is_heard(late, SOUNDS_HZ["late-ru"])
    assert not is_heard(late, CUSTOMER_HZ)


async def test_a_whisper_that_is_not_there_costs_nothing(lab, ear, application):
    """Its file was swept or never made: the prompt is heard all the same."""
    await lab.customers.listen("p1")
    application.route(("p1", 15), whisper="dealerline/none", greeting="dealerline/none")
    call = await lab.customers.place_call(customer(talk_s=STAYS_S))
    await ear.accepted()
    await lab.leave(call)
    await ear.milestone("done")
    await lab.quiet()
    assert [event["Phone"] for event in ear.milestones("accepted")] == ["p1"]
    assert is_heard(heard(lab, "p1"), SOUNDS_HZ["accept-ru"])


async def test_a_decline_moves_on_at_once(lab, ear, application):
    await lab.customers.set_behaviour("p1", Behaviour.DECLINE)
    application.route(("p1", 30), ("p2", 30), whisper=WHISPER)
    await lab.over(await lab.customers.place_call(customer(talk_s=1)))
    declined, accepted = await ear.milestone("declined"), await ear.milestone("accepted")
    assert (declined["Phone"], declined["Reason"]) == ("p1", "key")
    assert accepted["Phone"] == "p2"
    assert float(accepted["heard_at"]) - float(declined["heard_at"]) < 3


async def test_a_phone_named_twice_rings_once(lab, ear, application):
    application.route(("p1-p2-p1", 15))
    await lab.over(await lab.customers.place_call(customer(talk_s=1)))
    assert (await ear.milestone("step"))["Keys"] == "p1-p2"


async def test_a_waiting_caller_gets_the_first_operator_who_frees(lab, ear, application):
    """The operator talks; the second caller hears words and music, and is put through when the first has gone."""
    application.route(("p4", 15, "operators", 60))
    first = await lab.customers.place_call(customer(talk_s=STAYS_S))
    await ear.accepted()
    second = await place(lab, talk_s=STAYS_S)
    await ear.first(lambda _: len(ear.milestones("step")) == 2)
    await lab.leave(first, SOUND_S + TALK_S)
    await ear.accepted(2)
    assert (await lab.leave(second, TALK_S)).startswith("ANSWER")
    await lab.quiet()
    assert [event["Phone"] for event in ear.milestones("accepted")] == ["p4", "p4"]
    caller = heard(lab, second)
    assert is_heard(caller, SOUNDS_HZ["wait-ru"])
    assert is_heard(caller, MUSIC_HZ)
    assert is_heard(caller, VOICES["p4"])


async def test_the_longest_waiting_caller_is_first(lab, ear, application):
    application.route(("p4", 15, "operators", 60))
    talking = await lab.customers.place_call(customer(talk_s=STAYS_S))
    await ear.accepted()
    calls = []
    for n in (2, 3, 4):
        number = f"+7916000000{n}"
        calls.append(await lab.customers.place_call(customer(talk_s=STAYS_S, from_number=number)))
        await ear.first(lambda event, n=n: event.get("Caller", "").endswith(f"000{n}"))
    in_front, next_, last = calls
    await lab.leave(in_front)
    await lab.leave(talking)
    await ear.accepted(2)
    await lab.leave(next_)
    await ear.accepted(3)
    await lab.leave(last)
    await lab.quiet()
    callers = {event["CallId"]: event["Caller"][-1] for event in ear.milestones("entered")}
    assert [callers[event["CallId"]] for event in ear.milestones("accepted")] == ["7", "3", "4"]


async def test_a_queue_ends_when_its_seconds_are_over(lab, ear, application):
    await lab.customers.set_behaviour("p4", Behaviour.BUSY)
    application.route(("p4", 15, "operators", 3), ("p1", 15))
    call = await lab.customers.place_call(customer(talk_s=STAYS_S))
    step, accepted = await ear.milestone("step"), await ear.accepted()
    await lab.leave(call)
    assert accepted["Phone"] == "p1"
    assert 3 <= float(accepted["heard_at"]) - float(step["heard_at"]) < 9


async def test_a_caller_who_leaves_the_queue_is_no_ghost(lab, ear, application):
    await lab.customers.set_behaviour("p4", Behaviour.BUSY)
    application.route(("p4", 15, "operators", 60))
    await lab.customers.place_call(customer(talk_s=20, hang_up_after_s=3))
    await ear.milestone("done")
    await lab.quiet(5)
    assert not ear.milestones("fallback")


async def test_without_the_application_the_number_speaks_for_itself(lab, ear):
    """Greeting, language and music are compiled in; nobody answers FastAGI."""
    await lab.customers.set_behaviour("p2", Behaviour.NO_ANSWER)
    await lab.customers.set_behaviour("p9", Behaviour.ACCEPT)
    call = await place(lab, to_did=GREETED_DID, talk_s=9)
    await lab.over(call)
    await ear.milestone("done")
    await lab.quiet()
    assert ear.milestones("fallback")[0]["Rung"] == "static"
    caller = heard(lab, call)
    assert is_heard(caller, SOUNDS_HZ["hello"])
    assert is_heard(caller, MUSIC_HZ)


async def test_voicemail_speaks_first_and_then_listens(lab, ear, application):
    for name in ("p1", "p9", "p10"):
        await lab.customers.set_behaviour(name, Behaviour.BUSY)
    application.route(("p1", 15), waiting="music")
    call = await place(lab, talk_s=10)
    await lab.over(call)
    left = await ear.milestone("voicemail")
    await lab.quiet()
    assert is_heard(heard(lab, call), SOUNDS_HZ["voicemail-ru"])
    assert is_heard(lab.recording(left["CallId"], VOICEMAIL_FILE.format(base="")), CUSTOMER_HZ)


async def test_the_overflow_goes_through_every_stage(lab, ear, application):
    """Dealers, their neighbours, operators as a queue, the duty, a message: whoever fails, the next has it."""
    await lab.customers.set_behaviour("p1", Behaviour.DECLINE)
    for name, how in (("p2", Behaviour.BUSY), ("p5", Behaviour.NO_ANSWER), ("p4", Behaviour.REJECT)):
        await lab.customers.set_behaviour(name, how)
    await lab.customers.set_behaviour("p9", Behaviour.BUSY)
    application.route(
        ("p1-p2", 5), ("p8", 5), ("p5", 2), ("p4", 2, "operators", 2), ("p9", 3, "duty"), ("p10", 5, "duty")
    )
    call = await lab.customers.place_call(customer(talk_s=STAYS_S))
    await ear.accepted()
    await lab.leave(call)
    await ear.milestone("done")
    assert [event["Keys"] for event in ear.milestones("step")] == ["p1-p2", "p8", "p5", "p4", "p9", "p10"]
    assert [event["Phone"] for event in ear.milestones("accepted")] == ["p10"]
    assert not ear.milestones("fallback")


async def test_words_for_the_waiting_are_in_their_language(lab, ear, application):
    await lab.customers.set_behaviour("p4", Behaviour.BUSY)
    await lab.customers.listen("p1")
    application.route(("p4", 15, "operators", 2), ("p1", 15), lang="en")
    call = await place(lab, talk_s=STAYS_S)
    await ear.accepted()
    await lab.leave(call, TALK_S)
    await lab.quiet()
    assert is_heard(heard(lab, "p1"), SOUNDS_HZ["accept-ru"]), "who is rung speaks Russian"
    caller = heard(lab, call)
    assert is_heard(caller, SOUNDS_HZ["wait-en"])
    assert not is_heard(caller, SOUNDS_HZ["wait-ru"])
