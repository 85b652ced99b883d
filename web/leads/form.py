"""The connection as a form: whatever was typed comes back as it was, but for the secret. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from callcore.intake.leads.change_account import AccountDraft
from callcore.intake.leads.lead_queries import AccountView

TEXTS: Final = ("address", "login", "every_minutes", "source", "site_org_id")
SWITCHES: Final = ("is_on", "is_other_base")
MAX_CHARS: Final = 600


@dataclass(frozen=True, slots=True)
class LeadForm:
    """`version` is what the person saw. The secret is no part of it: it never goes into a page."""

    texts: Mapping[str, str]
    switches: Mapping[str, bool]
    version: int


def show(account: AccountView | None) -> LeadForm:
    if account is None:
        usual = AccountDraft(address="", login="")
        texts = {"every_minutes": str(usual.every_minutes), "source": usual.source}
        return LeadForm(dict.fromkeys(TEXTS, "") | texts, dict.fromkeys(SWITCHES, False), 0)
    texts = {name: str(getattr(account, name)) for name in TEXTS}
    texts["site_org_id"] = str(account.site_org_id or "")
    return LeadForm(texts, {"is_on": account.is_on, "is_other_base": False}, account.version)


def read_form(sent: Mapping[str, Any]) -> tuple[LeadForm, str]:
    """And the secret as typed."""
    texts = {name: _plain(sent.get(name, "")) for name in TEXTS}
    version = _whole(_plain(sent.get("version", "")))
    switches = {name: sent.get(name) == "1" for name in SWITCHES}
    secret = sent.get("secret", "")
    form = LeadForm(texts, switches, -1 if version is None else version)
    return form, secret.strip()[: MAX_CHARS + 1] if isinstance(secret, str) else ""


def understand(form: LeadForm, secret: str) -> tuple[AccountDraft, dict[str, str]]:
    """The connection, and codes of what could not be read by the name of its input."""
    wrong: dict[str, str] = {}
    minutes = _whole(form.texts["every_minutes"])
    if minutes is None:
        wrong["every_minutes"] = "not-number"
    site = _whole(form.texts["site_org_id"])
    if site is None and form.texts["site_org_id"]:
        wrong["site_org_id"] = "not-listed"
    draft = AccountDraft(
        address=form.texts["address"],
        login=form.texts["login"],
        secret=secret,
        is_on=form.switches["is_on"],
        every_minutes=minutes or 0,
        source=form.texts["source"],
        site_org_id=site,
        is_other_base=form.switches["is_other_base"],
    )
    return draft, wrong


def _plain(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(char for char in value if char.isprintable()).strip()[:MAX_CHARS]


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
