"""The simulated carrier of a stand: every telephone of the network, each with its own voice."""

from collections.abc import Mapping

from callcore.asterisk.carrier import tone_hz
from callcore.asterisk.secrets import PbxSecrets
from callcore.network.lines import Wiring
from callcore.stand.config_file import CARRIER_NAME, TRUNK
from callcore.stand.layout import StandDirs
from callcore.stand.ports import HOST, StandPorts
from dialplans.contract import PHONE_KEY
from dialplans.plan import Behaviour, CarrierPhone, CarrierPlan


def make_carrier_plan(
    dirs: StandDirs,
    ports: StandPorts,
    wiring: Wiring,
    secrets: PbxSecrets,
    behaviours: Mapping[str, Behaviour],
) -> CarrierPlan:
    """`behaviours` by phone key or outside number; the others accept. Voices follow the order of phones."""
    phones: dict[str, CarrierPhone] = {}
    for number, line in enumerate(wiring.phones):
        name = PHONE_KEY.format(id=line.id) if line.is_sip else line.number
        secret = secrets.get(f"phone:{name}")[f"phone:{name}"] if line.is_sip else ""
        behaviour = behaviours.get(name, Behaviour.ACCEPT if line.accept_by_key else Behaviour.ANSWER)
        phones.setdefault(name, CarrierPhone(name, tone_hz(number), secret, behaviour))
    return CarrierPlan(
        system_name=CARRIER_NAME,
        bind_host=HOST,
        sip_port=ports.carrier_sip,
        rtp_ports=ports.carrier_rtp_range,
        pbx_host=HOST,
        pbx_sip_port=ports.sip,
        trunk_name=TRUNK,
        trunk_secret=secrets.get(f"trunk:{TRUNK}")[f"trunk:{TRUNK}"],
        sounds_dir=str(dirs.carrier.sounds),
        phones=tuple(phones.values()),
    )
