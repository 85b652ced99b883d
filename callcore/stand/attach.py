"""Reach a stand that another process runs: its carrier, its settings."""

from dataclasses import dataclass

from callcore.asterisk.carrier import SimulatedCarrier
from callcore.asterisk.embedded import AsteriskProcess, find_or_install
from callcore.asterisk.secrets import PbxSecrets
from callcore.stand.carrier_plan import make_carrier_plan
from callcore.stand.config_file import CARRIER_NAME
from callcore.stand.layout import StandDirs, cache_dir, running_stand
from callcore.stand.rendering import read_wiring
from callcore.stand.seeding import telephone_behaviours
from config.settings import Settings, load_settings
from dialplans.contract import PHONE_KEY


@dataclass(frozen=True, slots=True)
class AttachedStand:
    settings: Settings
    carrier: SimulatedCarrier
    address: str
    names: dict[str, str]  # phone key -> what the carrier calls it: the key, or the outside number


async def attach(dirs: StandDirs) -> AttachedStand:
    """Raises NotFound when nothing runs there."""
    note = running_stand(dirs)
    settings = load_settings(dirs.config, {})
    wiring = await read_wiring(settings)
    plan = make_carrier_plan(dirs, note.ports, wiring, PbxSecrets(dirs.secrets), telephone_behaviours(wiring))
    process = AsteriskProcess(find_or_install(cache_dir(), lambda _: None), dirs.carrier, CARRIER_NAME)
    names = {PHONE_KEY.format(id=line.id): line.number for line in wiring.phones if not line.is_sip}
    return AttachedStand(
        settings, SimulatedCarrier(plan, process.cli, dirs.carrier.spool), note.address, names
    )
