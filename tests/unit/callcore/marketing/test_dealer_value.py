"""What one request to a dealer brings; costs as people write them."""

from datetime import date

import pytest

from callcore.kernel.errors import Invalid
from callcore.marketing.cost_file import kopecks_of, month_of, read_costs
from callcore.marketing.dealer_value import DealerValue, Sort, ranked, total_of
from callcore.network.costs import CostKind

pytestmark = pytest.mark.unit

# ten requests, four fulfilled for 40 000, 10 000 spent: 0.4 x 10 000 - 1 000
GOOD = DealerValue(
    org_id=2, points=10, given=10, owned=8, done=4, in_time=3, revenue_kopecks=4_000_000, cost_kopecks=1_000_000,
    own_calls=10, answered=9, complaints=2, answers=2, score_sum=9, first_call_s=60,
)  # fmt: skip
DEAR = DealerValue(
    org_id=3, points=90, given=2, owned=2, cost_kopecks=50_000, own_calls=4, answered=4, first_call_s=600
)
IDLE = DealerValue(org_id=4, points=50)


def test_the_expected_margin_is_conversion_times_mean_order_less_cost():
    assert (GOOD.conversion, GOOD.mean_order_kopecks, GOOD.cost_of_request) == (0.4, 1_000_000, 100_000)
    assert (
        GOOD.expected_kopecks == GOOD.conversion * GOOD.mean_order_kopecks - GOOD.cost_of_request == 300_000
    )
    assert (GOOD.margin_kopecks, GOOD.return_percent) == (3_000_000, 300)
    assert (GOOD.answered_percent, GOOD.complaint_percent, GOOD.score, GOOD.in_time_percent) == (
        90,
        25,
        4.5,
        75,
    )
    assert DEAR.expected_kopecks == -25_000
    assert (IDLE.expected_kopecks, IDLE.conversion, IDLE.return_percent, IDLE.score) == (None,) * 4


def test_who_deserves_the_call_stands_first_and_who_is_not_known_last():
    everybody = (IDLE, DEAR, GOOD)
    assert [one.org_id for one in ranked(everybody, Sort.MARGIN)] == [2, 3, 4]
    assert [one.org_id for one in ranked(everybody, Sort.QUALITY)] == [3, 2, 4]
    assert [one.org_id for one in ranked(everybody, Sort.MONEY)] == [2, 3, 4]


def test_the_whole_is_the_sum_of_its_parts():
    total = total_of((GOOD, DEAR, IDLE))
    assert (total.given, total.done, total.cost_kopecks, total.own_calls) == (12, 4, 1_050_000, 14)
    assert total.first_call_s == (60 * 8 + 600 * 2) / 10
    assert total_of(()).expected_kopecks is None


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-10", date(2026, 10, 1)), ("2026-10-31", date(2026, 10, 1)), ("10.2026", date(2026, 10, 1)),
        ("31.10.2026", date(2026, 10, 1)), ("2026-13", None), ("октябрь", None), ("", None), ("2026", None),
    ],
)  # fmt: skip
def test_months(text, month):
    assert month_of(text) == month


@pytest.mark.parametrize(
    ("text", "kopecks"),
    [
        ("12500", 1_250_000), ("12 500,50 ₽", 1_250_050), ("0.01", 1), ("-5", -500), ("1,005", None), ("NaN", None),
        ("1e30", None), ("inf", None), ("много", None), ("9" * 40, None),
    ],
)  # fmt: skip
def test_sums(text, kopecks):
    assert kopecks_of(text) == kopecks


def test_a_table_is_read_whole_or_named_by_its_lines():
    dealers = {"ООО «Вектор»": 2, "Мастер": 3}
    head = ["Сумма", "дилер", "Месяц", "Статья", "Лишнее"]
    found = read_costs(
        [
            head,
            ["100", " ооо  «вектор» ", "2026-10", "реклама"],
            ["", "", ""],
            ["5,50", "Мастер", "10.2026", ""],
        ],
        dealers,
    )
    assert [(one.org_id, one.kind, one.kopecks, one.line) for one in found] == [
        (2, CostKind.ADS, 10_000, 2), (3, CostKind.OTHER, 550, 4)
    ]  # fmt: skip
    with pytest.raises(Invalid) as refused:
        read_costs(
            [head, ["100", "Чужой", "2026-10", ""], ["5", "Мастер", "когда-то", ""], ["1", "Мастер", "2026-10", "Еда"],
             ["x", "Мастер", "2026-10", ""], ["1", "Мастер", "2026-10", "Связь"]],
            dealers,
        )  # fmt: skip
    assert refused.value.details["fields"] == {
        "2": "unknown",
        "3": "not-month",
        "4": "not-kind",
        "5": "not-sum",
    }
    with pytest.raises(Invalid) as refused:
        read_costs([["Дилер", "Сумма"], ["Мастер", "1"]], dealers)
    assert refused.value.details["missing"] == "Месяц, Статья"
