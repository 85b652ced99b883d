"""What stands in addresses of customers' pages: a second contact, a claim, a merge that can be taken back."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.customers.tables import ContactRow, CustomerClaimRow, CustomerMergeRow, CustomerRow
from tests.fakes.clock import FakeClock


@dataclass(frozen=True)
class CustomerSeeds:
    contact_id: int = 0
    claim_id: int = 0
    merge_id: int = 0


async def seed_customer(
    session: AsyncSession, clock: FakeClock, customer_id: int, org_id: int
) -> CustomerSeeds:
    now = clock.now()
    contact = ContactRow(customer_id=customer_id, kind="email", value="praskovya@example.test", is_main=False)
    merged = CustomerRow(name="Прасковья", created_at=now, merged_into_id=customer_id)
    claim = CustomerClaimRow(customer_id=customer_id, org_id=org_id, at=now, until=now + timedelta(days=90))
    session.add_all([contact, merged, claim])
    await session.flush()
    moved = {"rows": {}, "mains": [], "before": {}, "version": 0}
    merge = CustomerMergeRow(kept_id=customer_id, merged_id=merged.id, at=now, moved=moved)
    session.add(merge)
    await session.flush()
    return CustomerSeeds(contact.id, claim.id, merge.id)
