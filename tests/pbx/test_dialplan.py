"""Real SIP calls through the dialplan: who is rung, who is joined, what is kept. The application is a script."""

import asyncio
import time
from contextlib import suppress

import pytest

from callcore.asterisk.carrier import UNKNOWN_TONE_HZ
from callcore.kernel.errors import NotFound
from dialplans.contract import RECORDING_CUSTOMER, RECORDING_DONE, RECORDING_OURS, VOICEMAIL_FILE
from dialplans.plan import Behaviour
from tests.audio import heard_from_to, is_heard, read_sound
from tests.fakes.polling import until
from tests.pbx.kept import RIGHT, kept
from tests.pbx.lab import CUSTOMER, CUSTOMER_HZ, DID, OUTSIDE, STAYS_S, VOICES, customer

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]


def talked(lab, call_id, name):
    """Both parties are in the recording, each on his own side only; the sides are in step."""
    ours = read_sound(lab.recording(call_id, RECORDING_OURS.format(base="")))
    theirs = read_sound(lab.recording(call_id, RECORDING_CUSTOMER.format(base="")))
    assert is_heard(theirs, CUSTOMER_HZ)
    assert not is_heard(theirs, VOICES[name])
    assert is_heard(ours, VOICES[name])
    assert not is_heard(ours, CUSTOMER_HZ)
    assert abs(ours.duration_s - theirs.duration_s) <= 0.02


async def test_the_first_step_answers_and_both_are_heard(lab, ear, application):
    application.route(("p1", 15))
    call = await lab.customers.place_call(customer(caller_name="Иван Петров"))
    assert await lab.over(call) == "ANSWER 16"
    entered = await ear.milestone("entered")
    await ear.milestone("done")
    call_id = entered["CallId"]

    assert ear.kinds() == ["entered", "step", "offered", "accepted", "recording", "done"]
    assert (entered["Did"], entered["Caller"], entered["CallerName"]) == (DID, CUSTOMER, "Иван Петров")
    assert (await ear.milestone("accepted"))["Phone"] == "p1"
    assert (await ear.milestone("done"))["Result"] == "ANSWER"
    assert (await ear.milestone("accepted"))["DL_CALL_ID"] == call_id
    assert f"agi_arg_1: {call_id}\n" in application.requests[0]
    await lab.quiet()
    assert lab.recording(call_id, RECORDING_DONE.format(base="")).exists()
    talked(lab, call_id, "p1")


async def test_cel_keeps_the_whole_call(lab, ear, application):
    application.route(("p1", 15))
    await lab.over(await lab.customers.place_call(customer(caller_name='"Кафе, "Уют""')))
    call_id = (await ear.milestone("done"))["CallId"]
    await lab.quiet()
    rows = lab.cel(call_id)
    assert rows[0]["event_type"] == "CHAN_START"
    assert rows[-1]["event_type"] == "LINKEDID_END"
    assert {"ANSWER", "BRIDGE_ENTER", "BRIDGE_EXIT", "HANGUP", "CHAN_END"} <= {
        row["event_type"] for row in rows
    }
    assert {row["call_id"] for row in rows if row["channel"].startswith("PJSIP/p1-")} >= {call_id}
    moments = [float(row["event_time"]) for row in rows]
    assert abs(moments[0] - time.time()) < 60
    assert any(moment % 1 for moment in moments)


async def test_the_next_step_follows_when_nobody_answers(lab, ear, application):
    await lab.customers.set_behaviour("p1", Behaviour.NO_ANSWER)
    application.route(("p1", 2), ("p3", 15, "operators"))
    await lab.over(await lab.customers.place_call(customer()))
    call_id = (await ear.milestone("done"))["CallId"]
    assert [(e["Step"], e["Keys"], e["StepKind"]) for e in ear.milestones("step")] == [
        ("1", "p1", "outlet"),
        ("2", "p3", "operators"),
    ]
    assert (await ear.milestone("accepted"))["Phone"] == "p3"
    await lab.quiet()
    talked(lab, call_id, OUTSIDE)


@pytest.mark.parametrize("careless", [Behaviour.DECLINE, Behaviour.HANG_UP, Behaviour.REJECT, Behaviour.BUSY])
async def test_one_careless_phone_loses_nothing(lab, ear, application, careless):
    """Dial hangs up the other forks when one answers; the Local channel hides an answer that accepts nothing."""
    await lab.customers.set_behaviour("p1", careless)
    application.route(("p1-p2", 15))
    await lab.over(await lab.customers.place_call(customer()))
    call_id = (await ear.milestone("done"))["CallId"]
    assert [event["Phone"] for event in ear.milestones("accepted")] == ["p2"]
    declined = [(event["Phone"], event["Reason"]) for event in ear.milestones("declined")]
    assert declined == ([("p1", "key")] if careless is Behaviour.DECLINE else [])
    await lab.quiet()
    talked(lab, call_id, "p2")


