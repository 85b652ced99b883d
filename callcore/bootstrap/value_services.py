"""What dealers bring and cost, out of every room that knows a part of it; and the rating that follows, kept at hand."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcore.calls.answer_share import Answered, answered_by_org, spent_by_org
from callcore.distribution.policy_store import load_order_policies, order_policy_facts
from callcore.intake.table_files import read_table
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden
from callcore.kernel.tasks import TaskOwner, every
from callcore.marketing.cost_file import read_costs
from callcore.marketing.dealer_value import DealerValue, Sort, ranked, total_of
from callcore.messaging.satisfaction import NOTHING_SAID, Satisfaction, satisfaction_by_org
from callcore.network.change_costs import ChangeCosts
from callcore.network.change_rating import ChangeRating, stored_weights, write_ratings
from callcore.network.costs import VALUE_READERS, CostPage, DealerName, costs_by_org, dealer_names, list_costs
from callcore.network.dealers import region_names
from callcore.network.merits import Merit, Weights, ratings, shares
from callcore.network.model import Viewer
from callcore.network.policies import load_policies
from callcore.network.policy import Stage, StageKind
from callcore.network.policy_check import DealerFact
from callcore.network.policy_versions import POLICY_READERS, policy_facts
from callcore.network.top import top_of
from callcore.orders.dealer_results import NO_RESULTS, DealerResults, dealer_results
from web.value.services import Rated, RatingBook, TopChange, ValueReport, ValueServices

RATED_OVER: Final = timedelta(days=90)
RENEW_S: Final = 3600.0


class DealerValues:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._change = ChangeRating(database, clock)
        self._change_costs = ChangeCosts(database, clock)

    def services(self) -> ValueServices:
        return ValueServices(
            report=self.report,
            regions=self.regions,
            costs=self.costs,
            change_costs=self._change_costs,
            bring_costs=self.bring_costs,
            rating=self.rating,
            save_rating=self.save_rating,
        )

    def start(self, tasks: TaskOwner) -> None:
        """Ratings of several measures are renewed by the hour."""
        _ = tasks.spawn("ratings", every(RENEW_S, self.renew))

    async def report(self, viewer: Viewer, first: date, last: date, region: str, sort: Sort) -> ValueReport:
        """Raises Forbidden."""
        if viewer.role not in VALUE_READERS:
            raise Forbidden("not-value-reader")
        zone = ZoneInfo(viewer.tz)
        since = datetime(first.year, first.month, first.day, tzinfo=zone).astimezone(UTC)
        until = datetime(last.year, last.month, last.day, tzinfo=zone).astimezone(UTC) + timedelta(days=1)
        async with self._database.session() as session:
            names = await dealer_names(session)
            results = await dealer_results(session, since, until, region)
            whole = await dealer_results(session, since, until) if region else results
            answered = await answered_by_org(session, since, until, region)
            said = await satisfaction_by_org(session, since, until, region)
            typed = await costs_by_org(session, first, last)
            spent = await spent_by_org(session, since, until)
            regions = await region_names(session)
        values = []
        for dealer in names:
            own, all_of_it = results.get(dealer.id, NO_RESULTS), whole.get(dealer.id, NO_RESULTS)
            cost = _share(typed.get(dealer.id, 0) + spent.get(dealer.id, 0), own, all_of_it, region)
            calls = answered.get(dealer.id, Answered())
            if own.given or calls.own or cost or not region or region in dealer.serves:
                values.append(_value(dealer, own, cost, calls, said.get(dealer.id, NOTHING_SAID)))
        return ValueReport(values=ranked(values, sort), total=total_of(values), regions=regions)

    async def regions(self) -> Mapping[str, str]:
        async with self._database.session() as session:
            return await region_names(session)

    async def costs(self, viewer: Viewer, month: date | None) -> CostPage:
        async with self._database.session() as session:
            return await list_costs(session, viewer, month)

    async def bring_costs(self, viewer: Viewer, raw: bytes) -> int:
        """How many lines of the table were taken: all of them. Raises what read_table, read_costs and ChangeCosts.bring do."""
        dealers = await self._change_costs.dealers(viewer)
        rows = await asyncio.to_thread(read_table, raw)
        costs = read_costs(rows, dealers)
        await self._change_costs.bring(viewer, costs, sha256(raw).hexdigest())
        return len(costs)

    async def rating(self, viewer: Viewer, tried: Weights | None) -> RatingBook:
        """As it is, and as it would be by the weights `tried`; None: those in force. Raises Forbidden."""
        if viewer.role not in POLICY_READERS:
            raise Forbidden("not-policy-reader")
        async with self._database.session() as session:
            stored = await stored_weights(session)
            merits = await self._merits(session)
            names = {one.id: one.name for one in await dealer_names(session)}
            now = ratings(stored.weights, merits)
            then = ratings(tried or stored.weights, merits)
            tops = await _tops(session, now, then)
        found = shares(merits)
        rated = [
            Rated(one, names[one.org_id], found[one.org_id], now[one.org_id], then[one.org_id])
            for one in merits
        ]
        rated.sort(key=lambda one: (-one.then, one.name, one.merit.org_id))
        return RatingBook(stored=stored, rated=tuple(rated), tops=tops, days=RATED_OVER.days)

    async def save_rating(self, viewer: Viewer, weights: Weights, shown: int) -> None:
        """As ChangeRating.save; the numbers follow at once."""
        await self._change.save(viewer, weights, shown=shown)
        await self.renew()

    async def renew(self) -> None:
        async with self._database.transaction() as session:
            stored = await stored_weights(session)
            is_plain = stored.weights.is_points_only
            found = {} if is_plain else ratings(stored.weights, await self._merits(session))
            await write_ratings(session, found)

    async def _merits(self, session: AsyncSession) -> list[Merit]:
        until = self._clock.now()
        results = await dealer_results(session, until - RATED_OVER, until)
        said = await satisfaction_by_org(session, until - RATED_OVER, until)
        return [_merit(one, results.get(one.id, NO_RESULTS), said) for one in await dealer_names(session)]


def _share(cost: int, own: DealerResults, whole: DealerResults, region: str) -> int:
    """Costs are those of the dealer; of one region they are as many parts as requests of his come from it."""
    if not region:
        return cost
    return round(cost * own.given / whole.given) if whole.given else 0


def _value(
    dealer: DealerName, own: DealerResults, cost: int, calls: Answered, said: Satisfaction
) -> DealerValue:
    return DealerValue(
        org_id=dealer.id,
        name=dealer.name,
        region_name=dealer.region_name,
        points=dealer.points,
        given=own.given,
        owned=own.owned,
        done=own.done,
        in_time=own.in_time,
        revenue_kopecks=own.revenue_kopecks,
        cost_kopecks=cost,
        own_calls=calls.own,
        answered=calls.answered,
        first_call_s=own.first_call_s,
        complaints=said.complaints,
        answers=said.answers,
        score_sum=(said.score or 0) * said.answers,
    )


def _merit(dealer: DealerName, own: DealerResults, said: Mapping[int, Satisfaction]) -> Merit:
    return Merit(
        dealer.id,
        dealer.points,
        own.revenue_kopecks,
        100 * own.in_time / own.done if own.done else None,
        said.get(dealer.id, NOTHING_SAID).score,
    )


async def _tops(
    session: AsyncSession, now: Mapping[int, int], then: Mapping[int, int]
) -> tuple[TopChange, ...]:
    """Of each strategy of calls and of orders that has a stage «Рейтинг»."""
    callers = (await policy_facts(session)).dealers.values()
    sellers = (await order_policy_facts(session)).dealers.values()
    orders = await load_order_policies(session)
    found: list[tuple[str, Stage, int | None, Iterable[DealerFact]]] = []
    for call in await load_policies(session):
        stages = (one for one in call.policy.stages if one.kind is StageKind.RATING)
        found += [(f"Звонки, «{call.name}»", one, call.policy.min_points, callers) for one in stages]
    for order in (orders.main, *orders.own):
        chosen = [one for one in order.policy.stages if one.kind is StageKind.RATING]
        title = f"Заказы, «{order.name}»" if order.name else "Заказы"
        found += [(title, one, order.policy.min_points, sellers) for one in chosen]
    return tuple(
        TopChange(
            title,
            stage.min_points,
            stage.best,
            _names(top_of(stage, gate, _rated(dealers, now))),
            _names(top_of(stage, gate, _rated(dealers, then))),
        )
        for title, stage, gate, dealers in found
    )


def _rated(dealers: Iterable[DealerFact], found: Mapping[int, int]) -> list[DealerFact]:
    return [replace(one, rating=found.get(one.id)) for one in dealers]


def _names(dealers: Iterable[DealerFact]) -> tuple[str, ...]:
    return tuple(one.name for one in dealers)
