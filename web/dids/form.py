"""The form of a tracked number as typed: shown, read, turned into fields. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from callcore.network.dids import DidFields, DidView, Whose

_TRUE = "1"


@dataclass(frozen=True, slots=True)
class DidForm:
    """Values as typed; the names are those of the inputs. `version` empty for a new number."""

    number: str = ""
    label: str = ""
    whose: str = Whose.REGION.value
    region: str = ""
    org: str = ""
    source: str = "unknown"
    medium: str = "unknown"
    campaign: str = ""
    request_type: str = "call"
    language: str = "ru"
    greeting: str = ""
    whisper: str = ""
    says_recorded: str = ""
    waiting: str = "ringback"
    policy: str = ""
    version: str = ""


def show_form(did: DidView) -> DidForm:
    kept = did.fields
    return DidForm(
        number=did.number,
        label=kept.label,
        whose=kept.whose.value,
        region=kept.region_code or "",
        org=str(kept.org_id or ""),
        source=kept.source,
        medium=kept.medium,
        campaign=kept.campaign,
        request_type=kept.request_type,
        language=kept.language,
        greeting=kept.greeting,
        whisper=kept.whisper,
        says_recorded=_TRUE if kept.says_recorded else "",
        waiting=kept.waiting,
        policy=str(kept.policy_id or ""),
        version=did.version,
    )


def read_form(sent: Mapping[str, Any]) -> DidForm:
    """Missing inputs are empty; control characters are dropped, line ends become blanks: the texts are spoken."""
    return DidForm(**{item.name: _plain(sent.get(item.name, "")) for item in fields(DidForm)})


def understand(form: DidForm) -> tuple[DidFields, dict[str, str]]:
    """The fields, and codes of what could not be read by the name of its input."""
    wrong = {}
    if form.whose not in list(Whose):
        wrong["whose"] = "not-listed"
    org_id, policy_id = _id(form.org, "org", wrong), _id(form.policy, "policy", wrong)
    meant = DidFields(
        label=form.label,
        whose=Whose(form.whose) if "whose" not in wrong else Whose.CALLER,
        region_code=form.region or None,
        org_id=org_id,
        source=form.source,
        medium=form.medium,
        campaign=form.campaign,
        request_type=form.request_type,
        language=form.language,
        greeting=form.greeting,
        whisper=form.whisper,
        says_recorded=form.says_recorded == _TRUE,
        waiting=form.waiting,
        policy_id=policy_id,
    )
    return meant, wrong


def _plain(value: object) -> str:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return "".join(char for char in text if char.isprintable())[:1000]


def _id(text: str, name: str, wrong: dict[str, str]) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        wrong[name] = "not-listed"
        return None
    return int(text)
