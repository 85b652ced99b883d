"""Our side's gaps are filled from the channels of those who took the talk over."""

from array import array
from pathlib import Path

import pytest

from callcore.calls.model import RecordingKind
from recordings.model import SourceGroup, SourcePart, Span
from recordings.steps.fill import fill_gaps
from recordings.steps.source import read_source
from tests.audio import write_wav

pytestmark = pytest.mark.unit

ENDED_MS = 1_763_839_010_000
RATE = 8000
FIRST, TAKER = 1000, 2000  # samples by which the speakers are told from each other


def sound(*seconds: int) -> array:
    """One second of each value."""
    return array("h", [value for value in seconds for _ in range(RATE)])


@pytest.fixture
def group(tmp_path: Path):
    """A talk of five seconds: the first of ours speaks for two, then our side is lost. The taker's own file begins at 2.5 s."""

    def make(theirs=(1,) * 5, ours=(FIRST, FIRST, 0, 0, 0), *, is_asked=False, marker=str(ENDED_MS)):
        done = tmp_path / "c.done"
        done.write_text(marker)
        part = SourcePart(
            write_wav(tmp_path / "part.wav", sound(TAKER, TAKER) + sound(TAKER)[: RATE // 2]),
            ENDED_MS - 2500,
            is_asked,
        )
        return SourceGroup(
            "c",
            RecordingKind.TALK,
            write_wav(tmp_path / "c-in.wav", sound(*theirs)),
            write_wav(tmp_path / "c-out.wav", sound(*ours)) if ours else None,
            marker=done,
            newest_at=ENDED_MS / 1000,
            parts=(part,),
        )

    return make


def halves(group: SourceGroup, tmp_path: Path, *joins: Span) -> list[int]:
    """Our side as it comes out, one value for each half of a second, in its middle."""
    ours = read_source(group.ours) if group.ours else None
    filled = fill_gaps(group, joins, read_source(group.customer), ours, tmp_path / "filled.wav")
    samples = [sample for block in filled.blocks() for sample in block]
    return samples[RATE // 4 :: RATE // 2]


@pytest.mark.parametrize("marker", [str(ENDED_MS), "1", ""])
def test_who_took_the_talk_is_heard_where_our_side_was_lost(group, tmp_path, marker):
    found = halves(group(marker=marker), tmp_path)
    assert found == [FIRST] * 4 + [0] + [TAKER] * 5


def test_what_the_recorder_has_stays(group, tmp_path):
    whole = group(ours=(FIRST, FIRST, FIRST, FIRST, FIRST))
    assert halves(whole, tmp_path) == [FIRST] * 10


def test_a_side_that_is_missing_at_all(group, tmp_path):
    assert halves(group(ours=None), tmp_path) == [0] * 5 + [TAKER] * 5


def test_a_pause_stays_silent(group, tmp_path):
    """Both sides are zeros while the recording is paused: card data said meanwhile are in the part."""
    found = halves(group(theirs=(1, 1, 1, 0, 1)), tmp_path)
    assert found[5:] == [TAKER, 0, 0, TAKER, TAKER]


def test_what_was_said_before_joining_is_private(group, tmp_path):
    asked = group(is_asked=True)
    join = Span(ENDED_MS - 1500, ENDED_MS - 500)
    assert halves(asked, tmp_path, join) == [FIRST] * 4 + [0] * 3 + [TAKER] * 2 + [0]
    assert halves(asked, tmp_path)[4:] == [0] * 6, "nobody told that he was joined"
