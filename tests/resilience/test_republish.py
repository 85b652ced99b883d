"""Changes of the network reach a running PBX: at once, or when it returns."""

import pytest

from callcore.kernel.clock import SystemClock
from callcore.kernel.database import Database
from callcore.kernel.errors import PbxUnavailable
from callcore.network.change_network import ChangeNetwork
from callcore.network.model import Role, Viewer
from callcore.stand.rendering import read_source
from callcore.stand.republish import Republisher
from tests.installation.office import Office

pytestmark = [pytest.mark.resilience, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


async def test_a_new_number_and_a_closed_outlet_reach_the_pbx_when_it_returns(office: Office) -> None:
    cli, is_away = office.stand.pbx.cli, True

    async def cli_of_a_pbx(command: str) -> str:
        if is_away:
            raise PbxUnavailable("pbx-cli-failed", "away")
        return await cli(command)

    database = Database(office.stand.settings.database.url.get_secret_value())
    republisher = Republisher(office.stand.settings, cli_of_a_pbx, await read_source(database))
    assert not await republisher.check(database), "nothing has changed"
    office.write("UPDATE dids SET label = 'Переименован' WHERE number = ?", office.did)
    office.write("UPDATE outlets SET ring_s = 7 WHERE ring_s = 6")
    try:
        assert not await republisher.check(database), "the PBX is away"
        is_away = False
        assert await republisher.check(database)
        table = await cli("dialplan show dl-target")
        assert "RING=7" in table
        assert not await republisher.check(database)
    finally:
        is_away = False
        office.write("UPDATE outlets SET ring_s = 6 WHERE ring_s = 7")
        await republisher.check(database)
        await database.close()
    assert "RING=6" in await cli("dialplan show dl-target")


async def test_a_change_that_a_person_made_is_seen_at_the_next_look(office: Office) -> None:
    """The look that a running stand takes twice a second: nothing to read without a change, all of it with one."""
    database = Database(office.stand.settings.database.url.get_secret_value())
    republisher = Republisher(office.stand.settings, office.stand.pbx.cli, await read_source(database))
    outlet_id = office.rows("SELECT id FROM outlets WHERE ring_s = 6 ORDER BY id LIMIT 1")[0]["id"]
    viewer = Viewer(1, "Администратор", Role.ADMIN, 1, "Завод", "/1/", (), "Europe/Moscow")
    change = ChangeNetwork(database, SystemClock())
    try:
        assert not await republisher.look(database), "nothing has changed"
        office.write("UPDATE outlets SET ring_s = 8 WHERE id = ?", outlet_id)
        assert not await republisher.look(database), "no row of the audit log: not read yet"
        await change.accept_calls(viewer, outlet_id, is_on=True)
        assert await republisher.look(database)
        assert "RING=8" in await office.stand.pbx.cli("dialplan show dl-target")
    finally:
        office.write("UPDATE outlets SET ring_s = 6 WHERE id = ?", outlet_id)
        await republisher.check(database)
        await database.close()
