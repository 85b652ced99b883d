"""Who knows the caller is rung first: the dealer of his own order, else who last talked with him. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callcore.network.policy import Policy
from callcore.routing.eligible import Abilities, ClosedNow
from callcore.routing.known import Candidates, RouteDid, RouteOutlet, RoutingSnapshot, StaffPhone
from callcore.routing.live import Live, Tie, TieKind
from callcore.routing.model import Reason, Step, StepStage
from callcore.routing.numbering import national_number
from dialplans.contract import MAX_KEYS_PER_STEP, StepKind

MAX_OUTLETS: Final = 3  # of the dealer who knows the caller
_MANAGER_RING_S: Final = 20


@dataclass(frozen=True, slots=True)
class Personal:
    """`manager` is the step with the phones of the person who knows the caller; `outlets` come after it, each with its
    keys but those of the manager. Both empty when the dealer cannot take the call."""

    tie: Tie
    manager: Step | None = None
    outlets: tuple[tuple[RouteOutlet, tuple[str, ...]], ...] = ()

    @property
    def is_used(self) -> bool:
        return self.manager is not None or bool(self.outlets)


def find_tie(live: Live, did: str, caller: str, policy: Policy, now: datetime) -> Tie | None:
    """The tie that the policy wants to follow. A number from which a dealer called this very caller is followed whatever
    the policy: who is called back answers."""
    number = _e164(caller)
    if (pair := live.pairs.get((number, did))) is not None:
        return pair
    tie = live.ties.get(number)
    if tie is None:
        return None
    if tie.kind is TieKind.OWN_ORDER:
        return tie if policy.own_order_first else None
    return tie if now - tie.at <= timedelta(days=policy.knows_days) and policy.knows_days > 0 else None


def _e164(caller: str) -> str:
    national = national_number(caller)
    return f"+7{national:010}" if national is not None else caller


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """Finds who of the dealer may take this call. `did` is a number of the head site, for which any outlet of the dealer
    will do, or of a dealer, for which only his subtree."""

    snapshot: RoutingSnapshot
    did: RouteDid
    near: Candidates
    closed: ClosedNow
    abilities: Abilities
    gate: int | None

    def find(self, tie: Tie) -> Personal:
        outlets = [outlet for outlet in self._outlets(tie) if self._may(outlet)]
        ready = [
            outlet
            for outlet in outlets
            if not self.closed[outlet.schedule] and self.abilities.of(outlet)[0] is Reason.TAKEN
        ]
        manager = self._manager(tie, outlets, {outlet.id for outlet in ready})
        taken = frozenset(manager.phone_keys if manager is not None else ())
        found = ((outlet, self._keys(outlet, taken)) for outlet in ready)
        return Personal(tie, manager, tuple((outlet, keys) for outlet, keys in found if keys)[:MAX_OUTLETS])

    def _outlets(self, tie: Tie) -> list[RouteOutlet]:
        """His own before those of dealers below, the one that talked first, then those of the region."""
        found = self.snapshot.outlets_by_org.get(tie.org_id, Candidates()).outlets
        near = self.near.index
        return sorted(
            found,
            key=lambda outlet: (
                outlet.id != tie.outlet_id,
                outlet.org_id != tie.org_id,
                outlet.id not in near,
                outlet.position,
                outlet.id,
            ),
        )

    def _may(self, outlet: RouteOutlet) -> bool:
        if self.did.org_id is not None:
            return outlet.bar is Reason.TAKEN and self.did.org_id in outlet.chain
        return outlet.site_bar is Reason.TAKEN and (self.gate is None or outlet.points >= self.gate)

    def _keys(self, outlet: RouteOutlet, taken: frozenset[str]) -> tuple[str, ...]:
        return tuple(key for key in self.abilities.of(outlet)[1] if key not in taken)

    def _manager(self, tie: Tie, outlets: list[RouteOutlet], ready: set[int]) -> Step | None:
        """His own hours count; without any those of the place, and of some outlet for a phone that stands nowhere."""
        orgs = {outlet.org_id for outlet in outlets}
        phones = [
            staff
            for staff in self.snapshot.staff_phones.get(tie.user_id or 0, ())
            if staff.org_id in orgs and self._is_in_place(staff, ready)
        ]
        keys = tuple(
            staff.phone.key for staff in phones if self.abilities.against(staff.phone)[0] is Reason.TAKEN
        )
        if not keys:
            return None
        staff = phones[0]
        return Step(
            StepKind.OUTLET,
            keys[:MAX_KEYS_PER_STEP],
            next((outlet.ring_s for outlet in outlets if outlet.id == staff.outlet_id), _MANAGER_RING_S),
            staff.outlet_id,
            staff.org_id,
            staff.label,
            StepStage.PERSONAL,
        )

    def _is_in_place(self, staff: StaffPhone, ready: set[int]) -> bool:
        if staff.phone.schedule is not None:
            return True
        return staff.outlet_id in ready if staff.outlet_id is not None else bool(ready)
