"""A press calls our phone, then the customer: real SIP calls, several side by side. Calls to the customer are counted on the
carrier's side."""

import asyncio
import time

import pytest

from callcore.asterisk.carrier import UNKNOWN_TONE_HZ
from callcore.asterisk.voice.render import render_all, sound_seconds
from callcore.asterisk.voice.texts import make_texts
from callcore.kernel.database import Database
from callcore.orders.open_orders import OpenOrder
from dialplans.contract import RECORDING_CUSTOMER, RECORDING_DONE, RECORDING_OURS
from dialplans.plan import Behaviour
from tests.audio import heard_from_to, is_heard, likeness, read_sound
from tests.integration.databases import migrated_sqlite
from tests.pbx.caller import CLI, calling
from tests.pbx.lab import OUTSIDE, SOUND_S, SOUNDS_HZ, VOICES

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

WHISPER = "dealerline/whisper"
RINGING_HZ = 430  # the ring tone of Russia is 425 Hz


@pytest.fixture
async def database(tmp_path):
    opened = Database(f"sqlite+aiosqlite:///{migrated_sqlite(tmp_path)}")
    yield opened
    await opened.close()


@pytest.fixture
async def caller(lab, database):
    async with calling(lab, database) as caller:
        yield caller


def number(n: int) -> str:
    return f"+7916100{n:04}"


async def told(lab, behaviours):
    for name, behaviour in behaviours.items():
        await lab.customers.set_behaviour(name, behaviour)


async def outcome(caller, call_id):
    row = await caller.ended(call_id)
    return row.result, row.reason, await caller.lab.customers.calls_to(row.number)


async def test_a_talk_and_six_ways_to_get_none(lab, caller):
    """All at once: a talk; the customer does not answer, is busy, refuses; our phone is not registered, declines."""
    await told(
        lab,
        {
            number(2): Behaviour.NO_ANSWER,
            number(3): Behaviour.BUSY,
            number(4): Behaviour.REJECT,
            "p1": Behaviour.DECLINE,
        },
    )
    for phone in ("p10", "p2"):
        await lab.customers.listen(phone)
    talk = await caller.press(number(1), "p10", whisper=WHISPER)
    silent = await caller.press(number(2), "p2")
    others = {
        await caller.press(number(3), "p5"): ("busy", "customer-busy", 1),
        await caller.press(number(4), "p5"): ("rejected", "customer-rejected", 1),
        await caller.press(number(5), "p8"): ("ours_unreachable", "phone-not-registered", 0),
        await caller.press(number(6), "p1"): ("ours_declined", "declined", 0),
    }
    await caller.reached(talk, "talking")
    await asyncio.sleep(2.5)  # the talk itself
    await lab.customers.put_down("p10")
    assert await outcome(caller, talk) == ("talked", "ours-hung-up", 1)
    assert caller.states[talk] == ["sent", "ours", "dialling", "talking", "talked"]
    for call_id, expected in others.items():
        assert await outcome(caller, call_id) == expected
    assert await outcome(caller, silent) == ("no_answer", "customer-no-answer", 1)

    row, call = await caller.attempt(talk), await caller.call(talk)
    assert 2 <= row.talk_s <= 4
    assert row.sent_at < row.ours_at < row.dialled_at < row.joined_at < row.ended_at
    assert row.open_key is None
    assert (call.direction, call.result, call.caller_number) == ("outbound", "answered", number(1))
    assert abs(call.talk_s - row.talk_s) <= 1
    assert [one.base for one in await caller.recordings(talk)] == [talk]
    missed = await caller.call(silent)
    assert (missed.direction, missed.result, missed.caller_number) == ("outbound", "no_answer", number(2))
    assert await caller.recordings(silent) == []
    assert not lab.recording(silent, RECORDING_DONE.format(base="")).exists()
    await lab.quiet()
    customer = lab.recording(talk, RECORDING_CUSTOMER.format(base=""))
    ours = lab.recording(talk, RECORDING_OURS.format(base=""))
    assert is_heard(customer, UNKNOWN_TONE_HZ)
    assert not is_heard(customer, VOICES["p10"])
    assert is_heard(ours, VOICES["p10"])
    assert not is_heard(ours, UNKNOWN_TONE_HZ)
    assert not is_heard(ours, SOUNDS_HZ["whisper"])
    assert lab.recording(talk, RECORDING_DONE.format(base="")).exists()
    dealer = read_sound(lab.customers.heard("p10"))
    assert is_heard(dealer, SOUNDS_HZ["whisper"])
    assert is_heard(dealer, UNKNOWN_TONE_HZ)
    assert is_heard(lab.customers.heard("p2"), RINGING_HZ)
    for phone in ("p1", "p2", "p10"):
        assert await lab.customers.screen_of(phone) == f"<{CLI.removeprefix('+')}>"
    assert await lab.customers.screen_of(number(1)) == f"<{CLI}>"


