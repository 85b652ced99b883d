"""What a rating is made of."""

import pytest

from callcore.network.merits import (
    POINTS_ONLY,
    Measure,
    Merit,
    Weights,
    check_weights,
    ratings,
    shares,
    weights_from_json,
    weights_to_json,
)

pytestmark = pytest.mark.unit

RICH = Merit(2, 50, revenue_kopecks=1_000_000, on_time_percent=50, survey=3)
KIND = Merit(3, 200, revenue_kopecks=250_000, on_time_percent=100, survey=5)
NEW = Merit(4, -10)


def test_points_alone_stay_points():
    assert ratings(POINTS_ONLY, [RICH, KIND, NEW]) == {2: 50, 3: 200, 4: -10}
    assert ratings(Weights(points=7), [RICH, KIND]) == {2: 50, 3: 200}


def test_each_measure_becomes_a_share_of_a_hundred():
    found = shares([RICH, KIND, NEW])
    assert found[2] == {
        Measure.POINTS: 25, Measure.REVENUE: 100, Measure.ON_TIME: 50, Measure.SURVEY: 50
    }  # fmt: skip
    assert found[4] == {
        Measure.POINTS: 0, Measure.REVENUE: 0, Measure.ON_TIME: None, Measure.SURVEY: None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("weights", "wanted"),
    [
        (Weights(points=0, revenue=1), {2: 100, 3: 25, 4: 0}),
        (Weights(points=0, survey=3), {2: 50, 3: 100, 4: 75}),  # a newcomer is as good as the mean
        (Weights(points=1, revenue=1, on_time=1, survey=1), {2: 56, 3: 81, 4: 38}),
        (Weights(points=50, revenue=50), {2: 62, 3: 62, 4: 0}),
    ],
)
def test_the_rating_is_their_weighted_mean(weights, wanted):
    assert ratings(weights, [RICH, KIND, NEW]) == wanted


def test_nobody_has_anything():
    assert ratings(Weights(points=1, on_time=1), [Merit(2, 0), Merit(3, 0)]) == {2: 0, 3: 0}
    assert ratings(Weights(revenue=1), []) == {}


def test_what_may_be_saved():
    assert check_weights(Weights(points=0)) == {"weights": "all-zero"}
    assert check_weights(Weights(points=-1, survey=101)) == {
        "points": "out-of-range",
        "survey": "out-of-range",
    }
    kept = Weights(points=10, revenue=20, on_time=30, survey=40)
    assert weights_from_json(weights_to_json(kept)) == kept
    for spoilt in ({}, {"points": "x"}, {"points": None}, {"points": 1000}):
        assert weights_from_json(spoilt) == POINTS_ONLY
