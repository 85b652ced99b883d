"""The settings of calls as a form: what is shown is read back, what cannot be read is named."""

import pytest

from callcore.calls.change_settings import BOUNDS, check_call_settings
from callcore.calls.settings import CallSettings
from web.settings.call_form import SWITCHES, TEXTS, read_form, show_settings, understand, words_of

pytestmark = pytest.mark.unit


def test_what_is_shown_is_read_back() -> None:
    for settings in (
        CallSettings(),
        CallSettings(until_minute=1440, prefixes=("+7", "+375"), cli_label="Фабрика"),
    ):
        shown = show_settings(settings, 3)
        sent = dict(shown.texts) | {name: "1" for name, is_on in shown.switches.items() if is_on}
        again = read_form(sent | {"version": "3"})
        assert understand(again) == (settings, {})
        assert again.version == 3
        assert check_call_settings(settings) == {}


def test_what_cannot_be_read_is_named_and_every_code_has_words() -> None:
    form = read_form(dict.fromkeys(TEXTS, "\N{SNOWMAN}"))
    _, wrong = understand(form)
    assert wrong["from_minute"] == "not-time"
    assert wrong["phone_policy"] == "not-listed"
    assert wrong["proven_talk_s"] == "not-number"
    assert all(words_of(name, code) for name, code in wrong.items())
    assert not set(SWITCHES) & set(TEXTS)
    far = CallSettings(
        proven_talk_s=0, max_calls_a_day=10**6, prefixes=("8",), cli_label="я" * 40, until_minute=5
    )
    codes = check_call_settings(far)
    assert codes["proven_talk_s"] == "too-small"
    assert codes["max_calls_a_day"] == "too-big"
    assert (codes["prefixes"], codes["cli_label"], codes["until_minute"]) == (
        "not-prefix",
        "too-long",
        "not-after",
    )
    assert (
        words_of("proven_talk_s", "too-small")
        == f"От {BOUNDS['proven_talk_s'][0]} до {BOUNDS['proven_talk_s'][1]}"
    )
