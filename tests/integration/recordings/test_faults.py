"""Killed in the middle, disk full, broken files: nothing is lost, nothing is done twice, the worker lives."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from callcore.calls.model import RecordingState
from callcore.kernel.errors import DatabaseUnavailable
from callcore.kernel.tasks import TaskOwner
from recordings import local_store, pipeline, spool
from recordings.model import Failed, FailureCode
from recordings.queue import RecordingQueue
from tests.audio import is_heard
from tests.fakes.polling import until
from tests.integration.recordings.conftest import CALL, CUSTOMER_HZ, PLAYABLE, World

pytestmark = pytest.mark.integration


class Killed(BaseException):
    """The process ends here: no handler of the worker may soften it."""


async def test_killed_between_placing_and_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.announce(call_row_id=await world.call())
    world.lay()

    async def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(RecordingQueue, "finish_ready", die)
        with pytest.raises(Killed):
            await world.worker().run_once()
    row = await world.recording()
    assert row is not None
    assert row.state == RecordingState.PROCESSING
    assert world.store_names() == [PLAYABLE]
    assert len(world.spool_names()) == 3, "the originals stay until the commit"
    other = world.worker()
    assert await other.run_once() == 0, "the dead one's lease still holds"
    world.clock.advance(61)
    assert await other.run_once() == 1
    row = await world.recording()
    assert row is not None
    assert (row.state, row.attempts) == (RecordingState.READY, 2)
    assert world.store_names() == [PLAYABLE]
    assert world.spool_names() == []
    assert len(world.ready) == 1


async def test_killed_between_commit_and_removal(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.announce(call_row_id=await world.call())
    world.lay()

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "discard_all", die)
        with pytest.raises(Killed):
            await world.worker().run_once()
    assert len(world.spool_names()) == 3
    assert await world.worker().run_once() == 0
    assert world.spool_names() == []
    assert len(world.audio.jobs) == 1


async def test_leftovers_stay_when_the_playable_file_is_not_whole(world: World) -> None:
    world.lay()
    worker = world.worker()
    await worker.run_once()
    (world.settings.store_dir / PLAYABLE).write_bytes(b"cut")
    world.lay()
    await worker.run_once()
    assert len(world.spool_names()) == 3


async def test_a_late_worker_cannot_overwrite_the_row_of_another(world: World) -> None:
    world.lay()
    queue = RecordingQueue(world.database, world.settings)
    convert = world.audio.answer
    late = world.worker()

    def slow(job: object) -> object:
        world.clock.advance(61)
        return convert(job)

    world.audio.answer = slow
    taken = late._conclude

    async def other_takes_it(claim: object, group: object, outcome: object) -> int:
        entry = (await queue.open_entries())[0]
        assert await queue.claim([entry], world.clock.now())
        return await taken(claim, group, outcome)

    late._conclude = other_takes_it
    assert await late.run_once() == 0
    row = await world.recording()
    assert row is not None
    assert (row.state, row.attempts) == (RecordingState.PROCESSING, 2)
    assert len(world.spool_names()) == 3
    assert world.store_names() == []


async def test_a_failure_is_retried_with_growing_pauses_and_then_given_up(world: World) -> None:
    await world.announce(call_row_id=await world.call())
    world.lay()
    world.audio.answer = lambda _job: Failed(FailureCode.DISK_FULL, "no space")
    worker = world.worker(max_attempts=3)
    attempts = []
    for _ in range(40):
        await worker.run_once()
        row = await world.recording()
        assert row is not None
        attempts.append(row.attempts)
        world.clock.advance(10)
    assert attempts.count(1) == 6, "60 s"
    assert attempts.count(2) == 12, "120 s"
    assert (row.state, row.error, row.attempts, row.due_at) == (RecordingState.FAILED, "disk-full", 3, None)
    assert await world.events() == [("recording-failed", {"recording_id": row.id, "code": "disk-full"})]
    assert len(world.spool_names()) == 3, "the originals are kept"
    assert (worker.health().failed, worker.health().last_error) == (1, "disk-full")


async def test_after_the_cause_is_cured_the_night_brings_it_back(world: World) -> None:
    await world.announce(call_row_id=await world.call())
    world.lay()
    convert = world.audio.answer
    world.audio.answer = lambda _job: Failed(FailureCode.DISK_FULL)
    worker = world.worker(max_attempts=1)
    await worker.run_once()
    world.audio.answer = convert
    assert await worker.run_once() == 0
    assert (await worker.night.compare()).retried == (CALL,)
    assert await worker.run_once() == 1
    assert len(world.ready) == 1


@pytest.fixture
def small_store(world: World) -> Iterator[bool]:
    """The store on a file system of 64 KB of its own; false where the machine does not let us mount."""
    store = str(world.settings.store_dir)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", store]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield is_mounted
    if is_mounted:
        subprocess.run(["umount", store], check=True)


async def test_a_full_disk(world: World, small_store: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be mounted, the refusal comes at the moment of placing."""
    await world.announce(call_row_id=await world.call())
    world.lay(seconds=10.0)
    with monkeypatch.context() as patch:
        if not small_store:
            patch.setattr(local_store, "place", _no_space)
        worker = world.worker()
        await worker.run_once()
    row = await world.recording()
    assert row is not None
    assert (row.state, row.error, row.path) == (RecordingState.FAILED, "disk-full", "")
    assert row.due_at is not None
    assert len(world.spool_names()) == 3
    assert world.store_names() == []
    assert worker.health().is_space_low or not small_store
    world.clock.advance(61)
    roomy = world.settings.spool_dir.parent / "roomy"
    assert await world.worker(store_dir=roomy).run_once() == 1
    assert is_heard(roomy / PLAYABLE, CUSTOMER_HZ, 0)