async def test_of_two_who_accept_one_wins(lab, ear, application):
    application.route(("p1-p2-p5", 15))
    await lab.over(await lab.customers.place_call(customer(talk_s=1.5)))
    await ear.milestone("done")
    await lab.quiet()
    accepted = [event["Phone"] for event in ear.milestones("accepted")]
    late = [event["Phone"] for event in ear.milestones("declined") if event["Reason"] == "late"]
    assert len(accepted) == 1
    assert not set(accepted) & set(late)


async def test_a_phone_that_presses_nothing_is_left_after_its_time(lab, ear, application):
    await lab.customers.set_behaviour("p1", Behaviour.ANSWER)
    application.route(("p1", 15), ("p2", 15))
    await lab.over(await lab.customers.place_call(customer()))
    offered, declined = (await ear.milestone("offered")), (await ear.milestone("declined"))
    assert (declined["Phone"], declined["Reason"]) == ("p1", "timeout")
    assert 4.5 < float(declined["heard_at"]) - float(offered["heard_at"]) < 9
    assert (await ear.milestone("accepted"))["Phone"] == "p2"


async def test_a_late_answer_may_still_be_accepted(lab, ear, application):
    """The ring time ends while the phone is listening: the walk waits for the key."""
    await lab.customers.set_think_s("p1", 4)
    application.route(("p1", 2), ("p2", 15))
    await lab.over(await lab.customers.place_call(customer()))
    step, accepted = await ear.milestone("step"), await ear.milestone("accepted")
    assert accepted["Phone"] == "p1"
    assert float(accepted["heard_at"]) - float(step["heard_at"]) > 4


async def test_who_was_too_slow_is_told_so(lab, ear, application):
    """He listens until another has taken the call: his key joins nobody, and only one acceptance is announced."""
    await lab.customers.set_think_s("p1", 2)
    application.route(("p1-p2", 15))
    await lab.over(await lab.customers.place_call(customer(talk_s=4)))
    await ear.milestone("done")
    assert [event["Phone"] for event in ear.milestones("accepted")] == ["p2"]
    assert [(event["Phone"], event["Reason"]) for event in ear.milestones("declined")] == [("p1", "late")]


async def test_all_busy_reaches_the_duty_phone(lab, ear, application):
    for name in ("p1", "p2"):
        await lab.customers.set_behaviour(name, Behaviour.BUSY)
    application.route(("p1-p2", 15))
    await lab.over(await lab.customers.place_call(customer()))
    assert (await ear.milestone("fallback"))["Reason"] == "exhausted"
    assert (await ear.milestone("accepted"))["Phone"] == "p9"
    call_id = (await ear.milestone("done"))["CallId"]
    await lab.quiet()
    talked(lab, call_id, "p9")


async def test_the_second_duty_phone_is_tried(lab, ear, application):
    await lab.customers.set_behaviour("p9", Behaviour.NO_ANSWER)
    application.route(("p8", 15))
    await lab.over(await lab.customers.place_call(customer()))
    assert (await ear.milestone("accepted"))["Phone"] == "p10"


async def test_the_third_number_of_a_shift_answers(lab, ear, application):
    for name in ("p9", "p10"):
        await lab.customers.set_behaviour(name, Behaviour.NO_ANSWER)
    application.route(("p9", 2, "duty"), ("p10", 2, "duty"), ("p4", 15, "duty"))
    await lab.over(await lab.customers.place_call(customer()))
    assert (await ear.milestone("accepted"))["Phone"] == "p4"
    call_id = (await ear.milestone("done"))["CallId"]
    assert [event["Keys"] for event in ear.milestones("step")] == ["p9", "p10", "p4"]
    await lab.quiet()
    talked(lab, call_id, "p4")


async def test_nobody_at_all_and_no_application_leave_a_message(lab, ear):
    """The last rung of the ladder: nothing of ours lives, no duty phone is free."""
    for name in ("p1", "p9", "p10"):
        await lab.customers.set_behaviour(name, Behaviour.BUSY)
    await lab.over(await lab.customers.place_call(customer(talk_s=12)))
    left = await ear.milestone("voicemail")
    assert (await ear.milestone("fallback"))["Reason"] == "agi-failure"
    assert left["File"] == f"{left['CallId']}-vm"
    assert 2 <= int(left["Seconds"]) <= 12
    await lab.quiet()
    message = lab.recording(left["CallId"], VOICEMAIL_FILE.format(base=""))
    assert is_heard(message, CUSTOMER_HZ)
    assert not ear.milestones("recording")


