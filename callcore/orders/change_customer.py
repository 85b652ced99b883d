"""Use cases: changes of customers with the rights of the order desk around them; each is one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from callcore.customers.consents import ConsentKind, give_consent, revoke_consent
from callcore.customers.duplicates import Pair, find_duplicates
from callcore.customers.edit_customer import (
    CustomerFields,
    add_contact,
    make_main,
    remove_contact,
    save_customer,
)
from callcore.customers.merging import Choice, merge_customers, undo_merge
from callcore.customers.tables import CustomerMergeRow
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, NotFound
from callcore.network.model import Viewer
from callcore.orders import claims
from callcore.orders.claims import ClaimAnswer, NewClaim
from callcore.orders.customer_reach import CONSENT_WRITERS, MERGERS, customer_to_change
from callcore.orders.forget_customer import Eraser, Forgotten, forget_customer

CONSENT_TEXT: Final = "устно"  # what is written down after a talk has no text that was shown


@dataclass(frozen=True, slots=True)
class Merge:
    """`other_id` goes into `kept_id`. `shown` are the versions that were compared, in that order."""

    kept_id: int
    other_id: int
    choice: Choice
    shown: tuple[int, int]


class ChangeCustomers:
    """All raise NotFound for whom the person may not know, Forbidden for what it may not do."""

    def __init__(self, database: Database, clock: Clock, erasers: Sequence[Eraser] = ()) -> None:
        self._database = database
        self._clock = clock
        self._erasers = erasers

    async def save(self, viewer: Viewer, customer_id: int, fields: CustomerFields, shown: int) -> None:
        """Raises Invalid (fields), Conflict("customer-changed")."""
        async with self._database.transaction() as session:
            row = await customer_to_change(session, viewer, customer_id)
            await save_customer(session, row, fields, shown=shown, at=self._clock.now(), by=viewer.user_id)

    async def add_contact(self, viewer: Viewer, customer_id: int, text: str) -> None:
        """Raises Invalid (field contact), ContactTaken, NotAllowedNow."""
        async with self._database.transaction() as session:
            row = await customer_to_change(session, viewer, customer_id)
            await add_contact(session, row, text, at=self._clock.now(), by=viewer.user_id)

    async def remove_contact(self, viewer: Viewer, customer_id: int, contact_id: int) -> str:
        """What it was, for the message."""
        async with self._database.transaction() as session:
            row = await customer_to_change(session, viewer, customer_id)
            _, value = await remove_contact(session, row, contact_id, at=self._clock.now(), by=viewer.user_id)
        return value

    async def make_main(self, viewer: Viewer, customer_id: int, contact_id: int) -> None:
        async with self._database.transaction() as session:
            row = await customer_to_change(session, viewer, customer_id)
            await make_main(session, row, contact_id, at=self._clock.now(), by=viewer.user_id)

    async def set_consent(
        self, viewer: Viewer, customer_id: int, kind: ConsentKind, *, is_given: bool, ip: str
    ) -> None:
        """As told in a talk. `ip` is that of the person who writes it down."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            row = await customer_to_change(session, viewer, customer_id, CONSENT_WRITERS)
            source, by = "phone", viewer.user_id
            if is_given:
                await give_consent(
                    session,
                    row.id,
                    kind,
                    at=now,
                    source=source,
                    text_version=CONSENT_TEXT,
                    ip=ip,
                    actor_id=by,
                )
            else:
                await revoke_consent(session, row.id, kind, at=now, source=source, ip=ip, actor_id=by)

    async def duplicates(self, viewer: Viewer, customer_id: int | None = None) -> tuple[Pair, ...]:
        if viewer.role not in MERGERS:
            raise Forbidden("may-not-merge")
        async with self._database.session() as session:
            return await find_duplicates(session, customer_id)

    async def merge(self, viewer: Viewer, wanted: Merge) -> int:
        """The id of the merge, to take it back. Raises Conflict("customer-changed"), NotAllowedNow."""
        async with self._database.transaction() as session:
            kept = await customer_to_change(session, viewer, wanted.kept_id, MERGERS)
            other = await customer_to_change(session, viewer, wanted.other_id, MERGERS)
            now, by = self._clock.now(), viewer.user_id
            return await merge_customers(
                session, kept, other, wanted.choice, shown=wanted.shown, at=now, by=by
            )

    async def undo_merge(self, viewer: Viewer, merge_id: int) -> int:
        """The kept customer's id. Raises NotAllowedNow("merge-undone", "customer-gone")."""
        async with self._database.transaction() as session:
            row = await session.get(CustomerMergeRow, merge_id)
            if row is None:
                raise NotFound("merge-not-found")
            await customer_to_change(session, viewer, row.kept_id, MERGERS)
            kept_id, _ = await undo_merge(session, merge_id, at=self._clock.now(), by=viewer.user_id)
        return kept_id

    async def forget(
        self, viewer: Viewer, customer_id: int, *, reason: str, typed: str, with_recordings: bool
    ) -> Forgotten:
        """Raises Invalid (fields reason, typed), NotAllowedNow."""
        async with self._database.transaction() as session:
            return await forget_customer(
                session,
                viewer,
                customer_id,
                reason=reason,
                typed=typed,
                with_recordings=with_recordings,
                now=self._clock.now(),
                erasers=self._erasers,
            )

    async def check_claim(self, viewer: Viewer, asked: str) -> ClaimAnswer:
        """Raises Invalid (field asked), TooMany."""
        async with self._database.transaction() as session:
            return await claims.check_claim(session, viewer, asked, now=self._clock.now())

    async def register(self, viewer: Viewer, new: NewClaim) -> int:
        """The question is counted whatever comes of it. Raises as claims.register_customer, TooMany."""
        async with self._database.transaction() as session:
            await claims.count_registration(session, viewer, new, now=self._clock.now())
        async with self._database.transaction() as session:
            return await claims.register_customer(session, viewer, new, now=self._clock.now())

    async def release(self, viewer: Viewer, claim_id: int) -> None:
        async with self._database.transaction() as session:
            await claims.release_claim(session, viewer, claim_id, now=self._clock.now())
