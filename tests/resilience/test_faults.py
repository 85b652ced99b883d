"""Parts fail during calls: the database is locked, the link to the PBX is cut, recordings cannot be written."""

import asyncio
import sqlite3

import pytest

from tests.installation.office import Office, until

pytestmark = [pytest.mark.resilience, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_a_locked_database_during_a_whole_call_loses_nothing(office: Office) -> None:
    number = "+79160000851"
    connection = sqlite3.connect(office.database, timeout=10, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        call = await office.call(number, talk_s=2)
        assert (await office.over(call)).startswith("ANSWER")
    finally:
        connection.execute("ROLLBACK")
        connection.close()
    row = await until("the journal has the call", lambda: office.ended_call_of(number), 60)
    assert (row["result"], row["route"]) == ("answered", "app")
    assert row["order_id"] is not None
    assert office.rows("SELECT 1 FROM call_legs WHERE call_row_id = ? AND outcome = 'talked'", row["id"])


async def test_the_link_to_the_pbx_is_cut_in_the_middle_of_a_talk(office: Office) -> None:
    number = "+79160000852"
    call = await office.call(number, talk_s=6)
    await until("they talk", lambda: [row for row in office.calls_of(number) if row["state"] == "talking"])
    await office.cut_link()
    assert (await office.over(call)).startswith("ANSWER")
    row = await until("the journal has the end", lambda: office.ended_call_of(number), 90)
    assert row["result"] == "answered"
    assert 5 <= row["talk_s"] <= 8


async def test_a_recordings_folder_that_cannot_be_written_does_not_stop_the_call(office: Office) -> None:
    number = "+79160000853"
    folder = office.stand.dirs.pbx.recordings
    aside = folder.with_name("recordings-aside")
    folder.rename(aside)
    folder.write_text("not a folder", encoding="utf-8")
    try:
        assert (await office.over(await office.call(number, talk_s=2))).startswith("ANSWER")
        row = await until("the journal has the call", lambda: office.ended_call_of(number))
        assert row["result"] == "answered"
    finally:
        folder.unlink()
        aside.rename(folder)
    again = "+79160000854"
    await office.over(await office.call(again, talk_s=2))
    row = await until("the journal has the next call", lambda: office.ended_call_of(again))
    await until(
        "the next call is recorded as ever",
        lambda: office.rows("SELECT 1 FROM recordings WHERE call_row_id = ? AND state = 'ready'", row["id"]),
        60,
    )


async def test_a_full_disk_cuts_the_recording_and_not_the_call(office: Office) -> None:
    """A folder of 64 KB holds four seconds of one side."""
    number = "+79160000855"
    folder = str(office.stand.dirs.pbx.recordings)
    mount = await asyncio.create_subprocess_exec("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder)
    assert await mount.wait() == 0, "mounting needs root, as CI has"
    try:
        assert (await office.over(await office.call(number, talk_s=9))).startswith("ANSWER")
        row = await until("the journal has the call", lambda: office.ended_call_of(number))
        assert (row["result"], row["talk_s"] >= 8) == ("answered", True)
        await until(
            "the recording is marked as cut",
            lambda: office.rows(
                "SELECT 1 FROM recordings WHERE call_row_id = ? AND (is_truncated = 1 OR state = 'failed')",
                row["id"],
            ),
            60,
        )
    finally:
        unmount = await asyncio.create_subprocess_exec("umount", "-l", folder)
        assert await unmount.wait() == 0
