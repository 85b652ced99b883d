"""What the page of one order is told: frozen, already cut to the viewer's rights. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from callcore.network.model import PhonePolicy
from callcore.orders.attention import Cause
from callcore.orders.model import Fault, OrderEventKind
from callcore.orders.views import CallView, OrderBrief


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLineView:
    """`price` is roubles with four places; `is_missing`: the order's dealer does not sell it."""

    id: int = 0
    position: int
    kind: str
    article: str
    name: str
    unit: str
    quantity: Decimal  # without needless zeros
    price: Decimal
    total_kopecks: int
    category: str = ""
    service: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class LineChangeView:
    """`what`: added, removed, changed; `words` are (what of it, before, after)."""

    what: str
    name: str
    words: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """`name` without a hidden number."""

    id: int
    name: str
    size: int
    media_type: str
    is_public: bool
    at: datetime
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineItem:
    """`text` is a comment's text, `is_public` when the customer may read it, or what was changed; `status_from` and
    `status_to` are names; `field` says what a change was of, `before` and `after` its words; `org_name` which dealer;
    `file_id` a file that can be read; `call` is set for calls."""

    at: datetime
    kind: OrderEventKind
    id: int = 0
    actor_name: str = ""
    text: str = ""
    is_public: bool = False
    status_from: str = ""
    status_to: str = ""
    field: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""
    org_name: str = ""
    points: int = 0
    version: int = 0  # of the order after it; 0 where it did not grow
    file_id: int = 0
    lines: tuple[LineChangeView, ...] = ()
    call: CallView | None = None
    channel: str = ""  # of a message: sms, email, site; empty where it is not known
    delivery: str = ""  # the key of a message to the customer, later what became of it


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCounts:
    calls: int
    comments: int
    other_orders: int  # of the same customer, visible to this viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Contactable:
    """Whom to ask: the order's manager, its dealer."""

    id: int
    name: str
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinView:
    """Whose pin the order has, or what became of the search for its address: see OrderPinRow. `by_name`: the person who set
    it; `lat` and `lon`: what a geocoder found, also where that is only a town; `is_sought`: it is to be asked (again)."""

    source: str
    precision: str = ""
    words: str = ""
    lat: float | None = None
    lon: float | None = None
    by_name: str = ""
    is_older: bool = False
    is_sought: bool = False
    has_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it ended, or what it would bring. `points` is what was written for this cycle; `reward` what fulfilment
    brings its dealer; `override` the order's own reward."""

    reason: str = ""
    fault: Fault | None = None
    note: str = ""
    closed_by: str = ""
    earned_kopecks: int | None = None
    points: int | None = None
    reward: int = 0
    override: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRights:
    """What this person may do now; each is asked again when it is done."""

    is_own: bool = False  # False: it is only offered to him
    may_work: bool = False  # stages, lines, address, manager, files, closing
    may_comment: bool = False
    may_set_terms: bool = False  # the deadline
    may_vouch: bool = False
    may_reward: bool = False
    may_reopen: bool = False
    may_delete: bool = False
    may_set_phone: bool = False  # when the dealer sees the number


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCard:
    """`timeline` is oldest first. Of an order that is only offered to the viewer there are lines, place and term, and no
    more. `stages` are (code, name, needs a proven talk) to which it may move; `reasons` and `managers` (id, words);
    `causes` why it is a problem now; `others_sell`: dealers who sell what its own dealer does not, for the head office."""

    order: OrderBrief
    public_id: str
    version: int
    closed_at: datetime | None
    address: str
    outlet_name: str
    medium: str
    campaign: str
    did_number: str
    did_label: str
    customer_note: str
    lines: tuple[OrderLineView, ...]
    timeline: tuple[TimelineItem, ...]
    counts: OrderCounts
    cycle: int = 1
    channel: str = ""
    accepted_at: datetime | None = None
    contacted_at: datetime | None = None
    region_code: str = ""
    lat: float | None = None
    lon: float | None = None
    pin: PinView | None = None
    promo_code: str = ""
    discount_kopecks: int = 0
    manager: Contactable | None = None
    dealer: Contactable | None = None
    outcome: Outcome = Outcome()
    rights: CardRights = CardRights()
    files: tuple[FileView, ...] = ()
    stages: tuple[tuple[str, str, bool], ...] = ()
    reasons: tuple[tuple[int, str], ...] = ()
    managers: tuple[tuple[int, str], ...] = ()
    causes: tuple[Cause, ...] = ()
    others_sell: tuple[tuple[int, str], ...] = ()
    phone_policy: PhonePolicy | None = None  # its own, None: the dealer's
    phone_mode: PhonePolicy = PhonePolicy.UNTIL_FIRST_CALL  # the nearest that is set
    proven_talk_s: int = 10
    opens_when_dialled: bool = False
