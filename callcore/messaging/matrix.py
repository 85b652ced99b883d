"""Which events are told to whom over which channel. Pure: a table of events, overlaid by what people chose.

Three layers, the later one wins: what is built in (EVENTS), what the network set, what a dealer set for his own people;
over all of them what a person chose for himself. A locked cell is always on, whatever anybody chose.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from callcore.messaging.rules import Level


class Recipient(StrEnum):
    """Stored: never renamed."""

    SELF = "self"  # in the network's table: who did it; as a choice of a person: this person
    CUSTOMER = "customer"
    MANAGER = "manager"  # who leads the order, or whose task it is
    DEALER = "dealer"  # the people of the dealer that the fact is about
    ADMIN = "admin"  # administrator, managers and supervisors of the factory


class Channel(StrEnum):
    """Stored: never renamed."""

    SITE = "site"
    EMAIL = "email"
    SMS = "sms"


Cell = tuple[Recipient, Channel]
PEOPLE: Final = (Recipient.SELF, Recipient.MANAGER, Recipient.DEALER, Recipient.ADMIN)
_SITE, _EMAIL, _SMS = Channel.SITE, Channel.EMAIL, Channel.SMS
_BOTH: Final = frozenset({_SITE, _EMAIL})
_SITE_ONLY: Final = frozenset({_SITE})
_NONE: Final[frozenset[Channel]] = frozenset()


@dataclass(frozen=True, slots=True)
class EventKind:
    """`on`: the recipients that are offered, each with the channels that are on unless somebody chose otherwise. `locked`
    cells cannot be switched off. `is_ad`: needs the customer's consent. `first_only`: the customer gets it over the first
    channel that reaches him. `at_once`: letters do not wait for the morning."""

    code: str
    name: str
    group: str
    on: Mapping[Recipient, frozenset[Channel]]
    level: Level = Level.INFO
    locked: frozenset[Cell] = frozenset()
    is_ad: bool = False
    first_only: bool = False
    at_once: bool = False

    def offers(self, recipient: Recipient, channel: Channel) -> bool:
        """A customer has no inbox on the site."""
        is_there = recipient in self.on
        return is_there and not (recipient is Recipient.CUSTOMER and channel is Channel.SITE)

    def has(self, recipient: Recipient, channel: Channel) -> bool:
        """On when nobody has chosen anything."""
        return channel in self.on.get(recipient, _NONE)


def _event(
    code: str,
    name: str,
    group: str,
    *,
    customer: frozenset[Channel] | None = None,
    manager: frozenset[Channel] | None = None,
    dealer: frozenset[Channel] | None = None,
    admin: frozenset[Channel] | None = None,
    own: frozenset[Channel] | None = None,
    **more: object,
) -> EventKind:
    cells = {
        Recipient.SELF: own,
        Recipient.CUSTOMER: customer,
        Recipient.MANAGER: manager,
        Recipient.DEALER: dealer,
        Recipient.ADMIN: admin,
    }
    on = {recipient: channels for recipient, channels in cells.items() if channels is not None}
    return EventKind(code, name, group, on, **more)  # type: ignore[arg-type]


ORDERS: Final = "Заказы"
CUSTOMERS: Final = "Клиенты"
CALLS: Final = "Звонки и дежурства"

_ALL: Final = (
    _event("order:created", "Новый заказ", ORDERS, own=_NONE, customer=_NONE, admin=_NONE),
    _event("order:available", "Доступный заказ", ORDERS, dealer=_BOTH),
    _event(
        "order:accepted",
        "Заказ принят",
        ORDERS,
        own=_NONE,
        customer=_NONE,
        manager=_NONE,
        dealer=_NONE,
        admin=_NONE,
    ),
    _event("order:declined", "Дилер отказался от заказа", ORDERS, customer=_NONE, admin=_SITE_ONLY),
    _event(
        "order:released",
        "Дилер вернул заказ",
        ORDERS,
        own=_NONE,
        customer=frozenset({_EMAIL}),
        dealer=_NONE,
        admin=_BOTH,
        level=Level.WARNING,
    ),
    _event("order:desk", "Заказ никто не взял", ORDERS, admin=_BOTH, level=Level.WARNING),
    _event("order:assigned", "Заказ назначен", ORDERS, manager=_BOTH, dealer=_BOTH, admin=_NONE),
    _event(
        "order:changed",
        "Изменения в заказе",
        ORDERS,
        own=_NONE,
        customer=_NONE,
        manager=_SITE_ONLY,
        dealer=_NONE,
        admin=_NONE,
    ),
    _event(
        "order:status",
        "Новый статус заказа",
        ORDERS,
        own=_NONE,
        customer=_NONE,
        manager=_SITE_ONLY,
        dealer=_NONE,
        admin=_NONE,
    ),
    _event(
        "order:closed",
        "Заказ завершён",
        ORDERS,
        own=_NONE,
        customer=_NONE,
        manager=_NONE,
        dealer=_SITE_ONLY,
        admin=_NONE,
    ),
    _event(
        "order:cancelled",
        "Отмена заказа",
        ORDERS,
        own=_NONE,
        customer=_NONE,
        manager=_SITE_ONLY,
        dealer=_SITE_ONLY,
        admin=_NONE,
    ),
    _event("order:reopened", "Заказ открыт снова", ORDERS, manager=_BOTH, dealer=_SITE_ONLY, admin=_NONE),
    _event(
        "order:attention",
        "Заказ стал проблемным",
        ORDERS,
        manager=_BOTH,
        dealer=_SITE_ONLY,
        admin=_SITE_ONLY,
        level=Level.WARNING,
    ),
    _event(
        "order:unconfirmed",
        "Робот не получил подтверждения",
        ORDERS,
        customer=frozenset({_SMS, _EMAIL}),
        manager=_SITE_ONLY,
        dealer=_NONE,
        admin=_NONE,
        level=Level.WARNING,
    ),
    _event(
        "order:message-from-customer",
        "Сообщение от клиента",
        CUSTOMERS,
        manager=_BOTH,
        dealer=_BOTH,
        admin=_NONE,
    ),
    _event(
        "order:message-to-customer",
        "Сообщение клиенту",
        CUSTOMERS,
        own=_NONE,
        customer=frozenset({_EMAIL}),
        admin=_NONE,
    ),
    _event(
        "feedback:complaint",
        "Жалоба клиента",
        CUSTOMERS,
        manager=_BOTH,
        dealer=_BOTH,
        admin=_BOTH,
        level=Level.ALARM,
        locked=frozenset({(Recipient.ADMIN, _SITE)}),
    ),
    _event("feedback:review", "Отзыв клиента", CUSTOMERS, manager=_NONE, dealer=_SITE_ONLY, admin=_SITE_ONLY),
    _event(
        "survey:made",
        "Опрос после завершения",
        CUSTOMERS,
        customer=frozenset({_EMAIL, _SMS}),
        first_only=True,
        at_once=True,
    ),
    _event("survey:answered", "Ответ на опрос", CUSTOMERS, manager=_NONE, dealer=_SITE_ONLY, admin=_NONE),
    _event(
        "customer:ad",
        "Предложение клиенту (реклама)",
        CUSTOMERS,
        customer=frozenset({_EMAIL, _SMS}),
        first_only=True,
        is_ad=True,
    ),
    _event("duty:gap", "Пробел в дежурствах", CALLS, admin=_BOTH, level=Level.WARNING),
    _event("duty:silent", "Дежурный не отвечает", CALLS, admin=_BOTH, level=Level.ALARM),
    _event("task:made", "Новая задача", CALLS, dealer=_BOTH),
    _event("task:due", "Срок задачи", CALLS, manager=_SITE_ONLY, level=Level.WARNING),
)
EVENTS: Final[Mapping[str, EventKind]] = {event.code: event for event in _ALL}
CLOSED: Final = "order:closed"
CANCELLED: Final = "order:cancelled"


def event_of(topic: str, data: Mapping[str, object]) -> EventKind:
    """What people know a fact by: an order that ended unfulfilled is a cancelled one. Raises KeyError."""
    is_cancelled = topic == CLOSED and data.get("result") == "failed"
    return EVENTS[CANCELLED if is_cancelled else topic]


@dataclass(frozen=True, slots=True)
class Choice:
    """A cell that somebody set. Both ids None: the network."""

    event: str
    recipient: Recipient
    channel: Channel
    is_on: bool
    org_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen about one event; answers whether a cell is on for somebody."""

    event: EventKind
    network: Mapping[Cell, bool] = field(default_factory=dict)
    dealers: Mapping[tuple[int, Cell], bool] = field(default_factory=dict)
    people: Mapping[tuple[int, Channel], bool] = field(default_factory=dict)

    def for_recipient(self, recipient: Recipient, channel: Channel, org_id: int | None = None) -> bool:
        """Before a person's own choice; `org_id` is the organisation of the one who would be told."""
        event, cell = self.event, (recipient, channel)
        if not event.offers(recipient, channel):
            return False
        if cell in event.locked:
            return True
        is_on = self.network.get(cell, event.has(recipient, channel))
        if org_id is not None and may_choose(recipient):
            return self.dealers.get((org_id, cell), is_on)
        return is_on

    def for_person(
        self, user_id: int, org_id: int, recipients: Collection[Recipient], channel: Channel
    ) -> bool:
        """`recipients`: as what this person is meant; nobody in particular counts only when he asked for it."""
        if any((recipient, channel) in self.event.locked for recipient in recipients):
            return True
        own = self.people.get((user_id, channel))
        if own is not None:
            return own
        return any(self.for_recipient(recipient, channel, org_id) for recipient in recipients)

    def subscribers(self) -> frozenset[int]:
        """People who asked for this event themselves, over whichever channel."""
        return frozenset(user_id for (user_id, _), is_on in self.people.items() if is_on)


def may_choose(recipient: Recipient) -> bool:
    """What a dealer decides for his own people."""
    return recipient in (Recipient.MANAGER, Recipient.DEALER)


def choices_of(event: EventKind, chosen: Iterable[Choice]) -> Choices:
    network: dict[Cell, bool] = {}
    dealers: dict[tuple[int, Cell], bool] = {}
    people: dict[tuple[int, Channel], bool] = {}
    for one in chosen:
        if one.event != event.code:
            continue
        if one.user_id is not None:
            people[one.user_id, one.channel] = one.is_on
        elif one.org_id is not None:
            dealers[one.org_id, (one.recipient, one.channel)] = one.is_on
        else:
            network[one.recipient, one.channel] = one.is_on
    return Choices(event, network, dealers, people)
