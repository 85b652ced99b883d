"""A pause of the recording in a real talk: both sides are silent in the files, which keep their length."""

import asyncio
import re

import pytest

from callcore.asterisk.carrier import UNKNOWN_TONE_HZ
from callcore.calls.recording_pause import PAUSED, PauseRecording
from callcore.kernel.database import Database
from callcore.kernel.errors import NotAllowedNow
from callcore.kernel.tasks import every
from callcore.network.model import Role, Viewer
from dialplans.contract import PAUSE_KEYS, RECORDING_CUSTOMER, RECORDING_OURS
from dialplans.plan import Behaviour
from tests.audio import Sound, is_heard, read_sound
from tests.integration.databases import migrated_sqlite
from tests.pbx.caller import calling
from tests.pbx.lab import SOUNDS_HZ, VOICES

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

NUMBERS = {"p10": "+79161007777", "p2": "+79161007778"}
LIMIT_S = 4.0
STAFF = Viewer(9, "Оператор", Role.OPERATOR, 1, "Завод", "/1/", (), "Europe/Moscow")


@pytest.fixture
async def caller(lab, tmp_path):
    database = Database(f"sqlite+aiosqlite:///{migrated_sqlite(tmp_path)}")
    async with calling(lab, database) as found:
        yield found
    await database.close()


def longest_gap_s(sound: Sound, hz: float) -> float:
    """How long the tone is away between its first and its last sound; a tenth that is taken for it in the middle does not count."""
    step = sound.rate_hz // 10
    pieces = (side[at : at + step] for side in sound.channels for at in range(0, len(side) - step, step))
    heard = [is_heard(Sound(sound.rate_hz, (piece,)), hz) for piece in pieces]
    marks = "".join("x" if one else "." for one in heard).strip(".")
    gaps = re.findall(r"\.+", re.sub(r"(?<=\.{4})x(?=\.{4})", ".", marks))
    return max(map(len, gaps), default=0) / 10


async def went_on(caller, talk) -> float:
    """The recording has gone on by itself; seconds of its pause."""
    async with asyncio.timeout(60):
        while True:
            (row,) = await caller.recordings(talk)
            if row.paused_ms and row.paused_at is None:
                return row.paused_ms / 1000
            await asyncio.sleep(0.1)


async def test_what_is_said_in_the_pause_is_not_kept(lab, caller):
    """By the button, and in another talk by the keys of the telephone, it pauses; after its limit it goes on by itself."""
    pauses = PauseRecording(caller.database, caller.bus, caller.clock, caller.pbx, LIMIT_S)
    await pauses.start(caller.tasks)
    _ = caller.tasks.spawn("pauses", every(0.1, pauses.keep))
    caller.ears.append(pauses.hear)
    await lab.customers.set_behaviour("p2", Behaviour.KEYS)
    await lab.customers.set_keys("p2", f"wwww{PAUSE_KEYS}")
    for who in ("p2", NUMBERS["p2"]):
        await lab.customers.listen(who)
    talks = {phone: await caller.press(number, phone) for phone, number in NUMBERS.items()}
    for talk in talks.values():
        await caller.reached(talk, "talking")
    await asyncio.sleep(2.5)
    await pauses.pause(STAFF, talks["p10"])
    await pauses.pause(STAFF, talks["p10"])
    paused_s = {phone: await went_on(caller, talk) for phone, talk in talks.items()}
    await asyncio.sleep(2)  # both are heard again
    for phone, since_s in paused_s.items():
        assert LIMIT_S - 0.1 <= since_s < LIMIT_S + 3
        await lab.customers.put_down(phone)
    _ = await caller.call(talks["p10"])
    with pytest.raises(NotAllowedNow):
        await pauses.pause(STAFF, talks["p10"])
    await lab.quiet()
    for phone, talk in talks.items():
        for suffix, hz in ((RECORDING_CUSTOMER, UNKNOWN_TONE_HZ), (RECORDING_OURS, VOICES[phone])):
            sound = read_sound(lab.recording(talk, suffix.format(base="")))
            dialled_s = (
                3 if (phone, hz) == ("p2", VOICES["p2"]) else 0
            )  # it says nothing while it dials and is told
            least, most = (
                LIMIT_S / 2,
                paused_s[phone] + 1.3 + dialled_s,
            )  # a pause that is cut out leaves 0.2 s
            assert least <= longest_gap_s(sound, hz) <= most, "the pause, and nothing else"
    told = {event.kind: event.data for event in await caller.story(talks["p2"])}
    assert told[PAUSED]["phone"] == "p2"
    assert is_heard(lab.customers.heard("p2"), SOUNDS_HZ["paused-ru"])
    assert not is_heard(lab.customers.heard(NUMBERS["p2"]), SOUNDS_HZ["paused-ru"])
