"""Read side: what one person may do with an order's distribution, and what is told of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.network.model import Viewer


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a list: a reason, a dealer. `note` is a second line."""

    id: int
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView:
    """`may_…` are the buttons of the person. `alone_until`: until then others do not see it yet («видно вам ещё 3:12 до
    открытия всем»), None when nobody else is waiting. `for_org` names the subdealer to whom it is offered, empty for the
    person's own organisation. `reasons` to refuse, `release_reasons` to give back, `dealers` to assign to."""

    number: int
    may_accept: bool = False
    may_decline: bool = False
    may_release: bool = False
    may_assign: bool = False
    may_offer: bool = False
    may_see_why: bool = False
    alone_until: datetime | None = None
    for_org: str = ""
    reasons: tuple[Choice, ...] = ()
    release_reasons: tuple[Choice, ...] = ()
    dealers: tuple[Choice, ...] = ()


async def offer_view(session: AsyncSession, viewer: Viewer, order_id: int, now: datetime) -> OfferView:
    """Of an order that the viewer sees; whether he does is asked before."""
    return OfferView(number=order_id)