def _no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")


async def test_a_store_that_cannot_be_written(world: World) -> None:
    world.lay()
    world.settings.store_dir.rmdir()
    world.settings.store_dir.write_text("a file stands where the folder should be")
    worker = world.worker()
    await worker.run_once()
    row = await world.recording()
    assert row is not None
    assert (row.state, row.error) == (RecordingState.FAILED, "store-not-writable")
    assert not worker.health().is_store_writable
    assert len(world.spool_names()) == 3


async def test_placing_that_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(root: Path, finished: Path, relative: PurePosixPath) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(local_store, "place", refuse)
    world.lay()
    await world.worker().run_once()
    row = await world.recording()
    assert row is not None
    assert (row.state, row.error) == (RecordingState.FAILED, "store-not-writable")
    assert world.store_names() == []


async def test_originals_that_cannot_be_removed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(spool, "discard", refuse)
    world.lay()
    worker = world.worker()
    assert await worker.run_once() == 1
    assert await worker.run_once() == 0
    assert worker.health().last_error == "originals-not-removed"


async def test_a_broken_file_is_given_up_at_once_and_harms_no_other(world: World) -> None:
    broken = "dealerline-1773651000.11"
    (world.settings.spool_dir / f"{broken}-in.wav").write_bytes(b"\x7fELF" * 100)
    (world.settings.spool_dir / f"{broken}.done").touch()
    world.lay()
    await world.worker().run_once()
    row = await world.recording(broken)
    assert row is not None
    assert (row.state, row.error, row.due_at) == (RecordingState.FAILED, "source-broken", None)
    other = await world.recording()
    assert other is not None
    assert other.state == RecordingState.READY


async def test_files_that_never_came(world: World) -> None:
    """The folder could not be written by the PBX: the call went on, there is no file."""
    await world.announce(call_row_id=await world.call(talk_s=30))
    worker = world.worker()
    assert await worker.run_once() == 0
    world.clock.advance(61)
    assert await worker.run_once() == 1
    row = await world.recording()
    assert row is not None
    assert (row.state, row.error, row.due_at) == (RecordingState.FAILED, "file-missing", None)
    assert await world.events() == [("recording-failed", {"recording_id": row.id, "code": "file-missing"})]


async def test_the_worker_outlives_a_dead_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = []

    async def refuse(*_: object) -> None:
        refusals.append(1)
        raise DatabaseUnavailable("database-unavailable")

    worker = world.worker()
    with monkeypatch.context() as patch:
        patch.setattr(RecordingQueue, "owed", refuse)
        worker.start(TaskOwner("test"))
        await until(lambda: len(refusals) > 2)
    await world.announce(call_row_id=await world.call())
    world.lay()
    await until(lambda: world.ready)
    await worker.close()


async def test_a_listener_that_fails_harms_nothing(world: World) -> None:
    await world.announce(call_row_id=await world.call())
    world.lay()
    worker = world.worker()

    def fail(*_: object) -> None:
        raise RuntimeError("listener")

    worker._on_ready = fail
    assert await worker.run_once() == 1
