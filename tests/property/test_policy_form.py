"""Whatever a form holds, it is read, told and shown again without a failure; a sound policy survives its form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from callcore.network.policy import (
    MAX_POINTS,
    FixRule,
    Period,
    Policy,
    Quota,
    QuotaUnit,
    Ringing,
    Stage,
    StageKind,
    policy_from_json,
    policy_to_json,
)
from callcore.network.policy_check import DealerFact, PolicyFacts, check_policy, errors_of
from web.routing.changes import changes
from web.routing.policy_form import NUMBERS, read_form, show_policy
from web.routing.timeline import timeline
from web.routing.understand import understand

pytestmark = pytest.mark.property

FACTS = PolicyFacts(
    dealers={
        2: DealerFact(2, "Вектор", 900),
        3: DealerFact(3, "Мастер № 7", 100),
        4: DealerFact(4, "Близнец", 500),
        5: DealerFact(5, "Близнец", 500, takes_calls=False),
    },
    regions={"RU-MOW": "Москва", "RU-MOS": "Московская область"},
    dids={1: "Сайт", 2: "Сайт, Москва"},
)
IDS = st.sampled_from(sorted(FACTS.dealers))
PLACES = st.sampled_from(
    [
        "kind", "ring_s", "ringing", "period", "min_points", "best", "rules.0.org_id", "rules.0.regions", "rules.0.region",
        "rules.0.did", "rules.0.dids", "rules.1.org_id", "quotas.0.org_id", "quotas.0.unit", "quotas.0.limit",
        "quotas.1.org_id",
    ]
)  # fmt: skip
NAMES = st.one_of(
    st.builds(lambda index, place: f"stages.{index}.{place}", st.integers(0, 3), PLACES),
    st.sampled_from([*NUMBERS, "min_points", "note", "shown", "own_order_first"]),
)
VALUES = st.one_of(
    st.text(max_size=12),
    st.integers(-(10**12), 10**12).map(str),
    st.sampled_from(
        [
            "fix",
            "quota",
            "rating",
            "base",
            "percent",
            "Вектор",
            "Близнец",
            "№ 3",
            "№",
            "Москва",
            "²",
            "١",
            "-",
            "−5",
        ]
    ),
)
BUTTONS = st.one_of(
    st.text(max_size=12),
    st.builds(
        lambda name, one, two: f"{name}.{one}.{two}",
        st.sampled_from(["up", "down", "drop", "row", "drop-row", "add"]),
        st.integers(-1, 9),
        st.integers(-1, 9),
    ),
    st.sampled_from(["add.fix", "add.quota", "add.rating", "add.base", "row.0", "up.1", "drop.0"]),
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=40), st.lists(BUTTONS, max_size=5))
def test_any_form_is_understood_or_told(fields: list[tuple[str, str]], buttons: list[str]) -> None:
    form = read_form(MultiDict(fields), FACTS)
    for button in buttons:
        form = form.pressed(button)
    told = understand(form.without_blanks(), FACTS)
    assert timeline(told.policy, FACTS).total_s >= 0
    assert all(told.errors.values())
    if not told.errors:
        assert errors_of(check_policy(told.policy, FACTS)) == ()
        assert policy_from_json(policy_to_json(told.policy)) == told.policy


@st.composite
def stages(draw: st.DrawFn) -> tuple[Stage, ...]:
    kinds = draw(st.permutations(list(StageKind)))
    return tuple(draw(_stage(kind)) for kind in kinds[: draw(st.integers(1, 4))])


def _stage(kind: StageKind) -> st.SearchStrategy[Stage]:
    common = {
        "kind": st.just(kind),
        "ring_s": st.one_of(st.just(0), st.integers(5, 120)),
        "ringing": st.sampled_from(Ringing),
    }
    rules = st.builds(
        FixRule,
        IDS,
        st.lists(st.sampled_from(sorted(FACTS.regions)), unique=True).map(tuple),
        st.lists(st.sampled_from(sorted(FACTS.dids)), unique=True).map(tuple),
    )
    quotas = st.lists(
        st.builds(Quota, IDS, st.sampled_from(QuotaUnit), st.integers(1, 25)),
        min_size=1,
        unique_by=lambda quota: quota.org_id,
    )
    own: dict[StageKind, dict[str, st.SearchStrategy[object]]] = {
        StageKind.FIX: {"rules": st.lists(rules, min_size=1, max_size=3).map(tuple)},
        StageKind.QUOTA: {"quotas": quotas.map(tuple), "period": st.sampled_from(Period)},
        StageKind.RATING: {"min_points": st.integers(-MAX_POINTS, MAX_POINTS), "best": st.integers(1, 100)},
        StageKind.BASE: {},
    }
    return st.builds(Stage, **common, **own[kind])


POLICIES = st.builds(
    Policy,
    stages=stages(),
    min_points=st.one_of(st.none(), st.integers(-MAX_POINTS, MAX_POINTS)),
    own_order_first=st.booleans(),
    knows_days=st.integers(0, 365),
    to_neighbours=st.booleans(),
    max_outlets=st.integers(1, 20),
    max_neighbours=st.integers(0, 10),
    points_missed=st.integers(-1000, 1000),
)


@given(POLICIES, POLICIES)
def test_a_sound_policy_survives_its_form_and_its_differences_have_words(one: Policy, two: Policy) -> None:
    told = understand(show_policy(one, FACTS, 1), FACTS)
    assert told.errors == {}
    assert told.policy == one
    assert all(changes(one, two, FACTS))
    assert (changes(one, two, FACTS) == ("Ничего не изменилось",)) == (one == two)
