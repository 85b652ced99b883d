"""The form of a policy of orders: there and back, what is wrong by its field, buttons, the drawing."""

from dataclasses import fields, replace

import pytest

from callcore.distribution.policy import OrderPolicy, OrderRule, OrderStage
from callcore.distribution.policy_check import OrderPolicyFacts
from callcore.network.policy import Period, Quota, QuotaUnit, StageKind
from callcore.network.policy_check import DealerFact
from web.strategies.drawing import draw
from web.strategies.form import QuotaForm, StageForm, StrategyForm, read_form, show_policy
from web.strategies.understand import understand

pytestmark = pytest.mark.unit

FACTS = OrderPolicyFacts(
    dealers={
        2: DealerFact(2, "Вектор", 500, True),
        3: DealerFact(3, "Кровля", 100, True),
        4: DealerFact(4, "Кровля", 0, False),
    },
    regions={"RU-MOW": "Москва", "RU-OMS": "Омская область"},
    dids={},
    categories=frozenset({"Панели", "Двери"}),
    articles=frozenset({"1272", "1273"}),
    services=frozenset({"installation", "delivery"}),
)
POLICY = OrderPolicy(
    stages=(
        OrderStage(
            StageKind.FIX,
            window_min=30,
            rules=(
                OrderRule(
                    2,
                    region_codes=("RU-MOW", "RU-OMS"),
                    categories=("Двери",),
                    articles=("1272",),
                    services=("installation",),
                    sources=("site", "ads"),
                    site_org_ids=(3,),
                    customer_ids=(12, 57),
                    min_kopecks=1_000_00,
                    max_kopecks=90_000_00,
                ),
            ),
        ),
        OrderStage(
            StageKind.QUOTA,
            period=Period.WEEK,
            quotas=(Quota(2, QuotaUnit.PERCENT, 12), Quota(3, QuotaUnit.QUANTITY, 30)),
        ),
        OrderStage(StageKind.RATING, window_min=5, min_points=100, best=3),
        OrderStage(StageKind.BASE, delay_min=15),
    ),
    min_points=0,
    counts_all=False,
    is_parallel=True,
)


def typed(form: StrategyForm) -> dict[str, str]:
    """As a browser sends it."""
    sent = {"min_points": form.min_points, "note": form.note, "shown": form.shown}
    sent |= {name: "1" for name in ("counts_all", "is_parallel") if getattr(form, name)}
    for index, stage in enumerate(form.stages):
        at = f"stages.{index}"
        for name in ("window_min", "delay_min", "period", "min_points", "best"):
            sent[f"{at}.{name}"] = getattr(stage, name)
        sent[f"{at}.kind"] = stage.kind.value
        for row, rule in enumerate(stage.rules):
            named = {"dealer": "org_id", "sites": "site_org_ids"}
            for name in (item.name for item in fields(rule)):
                sent[f"{at}.rules.{row}.{named.get(name, name)}"] = getattr(rule, name)
        for row, quota in enumerate(stage.quotas):
            own = f"{at}.quotas.{row}"
            sent |= {f"{own}.org_id": quota.dealer, f"{own}.unit": quota.unit, f"{own}.limit": quota.limit}
    return sent


def test_what_is_shown_comes_back_as_the_same_policy() -> None:
    form = show_policy(POLICY, FACTS, 7)
    assert form.stages[1].quotas[1].dealer == "Кровля № 3"  # its twin has the same name
    again = read_form(typed(form))
    assert again == form
    told = understand(again, FACTS)
    assert dict(told.errors) == {}
    assert told.policy == POLICY


def test_what_is_wrong_is_told_by_its_field_and_all_else_is_kept() -> None:
    form = show_policy(POLICY, FACTS, 7)
    fix, quota, rating, base = form.stages
    rule = replace(
        fix.rules[0],
        regions="Москва, Атлантида",
        articles="9999",
        max_sum="5",
        dealer="Кровля",
        customers="12, Пётр",
        sites="Атлант",
    )
    wrong = replace(
        form,
        stages=(
            replace(fix, rules=(rule,)),
            replace(
                quota, quotas=(QuotaForm("Вектор", "percent", "90"), QuotaForm("Кровля № 3", "percent", "11"))
            ),
            replace(rating, window_min=""),
            replace(base, delay_min="скоро"),
        ),
    )
    errors = understand(read_form(typed(wrong)), FACTS).errors
    assert set(errors) == {
        "stages.0.rules.0.org_id",
        "stages.0.rules.0.regions",
        "stages.0.rules.0.articles",
        "stages.0.rules.0.customers",
        "stages.0.rules.0.site_org_ids",
        "stages.0.rules.0.max_kopecks",
        "stages.1.quotas",
        "stages.2.window_min",
        "stages.3.delay_min",
    }
    assert "Атлантида" in errors["stages.0.rules.0.regions"]
    assert "Кровля № 4" in errors["stages.0.rules.0.org_id"]


def test_buttons_move_add_and_remove() -> None:
    form = show_policy(OrderPolicy(), FACTS, 0)
    assert form.missing == (StageKind.FIX, StageKind.QUOTA, StageKind.RATING)
    more = form.pressed("add.rating").pressed("add.fix")
    assert [stage.kind for stage in more.stages] == [StageKind.FIX, StageKind.RATING, StageKind.BASE]
    assert len(more.pressed("row.0").stages[0].rules) == 2
    assert more.pressed("drop-row.0.0").stages[0].rules == ()
    assert [stage.kind for stage in more.pressed("down.0").stages][:2] == [StageKind.RATING, StageKind.FIX]
    assert more.pressed("drop.1").pressed("drop.0") == form
    for button in ("", "up.0", "down.2", "drop.9", "add.base", "row.x", "drop-row.0"):
        assert more.pressed(button) == more
    assert more.without_blanks().stages[0] == StageForm(StageKind.FIX)


@pytest.mark.parametrize(
    ("stages", "seen"),
    [
        ((OrderStage(StageKind.BASE, delay_min=15),), [0]),
        ((OrderStage(StageKind.QUOTA), OrderStage(StageKind.BASE, delay_min=15)), [0, 15]),
        ((OrderStage(StageKind.RATING, window_min=5), OrderStage(StageKind.BASE, delay_min=5)), [0, 5]),
        (
            (
                OrderStage(StageKind.QUOTA),
                OrderStage(StageKind.RATING, window_min=5),
                OrderStage(StageKind.BASE, delay_min=15),
            ),
            [0, 15, 20],
        ),
    ],
)
def test_the_drawing_is_that_of_the_worked_timelines(stages: tuple[OrderStage, ...], seen: list[int]) -> None:
    drawing = draw(OrderPolicy(stages=stages))
    assert [bar.from_min for bar in drawing.bars] == seen
    assert drawing.total_min > seen[-1]
    beside = draw(OrderPolicy(stages=stages, is_parallel=True))
    assert [bar.from_min for bar in beside.bars] == [*([0] * (len(seen) - 1)), min(seen[-1], 15)]


def test_after_a_dealer_without_an_end_the_rest_waits_for_his_refusal() -> None:
    drawing = draw(OrderPolicy(stages=(OrderStage(StageKind.FIX), OrderStage(StageKind.BASE))))
    assert [bar.when for bar in drawing.bars] == ["сразу", "после отказа"]
