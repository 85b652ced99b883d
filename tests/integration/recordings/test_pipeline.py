"""From the PBX's files to a recording that its call shows, on both databases."""

import asyncio
import hashlib

import pytest

from callcore.calls.model import RecordingKind, RecordingState
from callcore.kernel.tasks import TaskOwner
from recordings.pipeline import RecordingWorker
from tests.audio import is_heard, make_tone, read_sound, tone_samples, write_wav
from tests.fakes.polling import until
from tests.integration.recordings.conftest import CALL, CUSTOMER_HZ, OURS_HZ, PLAYABLE, World

pytestmark = pytest.mark.integration


async def test_an_announced_recording_becomes_playable(world: World) -> None:
    call_row_id = await world.call()
    await world.announce(call_row_id=call_row_id)
    world.lay()
    assert await world.worker().run_once() == 1
    row = await world.recording()
    assert row is not None
    assert (row.state, row.path, row.mime, row.attempts) == (RecordingState.READY, PLAYABLE, "audio/mpeg", 1)
    assert (row.duration_ms, row.is_truncated, row.error) == (2000, False, "")
    assert row.waveform == {"customer": [50] * 200, "ours": [50] * 200}
    assert (await world.journal()).has_recording
    assert world.ready == [(row.id, CALL)]
    file = world.settings.store_dir / row.path
    assert row.size_bytes == file.stat().st_size
    assert row.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    sound = read_sound(file)
    assert is_heard(sound, CUSTOMER_HZ, 0)
    assert is_heard(sound, OURS_HZ, 1)
    assert not is_heard(sound, OURS_HZ, 0)
    assert not is_heard(sound, CUSTOMER_HZ, 1)
    assert world.store_names() == [PLAYABLE]
    assert world.spool_names() == []


async def test_files_that_nobody_announced_are_adopted(world: World) -> None:
    world.lay()
    assert await world.worker().run_once() == 1
    row = await world.recording()
    assert row is not None
    assert (row.state, row.call_id, row.call_row_id) == (RecordingState.READY, CALL, None)
    assert world.ready == []


async def test_a_call_that_appears_later_gets_its_recording(world: World) -> None:
    world.lay()
    worker = world.worker()
    await worker.run_once()
    call_row_id = await world.call()
    world.clock.advance(60)
    await worker.run_once()
    row = await world.recording()
    assert row is not None
    assert row.call_row_id == call_row_id
    assert row.due_at is None
    assert (await world.journal()).has_recording
    assert world.ready == [(row.id, CALL)]
    world.clock.advance(3600)
    await worker.run_once()
    assert len(world.ready) == 1, "told once"


async def test_a_talk_and_a_message_of_one_call(world: World) -> None:
    call_row_id = await world.call()
    await world.announce(call_row_id=call_row_id)
    await world.announce(f"{CALL}-vm", call_row_id=call_row_id, kind=RecordingKind.VOICEMAIL)
    world.lay()
    make_tone(world.settings.spool_dir / f"{CALL}-vm.wav", CUSTOMER_HZ, 1.0)
    assert await world.worker().run_once() == 2
    row = await world.recording(f"{CALL}-vm")
    assert row is not None
    assert (row.state, row.kind, row.path) == (
        RecordingState.READY,
        RecordingKind.VOICEMAIL,
        f"2026/03/16/{CALL}-vm.mp3",
    )
    assert len(world.ready) == 2


async def test_a_live_call_is_left_alone(world: World) -> None:
    call_row_id = await world.call(has_ended=False)
    await world.announce(call_row_id=call_row_id)
    world.lay(marker=False, age_s=120)
    assert await world.worker().run_once() == 0
    assert len(world.spool_names()) == 2


async def test_a_killed_pbx_leaves_no_marker_and_no_lengths(world: World) -> None:
    await world.announce(call_row_id=await world.call())
    for side, hz in (("in", CUSTOMER_HZ), ("out", OURS_HZ)):
        write_wav(world.settings.spool_dir / f"{CALL}-{side}.wav", tone_samples(hz, 2.0), told_bytes=0)
    world.age(10)
    worker = world.worker()
    assert await worker.run_once() == 0, "still for 10 s only"
    world.clock.advance(25)
    assert await worker.run_once() == 1
    row = await world.recording()
    assert row is not None
    assert (row.state, row.error, row.duration_ms) == (RecordingState.READY, "header-repaired", 2000)
    assert is_heard(world.settings.store_dir / row.path, CUSTOMER_HZ, 0)
    assert await world.events() == [("recording-header-repaired", {"recording_id": row.id})]


async def test_a_recording_shorter_than_the_talk_is_told(world: World) -> None:
    """A full disk cuts it silently: the file is valid, the call went on."""
    await world.announce(call_row_id=await world.call(has_ended=False, talk_s=0))
    world.lay(seconds=4.0)
    worker = world.worker()
    await worker.run_once()
    await world.end_call(talk_s=10)
    world.clock.advance(60)
    await worker.run_once()
    row = await world.recording()
    assert row is not None
    assert (row.state, row.is_truncated, row.due_at) == (RecordingState.READY, True, None)
    told = {"recording_id": row.id, "talk_s": 10, "duration_ms": 4000}
    assert await world.events() == [("recording-truncated", told)]


