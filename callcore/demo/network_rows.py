"""The network as rows. Keys are given here, so that everything can be written in one go; a parent stands first."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from callcore.demo.data import DemoData, DemoOrg, DemoPhone
from callcore.network.model import OrgKind, PhoneOwner

Row = dict[str, Any]

FIRST_OPERATOR_EXTENSION = 101
FIRST_DUTY_EXTENSION = 191
FIRST_OUTLET_EXTENSION = 201
SINCE = timedelta(days=700)  # the network is older than its oldest order


@dataclass(slots=True)
class NetworkRows:
    """Rows per table, and the ids that orders and calls need. `phones` are in the order of `demo_phones`."""

    regions: list[Row] = field(default_factory=list)
    orgs: list[Row] = field(default_factory=list)
    org_regions: list[Row] = field(default_factory=list)
    org_phones: list[Row] = field(default_factory=list)
    outlets: list[Row] = field(default_factory=list)
    users: list[Row] = field(default_factory=list)
    phones: list[Row] = field(default_factory=list)
    dids: list[Row] = field(default_factory=list)
    org_ids: dict[str, int] = field(default_factory=dict)


def network_rows(data: DemoData, now: datetime, password_hash: str) -> NetworkRows:
    rows = NetworkRows(regions=[{"code": r.code, "name": r.name, "tz": r.tz} for r in data.regions])
    for org in data.orgs:
        _add_org(rows, org, now)
    for org in data.orgs:
        _add_outlets(rows, org)
    _add_people(rows, data, now, password_hash)
    for position, phone in enumerate(data.duty, start=1):
        extension = FIRST_DUTY_EXTENSION + position - 1
        _add_phone(rows, phone, PhoneOwner.DUTY, extension, duty_position=position)
    for did in data.dids:
        rows.dids.append(
            {
                "id": len(rows.dids) + 1,
                "number": did.number,
                "label": did.label,
                "region_code": did.region,
                "org_id": rows.org_ids[did.dealer] if did.dealer else None,
                "source": did.source,
                "medium": did.medium,
                "campaign": did.campaign,
                "request_type": did.request_type,
                "to_operators": did.to_operators,
                "language": did.language,
                "greeting": did.greeting,
                "whisper": did.whisper,
                "says_recorded": did.says_recorded,
                "waiting": did.waiting,
                "is_active": did.is_active,
            }
        )
    return rows


def _add_org(rows: NetworkRows, org: DemoOrg, now: datetime) -> None:
    number = len(rows.orgs) + 1
    is_root = number == 1
    parent_id = None if is_root else rows.org_ids.get(org.parent, 1)
    above = "/" if parent_id is None else rows.orgs[parent_id - 1]["path"]
    kind = OrgKind.MANUFACTURER if is_root else OrgKind.SUBDEALER if org.parent else OrgKind.DEALER
    rows.org_ids[org.slug] = number
    rows.orgs.append(
        {
            "id": number,
            "kind": kind.value,
            "parent_id": parent_id,
            "path": f"{above}{number}/",
            "name": org.name,
            "region_code": org.region,
            "state": org.state,
            "takes_site_calls": org.takes_site_calls,
            "points": org.points,
            "site_url": org.site,
            "email": f"office@{org.slug}.demo.dealerline.example",
            "tz": org.tz,
            "created_at": now - SINCE + timedelta(days=number),
        }
    )
    if not is_root:
        rows.org_phones.append(
            {"id": number - 1, "org_id": number, "number": f"+7800000{number:04}", "label": ""}
        )
    rows.org_regions += [
        {"org_id": number, "region_code": code} for code in (() if is_root else (org.region, *org.serves))
    ]


def _add_outlets(rows: NetworkRows, org: DemoOrg) -> None:
    for outlet in org.outlets:
        number = len(rows.outlets) + 1
        rows.outlets.append(
            {
                "id": number,
                "org_id": rows.org_ids[org.slug],
                "name": outlet.name,
                "city": outlet.city,
                "address": outlet.address,
                "region_code": org.region,
                "tz": org.tz,
                "hours": dict(outlet.hours),
                "accepts_calls": outlet.accepts_calls,
                "position": outlet.position,
                "ring_s": 20,
            }
        )
        for phone in outlet.phones:
            extension = FIRST_OUTLET_EXTENSION + sum(row["owner"] == "outlet" for row in rows.phones)
            _add_phone(rows, phone, PhoneOwner.OUTLET, extension, outlet_id=number)


def _add_people(rows: NetworkRows, data: DemoData, now: datetime, password_hash: str) -> None:
    extension = FIRST_OPERATOR_EXTENSION
    for number, person in enumerate(data.people, start=1):
        org = rows.orgs[rows.org_ids[person.slug] - 1]
        rows.users.append(
            {
                "id": number,
                "org_id": org["id"],
                "email": person.email,
                "full_name": person.name,
                "role": person.role.value,
                "password_hash": password_hash,
                "tz": org["tz"],
                "created_at": now - SINCE + timedelta(days=30 + number),
            }
        )
        if person.phone is not None:
            _add_phone(rows, person.phone, PhoneOwner.OPERATOR, extension, user_id=number)
            extension += 1


def _add_phone(
    rows: NetworkRows,
    phone: DemoPhone,
    owner: PhoneOwner,
    extension: int,
    *,
    outlet_id: int | None = None,
    user_id: int | None = None,
    duty_position: int | None = None,
) -> None:
    rows.phones.append(
        {
            "id": len(rows.phones) + 1,
            "kind": phone.kind.value,
            "label": phone.label,
            "number": phone.number,
            "extension": "" if phone.number else str(extension),
            "owner": owner.value,
            "outlet_id": outlet_id,
            "user_id": user_id,
            "duty_position": duty_position,
            "accept_by_key": phone.accept_by_key,
        }
    )
