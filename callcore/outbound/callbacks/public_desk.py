"""Use case: the door for customers. What a site's form shows, and what is asked of who sends it: proof of work instead of a
captcha, a field that only machines fill in, stricter limits for who comes without script."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.rights import orgs_below
from callcore.calls.settings import call_settings
from callcore.intake.customer_page import maker_name
from callcore.intake.once import Press
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Invalid, NotFound
from callcore.kernel.ids import public_id
from callcore.kernel.rate import RateLimit
from callcore.network.api_keys import ApiCaller
from callcore.orders.model import DEFAULT_TZ
from callcore.outbound.callbacks.ask_callback import AskCallback, AskedCallback
from callcore.outbound.callbacks.model import CallbackAsk, CallbackSource, Slot, slots
from callcore.outbound.callbacks.proof_of_work import (
    BITS,
    hashed_ip,
    is_hasty,
    is_solved,
    make_challenge,
    read_challenge,
)
from callcore.outbound.callbacks.sites import CallbackSite, site_by_key

PER_MINUTE: Final = 10.0  # posts of one address, whatever comes of them
BURST: Final = 20
ACTOR: Final = "callback"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackOffer:
    """What the form needs. `bits` of work; `times` on the wall clock of whoever is called."""

    site: CallbackSite
    maker_name: str
    challenge: str
    bits: int
    times: tuple[Slot, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentForm:
    """As it came. `trap` is filled in by machines only; `answer` is the proof of work, empty for who has no script."""

    key: str
    challenge: str
    answer: str
    trap: str
    told: CallbackAsk


class PublicCallbacks:
    """`secret` signs challenges and hides addresses."""

    def __init__(
        self, database: Database, clock: Clock, asking: AskCallback, secret: Callable[[], bytes]
    ) -> None:
        self._database = database
        self._clock = clock
        self._asking = asking
        self._secret = secret
        self._posts = RateLimit(per_minute=PER_MINUTE, burst=BURST)

    async def site(self, key: str) -> CallbackSite:
        """Raises NotFound."""
        async with self._database.session() as session:
            return await site_by_key(session, key)

    async def offer(self, key: str, tz: str = DEFAULT_TZ) -> CallbackOffer:
        """`tz` says which moments of today have passed there. Raises NotFound."""
        now = self._clock.now()
        async with self._database.session() as session:
            site = await site_by_key(session, key)
            settings = await call_settings(session)
            maker = await maker_name(session)
        return CallbackOffer(
            site=site,
            maker_name=maker,
            challenge=make_challenge(self._secret(), site.key, public_id(), now),
            bits=BITS,
            times=slots(now, _zone(tz), settings),
        )

    async def ask(self, sent: SentForm, ip: str) -> AskedCallback | None:
        """None: a machine, and it need not know. Raises NotFound, Invalid("check-failed"), and as AskCallback.ask."""
        now = self._clock.now()
        self._posts.admit(ip, now)
        site = await self.site(sent.key)
        if sent.trap:
            return None
        challenge = read_challenge(self._secret(), sent.challenge, now)
        if challenge is None or challenge.site != site.key:
            raise Invalid("check-failed")
        has_worked = is_solved(sent.challenge, sent.answer)
        if not has_worked and (sent.answer or is_hasty(challenge, now)):
            raise Invalid("check-failed")
        source = CallbackSource.WIDGET if has_worked else CallbackSource.PAGE
        told = replace(sent.told, source=source)
        same = f"{told.number}\n{told.at}\n{told.name}".encode()
        press = Press.of(ACTOR, challenge.salt, same)
        return await self._asking.ask(told, site, press=press, ip_hash=hashed_ip(self._secret(), ip))

    async def ask_by_program(self, caller: ApiCaller, press: Press, told: CallbackAsk) -> AskedCallback:
        """Raises Invalid as AskCallback.ask, also for a site that is not the program's to name."""
        async with self._database.session() as session:
            site = await _own(session, caller, told.site)
        return await self._asking.ask(told, site, press=press)


async def _own(session: AsyncSession, caller: ApiCaller, key: str) -> CallbackSite:
    """The named site, of which a dealer's program may name its own; without one the program itself. Raises Invalid."""
    org_id = caller.viewer.org_id if caller.is_dealer else None
    if not key:
        return CallbackSite(key=f"api:{caller.key_id}", title=caller.name, org_id=org_id, source="api")
    try:
        site = await site_by_key(session, key)
    except NotFound:
        raise Invalid("fields-wrong", fields={"site": "site-wrong"}) from None
    if caller.is_dealer and site.org_id not in await orgs_below(session, caller.viewer.org_path):
        raise Invalid("fields-wrong", fields={"site": "site-wrong"})
    return site


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key if text else DEFAULT_TZ
    except (ValueError, OSError, KeyError):
        return DEFAULT_TZ


def read_time(day: str, minute: str) -> datetime | None:
    """A moment on the wall clock of whoever is called: no zone. Raises Invalid (field at)."""
    if not day and not minute:
        return None
    try:
        at = datetime.fromisoformat(f"{day[:10]}T{minute[:5]}")
    except ValueError:
        raise Invalid("fields-wrong", fields={"at": "time-wrong"}) from None
    if at.tzinfo is not None:
        raise Invalid("fields-wrong", fields={"at": "time-wrong"})
    return at
