"""Whatever is to be said is words, and a sum says its number."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from callcore.asterisk.voice.spoken import spoken

pytestmark = pytest.mark.property


@given(st.integers(0, 10**9))
def test_a_sum_says_its_number(number):
    assert spoken(f"{number} руб.", "ru").rsplit(" ", 1)[0] == num2words(Decimal(number), lang="ru")


@given(st.text(max_size=200), st.sampled_from(["ru", "en"]))
def test_any_text_is_read_without_signs_that_speak_to_programs(text, language):
    assert not set(spoken(text, language)) & set("<>&|$`'\"\\{}[]()\n")
