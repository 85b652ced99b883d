"""From the typed plans to the files that an Asterisk reads. Nothing is written here: see callcore.asterisk.publish.

Every value in a template passes one of the filters of dialplans.escape; a value that has passed none, or that no
filter lets through, ends in `Invalid` which names the template, the line and the value.
"""

import traceback
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError

from callcore.kernel.errors import Invalid
from dialplans import contract
from dialplans.escape import FILTERS, Plain, Refused, address, label, path, slug
from dialplans.modules import CARRIER_MODULES, PBX_MODULES
from dialplans.plan import CarrierPlan, PbxPlan, PhoneKind, RenderedConfig

_TEMPLATES: Final = Path(__file__).with_name("templates")

# Nobody is let have them; the PBX is spared the making, and its sessions the waking, of some hundred events a call.
AMI_UNMADE: Final = (
    *("Newexten", "VarSet", "NewCallerid", "NewConnectedLine", "NewAccountCode", "DialState"),
    *("BridgeCreate", "BridgeDestroy", "BridgeVideoSourceUpdate", "BridgeInfoChannel"),
    *("HangupRequest", "SoftHangupRequest", "HangupHandlerPush", "HangupHandlerRun", "HangupHandlerPop"),
    *("AGIExecStart", "AGIExecEnd", "MixMonitorStart", "MixMonitorStop", "MixMonitorMute"),
    *("LocalOptimizationBegin", "LocalOptimizationEnd", "MusicOnHoldStart", "MusicOnHoldStop"),
    *("RTCPSent", "RTCPReceived", "DTMFBegin", "DTMFEnd", "ChannelTalkingStart", "ChannelTalkingStop"),
    *("ExtensionStatus", "Cdr", "CEL"),
)
# Events that callcore.calls.facts is made of; the PBX sends no others but DeviceStateChange of telephones.
AMI_EVENTS: Final = (
    "Newchannel",
    "Newstate",
    "DialBegin",
    "DialEnd",
    "LocalBridge",
    "BridgeEnter",
    "BridgeLeave",
    "Hangup",
    "BlindTransfer",
    "AttendedTransfer",
    "UserEvent",
    "OriginateResponse",
)

# Allowed signs in the spelling of FILTER(). Cyrillic is bytes from \x80 on in UTF-8.
NAME_SIGNS: Final = Plain(r"0-9A-Za-z .\x80-\xff")
SOUND_SIGNS: Final = Plain(r"0-9A-Za-z_/.&\-")  # & joins sounds
# The semicolon is escaped for the configuration reader, brackets are hidden from the dialplan's.
CONTACT_SIGNS: Final = Plain(r"0-9A-Za-z:\;@/&=.%_+?\x5b\x5d\-")

NOW_MS: Final = "${STRFTIME(,UTC,%s%3q)}"  # epoch in ms

_CEL_FIELDS: Final = {
    "event_type": "${eventtype}",
    "event_time": "${eventtime}",
    "uniqueid": "${CHANNEL(uniqueid)}",
    "linkedid": "${CHANNEL(linkedid)}",
    "channel": "${CHANNEL(channame)}",
    "context": "${CHANNEL(context)}",
    "extension": "${CHANNEL(exten)}",
    "app": "${CHANNEL(appname)}",
    "app_data": "${CHANNEL(appdata)}",
    "caller_number": "${CALLERID(num)}",
    "caller_name": "${CALLERID(name)}",
    "peer": "${BRIDGEPEER}",
    "extra": "${eventextra}",
    "call_id": "${CHANNEL(userfield)}",
}


def render_pbx(plan: PbxPlan) -> RenderedConfig:
    """All files of the PBX. Raises Invalid; `details["fields"]` names the place and what is wrong with it."""
    _check_references(plan)
    trunk = plan.trunks[0] if plan.trunks else None
    values = {
        "plan": plan,
        "modules": PBX_MODULES,
        "ami_events": tuple(Plain(name) for name in AMI_EVENTS),
        "ami_unmade": Plain(",".join(AMI_UNMADE)),
        "cel_columns": Plain(
            ",".join(f"${{CSV_QUOTE({_CEL_FIELDS[name]})}}" for name in contract.CEL_COLUMNS)
        ),
        "record": _record_paths(plan),
        "duty_places": _duty_places(plan),
        # What a customer hears who is handed on, as an option of Dial: music or ringing.
        "hand_tune": Plain("m" if plan.music_dir else "r"),
        "name_signs": NAME_SIGNS,
        "sound_signs": SOUND_SIGNS,
        "contact_signs": CONTACT_SIGNS,
        "trunk_name": _named("trunks[0].name", slug, contract.TRUNK_PREFIX + trunk.name)
        if trunk
        else Plain(""),
        "trunk_caller_id": _named("trunks[0].caller_id", address, trunk.caller_id) if trunk else Plain(""),
        "trunk_label": _named("trunks[0].label", label, trunk.label) if trunk and trunk.label else Plain(""),
    }
    return _render(("both", "pbx"), values)


def render_carrier(plan: CarrierPlan) -> RenderedConfig:
    """All files of the simulated carrier. Raises Invalid like render_pbx."""
    _refuse_doubles("phones", [phone.name for phone in plan.phones])
    return _render(("both", "carrier"), {"plan": plan, "modules": CARRIER_MODULES})


