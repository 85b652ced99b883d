import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcore.asterisk.answering.differences import MappingNews, news_of, with_news
from callcore.routing.live import Live

pytestmark = pytest.mark.unit

PHONES = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 3))


@given(st.lists(PHONES, min_size=1, max_size=5), st.frozensets(st.sampled_from("abc")))
def test_who_hears_all_news_knows_what_is(states: list[dict[str, int]], away: frozenset[str]) -> None:
    kept, told = Live(), Live()
    for version, talking in enumerate(states):
        now = Live(version=version, unreachable=away, talking=talking, ties=kept.ties)
        told = with_news(told, news_of(kept, now))
        kept = now
        assert told == kept


def test_what_has_not_changed_does_not_travel() -> None:
    big = {f"p{number}": object() for number in range(1000)}
    before = Live(phone_used_at=big)  # type: ignore[arg-type]  # any values do
    assert news_of(before, before) == {}
    fresh = object()
    after = Live(phone_used_at={**big, "p5": fresh})  # type: ignore[dict-item]
    (news,) = (news_of(before, after)[name] for name in ("phone_used_at",))
    assert news == MappingNews({"p5": fresh}, ())
