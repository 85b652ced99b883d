"""Each file in stories/ is a call and the journal row it must become."""

import pytest

from tests.scenarios.story import Story, all_stories, check, play

pytestmark = pytest.mark.scenario


@pytest.mark.parametrize("story", all_stories(), ids=lambda story: story.name)
def test_story(story: Story) -> None:
    _, journal = play(story.facts)
    for line in story.expected:
        check(journal, line)


@pytest.mark.parametrize("story", all_stories(), ids=lambda story: story.name)
def test_each_fact_twice_is_the_same_story(story: Story) -> None:
    """A stream that repeats itself gives the same rows; the page gets some anomalies more."""
    if any(line.startswith("no doubles") for line in story.expected):
        pytest.fail("unknown line")
    _, journal = play([fact for fact in story.facts for _ in range(2)])
    for line in story.expected:
        if line.startswith(("expect", "leg", "transfer", "recording", "no call", "no transfer")):
            check(journal, line)
