"""How the telephones of the demo behave, and which calls its customers make."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import select

from callcore.customers.model import ContactKind
from callcore.customers.tables import ContactRow
from callcore.demo.data import DemoData, DemoPhone
from callcore.kernel.database import Database
from callcore.network.directory import load_directory
from callcore.network.lines import Wiring
from callcore.orders.tables import OrderRow
from callcore.outbound.robot.model import RobotState
from callcore.outbound.tables import RobotCallRow
from callcore.routing.decide import decide
from callcore.routing.snapshot import build_snapshot
from dialplans.contract import PHONE_KEY
from dialplans.plan import Behaviour

AWAITING: Final = 5


@dataclass(frozen=True, slots=True)
class SampleCall:
    """A customer calls a tracked number; both E.164."""

    from_number: str
    to_did: str
    caller_name: str


def phone_behaviours(data: DemoData, wiring: Wiring) -> Mapping[str, Behaviour]:
    """By phone key (p12) or outside number; only telephones that do something else than take the call.

    A telephone is recognised by what it is called: phones that people added later accept.
    """
    odd = {
        (phone.label, phone.number): phone.behaviour
        for phone in _all_phones(data)
        if phone.behaviour is not Behaviour.ACCEPT
    }
    return MappingProxyType(
        {
            PHONE_KEY.format(id=line.id) if line.is_sip else line.number: odd[line.label, line.number]
            for line in wiring.phones
            if (line.label, line.number) in odd
        }
    )


async def first_call(database: Database, data: DemoData, now: datetime) -> SampleCall:
    """A call that an outlet will take at this hour: the first sample whose plan begins with an outlet, else the first."""
    async with database.session() as session:
        directory = await load_directory(session)
    snapshot = build_snapshot(directory, 1, now)
    calls = sample_calls(data)
    for call in calls:
        steps = decide(snapshot, call.to_did, call.from_number, now).plan.steps
        if steps and steps[0].outlet_id is not None:
            return call
    return calls[0]


async def awaits_robot(database: Database) -> tuple[str, ...]:
    """Numbers of customers whom the robot has still to call, E.164."""
    async with database.session() as session:
        rows = await session.scalars(
            select(ContactRow.value)
            .join(OrderRow, OrderRow.customer_id == ContactRow.customer_id)
            .join(RobotCallRow, RobotCallRow.order_id == OrderRow.id)
            .where(RobotCallRow.state == RobotState.WAITING.value, ContactRow.kind == ContactKind.PHONE)
            .order_by(RobotCallRow.id)
            .limit(AWAITING)
        )
        return tuple(rows)


def sample_calls(data: DemoData) -> tuple[SampleCall, ...]:
    """The first caller is a known customer with an open order; the others are strangers."""
    return tuple(SampleCall(sample.number, sample.did, sample.name) for sample in data.samples)


def _all_phones(data: DemoData) -> tuple[DemoPhone, ...]:
    outlets = (phone for org in data.orgs for outlet in org.outlets for phone in outlet.phones)
    people = (person.phone for person in data.people if person.phone is not None)
    return (*outlets, *people, *data.duty)
