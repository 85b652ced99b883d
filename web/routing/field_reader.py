"""Typed fields of a policy's form become values; what is wrong becomes a sentence by the field's name. Pure."""

from enum import StrEnum
from typing import Final, TypeVar

from callcore.network.policy_check import PolicyFacts

E = TypeVar("E", bound=StrEnum)
_MAX_DIGITS: Final = 9
_MAX_NAMED: Final = 4


class FieldReader:
    """`errors` fill while fields are read; the first of each place stays."""

    def __init__(self, facts: PolicyFacts) -> None:
        self.errors: dict[str, str] = {}
        self._facts = facts
        self._by_name: dict[str, list[int]] = {}
        for dealer in facts.dealers.values():
            self._by_name.setdefault(dealer.name.casefold(), []).append(dealer.id)

    def dealer(self, place: str, text: str) -> int:
        """0 for nobody."""
        if not text:
            return 0
        found = self._named(text.casefold())
        number = text.rpartition("№")[2].strip()
        if not found and number.isascii() and number.isdigit() and len(number) <= _MAX_DIGITS:
            return int(number)
        if len(found) == 1:
            return found[0]
        if not found:
            self.errors[place] = f"Дилера «{text}» нет: выберите из подсказки"
        else:
            names = ", ".join(f"«{self._facts.dealers[one].name} № {one}»" for one in found[:_MAX_NAMED])
            self.errors[place] = f"Подходят несколько: {names}. Впишите одного"
        return 0

    def _named(self, wanted: str) -> list[int]:
        """Of exactly this name, else with it as a part."""
        return self._by_name.get(wanted) or [
            one for known, ids in self._by_name.items() if wanted in known for one in ids
        ]

    def number(self, place: str, text: str, usual: int) -> int:
        digits = text.replace("\N{NO-BREAK SPACE}", "").replace(" ", "").replace("\N{MINUS SIGN}", "-")
        body = digits.removeprefix("-").removeprefix("+")
        if not text:
            self.errors[place] = "Укажите число"
        elif not (body.isascii() and body.isdigit()):
            self.errors[place] = "Нужно целое число"
        elif len(body) > _MAX_DIGITS:
            self.errors[place] = "Слишком большое число"
        else:
            return int(digits)
        return usual

    def choice(self, place: str, text: str, usual: E) -> E:
        found = next((one for one in type(usual) if one.value == text), None)
        if found is None:
            self.errors[place] = "Выберите значение из списка"
        return found or usual
