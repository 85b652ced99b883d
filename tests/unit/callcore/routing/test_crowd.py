"""Candidates of many hours: those open in a quarter stand in one order beforehand, and nobody is chosen otherwise for it."""

import pickle
import random
from datetime import datetime, timedelta

import pytest

from callcore.network.days import HoursOverride
from callcore.network.policy import ActivePolicy, Policy, Ringing, Stage, StageKind
from callcore.routing.decide import decide
from callcore.routing.hours import DAYS
from callcore.routing.known import RoutingSnapshot
from callcore.routing.live import Live
from callcore.routing.snapshot import MANY_HOURS, with_policy
from tests.fakes import network
from tests.fakes.network import MADE_AT, MONDAY_NOON_UTC, SITE_MOSCOW

pytestmark = pytest.mark.unit

ZONES = ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Kolkata")
DEALERS = range(2, 14)


def crowd(dice: random.Random) -> RoutingSnapshot:
    """Hours that begin and end at quarters, at other minutes, and such as somebody holds by hand."""

    def outlet(number: int) -> network.Outlet:
        begins, ends = dice.randrange(7, 12), dice.randrange(15, 24)
        minutes = dice.choice(("00", "15", "45", "10"))
        override = HoursOverride(dice.random() < 0.5, MADE_AT + timedelta(days=2, minutes=7), "Учёт")
        return network.outlet(
            100 + number,
            dice.choice(DEALERS),
            tz=dice.choice(ZONES),
            hours={
                day: [[f"{begins:02}:{minutes}", f"{ends}:{minutes}"]] for day in DAYS[: dice.randint(5, 7)]
            },
            position=dice.randrange(5),
            override=override if number % 12 == 0 else None,
        )

    outlets = tuple(outlet(number) for number in range(150))
    return network.snapshot(
        orgs=(network.org(1, "/1/"), *(network.org(n, f"/1/{n}/", points=n % 4 * 100) for n in DEALERS)),
        outlets=outlets,
        phones=tuple(network.outlet_phone(1000 + one.id, one.id, one.org_id) for one in outlets),
    )


def live(dice: random.Random, at: datetime) -> Live:
    used = {org_id: at - timedelta(minutes=dice.randrange(30)) for org_id in DEALERS if org_id % 3}
    return Live(
        version=1, org_used_at=used, unreachable=frozenset({f"p{1000 + 100 + n}" for n in range(0, 150, 7)})
    )


@pytest.mark.parametrize("ringing", list(Ringing))
@pytest.mark.parametrize("best", [0, 3])
def test_it_changes_no_decision(ringing: Ringing, best: int) -> None:
    dice = random.Random(7)
    stages = (
        Stage(StageKind.RATING, min_points=100, best=best, ringing=ringing),
        Stage(StageKind.BASE, ringing=ringing),
    )
    policy = ActivePolicy(1, 1, "Очередь", Policy(stages))
    plain = with_policy(crowd(random.Random(5)), policy)
    ahead = with_policy(crowd(random.Random(5)), policy)
    many = ahead.outlets_by_region["RU-MOW",]
    assert len(many.groups) > MANY_HOURS
    for _ in range(30):
        at = MONDAY_NOON_UTC + timedelta(minutes=dice.randrange(4 * 24 * 60))
        now = live(dice, at)
        ahead.quarters.prepare(at)
        assert decide(ahead, SITE_MOSCOW, "+79160000001", at, now) == decide(
            plain, SITE_MOSCOW, "+79160000001", at, now
        )
    assert len(many.ahead) == 2
    assert not plain.outlets_by_region["RU-MOW",].ahead


def test_another_process_works_it_out_for_itself() -> None:
    snapshot = crowd(random.Random(5))
    snapshot.quarters.prepare(MADE_AT)
    told: RoutingSnapshot = pickle.loads(pickle.dumps(snapshot))
    many = told.outlets_by_region["RU-MOW",]
    assert not many.ahead
    told.quarters.prepare(MADE_AT)
    assert many.ahead
