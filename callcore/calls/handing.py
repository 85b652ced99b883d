"""One handing on of a talk, while its call lives: who, to whom, what came of it. Pure; written only by callcore.calls.transfers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from callcore.calls.changes import TransferRecord
from callcore.calls.model import PhoneInfo
from callcore.network.model import PhoneOwner


class TransferKind(StrEnum):
    BLIND = "blind"
    ATTENDED = "attended"  # asked first


class TransferMeans(StrEnum):
    PHONE = "phone"  # the telephone's own key: REFER
    KEYS = "keys"  # pressed in the talk
    DESK = "desk"


class ToKind(StrEnum):
    PERSON = "person"
    OUTLET = "outlet"
    DUTY = "duty"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class TransferResult(StrEnum):
    ANSWERED = "answered"
    RETURNED = "returned"  # nobody took it and one of ours talked on, or who asked first went back
    ABANDONED = "abandoned"  # the customer left before anybody took it
    VOICEMAIL = "voicemail"
    FAILED = "failed"  # the PBX refused, or there was no customer to lose


_NO_PHONES: Final[tuple[str, ...]] = ()


@dataclass(slots=True, eq=False)
class Handing:
    """`not_takers` are uniqueids of legs that were there before, so that they cannot have taken it. `told_at` by
    the dialplan, `seen_at` in the PBX's own event: the two come in any order. `is_back`: nobody took it, others are rung."""

    ordinal: int
    at: datetime
    kind: TransferKind
    means: TransferMeans
    sender_key: str
    sender: PhoneInfo | None
    not_takers: frozenset[str] = frozenset()
    to_kind: ToKind = ToKind.UNKNOWN
    to_keys: tuple[str, ...] = _NO_PHONES
    to_extension: str = ""
    target: PhoneInfo | None = None
    told_at: datetime | None = None
    seen_at: datetime | None = None
    is_back: bool = False
    has_parted: bool = False
    taker_uniqueid: str = ""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    result: TransferResult | None = None
    returned_to: int | None = None
    stored: TransferRecord | None = field(default=None)

    @property
    def is_waiting(self) -> bool:
        """Nobody has taken it, and nobody has given it up."""
        return self.result is None

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    def aim(self, phones: list[PhoneInfo]) -> None:
        """Whom these phones stand for."""
        if not phones:
            return
        first = phones[0]
        if len(phones) == 1:
            self.target = first
        if first.owner is PhoneOwner.DUTY:
            self.to_kind = ToKind.DUTY
        elif len(phones) == 1 and first.user_id is not None:
            self.to_kind = ToKind.PERSON
        elif first.outlet_id is not None:
            self.to_kind = ToKind.OUTLET
            self.target = self.target or _place_of(first)
        else:
            self.to_kind = ToKind.PERSON

    def record(self, call_id: str) -> TransferRecord:
        sender, target = self.sender, self.target
        over = self.answered_at or self.ended_at
        return TransferRecord(
            call_id=call_id,
            ordinal=self.ordinal,
            at=self.at,
            kind=self.kind.value,
            means=self.means.value,
            from_phone_id=sender.phone_id if sender else None,
            from_user_id=sender.user_id if sender else None,
            from_outlet_id=sender.outlet_id if sender else None,
            from_org_id=sender.org_id if sender else None,
            to_kind=self.to_kind.value,
            to_extension=self.to_extension,
            to_phone_id=(target.phone_id or None) if target else None,
            to_user_id=target.user_id if target else None,
            to_outlet_id=target.outlet_id if target else None,
            to_org_id=target.org_id if target else None,
            answered_at=self.answered_at,
            ended_at=self.ended_at,
            wait_s=_seconds(self.at, over),
            talk_s=_seconds(self.answered_at, self.ended_at),
            result=self.result.value if self.result else "",
            returned_to=self.returned_to,
        )


def _place_of(phone: PhoneInfo) -> PhoneInfo:
    """The outlet alone: one of its phones will ring, which one is not known yet."""
    return PhoneInfo(0, phone.owner, "", phone.outlet_id, phone.org_id, phone.org_path, None)


def _seconds(start: datetime | None, end: datetime | None) -> int:
    return max(round((end - start).total_seconds()), 0) if start and end else 0