async def test_a_duty_step_is_not_rung_twice(lab, ear, application):
    for name in ("p9", "p10"):
        await lab.customers.set_behaviour(name, Behaviour.BUSY)
    application.route(("p9", 15, "duty"))
    await lab.over(await lab.customers.place_call(customer(talk_s=1)))
    await ear.milestone("done")
    # Whether he leaves during the words before the message, or just after them, depends on the machine.
    assert [kind for kind in ear.kinds() if kind != "voicemail"] == ["entered", "step", "done"]


async def test_an_unregistered_phone_costs_no_time(lab, ear, application):
    application.route(("p8", 15), ("p1", 15))
    await lab.over(await lab.customers.place_call(customer(talk_s=1)))
    entered, accepted = await ear.milestone("entered"), await ear.milestone("accepted")
    assert accepted["Phone"] == "p1"
    assert float(accepted["heard_at"]) - float(entered["heard_at"]) < 4


async def test_a_phone_has_no_more_calls_than_lines(lab, ear, application):
    application.route(("p1", 15), ("p2", 15))
    first = await lab.customers.place_call(customer(talk_s=STAYS_S))
    await ear.accepted()
    second = await lab.customers.place_call(customer(talk_s=1))
    await lab.over(second)
    assert [event["Phone"] for event in ear.milestones("accepted")] == ["p1", "p2"]
    await lab.leave(first)


@pytest.mark.parametrize("keys", ["p1&p2", "p999", "../p1", "p", "", "1-2-3", "p1,30,A(x)"])
async def test_a_plan_with_bad_keys_harms_nobody(lab, ear, application, keys):
    """The plan comes from our own application, and yet every key must have its form and be in the table."""
    application.route((keys, 15), ("p2", 15))
    await lab.over(await lab.customers.place_call(customer(talk_s=1)))
    await ear.milestone("done")
    assert [event["Phone"] for event in ear.milestones("accepted")][-1] in ("p1", "p2")
    dialled = {e["DestChannel"].split("-")[0] for e in ear.events if e.get("Event") == "DialBegin"}
    assert dialled <= {"Local/p1@dl", "Local/p2@dl", "PJSIP/p1", "PJSIP/p2"}


HOSTILE = [
    ('Эй "кавычки", ${SHELL(id)}', CUSTOMER),
    ("a\\r\\nKind: accepted", "%0d%0aKind%3a%20accepted"),
    ("Kind: accepted,Kind: accepted", "${EXTEN}&p2"),
    ("<sip:p1@evil>;x=y", "anonymous"),
    ("", ""),
    ("x" * 150, "1" * 40),
    ("*/ $[1/0] |&", "p1"),
    ("Ёж", "trunk-lab"),
]


@pytest.mark.parametrize(("name", "number"), HOSTILE)
async def test_a_hostile_caller_is_an_ordinary_call(lab, ear, application, name, number):
    application.route(("p1-p4", 15))
    await lab.over(await lab.customers.place_call(customer(caller_name=name, from_number=number, talk_s=1)))
    await ear.milestone("done")
    (entered,) = ear.milestones("entered")
    assert set(entered["Caller"]) <= set("+0123456789")
    assert not set(entered["CallerName"]) & set('",;&|$<>()[]{}\r\n')
    assert [event["Phone"] for event in ear.milestones("accepted")] == ["p4"]
    assert application.requests


async def test_a_broken_line_in_a_name_is_no_call_and_harms_no_other(lab, ear, application):
    """CR LF within a SIP header makes another header: the request does not parse and nothing enters."""
    application.route(("p4", 15))
    broken = await lab.customers.place_call(
        customer(caller_name="a\r\nKind: accepted\r\nX: y", hang_up_after_s=2)
    )
    await lab.over(await lab.customers.place_call(customer(talk_s=1)))
    await ear.milestone("done")
    assert not (await lab.over(broken)).startswith("ANSWER")
    assert [event["CallerName"] for event in ear.milestones("entered")] == [""]


async def test_a_caller_who_hides_his_number_is_taken_in(lab, ear, application):
    application.route(("p4", 15))
    await lab.over(await lab.customers.place_call(customer(hidden=True, caller_name="Иван", talk_s=1)))
    assert (await ear.milestone("entered"))["Caller"] == ""
    assert (await ear.milestone("accepted"))["Phone"] == "p4"


async def test_our_phones_see_our_number_and_operators_the_customers(lab, ear, application):
    application.route(("p1-p3-p4", 15))
    await lab.over(await lab.customers.place_call(customer(caller_name="Пётр", talk_s=1)))
    await ear.milestone("done")
    assert await lab.customers.screen_of("p1") == f"<{DID}>"
    assert await lab.customers.screen_of(OUTSIDE) == "<+74950000000>"
    assert await lab.customers.screen_of("p4") == f"Пётр <{CUSTOMER}>"


