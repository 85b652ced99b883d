"""The settings file of a stand, written anew at each start because ports may change."""

from callcore.stand.layout import StandDirs, templates_dir, voice_dir
from callcore.stand.ports import HOST, StandPorts

TRUNK = "main"
TRUNK_CALLER_ID = "+74951200000"
SYSTEM_NAME = "dealerline"
CARRIER_NAME = "carrier"


def config_text(dirs: StandDirs, ports: StandPorts, ami_secret: str) -> str:
    first, last = ports.rtp_range
    return f"""# Written at each start of the demonstration; changes here are lost.
demo = true
tz = "Europe/Moscow"

[web]
host = "{HOST}"
port = {ports.web}
secure = false
templates_dir = "{templates_dir()}"

[database]
url = "sqlite+aiosqlite:///{dirs.database}"

[ami]
port = {ports.ami}
secret = "{ami_secret}"

[agi]
port = {ports.agi}

[pbx]
system_name = "{SYSTEM_NAME}"
bind_host = "{HOST}"
sip_port = {ports.sip}
rtp_first = {first}
rtp_last = {last}
etc_dir = "{dirs.pbx.etc}"
agi_dir = "{dirs.pbx.agi}"
recordings_dir = "{dirs.pbx.recordings}"
cel_file = "{dirs.pbx.log / "cel-custom" / "cel.csv"}"
secrets_file = "{dirs.secrets}"
sounds_dir = "{dirs.pbx.sounds}"
music_dir = "{dirs.pbx.data / "moh"}"
duty_ring_s = 15
trunk_name = "{TRUNK}"
trunk_host = "{HOST}"
trunk_port = {ports.carrier_sip}
trunk_caller_id = "{TRUNK_CALLER_ID}"

[recordings]
store_dir = "{dirs.store}"

[numbering]
dir = "{dirs.root / "numbering"}"

[dealers]
logos_dir = "{dirs.logos}"

[orders]
files_dir = "{dirs.root / "order-files"}"

[voice]
dir = "{voice_dir()}"

[log]
level = "info"
style = "json"
"""
