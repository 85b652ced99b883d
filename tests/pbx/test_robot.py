"""The robot on a real PBX: customers who press 1, 2, 0, 9, a wrong key, nothing, or do not answer; what they hear and what the
recording holds. The words are spoken by a real voice and put together out of parts; all calls go side by side."""

import asyncio
import math
from pathlib import Path

import pytest
from sqlalchemy import select

from callcore.asterisk.carrier import UNKNOWN_TONE_HZ
from callcore.asterisk.voice.parts import PartShelf
from callcore.calls.attempts import AttemptKind
from callcore.calls.tables import CallEventRow, CallRow
from callcore.kernel.database import Database
from callcore.outbound.robot.results import keys_of
from callcore.outbound.robot.speech import SpokenLine, SpokenOrder, call_parts, order_parts
from dialplans.contract import (
    RECORDING_CUSTOMER,
    RECORDING_DONE,
    RECORDING_OURS,
    ROBOT_KEY_S,
    ROBOT_KEYS,
    ROBOT_SAY,
    ROBOT_TRIES,
    RobotPhrase,
)
from dialplans.plan import Behaviour
from tests.audio import RATE_HZ, Sound, is_heard, read_sound, tone_level, write_wav
from tests.integration.databases import migrated_sqlite
from tests.pbx.caller import calling
from tests.pbx.kept import RIGHT, kept
from tests.pbx.lab import VOICES

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

ORDER = SpokenOrder(maker="Фабрика", number=12, lines=[SpokenLine("Окно", 2000, "шт")], total_kopecks=300_000)
SPEECH = 500.0  # root mean square of a voice in a recording, of 32767


@pytest.fixture
async def database(tmp_path):
    opened = Database(f"sqlite+aiosqlite:///{migrated_sqlite(tmp_path)}")
    yield opened
    await opened.close()


@pytest.fixture
async def caller(lab, database):
    async with calling(lab, database) as caller:
        yield caller


@pytest.fixture
async def message(lab, voice):
    """The sound of the order, rendered as the application renders it."""
    shelf = PartShelf(Path(lab.dirs.sounds) / "robot", lambda _: voice)
    parts = order_parts(ORDER)
    assert await shelf.ready(parts) is None, "nothing is ready before it is rendered"
    await shelf.refresh()
    sound = await shelf.ready(parts)
    assert sound is not None
    assert {path.stem for path in (Path(lab.dirs.sounds) / "robot").glob("*.wav")} >= set(call_parts())
    return sound


def number(n: int) -> str:
    return f"+7916200{n:04}"


async def test_each_key_and_none(lab, caller, message, database, tmp_path):
    pressed = {1: "1", 2: "2", 3: "9", 4: "5wwww1", 5: "0"}
    for n, keys in pressed.items():
        await lab.customers.set_press(number(n), keys)
    await lab.customers.set_behaviour(number(6), Behaviour.BUSY)
    await lab.customers.set_behaviour(number(7), Behaviour.ANSWER)
    for who in (number(1), number(5), "p2"):
        await lab.customers.listen(who)

    async def call(n: int) -> str:
        return await caller.press(
            number(n),
            kind=AttemptKind.ROBOT,
            variables={ROBOT_SAY: message if n != 7 else "beep", ROBOT_KEYS: "p2"},
        )

    ids = {n: await call(n) for n in (*pressed, 6, 7)}
    await caller.reached(ids[5], "talking")
    async with asyncio.timeout(60):
        while not await _is_with_a_person(database, ids[5]):  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.2)
    await asyncio.sleep(4)
    await lab.customers.put_down("p2")
    for n in (1, 2, 3, 4, 5):
        row = await caller.ended(ids[n], 40)
        assert (n, row.result) == (n, "talked")
        assert await lab.customers.calls_to(number(n)) == 1
    assert (await caller.ended(ids[6])).result == "busy"
    for n, keys in pressed.items():
        async with database.session() as session:
            assert (n, await keys_of(session, ids[n])) == (n, keys.replace("w", ""))
    talk = await caller.call(ids[1])
    assert (talk.direction, talk.caller_number) == ("outbound", number(1))
    assert [one.base for one in await caller.recordings(ids[1])] == [ids[1]]
    await _check_sound(lab, ids, tmp_path)
    row = await caller.ended(ids[7], 60)
    async with database.session() as session:
        assert await keys_of(session, ids[7]) == ""
    assert row.result == "talked"  # answered; nothing pressed is no confirmation, see the unit tests
    _check_repeats(lab, ids[7])


def _check_repeats(lab, call_id):
    """Nobody pressed anything: the robot said it thrice and put the receiver down by itself."""

    def seconds(name: str) -> float:
        return read_sound(Path(lab.dirs.sounds) / "robot" / f"{name}.wav").duration_s

    once = seconds(RobotPhrase.MENU) + float(ROBOT_KEY_S)
    said = read_sound(lab.recording(call_id, RECORDING_OURS.format(base=""))).duration_s
    whole = ROBOT_TRIES * once + (ROBOT_TRIES - 1) * seconds(RobotPhrase.AGAIN) + seconds(RobotPhrase.SILENCE)
    assert ROBOT_TRIES == 3, "two repeats at most"
    assert whole - once / 2 < said < whole + once / 2


def loudness(sound: Sound) -> float:
    """Root mean square of the loudest second."""
    (samples,) = sound.channels[:1]
    step = sound.rate_hz
    seconds = [samples[at : at + step] for at in range(0, len(samples), step)]
    return max(math.sqrt(sum(one * one for one in part) / len(part)) for part in seconds if part)


async def _is_with_a_person(database: Database, call_id: str) -> bool:
    async with database.session() as session:
        found = await session.scalar(
            select(CallEventRow.id)
            .join(CallRow, CallRow.id == CallEventRow.call_row_id)
            .where(CallRow.call_id == call_id, CallEventRow.kind == "accepted")
        )
    return found is not None


async def _check_sound(lab, ids, tmp_path):
    """Both sides of each call: the robot's words on ours, the customer's voice on his; the person who was asked for."""
    for n in (1, 4, 5):
        assert lab.recording(ids[n], RECORDING_DONE.format(base="")).exists()
    ours = lab.recording(ids[1], RECORDING_OURS.format(base=""))
    said, heard = read_sound(ours), read_sound(lab.customers.heard(number(1)))
    assert loudness(said) > SPEECH
    assert loudness(heard) > SPEECH
    assert 3 < said.duration_s < 30  # cut short by the key, then the thanks
    assert (
        abs(
            said.duration_s - read_sound(lab.recording(ids[1], RECORDING_CUSTOMER.format(base=""))).duration_s
        )
        < 1
    )
    last = write_wav(
        tmp_path / "last.wav", read_sound(kept(lab, ids[5], tmp_path)).channels[RIGHT][-2 * RATE_HZ :]
    )
    assert is_heard(last, VOICES["p2"])
    assert tone_level(last, VOICES["p2"]) > tone_level(last, UNKNOWN_TONE_HZ) + 12
    assert is_heard(lab.recording(ids[5], RECORDING_CUSTOMER.format(base="")), UNKNOWN_TONE_HZ)
    assert is_heard(lab.customers.heard("p2"), UNKNOWN_TONE_HZ), "the person hears the customer"
