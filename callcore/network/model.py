"""Words and rules of the selling network. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from callcore.kernel.ids import ActingAs


class OrgKind(StrEnum):
    MANUFACTURER = "manufacturer"
    DEALER = "dealer"
    SUBDEALER = "subdealer"


class OrgState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class OrderAccess(StrEnum):
    """OrgRow.order_access: what a dealer sees besides nothing."""

    REGION = "region"  # his own orders and those offered to him
    OWN_ONLY = "own_only"


class PhonePolicy(StrEnum):
    """When a dealer sees the number of a customer."""

    OPEN = "open"
    UNTIL_FIRST_CALL = "until_first_call"
    NEVER = "never"


class Role(StrEnum):
    ADMIN = "admin"
    MANUFACTURER = "manufacturer"  # manager of the factory
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"
    MARKETER = "marketer"
    DEALER_OWNER = "dealer_owner"
    DEALER_MANAGER = "dealer_manager"
    SUBDEALER = "subdealer"
    SEO = "seo"


STAFF_ROLES = frozenset({Role.ADMIN, Role.MANUFACTURER, Role.SUPERVISOR, Role.OPERATOR, Role.MARKETER})
DEALER_ROLES = frozenset({Role.DEALER_OWNER, Role.DEALER_MANAGER, Role.SUBDEALER})


class PhoneOwner(StrEnum):
    """What a phone is for; decides what its screen may show."""

    OUTLET = "outlet"
    OPERATOR = "operator"
    DUTY = "duty"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who looks. `org_path` is "/1/5/": rights reach everything whose path starts with it. While somebody of
    the head office acts in this person's place, `user_id` is ActingAs."""

    user_id: int
    full_name: str
    role: Role
    org_id: int
    org_name: str
    org_path: str
    phone_ids: tuple[int, ...]
    tz: str

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES

    @property
    def acting_id(self) -> int | None:
        """Who really sits there, when it is not this person."""
        return self.user_id.actor_id if isinstance(self.user_id, ActingAs) else None
