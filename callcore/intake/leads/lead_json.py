"""A page of leads as JSON, by the contract in docs/operations.md. A broken lead is told of and does not spoil its page."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from callcore.customers.consents import ConsentKind
from callcore.intake.draft import Draft, DraftCustomer, DraftLine, clean
from callcore.intake.leads.lead_port import LeadBaseTrouble
from callcore.intake.leads.model import MAX_CURSOR_CHARS, MAX_ID_CHARS, Lead, LeadPage, Trouble
from callcore.orders.model import UNKNOWN, OrderChannel

# Numbers of telephones and of things are often sent as numbers, what is not known as null.
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
_CODES: Final = {
    "missing": "empty",
    "literal_error": "not-listed",
    "bool_type": "not-listed",
    "bool_parsing": "not-listed",
}
_FIELDS: Final = {"name": "customer.name", "phone": "customer.phone", "email": "customer.email"}


class _Sent(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Line(_Sent):
    kind: Literal["goods", "service"] = "goods"
    article: Text = ""
    name: Text = ""
    service: Text = ""
    quantity: Text = "1"
    price: Text = ""


class _Consents(_Sent):
    personal_data: bool = False
    ads: bool = False
    calls: bool = False


class _Lead(_Sent):
    name: Text = ""
    phone: Text = ""
    email: Text = ""
    region: Text = ""
    city: Text = ""
    address: Text = ""
    comment: Text = ""
    medium: Text = ""
    campaign: Text = ""
    term: Text = ""
    request_type: Text = ""
    consents: _Consents = _Consents()
    lines: list[_Line] = Field(default=[], max_length=1000)


def read_page(body: bytes, limit: int) -> LeadPage:
    """Raises LeadBaseTrouble(GARBAGE)."""
    try:
        told = from_json(body, allow_inf_nan=False)
    except ValueError as exc:
        raise LeadBaseTrouble(Trouble.GARBAGE, "not JSON") from exc
    if not isinstance(told, dict):
        raise LeadBaseTrouble(Trouble.GARBAGE, "not an object")
    sent, cursor, has_more = told.get("leads"), told.get("cursor"), told.get("more", False)
    if not isinstance(sent, list) or not isinstance(has_more, bool) or len(sent) > limit:
        raise LeadBaseTrouble(Trouble.GARBAGE, "no list of leads, or more of them than asked for")
    if isinstance(cursor, int) and not isinstance(cursor, bool):
        cursor = str(cursor)
    if cursor is None and not sent and not has_more:
        cursor = ""  # nothing new: the reader stays where it was
    if not isinstance(cursor, str) or len(cursor) > MAX_CURSOR_CHARS or not cursor.isprintable():
        raise LeadBaseTrouble(Trouble.GARBAGE, "no cursor")
    if sent and not cursor:
        raise LeadBaseTrouble(Trouble.GARBAGE, "no cursor")
    return LeadPage(tuple(_lead(one) for one in sent), cursor, has_more)


def _lead(sent: Any) -> Lead:
    if not isinstance(sent, dict):
        return Lead("", None, {"row": "not-a-lead"})
    external_id, problem = _external_id(sent.get("id"))
    if problem:
        return Lead(external_id, None, {"external_id": problem})
    try:
        read = _Lead.model_validate(sent)
    except ValidationError as error:
        return Lead(external_id, None, _problems(error))
    return Lead(external_id, _draft(read, external_id))


def _external_id(sent: object) -> tuple[str, str]:
    """And what is wrong with it: empty, too-long."""
    text = str(sent) if isinstance(sent, str | int) and not isinstance(sent, bool) else ""
    text = clean(text)
    if not text:
        return "", "empty"
    return text[:MAX_ID_CHARS], "too-long" if len(text) > MAX_ID_CHARS else ""


def _problems(error: ValidationError) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        name = ".".join(str(part) for part in item["loc"])
        found.setdefault(_FIELDS.get(name, name), _CODES.get(item["type"], "not-text"))
    return dict(list(found.items())[:10])


def _draft(read: _Lead, external_id: str) -> Draft:
    agreed = {
        ConsentKind.PERSONAL_DATA: read.consents.personal_data,
        ConsentKind.ADS: read.consents.ads,
        ConsentKind.CALLS: read.consents.calls,
    }
    return Draft(
        channel=OrderChannel.API,
        customer=DraftCustomer(
            name=read.name,
            phone=read.phone,
            email=read.email,
            consents=tuple(kind for kind, is_given in agreed.items() if is_given),
        ),
        lines=tuple(DraftLine(**line.model_dump()) for line in read.lines),
        region_code=read.region.strip(),
        city=read.city,
        address=read.address,
        comment=read.comment,
        medium=read.medium or UNKNOWN,
        campaign=read.campaign,
        term=read.term,
        request_type=read.request_type or UNKNOWN,
        external_id=external_id,
    )
