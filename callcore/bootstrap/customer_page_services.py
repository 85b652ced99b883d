"""Services of the pages for customers: the order form of a site, one's own order by its link."""

from typing import Final

from callcore.bootstrap.intake_services import IntakeDesk
from callcore.intake.customer_page import PublicOrder, public_file, public_order, stop_ads, write_message
from callcore.intake.site_form import SiteForm, site_form
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import NotFound
from callcore.kernel.rate import RateLimit
from callcore.messaging.feedback import leave_feedback, survey_of
from callcore.messaging.links import survey_token
from callcore.messaging.published import Reviews, published_reviews
from callcore.orders.file_store import FileStore
from callcore.orders.files import Download
from callcore.outbound.robot.confirm_order import LINK, confirm_order, may_confirm
from web.public.services import PublicServices

ORDERS_PER_MINUTE: Final = 6.0  # from one address: an office behind one address orders too
ORDERS_BURST: Final = 12
WORDS_PER_MINUTE: Final = 6.0
WORDS_BURST: Final = 20
LOOKS_PER_MINUTE: Final = 120.0
LOOKS_BURST: Final = 240


class CustomerDesk:
    """Names follow the services."""

    def __init__(self, database: Database, clock: Clock, intake: IntakeDesk, store: FileStore) -> None:
        self._database = database
        self._clock = clock
        self._intake = intake
        self._store = store
        self._orders = RateLimit(per_minute=ORDERS_PER_MINUTE, burst=ORDERS_BURST)
        self._words = RateLimit(per_minute=WORDS_PER_MINUTE, burst=WORDS_BURST)
        self._looks = RateLimit(per_minute=LOOKS_PER_MINUTE, burst=LOOKS_BURST)

    def services(self) -> PublicServices:
        return PublicServices(
            site_form=self.site_form,
            take=self._intake.take,
            order=self.order,
            survey=self.survey,
            say=self.say,
            feedback=self.feedback,
            reviews=self.reviews,
            may_confirm=self.may_confirm,
            confirm=self.confirm,
            stop_ads=self.stop_ads,
            file=self.file,
            admit_order=lambda ip: self._orders.admit(ip, self._clock.now()),
            admit_word=lambda ip: self._words.admit(ip, self._clock.now()),
            admit_look=lambda ip: self._looks.admit(ip, self._clock.now()),
        )

    async def site_form(self, org_id: int | None) -> SiteForm:
        async with self._database.session() as session:
            return await site_form(session, org_id)

    async def order(self, public_id: str) -> PublicOrder:
        async with self._database.session() as session:
            return await public_order(session, public_id)

    async def survey(self, order: PublicOrder) -> str:
        """Asked after closing, once; empty when it was not, or is answered."""
        async with self._database.session() as session:
            token = await survey_token(session, order.id, order.cycle, self._clock.now())
            try:
                asked = await survey_of(session, token)
            except NotFound:
                return ""
        return "" if asked.answered_at else f"/s/{token}"

    async def say(self, public_id: str, text: str, key: str) -> None:
        async with self._database.transaction() as session:
            await write_message(session, public_id, text, key, now=self._clock.now())

    async def feedback(self, order_id: int, kind: str, score: int | None, text: str) -> None:
        async with self._database.transaction() as session:
            _ = await leave_feedback(
                session, order_id=order_id, kind=kind, score=score, text=text, now=self._clock.now()
            )

    async def reviews(self, org_id: int | None, after: int | None, limit: int) -> Reviews:
        async with self._database.session() as session:
            return await published_reviews(session, org_id, after=after, limit=limit)

    async def may_confirm(self, order: PublicOrder) -> bool:
        async with self._database.session() as session:
            return await may_confirm(session, order.id)

    async def confirm(self, order_id: int) -> bool:
        async with self._database.transaction() as session:
            return await confirm_order(session, order_id, by=LINK, now=self._clock.now())

    async def stop_ads(self, public_id: str, ip: str) -> None:
        async with self._database.transaction() as session:
            await stop_ads(session, public_id, now=self._clock.now(), ip=ip)

    async def file(self, public_id: str, file_id: int) -> Download:
        async with self._database.session() as session:
            found = await public_file(session, public_id, file_id)
        return Download(await self._store.path(found.sha256), found.name, found.media_type)