@pytest.mark.parametrize(
    ("dialled", "did"),
    [("+74951234567", DID), ("123", "123"), ("office", ""), ("h", ""), ("8" * 40, "8" * 20)],
)
async def test_any_dialled_number_is_taken_in(lab, ear, application, dialled, did):
    application.route(("p4", 15))
    result = await lab.over(await lab.customers.place_call(customer(to_did=dialled, talk_s=1)))
    if dialled == "h":
        assert result.startswith("CHANUNAVAIL")
        return
    assert (await ear.milestone("entered"))["Did"] == did
    assert (await ear.milestone("accepted"))["Phone"] == "p4"


@pytest.mark.parametrize("stage", ["entered", "step", "offered", "accepted", "fallback"])
async def test_hanging_up_at_any_stage_leaves_nothing(lab, ear, application, stage):
    await lab.customers.set_behaviour("p2", Behaviour.NO_ANSWER)
    if stage == "entered":
        application.answer = ()
        await lab.customers.set_behaviour("p9", Behaviour.NO_ANSWER)
    elif stage == "fallback":
        application.route(("p8", 5))
        await lab.customers.set_behaviour("p9", Behaviour.NO_ANSWER)
    else:
        application.route(("p1-p2", 20))
    call = await lab.customers.place_call(customer(talk_s=30))
    await ear.milestone(stage)
    with suppress(NotFound):
        await lab.customers.hang_up(call)
    await ear.milestone("done")
    await lab.quiet(12)
    await lab.over(call)


async def test_a_customer_may_leave_by_himself_while_it_rings(lab, ear, application):
    await lab.customers.set_behaviour("p1", Behaviour.NO_ANSWER)
    application.route(("p1", 20))
    call = await lab.customers.place_call(customer(hang_up_after_s=1.5))
    await ear.ringing("p1")
    await lab.quiet(8)
    assert (await ear.milestone("done"))["Result"] == "CANCEL"
    assert (await lab.over(call)).split()[0] != "ANSWER"


async def test_a_greeting_is_heard_before_the_ringing(lab, ear, application):
    application.route(("p1", 15), greeting="hello-world", lang="ru")
    started = time.monotonic()
    call = await lab.customers.place_call(customer(talk_s=STAYS_S))
    await ear.milestone("step")
    assert time.monotonic() - started > 0.5
    assert (await ear.accepted())["Phone"] == "p1"
    await lab.leave(call)


async def test_a_transfer_does_not_break_the_recording(lab, ear, application, tmp_path):
    """p1 talks, then hands the customer on to p2: one recording, both voices one after another, masking kept. What the
    customer's own recorder loses of a new voice is taken from that of p2, so people's copy is judged."""
    await lab.customers.set_transfer("p1", "102")
    application.route(("p1", 15))
    await lab.over(await lab.customers.place_call(customer(talk_s=15)))
    call_id = (await ear.milestone("done"))["CallId"]
    await lab.quiet()
    assert [event["Event"] for event in ear.events if event.get("Event") == "BlindTransfer"]
    assert await lab.customers.screen_of("p2") == f"<{DID}>"
    dialled = [event for event in ear.events if event.get("DestChannel", "").startswith("PJSIP/p2-")]
    assert dialled[-1]["DL_PHONE"] == "p2"
    whole = read_sound(kept(lab, call_id, tmp_path))
    assert is_heard(whole, CUSTOMER_HZ)
    (first, its_end), (second, end) = (heard_from_to(whole, VOICES[name], RIGHT) for name in ("p1", "p2"))
    cut_s = 0.2  # where one tone ends and another begins, both seem to be there for a block or two
    assert first < its_end < second + cut_s < end
    assert end - second > 3
    talk = read_sound(lab.recording(call_id, "-out.wav")).duration_s
    assert abs(talk - read_sound(lab.recording(call_id, "-in.wav")).duration_s) <= 0.02
    assert talk > 7


async def test_two_calls_at_once_do_not_mix(lab, ear, application):
    application.route(("p1-p2", 15))
    place = [lab.customers.place_call(customer(talk_s=STAYS_S)) for _ in range(2)]
    calls = await asyncio.gather(*place)
    await ear.accepted(2)
    await asyncio.gather(*(lab.leave(call) for call in calls))
    await until(lambda: len(ear.milestones("done")) == 2)
    accepted = {event["CallId"]: event["Phone"] for event in ear.milestones("accepted")}
    assert len(accepted) == 2
    assert len(set(accepted.values())) == 2


async def test_an_undescribed_number_speaks_with_the_common_voice(lab):
    assert UNKNOWN_TONE_HZ not in VOICES.values()


async def test_nothing_was_logged_as_wrong(lab):
    """The PBX read our files without a complaint."""
    text = (lab.dirs.log / "messages.log").read_text(encoding="utf-8", errors="replace")
    wrong = [
        line for line in text.splitlines() if " ERROR[" in line or "ast_expr2" in line or "pbx_config" in line
    ]
    assert wrong == []