async def test_several_phones_an_outside_phone_and_more_ends(lab, caller):
    """All at once: the first of two phones to accept has the call, the customer hangs up; an outside phone of ours; no such
    number; the customer is out of reach; our phone is busy, rings out, is hung up in the whisper; a call is stopped."""
    await told(
        lab,
        {
            number(11): Behaviour.HANG_UP,
            number(13): Behaviour.UNKNOWN,
            number(14): Behaviour.UNREGISTERED,
            number(18): Behaviour.NO_ANSWER,
            "p4": Behaviour.BUSY,
            "p9": Behaviour.NO_ANSWER,
            "p10": Behaviour.HANG_UP,
        },
    )
    await lab.customers.set_think_s("p2", 2)
    both = await caller.press(number(11), "p1", "p2")
    outside = await caller.press(number(12), "p3")
    ends = {
        both: ("talked", "customer-hung-up", 1),
        await caller.press(number(13), "p5"): ("failed", "number-refused", 1),
        await caller.press(number(14), "p5"): ("unreachable", "customer-unreachable", 1),
        await caller.press(number(15), "p4"): ("ours_busy", "phone-busy", 0),
        await caller.press(number(16), "p9"): ("ours_no_answer", "phone-no-answer", 0),
        await caller.press(number(17), "p10"): ("cancelled", "hung-up-in-whisper", 0),
    }
    await caller.reached(outside, "talking")
    assert CLI.removeprefix("+") not in (await lab.customers.screen_of(OUTSIDE) or "")
    assert number(12)[1:] not in (await lab.customers.screen_of(OUTSIDE) or "")
    await caller.dialler.hang_up(outside)
    assert await outcome(caller, outside) == ("talked", "stopped", 1)
    for call_id, expected in ends.items():
        assert await outcome(caller, call_id) == expected
    stopped = await caller.press(number(18), "p1")
    await caller.reached(stopped, "dialling")
    await caller.dialler.hang_up(stopped)
    assert await outcome(caller, stopped) == ("cancelled", "stopped", 1)
    call = await caller.call(outside)
    assert (call.direction, call.result, call.caller_number) == ("outbound", "answered", number(12))
    await lab.quiet()


def spoken(lab, voice):
    """What the voice says of an order, where the PBX plays it from: the name of its sound, and the file."""
    order = OpenOrder(5, 416, "Роллеты", 891_000, "RU-MOS")
    wanted = make_texts([], {"RU-MOS": "Московская область"}, [order]).by_order[5]
    (done,) = render_all(voice, lab.dirs.sounds, [wanted])
    return f"dealerline/{done.name}", lab.dirs.sounds / f"{done.name}.wav"


