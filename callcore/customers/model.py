"""Words of customers. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class ContactKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Contact:
    """`value` is E.164 or a lower-case address."""

    kind: ContactKind
    value: str
    is_main: bool


@dataclass(frozen=True, slots=True)
class Customer:
    """`name` is empty until somebody asks; `contacts` main ones first, and none for a caller who hides."""

    id: int
    name: str
    region_code: str | None
    region_name: str
    note: str
    version: int
    contacts: tuple[Contact, ...]

    @property
    def phone(self) -> str:
        """The main telephone, E.164, or empty."""
        return next(iter(self.phones), "")

    @property
    def phones(self) -> tuple[str, ...]:
        """All telephones, the main one first."""
        return tuple(item.value for item in self.contacts if item.kind is ContactKind.PHONE)
