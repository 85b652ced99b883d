"""Every flaw has a sentence; versions differ in words; the drawing and the quotas of a policy."""

import pytest

from callcore.network.policy import FixRule, Policy, Quota, QuotaUnit, Ringing, Stage, StageKind
from callcore.network.policy_check import DealerFact, Flaw, PolicyFacts, Problem
from callcore.routing.live import QuotaCount
from web.routing.changes import MAX_CHANGES, changes
from web.routing.policy_form import show_policy
from web.routing.quota_rows import quota_rows
from web.routing.timeline import timeline, top_now
from web.routing.understand import understand
from web.routing.words import problem_words
from web.ui.formats import NBSP

pytestmark = pytest.mark.unit

FACTS = PolicyFacts(
    dealers={
        2: DealerFact(2, "Вектор", 900),
        3: DealerFact(3, "Мастер № 7", 100),
        4: DealerFact(4, "Близнец", 500),
        5: DealerFact(5, "Близнец", 500, takes_calls=False),
    },
    regions={"RU-MOW": "Москва"},
    dids={1: "Сайт"},
)
BASE = Stage(StageKind.BASE)
WHOLE = Policy(
    stages=(
        Stage(StageKind.FIX, rules=(FixRule(3, ("RU-MOW",), (1,)), FixRule(4))),
        Stage(
            StageKind.QUOTA,
            quotas=(Quota(2, QuotaUnit.PERCENT, 40), Quota(5, QuotaUnit.QUANTITY, 7)),
            ring_s=15,
        ),
        Stage(StageKind.RATING, min_points=200, best=2, ringing=Ringing.ALL),
        BASE,
    ),
    min_points=-5,
    points_missed=-3,
    to_neighbours=False,
)


@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_has_a_sentence(flaw: Flaw) -> None:
    text = problem_words(Problem("x", flaw, 1, 1000))
    assert text[:1].isupper()
    assert "{" not in text


def test_a_policy_comes_back_from_its_form_unchanged() -> None:
    """Also dealers whose names are equal or hold a number of their own."""
    told = understand(show_policy(WHOLE, FACTS, 4), FACTS)
    assert told.errors == {}
    assert told.policy == WHOLE


def test_what_changed() -> None:
    assert changes(None, WHOLE, FACTS) == ("Первая версия",)
    assert changes(WHOLE, WHOLE, FACTS) == ("Ничего не изменилось",)
    assert changes(WHOLE, None, FACTS) == ("Эту версию прочесть не удалось",)
    plain = Policy(stages=(BASE,))
    told = changes(plain, WHOLE, FACTS)
    for expected in (
        "Порог для звонков с сайта: нет → −5 баллов",
        "Соседние регионы: выключены",
        "Баллов за пропущенный звонок: 0 → −3",
        "Добавлена ступень «Рейтинг»",
    ):
        assert expected in told
    few = Policy(stages=(Stage(StageKind.QUOTA, quotas=(Quota(2, QuotaUnit.PERCENT, 25),)), BASE))
    more = Policy(
        stages=(
            Stage(StageKind.QUOTA, quotas=(Quota(2, QuotaUnit.PERCENT, 30), Quota(3, QuotaUnit.QUANTITY, 9))),
            BASE,
        )
    )
    assert [text.replace(NBSP, " ") for text in changes(few, more, FACTS)] == [
        "«Базовая+»: Вектор 25 % → 30 %",
        "«Базовая+»: Мастер № 7 получает 9 зв.",
    ]
    ruled = Policy(stages=(Stage(StageKind.FIX, rules=(FixRule(2, ("RU-MOW",)),)), BASE))
    other = Policy(stages=(Stage(StageKind.FIX, rules=(FixRule(2),)), BASE))
    assert changes(ruled, other, FACTS) == (
        "«Фикс»: правило добавлено: любой звонок → Вектор",
        "«Фикс»: правило убрано: Москва → Вектор",
    )
    swapped = Policy(stages=(*WHOLE.stages[1:], WHOLE.stages[0]))
    assert "Порядок ступеней: Базовая+ → Рейтинг → Базовая → Фикс" in changes(
        Policy(stages=WHOLE.stages), swapped, FACTS
    )


def test_very_many_changes_are_counted() -> None:
    dealers = {number: DealerFact(number, f"Дилер {number}", 0) for number in range(1, 60)}
    many = Stage(StageKind.QUOTA, quotas=tuple(Quota(number, QuotaUnit.QUANTITY, 1) for number in dealers))
    empty = Stage(StageKind.QUOTA)
    told = changes(Policy(stages=(empty,)), Policy(stages=(many,)), PolicyFacts(dealers))
    assert len(told) == MAX_CHANGES + 1
    assert told[-1] == "и ещё изменений: 47"


def test_the_top_and_the_drawing() -> None:
    assert top_now(WHOLE.stages[2], WHOLE, FACTS) == (2, 4)
    line = timeline(WHOLE, FACTS)
    assert [(one.kind, one.from_s, one.to_s) for one in line.stretches] == [
        ("fix", 0, 20),
        ("quota", 20, 35),
        ("rating", 35, 55),
        ("base", 55, 115),
        ("operators", 115, 145),
        ("duty", 145, 170),
    ]
    assert line.total_s == 170


def test_expected_against_actual_says_why() -> None:
    rows = quota_rows(WHOLE, FACTS, QuotaCount(100, {2: 12, 5: 3}))
    assert [(row.dealer, row.expected, row.given) for row in rows] == [
        ("Вектор", 40.0, 12),
        ("Близнец № 5", 7.0, 3),
    ]
    assert rows[0].why == "звонков из его регионов в его часы меньше, чем эта доля"
    assert rows[1].why == "не берёт звонки с сайта"
    assert quota_rows(WHOLE, FACTS, QuotaCount(100, {2: 40}))[0].why == ""
    assert quota_rows(Policy(), FACTS, QuotaCount()) == ()
