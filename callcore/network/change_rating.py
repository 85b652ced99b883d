"""Use case: the manufacturer says what the rating of dealers is made of; and the numbers that follow from it, kept at hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcore.kernel import audit
from callcore.kernel.clock import Clock
from callcore.kernel.database import Database
from callcore.kernel.errors import Forbidden, Invalid
from callcore.network.access_tables import SettingRow
from callcore.network.merits import POINTS_ONLY, Weights, check_weights, weights_from_json, weights_to_json
from callcore.network.model import Viewer
from callcore.network.policy_versions import may_edit_policies
from callcore.network.save_setting import save_setting
from callcore.network.tables import OrgRow

KEY: Final = "rating"


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """`version` 0 while nobody has saved any."""

    weights: Weights = POINTS_ONLY
    version: int = 0


async def stored_weights(session: AsyncSession) -> StoredWeights:
    row = await session.scalar(select(SettingRow).where(SettingRow.key == KEY))
    return StoredWeights(weights_from_json(row.value), row.version) if row is not None else StoredWeights()


async def write_ratings(session: AsyncSession, ratings: Mapping[int, int]) -> int:
    """Those that are not named go by their points again. Returns how many changed."""
    changed = 0
    for org_id, kept in (await session.execute(select(OrgRow.id, OrgRow.rating))).all():
        wanted = ratings.get(org_id)
        if kept != wanted:
            await session.execute(update(OrgRow).where(OrgRow.id == org_id).values(rating=wanted))
            changed += 1
    return changed


class ChangeRating:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def save(self, viewer: Viewer, weights: Weights, *, shown: int) -> int:
        """The new version. Raises Forbidden, Invalid("rating-wrong", fields=) with codes of check_weights, and
        Conflict("settings-changed") when somebody saved since version `shown`."""
        if not may_edit_policies(viewer):
            raise Forbidden("not-editor")
        if wrong := check_weights(weights):
            raise Invalid("rating-wrong", fields=wrong)
        now = self._clock.now()
        async with self._database.transaction() as session:
            before = await stored_weights(session)
            version = await save_setting(
                session, KEY, weights_to_json(weights), shown=shown, at=now, user_id=int(viewer.user_id)
            )
            audit.record(
                session,
                at=now,
                actor_id=viewer.user_id,
                action="rating:saved",
                entity="settings",
                entity_id=KEY,
                before=weights_to_json(before.weights),
                after=weights_to_json(weights),
            )
        return version