def _duty_places(plan: PbxPlan) -> dict[tuple[str, ...], Plain]:
    """Each list of phones that rings on duty has one extension: shifts repeat."""
    lists = dict.fromkeys((plan.duty_keys, *(shift.phone_keys for shift in plan.duty_shifts)))
    return {keys: Plain(f"duty{number}" if number else "reserve") for number, keys in enumerate(lists)}


def _record_paths(plan: PbxPlan) -> dict[str, Plain]:
    """Names of recording files; the only variable part is the call id, which is FILTERed where it is made."""
    folder = _named("recordings_dir", path, plan.recordings_dir)
    base = f"${{{contract.CALL_ID}}}"
    return {
        "customer": Plain(f"{folder}/{contract.RECORDING_CUSTOMER.format(base=base)}"),
        "ours": Plain(f"{folder}/{contract.RECORDING_OURS.format(base=base)}"),
        "done": Plain(f"{folder}/{contract.RECORDING_DONE.format(base=base)}"),
        "part": Plain(
            f"{folder}/{contract.RECORDING_PART.format(base='${DL_PART}', ms=NOW_MS, way='${ARG1}')}"
        ),
        "now_ms": Plain(NOW_MS),
        "voicemail": Plain(f"{folder}/{contract.VOICEMAIL_FILE.format(base=base)}"),
        "voicemail_name": Plain(contract.VOICEMAIL_FILE.format(base=base).removesuffix(".wav")),
    }


def _named(field: str, check: Any, value: object) -> Plain:
    try:
        result: Plain = check(value)
    except Refused as error:
        raise _invalid(field, str(error)) from error
    return result


def _check_references(plan: PbxPlan) -> None:
    """What templates cannot see: doubles, and names that point at nothing."""
    keys = [phone.key for phone in plan.phones]
    _refuse_doubles("phones", keys)
    _refuse_doubles("phones.extension", [phone.extension for phone in plan.phones if phone.extension])
    _refuse_doubles("trunks", [trunk.name for trunk in plan.trunks])
    _refuse_doubles("dids", [did.number.removeprefix("+") for did in plan.dids])
    _refuse_doubles("ami_users", [user.name for user in plan.ami_users])
    if lost := set(plan.operator_keys) - set(keys):
        raise _invalid("operator_keys", f"{sorted(lost)} are no phones of the plan")
    for duty in (plan.duty_keys, *(shift.phone_keys for shift in plan.duty_shifts)):
        if lost := set(duty) - set(keys):
            raise _invalid("duty_keys", f"{sorted(lost)} are no phones of the plan")
    _check_targets(plan, keys)
    if not plan.trunks and any(phone.kind is PhoneKind.EXTERNAL for phone in plan.phones):
        raise _invalid("trunks", "outside numbers need a trunk")
    if plan.rtp_ports[1] - plan.rtp_ports[0] < 2:
        raise _invalid("rtp_ports", "no room for one call")


def _check_targets(plan: PbxPlan, phone_keys: list[str]) -> None:
    known = [target.key for target in plan.targets]
    _refuse_doubles("targets", known)
    for target in plan.targets:
        if lost := set(target.phone_keys) - set(phone_keys):
            raise _invalid("targets", f"{target.key} rings {sorted(lost)}, no phone of the plan")
    for named in (plan.other_targets, *(did.targets for did in plan.dids)):
        if lost := set(named) - set(known):
            raise _invalid("targets", f"{sorted(lost)} are named and nowhere described")


def _refuse_doubles(field: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _invalid(field, f"{name!r} stands there twice")
        seen.add(name)


def _render(folders: tuple[str, ...], values: dict[str, Any]) -> RenderedConfig:
    environment = _environment(folders)
    files: dict[str, str] = {}
    for template in sorted(environment.list_templates(filter_func=lambda name: "/" not in name)):
        try:
            files[template.removesuffix(".j2")] = environment.get_template(template).render(
                c=contract, **values
            )
        except (Refused, UndefinedError) as error:
            raise _invalid(_place(template, error), str(error)) from error
    return RenderedConfig(files)


def _place(template: str, error: Exception) -> str:
    """The line of the template that failed: `pjsip.conf.j2:54 password = {{ phone.secret | setting }}`."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(template)
    ]
    return f"{template}:{frames[-1].lineno} {frames[-1].line}" if frames else template


def _invalid(field: str, problem: str) -> Invalid:
    return Invalid("bad-pbx-plan", f"{field}: {problem}", fields={field: problem})


@cache
def _environment(folders: tuple[str, ...]) -> Environment:
    """Templates of the named folders under one roof; output only of what a filter has passed. Kept, because compiling the
    templates is most of the work of a rendering."""
    environment = Environment(
        loader=FileSystemLoader([_TEMPLATES / folder for folder in folders]),
        undefined=StrictUndefined,
        finalize=_only_plain,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - no HTML; each value passes a filter of its own, or is refused
    )
    environment.filters.update(FILTERS)
    return environment


def _only_plain(value: object) -> object:
    if isinstance(value, Plain):
        return value
    raise Refused(f"{value!r} reached a file without a filter")