async def test_what_each_side_hears_before_they_are_joined(lab, caller, voice):
    """Our side the whole whisper, part by part, and the prompt; the customer the notice of recording, and nothing of the
    whisper: of tones, and of an order's own words. One customer hangs up in the notice: there was no talk, and no recording."""
    parts = ("whisper", "hello", "late-ru")
    await told(lab, {number(42): Behaviour.HANG_UP})
    await lab.customers.set_think_s("p10", 4.8)
    for who in ("p10", number(41), "p5", number(43)):
        await lab.customers.listen(who)
    words, phrase = spoken(lab, voice)
    await lab.customers.set_think_s("p5", sound_seconds(phrase) + SOUND_S + 0.3)
    told_words = await caller.press(number(43), "p5", whisper=words)
    whisper = "&".join(f"dealerline/{name}" for name in parts)
    talk = await caller.press(number(41), "p10", whisper=whisper, greeting="dealerline/notice")
    refused = await caller.press(number(42), "p1", greeting="dealerline/notice")
    assert await outcome(caller, refused) == ("rejected", "hung-up-in-notice", 1)
    assert await caller.recordings(refused) == []
    await caller.reached(talk, "talking")
    await asyncio.sleep(2)
    await lab.customers.put_down("p10")
    assert await outcome(caller, talk) == ("talked", "ours-hung-up", 1)
    await caller.reached(told_words, "talking")
    await asyncio.sleep(1.5)
    await lab.customers.put_down("p5")
    assert await outcome(caller, told_words) == ("talked", "ours-hung-up", 1)
    await lab.quiet()
    assert likeness(lab.customers.heard("p5"), phrase) > 0.95
    assert is_heard(lab.customers.heard(number(43)), VOICES["p5"])
    assert likeness(lab.customers.heard(number(43)), phrase) < 0.5
    for suffix in (RECORDING_CUSTOMER, RECORDING_OURS):
        assert likeness(lab.recording(told_words, suffix.format(base="")), phrase) < 0.5

    dealer, customer = (read_sound(lab.customers.heard(who)) for who in ("p10", number(41)))
    before = 0.0
    for name in (*parts, "accept-ru"):
        since, until = heard_from_to(dealer, SOUNDS_HZ[name])
        assert before - 0.1 <= since <= before + 0.3 or not before, f"{name} follows what stands before it"
        assert abs(until - since - SOUND_S) <= 0.15, f"{name} is played to its end"
        before = until
    assert heard_from_to(dealer, UNKNOWN_TONE_HZ, above_db=-40)[0] >= before - 0.1
    since, until = heard_from_to(customer, SOUNDS_HZ["notice"])
    assert abs(until - since - SOUND_S) <= 0.15
    assert heard_from_to(customer, VOICES["p10"], above_db=-40)[0] >= until - 0.1, (
        "nobody speaks into the notice"
    )
    for name in (*parts, "accept-ru"):
        assert not is_heard(customer, SOUNDS_HZ[name]), name
    assert not is_heard(dealer, SOUNDS_HZ["notice"])
    for suffix in (RECORDING_CUSTOMER, RECORDING_OURS):
        kept = read_sound(lab.recording(talk, suffix.format(base="")))
        assert not any(is_heard(kept, SOUNDS_HZ[name]) for name in (*parts, "notice"))
    told_of = {event.kind for event in await caller.story(talk)}
    assert "notice" in told_of


async def test_one_press_is_one_call_whoever_repeats_it(lab, caller, database):
    """The same key twice and at once, two processes, the same asking sent again, an asking that comes late."""
    await told(lab, {number(21): Behaviour.NO_ANSWER})
    today, before = time.gmtime(), time.gmtime(time.time() - 86400)
    old_slot = 3 - today.tm_yday % 3 - before.tm_yday % 3
    await lab.pbx.cli(f"database put dl-out/{old_slot} out-old 1")
    async with calling(lab, database) as other:
        first = await asyncio.gather(
            *(one.begin(number(21), "p1", key="k") for one in (caller, other, caller))
        )
        assert len(set(first)) == 1
        await asyncio.gather(*(one.dialler.dial(first[0]) for one in (caller, other, caller, other)))
        assert (await outcome(caller, first[0]))[::2] == ("no_answer", 1)
    asking = {
        "channel": "Local/s@dl-ours/n",
        "context": "dl-out",
        "extension": "s",
        "call_id": first[0],
        "caller_id": CLI,
        "timeout_s": 30,
    }
    now = int(caller.clock.now().timestamp())
    variables = {"DL_TO": number(21), "DL_CLI": CLI, "DL_OURS": "p1"}
    await lab.quiet()
    before = await lab.customers.calls_to("p1")
    await caller.pbx.originate(**asking, variables={**variables, "DL_SENT": str(now - 60)})
    await lab.quiet()
    assert await lab.customers.calls_to("p1") == before, "an old asking rings nobody"
    await caller.pbx.originate(**asking, variables={**variables, "DL_SENT": str(now)})
    await lab.quiet()
    assert await lab.customers.calls_to("p1") == before + 1
    assert await lab.customers.calls_to(number(21)) == 1, "one call id dials its number once"
    dialled = await lab.pbx.cli("database show dl-out")
    assert first[0] in dialled
    assert "out-old" not in dialled, "what is older than yesterday is forgotten"


async def test_a_call_that_cannot_begin_ends_at_once(lab, caller):
    """The PBX takes the asking, and has no such place in its dialplan."""
    await lab.pbx.cli("dialplan remove context dl-ours")
    try:
        began = time.monotonic()
        call_id = await caller.press(number(31), "p1")
        row = await caller.ended(call_id, 5)
        assert time.monotonic() - began < 4
    finally:
        await lab.pbx.cli("dialplan reload")
    assert (row.result, row.reason) == ("failed", "pbx-refused")
    assert await lab.customers.calls_to(number(31)) == 0
