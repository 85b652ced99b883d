"""One contract for the folder and the bucket; the bucket is a real server of its own."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.session import Session
from moto.server import ThreadedMotoServer

from callcore.kernel.errors import NotFound, StoreUnavailable
from recordings.local_store import LocalStore
from recordings.model import FindingCode
from recordings.s3_store import S3Settings, S3Store
from recordings.store import PIECE_BYTES, RecordingStore, Stores
from tests.audio import is_heard
from tests.integration.recordings.conftest import CALL, CUSTOMER_HZ, PLAYABLE, World

pytestmark = pytest.mark.integration

KEY = "2026/03/16/call-1.mp3"
SOUND = bytes(range(256)) * (PIECE_BYTES // 256) + b"the end"


@pytest.fixture(scope="module")
def bucket() -> Iterator[S3Settings]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = S3Settings(f"http://{host}:{port}", "kept", "key", "secret", prefix="calls", limit_s=20)
    client = Session().create_client(
        "s3",
        endpoint_url=settings.endpoint,
        region_name=settings.region,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket="kept")
    yield settings
    server.stop()


@pytest.fixture(params=["local", "s3"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, bucket: S3Settings) -> RecordingStore:
    return LocalStore(tmp_path / "store") if request.param == "local" else S3Store(bucket)


async def put(store: RecordingStore, folder: Path, key: str = KEY, sound: bytes = SOUND) -> None:
    file = folder / "made.mp3"
    file.write_bytes(sound)
    await store.put(key, file, sha256=hashlib.sha256(sound).hexdigest(), mime="audio/mpeg")


async def heard(store: RecordingStore, *part: int) -> bytes:
    return b"".join([piece async for piece in store.read(KEY, *part)])


async def test_what_is_put_can_be_read_in_parts_listed_and_taken_away(
    store: RecordingStore, tmp_path: Path
) -> None:
    await put(store, tmp_path, sound=b"an earlier attempt")
    await put(store, tmp_path)
    await put(store, tmp_path, "2026/03/17/call-2.opus")
    assert await store.size(KEY) == len(SOUND)
    assert await heard(store) == SOUND
    assert await heard(store, 100, 50) == SOUND[100:150]
    assert await heard(store, len(SOUND) - 3) == b"end"
    assert await heard(store, 5, PIECE_BYTES + 1) == SOUND[5 : PIECE_BYTES + 6]
    assert await store.days() == ("2026/03/16", "2026/03/17")
    assert [(one.key, one.size_bytes) for one in await store.files("2026/03/16")] == [(KEY, len(SOUND))]
    assert await store.files("2026/03/18") == ()
    await store.delete(KEY)
    await store.delete(KEY)
    await store.delete("2026/03/17/call-2.opus")
    assert await store.size(KEY) is None
    with pytest.raises(NotFound):
        await heard(store)
    await store.close()


async def test_a_file_that_is_not_what_was_made_is_not_kept(store: RecordingStore, tmp_path: Path) -> None:
    file = tmp_path / "made.mp3"
    file.write_bytes(SOUND)
    with pytest.raises(StoreUnavailable):
        await store.put(KEY, file, sha256="0" * 64, mime="audio/mpeg")
    assert file.exists(), "nothing goes before what is kept was compared"
    await store.delete(KEY)


@pytest.mark.parametrize("key", ["../secret.mp3", "/etc/passwd", "", "a\0b"])
async def test_no_key_leads_outside(store: RecordingStore, key: str) -> None:
    with pytest.raises(NotFound):
        await store.size(key)


async def test_a_bucket_that_is_away_loses_nothing(world: World, bucket: S3Settings, tmp_path: Path) -> None:
    """The originals stay until a later attempt finds the bucket; what is kept there is compared both ways."""
    await world.announce(call_row_id=await world.call())
    world.lay()
    nowhere = S3Settings("http://127.0.0.1:1", "kept", "key", "secret", limit_s=3)
    assert await world.worker_with(Stores(S3Store(nowhere))).run_once() == 1
    row = await world.recording()
    assert row is not None
    assert (row.state, row.error) == ("failed", "store-unavailable")
    assert len(world.spool_names()) == 3
    world.clock.advance(61)
    kept = S3Store(bucket)
    worker = world.worker_with(Stores(kept, (LocalStore(world.settings.store_dir),)))
    assert await worker.run_once() == 1
    row = await world.recording()
    assert row is not None
    assert (row.state, row.path) == ("ready", PLAYABLE)
    assert (world.spool_names(), world.store_names()) == ([], [])
    copy = tmp_path / "back.mp3"
    copy.write_bytes(b"".join([piece async for piece in kept.read(PLAYABLE)]))
    assert is_heard(copy, CUSTOMER_HZ, 0)
    assert (await worker.night.compare()).findings == ()
    await put(kept, tmp_path, PLAYABLE, b"x" * row.size_bytes)
    (found,) = (await worker.night.compare(all_sums=True)).findings
    assert (found.code, found.store, found.call_id) == (FindingCode.WRONG_SUM, "s3", CALL)
    await kept.delete(PLAYABLE)
    assert (await worker.night.compare()).missing == (PLAYABLE,)
    await worker.close()


async def test_copies_move_to_a_new_store_and_nothing_is_lost_on_the_way(
    world: World, bucket: S3Settings
) -> None:
    """The folder was the store; now there is a bucket. What cannot be put there stays where it is."""
    await world.announce(call_row_id=await world.call())
    world.lay()
    local = LocalStore(world.settings.store_dir)
    assert await world.worker(formats=("mp3", "opus")).run_once() == 1
    opus = PLAYABLE.replace(".mp3", ".opus")
    assert world.store_names() == [PLAYABLE, opus]
    away = world.worker_with(Stores(S3Store(replace(bucket, bucket="none", limit_s=5)), (local,)))
    with pytest.raises(StoreUnavailable):
        await away.night.move_copies()
    assert world.store_names() == [PLAYABLE, opus]
    kept = S3Store(bucket)
    worker = world.worker_with(Stores(kept, (local,)))
    assert await worker.night.move_copies() == 2
    assert await worker.night.move_copies() == 0
    assert world.store_names() == []
    report = await worker.night.compare(all_sums=True)
    assert (report.findings, report.rows, report.sums) == ((), 1, 2)
    await kept.delete(opus)
    (found,) = (await worker.night.compare()).findings
    assert (found.code, found.path, found.done) == (FindingCode.COPY_MISSING, opus, ""), "the other one plays"
    await kept.delete(PLAYABLE)
    for one in (worker, away):
        await one.close()