@pytest.mark.parametrize(("talk_s", "is_truncated"), [(2, False), (4, False), (5, True)])
async def test_whole_seconds_and_a_late_start_are_no_cut(
    world: World, talk_s: int, is_truncated: bool
) -> None:
    await world.announce(call_row_id=await world.call(talk_s=talk_s))
    world.lay(seconds=2.0)
    worker = world.worker()
    await worker.run_once()
    world.clock.advance(3)
    await worker.run_once()
    row = await world.recording()
    assert row is not None
    assert row.is_truncated is is_truncated


async def test_bare_headers_of_a_talk_are_empty_and_told(world: World) -> None:
    await world.announce(call_row_id=await world.call(talk_s=30))
    world.lay(seconds=0)
    worker = world.worker()
    assert await worker.run_once() == 1
    row = await world.recording()
    assert row is not None
    assert (row.state, row.path) == (RecordingState.EMPTY, "")
    assert world.spool_names() == []
    world.clock.advance(3)
    await worker.run_once()
    assert await world.events() == [
        ("recording-missing", {"recording_id": row.id, "talk_s": 30, "duration_ms": 0})
    ]
    assert not (await world.journal()).has_recording
    assert world.ready == []


async def test_bare_headers_of_a_call_that_nobody_took_vanish(world: World) -> None:
    world.lay(seconds=0)
    assert await world.worker().run_once() == 0
    assert await world.recording() is None
    assert world.spool_names() == []


async def test_silence_is_empty_and_kept(world: World) -> None:
    await world.announce(call_row_id=await world.call())
    make_tone(world.settings.spool_dir / f"{CALL}-in.wav", 0, 2.0)
    (world.settings.spool_dir / f"{CALL}.done").touch()
    await world.worker().run_once()
    row = await world.recording()
    assert row is not None
    assert row.state == RecordingState.EMPTY
    assert [path.name for path in world.settings.spool_dir.rglob("*.wav")] == [f"{CALL}-in.wav"]
    assert world.spool_names() == []


async def test_originals_may_be_kept(world: World) -> None:
    world.lay()
    worker = world.worker(keep_originals=True)
    await worker.run_once()
    assert world.spool_names() == []
    assert len(list((world.settings.spool_dir / "kept/2026-03-16").iterdir())) == 2
    assert await worker.run_once() == 0


async def test_two_workers_never_do_the_same_row_twice(world: World) -> None:
    bases = [f"dealerline-1773651000.{number}" for number in range(1, 7)]
    for base in bases:
        world.lay(base, 0.3)
    workers = [world.worker(), world.worker()]
    done = await asyncio.gather(*(worker.run_once() for worker in workers))
    assert sum(done) == len(bases)
    assert len(world.audio.jobs) == len(bases)
    for base in bases:
        row = await world.recording(base)
        assert row is not None
        assert (row.state, row.attempts) == (RecordingState.READY, 1)
    assert len(world.store_names()) == len(bases)


async def test_with_a_process_of_its_own(world: World) -> None:
    await world.announce(call_row_id=await world.call())
    world.lay()
    worker = RecordingWorker(
        world.database, world.clock, world.settings, lambda *told: world.ready.append(told)
    )
    assert await worker.run_once() == 1
    await worker.close()
    assert is_heard(world.settings.store_dir / PLAYABLE, CUSTOMER_HZ, 0)
    assert len(world.ready) == 1


async def running(worker: RecordingWorker) -> TaskOwner:
    tasks = TaskOwner("test")
    worker.start(tasks)
    return tasks


async def test_started_it_works_by_itself(world: World) -> None:
    await world.announce(call_row_id=await world.call())
    worker = world.worker()
    await running(worker)
    world.lay()
    await until(lambda: world.ready)
    await until(lambda: worker.health().done_total == 1)
    health = worker.health()
    assert (health.waiting, health.failed, health.is_store_writable) == (0, 0, True)
    await worker.close()


async def test_a_wake_does_not_wait_for_the_scan(world: World) -> None:
    await world.announce(call_row_id=await world.call())
    worker = world.worker(scan_s=600.0)
    await running(worker)
    await until(lambda: worker.health().free_bytes)
    worker.wake(CALL)
    await asyncio.sleep(0.05)  # the marker comes a little after the hang-up
    world.lay()
    await until(lambda: world.ready)
    await worker.close()


async def test_a_stop_gives_back_what_is_in_hand(world: World) -> None:
    world.lay()
    worker = world.worker()
    hold = asyncio.Event()

    async def wait_for_ever(job: object) -> object:
        hold.set()
        return await asyncio.Event().wait()

    world.audio.run = wait_for_ever
    await running(worker)
    await hold.wait()
    await worker.close()
    row = await world.recording()
    assert row is not None
    assert (row.state, row.due_at) == (RecordingState.PENDING, None)
    del world.audio.run
    assert await world.worker().run_once() == 1
