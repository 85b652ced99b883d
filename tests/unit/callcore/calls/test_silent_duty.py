"""Two calls running that a duty phone did not answer."""

import pytest

from callcore.calls.silent_duty import DutyTry, SilentPair, silent_now, silent_pairs

pytestmark = pytest.mark.unit


def tries(*pairs):
    return [DutyTry(phone, f"c{number}", outcome) for number, (phone, outcome) in enumerate(pairs, start=1)]


@pytest.mark.parametrize(
    ("told", "pairs"),
    [
        ([(7, "no_answer")], []),
        ([(7, "no_answer"), (7, "unavailable")], [("c1", "c2")]),
        ([(7, "no_answer"), (7, "talked"), (7, "busy")], []),
        ([(7, "declined"), (7, "cancelled"), (7, "failed")], [("c1", "c3")]),
        ([(7, "no_answer"), (8, "no_answer")], []),
        ([(7, "no_answer"), (8, "talked"), (7, "no_answer")], [("c1", "c3")]),
        ([(7, "no_answer")] * 3, [("c1", "c2"), ("c2", "c3")]),
    ],
)
def test_pairs(told, pairs):
    assert list(silent_pairs(tries(*told))) == [SilentPair(7, pair) for pair in pairs]


def test_the_same_pairs_wherever_the_reading_began():
    told = tries(*[(7, "no_answer")] * 5)
    whole = list(silent_pairs(told))
    assert list(silent_pairs(told[2:])) == whole[2:]


@pytest.mark.parametrize(
    ("told", "silent"),
    [
        ([(7, "no_answer")], ()),
        ([(7, "no_answer"), (7, "cancelled"), (7, "busy")], (7,)),
        ([(7, "no_answer"), (7, "no_answer"), (7, "talked")], ()),
        ([(8, "failed"), (7, "busy"), (8, "declined"), (7, "unavailable")], (7, 8)),
    ],
)
def test_who_is_silent_still(told, silent):
    assert silent_now(tries(*told)) == silent
