"""The form of a number, its words and estimates."""

import pytest

from callcore.network.change_dids import check_fields
from callcore.network.dids import DidFields, DidView, Whose
from web.dids import words
from web.dids.form import read_form, show_form, understand

pytestmark = pytest.mark.unit


def fields(**more: object) -> DidFields:
    return DidFields(**{"label": "Сайт", "whose": Whose.REGION, "region_code": "RU-MOW"} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "kept",
    [
        fields(),
        fields(whose=Whose.DEALER, org_id=7, policy_id=3, says_recorded=True, waiting="music", language="en"),
        fields(whose=Whose.CALLER, region_code=None, greeting="Добрый день", whisper="Сайт, Москва"),
        fields(whose=Whose.OPERATORS, campaign="Весна", request_type="claim"),
    ],
)
def test_what_is_shown_is_read_back(kept: DidFields) -> None:
    form = show_form(DidView(1, "+74950000000", True, kept, "", "", "", "v"))
    sent = {name: getattr(form, name) for name in form.__slots__}
    assert understand(read_form(sent)) == (kept, {})
    assert check_fields(kept) == {}


def test_texts_are_cleaned_of_what_cannot_be_spoken() -> None:
    form = read_form({"greeting": "Добрый\r\nдень\x00!", "label": "  Сайт  ", "org": ["list"]})
    assert (form.greeting, form.label, form.org) == ("Добрый день!", "Сайт", "")


@pytest.mark.parametrize("text", ["-1", "1e5", "٣", "9" * 30])
def test_ids_are_plain_digits(text: str) -> None:
    assert understand(read_form({"whose": "dealer", "org": text}))[1] == {"org": "not-listed"}


def test_seconds_grow_with_the_text() -> None:
    assert words.estimated_s("") == 0
    assert words.estimated_s("Сайт, Москва") == 1
    assert (
        words.estimated_s(
            "Звонок с сайта завода, Московская область, террасная доска, сумма сто двадцать тысяч рублей"
        )
        > words.LONGEST_WHISPER_S
    )


def test_every_code_of_a_check_has_words_of_its_own_field() -> None:
    wrong = check_fields(fields(label="", source="x" * 99, whose=Whose.DEALER, region_code=None))
    told = words.error_words(wrong | {"number": "own-phone"}, {"phone": "Касса"})
    assert told["label"].startswith("Назовите")
    assert told["source"] == "Не длиннее 40 знаков"
    assert told["org"].startswith("Выберите дилера")
    assert "«Касса»" in told["number"]


def test_what_the_customer_hears_in_order() -> None:
    heard = words.heard_by_customer(fields(greeting="Здравствуйте", says_recorded=True, waiting="music"))
    assert [line.split()[0] for line in heard] == ["Приветствие:", "Предупреждение:", "Музыку,"]
    assert words.heard_by_customer(fields())[0] == "Приветствия нет"
