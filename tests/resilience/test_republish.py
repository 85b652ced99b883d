"""Changes of the network reach a running PBX: at once, or when it returns."""

import pytest

from callcore.kernel.database import Database
from callcore.kernel.errors import PbxUnavailable
from callcore.stand.rendering import read_source
from callcore.stand.republish import Republisher
from tests.installation.office import Office

pytestmark = [pytest.mark.resilience, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def test_a_new_number_and_a_closed_outlet_reach_the_pbx_when_it_returns(office: Office) -> None:
    cli, is_away = office.stand.pbx.cli, True

    async def cli_of_a_pbx(command: str) -> str:
        if is_away:
            raise PbxUnavailable("pbx-cli-failed", "away")
        return await cli(command)

    database = Database(office.stand.settings.database.url.get_secret_value())
    republisher = Republisher(office.stand.settings, cli_of_a_pbx, await read_source(database))
    await database.close()
    assert not await republisher.check(), "nothing has changed"
    office.write("UPDATE dids SET label = 'Переименован' WHERE number = ?", office.did)
    office.write("UPDATE outlets SET ring_s = 7 WHERE ring_s = 6")
    try:
        assert not await republisher.check(), "the PBX is away"
        is_away = False
        assert await republisher.check()
        table = await cli("dialplan show dl-target")
        assert "RING=7" in table
        assert not await republisher.check()
    finally:
        is_away = False
        office.write("UPDATE outlets SET ring_s = 6 WHERE ring_s = 7")
        await republisher.check()
    assert "RING=6" in await cli("dialplan show dl-target")
