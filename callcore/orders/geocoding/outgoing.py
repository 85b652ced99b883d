"""What of an order may be asked of somebody else: its address, and nothing of the person who lives there. Pure.

People write into an address whatever the driver needs: whom to ask for, his number, the code of the door. A word of the
customer's name goes unless it stands beside a word for a street: «ул. Пушкина» stays for Mr Pushkin too.
"""

import re
from typing import Final

from callcore.orders.geocoding.port import Asked
from callcore.orders.masking import HIDDEN, without_numbers

MAX_CHARS: Final = 200
_NOT_PLACE: Final = re.compile(
    r"\b(?:кв|квартира|под|подъезд|эт|этаж|домофон|код|тел|телефон|моб|офис|оф|комн|комната|получатель|контакт\w*|"
    r"звонить|позвонить|спросить|имя|фио)\b.*",
    re.IGNORECASE,
)
_IN_BRACKETS: Final = re.compile(r"\([^)]*\)?")
# A local number has six digits; a postal index too, and is not needed. What follows a number is whose it is.
_DIGITS: Final = re.compile(r"\+?\d[\d\s().-]{4,}\d.*")
_MAIL: Final = re.compile(r"\S+@\S+")
_STREET: Final = re.compile(
    r"ул|улица|пр-к?т|просп|проспект|пр|проезд|пер|переулок|ш|шоссе|б-р|бул|бульвар|наб|набережная|пл|площадь|тракт|"
    r"аллея|туп|тупик|линия|мкр|микрорайон|[сд]нт|дер|деревня|д|с|село|пос|поселок|п|г|город|р-н|район|им|имени"
)
_MIN_NAME_CHARS: Final = 3


def asked_of(city: str, address: str, region_code: str, customer_name: str) -> Asked:
    """All that may leave us of an order's place."""
    return Asked(_bare(city, customer_name), _bare(address, customer_name), region_code)


def _bare(text: str, name: str) -> str:
    text = _MAIL.sub(" ", _IN_BRACKETS.sub(" ", text))
    text = re.sub(re.escape(HIDDEN) + r"[^,;\n]*", " ", without_numbers(text, ()))
    parts = [_NOT_PLACE.sub("", _DIGITS.sub(" ", part)) for part in re.split(r"[,;\n]", text)]
    people = frozenset(_plain(word) for word in name.split() if len(word) >= _MIN_NAME_CHARS)
    kept = (" ".join(_without_people(part.split(), people)) for part in parts)
    return ", ".join(part for part in kept if part.strip(" .-"))[:MAX_CHARS]


def _without_people(words: list[str], people: frozenset[str]) -> list[str]:
    plain = [_plain(word) for word in words]
    return [
        word
        for at, word in enumerate(words)
        if plain[at] not in people
        or any(_STREET.fullmatch(one) for one in plain[max(at - 1, 0) : at] + plain[at + 1 : at + 2])
    ]


def _plain(word: str) -> str:
    return word.strip(".,:;«»\"'").casefold().replace("ё", "е")
