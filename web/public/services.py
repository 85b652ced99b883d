"""What pages for customers need from below; bootstrap fills it. Nobody is signed in: the link is the right."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from callcore.intake.customer_page import PublicOrder
from callcore.intake.draft import Draft
from callcore.intake.once import Press
from callcore.intake.site_form import SiteForm
from callcore.intake.take_in import Sender
from callcore.intake.take_once import Taken
from callcore.messaging.published import Reviews
from callcore.orders.files import Download


class TakeOnce(Protocol):
    async def __call__(self, press: Press, draft: Draft, sender: Sender) -> Taken: ...


class LeaveFeedback(Protocol):
    async def __call__(self, order_id: int, kind: str, score: int | None, text: str) -> None: ...


class FindReviews(Protocol):
    async def __call__(self, org_id: int | None, after: int | None, limit: int) -> Reviews: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicServices:
    """`survey` gives the path of the question that waits for this order, or nothing. `admit_order`, `admit_word` and
    `admit_look` raise TooMany for an address in too great a hurry."""

    site_form: Callable[[int | None], Awaitable[SiteForm]]
    take: TakeOnce
    order: Callable[[str], Awaitable[PublicOrder]]
    survey: Callable[[PublicOrder], Awaitable[str]]
    say: Callable[[str, str, str], Awaitable[None]]
    feedback: LeaveFeedback
    reviews: FindReviews
    may_confirm: Callable[[PublicOrder], Awaitable[bool]]
    confirm: Callable[[int], Awaitable[bool]]
    stop_ads: Callable[[str, str], Awaitable[None]]
    file: Callable[[str, int], Awaitable[Download]]
    admit_order: Callable[[str], None]
    admit_word: Callable[[str], None]
    admit_look: Callable[[str], None]


SERVICES = web.AppKey("public_services", PublicServices)
