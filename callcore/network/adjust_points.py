"""Use case: a person gives or takes points by hand."""

from typing import Final

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, Invalid
from callcore.network.ledger import PointsKind, add_points
from callcore.network.model import Viewer
from callcore.network.points import dealer_of, may_adjust_points
from callcore.network.policy import MAX_POINTS

MAX_REASON_CHARS: Final = 200
MAX_KEY_CHARS: Final = 100


class AdjustPoints:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def adjust_points(self, viewer: Viewer, org_id: int, *, points: int, reason: str, key: str) -> bool:
        """`key` is made with the form, so that a form sent twice counts once: then False. Raises NotFound, Forbidden,
        Invalid (fields points, reason)."""
        reason = reason.strip()
        async with self._database.transaction() as session:
            await dealer_of(session, viewer, org_id)
            if not may_adjust_points(viewer):
                raise Forbidden("not-adjuster")
            _check(points, reason, key)
            now = self._clock.now()
            is_new = await add_points(
                session,
                org_id=org_id,
                kind=PointsKind.MANUAL,
                points=points,
                reason=reason,
                at=now,
                dedupe_key=f"manual:{org_id}:{key}",
                actor_id=viewer.user_id,
            )
            if is_new:
                audit.record(
                    session,
                    at=now,
                    actor_id=viewer.user_id,
                    action="points:adjusted",
                    entity="org",
                    entity_id=org_id,
                    points=points,
                    reason=reason,
                )
        return is_new


def _check(points: int, reason: str, key: str) -> None:
    fields = {}
    if points == 0 or abs(points) > MAX_POINTS:
        fields["points"] = f"a whole number from -{MAX_POINTS} to {MAX_POINTS}, not 0"
    if not 0 < len(reason) <= MAX_REASON_CHARS:
        fields["reason"] = f"1 to {MAX_REASON_CHARS} characters"
    if not 0 < len(key) <= MAX_KEY_CHARS:
        fields["key"] = "as made with the form"
    if fields:
        raise Invalid("points-wrong", fields=fields)
