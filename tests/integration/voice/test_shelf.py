"""The shelf: what is wanted is rendered once, what is not is swept, and nothing that fails reaches a call."""

import os
import time

import pytest

from callcore.asterisk.voice.model import VoiceFailed
from callcore.asterisk.voice.phrases import PHRASES
from callcore.asterisk.voice.shelf import SoundShelf
from callcore.network.tables import DidRow
from callcore.orders.tables import OrderLineRow
from callcore.routing.sounds import NO_SOUNDS
from tests.factories.sales import make_customer, make_order
from tests.fakes.voice import Tone
from tests.integration.orders.stage import fill

pytestmark = pytest.mark.integration


@pytest.fixture
async def network(database):
    await fill(database)
    async with database.transaction() as session:
        did = await session.get(DidRow, 1)
        did.greeting, did.says_recorded, did.waiting = "Здравствуйте!", True, "music"
    return database


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "sounds/dealerline"


def shelf_of(database, folder, voice):
    return SoundShelf(database, folder, lambda: voice)


def files(folder):
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


async def add_order(database, **values):
    async with database.transaction() as session:
        customer = await make_customer(session)
        order = await make_order(session, customer, **values)
        for position, name in ((2, "Доставка"), (1, "Роллеты, 120 см")):
            session.add(
                OrderLineRow(
                    order_id=order.id,
                    position=position,
                    name=name,
                    quantity_m=1000,
                    price=100,
                    total_kopecks=10_000,
                )
            )
        return order.id


async def test_everything_wanted_is_ready_and_on_the_disk(network, folder):
    mine = await add_order(network, org_id=2, total_kopecks=891_000)
    nobodys = await add_order(network, total_kopecks=891_000)
    closed = await add_order(network, org_id=2, status_class="closed")
    shelf = shelf_of(network, folder, Tone())
    assert shelf.sounds == NO_SOUNDS
    assert await shelf.refresh()
    sounds = shelf.sounds
    assert set(sounds.by_did) == {1, 2, 3}
    assert set(sounds.greetings) == {1}
    assert set(sounds.by_region) == {"RU-MOW", "RU-SVE"}
    assert set(sounds.by_order) == {mine}
    assert {nobodys, closed}.isdisjoint(sounds.by_order)
    there = files(folder)
    for name in (*sounds.by_did.values(), *sounds.by_order.values()):
        assert f"{name.removeprefix('dealerline/')}.wav" in there
    assert {f"{phrase}.wav" for phrase in PHRASES} <= there
    assert not [name for name in there if name.endswith(".new")]


async def test_nothing_is_rendered_twice(network, folder):
    await shelf_of(network, folder, Tone()).refresh()
    before = {path.name: path.stat().st_ino for path in folder.iterdir()}
    second = shelf_of(network, folder, Tone())
    await second.refresh()
    assert not await second.refresh()
    assert {path.name: path.stat().st_ino for path in folder.iterdir()} == before


async def test_a_changed_text_is_another_file_and_the_old_one_goes_a_day_later(network, folder):
    shelf = shelf_of(network, folder, Tone())
    await shelf.refresh()
    old = shelf.sounds.greetings[1]
    async with network.transaction() as session:
        (await session.get(DidRow, 1)).greeting = "Добрый день!"
    assert await shelf.refresh()
    assert shelf.sounds.greetings[1] != old
    path = folder / f"{old.removeprefix('dealerline/')}.wav"
    assert path.exists(), "a call may be playing it"
    two_days_ago = time.time() - 2 * 86_400
    os.utime(path, (two_days_ago, two_days_ago))
    await shelf.refresh()
    assert not path.exists()


async def test_a_file_that_somebody_removed_comes_back(network, folder):
    shelf = shelf_of(network, folder, Tone())
    await shelf.refresh()
    for path in folder.glob("*.wav"):
        path.unlink()
    await shelf.refresh()
    assert set(shelf.sounds.by_did) == {1, 2, 3}
    assert {f"{phrase}.wav" for phrase in PHRASES} <= files(folder)


@pytest.mark.parametrize("voice", [Tone(is_dead=True), None])
async def test_without_a_voice_calls_go_in_silence(network, folder, voice):
    shelf = shelf_of(network, folder, voice)
    assert not await shelf.refresh()
    assert shelf.sounds == NO_SOUNDS
    with pytest.raises(VoiceFailed):
        await shelf.preview("Здравствуйте", "ru")


async def test_a_folder_that_cannot_be_written_leaves_silence(network, tmp_path):
    (tmp_path / "sounds").write_text("a file where a folder is due")
    shelf = shelf_of(network, tmp_path / "sounds/dealerline", Tone())
    assert not await shelf.refresh()
    assert shelf.sounds == NO_SOUNDS


async def test_what_is_too_long_is_said_shorter(network, folder):
    async with network.transaction() as session:
        (await session.get(DidRow, 1)).whisper = "слово " * 60
    shelf = shelf_of(network, folder, Tone())
    await shelf.refresh()
    assert 1 in shelf.sounds.by_did


async def test_a_preview_is_a_sound(network, folder):
    data = await shelf_of(network, folder, Tone()).preview("Здравствуйте", "ru")
    assert data[:4] == b"RIFF"
    assert not files(folder)


async def test_only_the_newest_orders_are_told(network, folder, monkeypatch):
    monkeypatch.setattr("callcore.orders.open_orders.MAX_ORDERS", 1)
    await add_order(network, org_id=2)
    newest = await add_order(network, org_id=2)
    shelf = shelf_of(network, folder, Tone())
    await shelf.refresh()
    assert set(shelf.sounds.by_order) == {newest}
