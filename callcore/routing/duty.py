"""Who answers when nobody else does: shifts of the duty roster, and the fixed reserve behind them. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from callcore.network.directory_rows import Phone
from callcore.network.model import PhoneOwner
from callcore.network.shifts import Shift
from callcore.routing.model import Step
from dialplans.contract import StepKind

MAX_DUTY_STEPS = 5


@dataclass(frozen=True, slots=True)
class DutyShift:
    """From `starts_at` until `ends_at`, not included; UTC. One phone a step: two duty people never answer one call."""

    starts_at: datetime
    ends_at: datetime
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class DutyRoster:
    """`shifts` in order of their beginnings, `reserve` in order of trying."""

    shifts: tuple[DutyShift, ...] = ()
    reserve: tuple[Step, ...] = ()

    def steps_at(self, now: datetime) -> tuple[Step, ...]:
        """The shift's phones, then those of the reserve that are not among them; at most MAX_DUTY_STEPS. Empty only when
        nobody at all has a duty phone."""
        return self.steps_in(self.shift_at(now))

    def steps_in(self, shift: DutyShift | None) -> tuple[Step, ...]:
        """What `steps_at` answers while this shift stands, or none."""
        first = shift.steps if shift is not None else ()
        keys = {step.phone_keys for step in first}
        behind = (step for step in self.reserve if step.phone_keys not in keys)
        return tuple(islice((*first, *behind), MAX_DUTY_STEPS))

    def shift_at(self, now: datetime) -> DutyShift | None:
        """Of shifts that overlap, which nobody can enter, the one that began last."""
        place = bisect_right(self.shifts, now, key=lambda shift: shift.starts_at)
        return next((shift for shift in reversed(self.shifts[:place]) if now < shift.ends_at), None)


def make_roster(
    shifts: Iterable[Shift], phones: Sequence[Phone], *, org_id: int | None, ring_s: int
) -> DutyRoster:
    """`phones` are the active ones. A shift's phone that is not among them is passed over, and so is a shift without
    any. `org_id` is whose calls those of nobody's phones are."""
    steps = {
        phone.key: Step(StepKind.DUTY, (phone.key,), ring_s, org_id=phone.org_id or org_id, label=phone.label)
        for phone in phones
    }
    found = (
        DutyShift(shift.starts_at, shift.ends_at, _steps(shift, steps))
        for shift in sorted(shifts, key=lambda shift: (shift.starts_at, shift.id))
    )
    reserve = sorted(
        (phone for phone in phones if phone.owner is PhoneOwner.DUTY),
        key=lambda phone: (phone.duty_position is None, phone.duty_position or 0, phone.id),
    )
    return DutyRoster(
        tuple(shift for shift in found if shift.steps),
        tuple(steps[phone.key] for phone in reserve),
    )


def _steps(shift: Shift, steps: dict[str, Step]) -> tuple[Step, ...]:
    """Each phone once, even if it was written twice."""
    return tuple(steps[key] for key in dict.fromkeys(shift.phone_keys) if key in steps)
