"""Which sentences are wanted, from the best to the shortest."""

import pytest

from callcore.asterisk.voice.phrases import PHRASES
from callcore.asterisk.voice.texts import compiled_name, greeting, make_texts
from callcore.network.directory_rows import Did
from callcore.network.wording import MAX_WHISPER_S, estimated_seconds, greeting_text, usual_whisper
from callcore.orders.open_orders import OpenOrder, short_goods
from dialplans.contract import Phrase
from dialplans.escape import sound

pytestmark = pytest.mark.unit

DID = Did(id=1, number="+74950000001", label="Сайт, Тверь", region_code="RU-TVE", source="site")
REGIONS = {"RU-TVE": "Тверская область", "RU-MOS": "Московская область"}


def test_a_number_tells_its_source_and_region():
    texts = make_texts([DID], REGIONS, [])
    assert texts.by_did[1].texts == ("Сайт завода, Тверская область", "Сайт завода")
    assert texts.by_region["RU-MOS"].texts == ("Московская область",)
    assert texts.greetings == {}


def test_its_own_words_come_first_and_the_usual_ones_wait():
    did = Did(id=1, number="+7", label="x", source="site", whisper=" VIP line ")
    whisper = make_texts([did], {}, []).by_did[1]
    assert whisper.texts == ("VIP line", "Сайт завода")
    assert whisper.language == "en"


def test_an_unknown_source_is_called_by_the_label():
    assert usual_whisper("unknown", "", "Прайс-лист") == "Прайс-лист"
    assert usual_whisper("unknown") == "Звонок от клиента"


def test_an_order_tells_goods_sum_and_region_and_drops_what_is_too_long():
    order = OpenOrder(5, 416, "Роллеты", 891_000, "RU-MOS")
    wanted = make_texts([], REGIONS, [order]).by_order[5]
    total = "8910 руб."
    assert wanted.texts[0] == f"Заказ 416, Роллеты, {total}, Московская область"
    assert wanted.texts[1] == f"Заказ 416, Роллеты, {total}"
    assert wanted.texts[-1] == "Заказ 416"
    assert wanted.most_s == MAX_WHISPER_S


def test_an_order_without_sum_and_goods():
    assert make_texts([], {}, [OpenOrder(5, 416, "", 0, "")]).by_order[5].texts == ("Заказ 416",)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Роллеты Luxe, 120×150 см", "Роллеты Luxe"),
        ("Дверь (дуб)", "Дверь"),
        ("Очень длинное название товара для одного окна", "Очень длинное название товара для одного"),
    ],
)
def test_goods_are_cut_at_a_word(name, short):
    assert short_goods(name) == short


@pytest.mark.parametrize(
    ("greeting_words", "language", "recorded", "said"),
    [
        ("", "ru", False, ""),
        ("Здравствуйте!", "ru", False, "Здравствуйте!"),
        ("", "ru", True, "Разговор записывается."),
        ("Hello.", "en", True, "Hello. This call is recorded."),
    ],
)
def test_greeting_and_notice(greeting_words, language, recorded, said):
    assert greeting_text(greeting_words, language, recorded) == said


def test_a_compiled_name_is_one_that_the_dialplan_takes():
    did = Did(id=1, number="+7", label="x", greeting="Здравствуйте!")
    assert compiled_name(None) == ""
    assert sound(compiled_name(greeting(did))).startswith("dealerline/")


def test_every_phrase_of_the_dialplan_has_words_in_both_languages():
    assert set(PHRASES) == {f"{phrase}-{language}" for phrase in Phrase for language in ("ru", "en")}


def test_a_number_takes_longer_than_its_signs():
    assert estimated_seconds("416") > estimated_seconds("кот")
