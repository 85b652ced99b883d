"""Which ready sound says what. Pure, frozen; names without extension, several joined by "&" as Playback reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sounds:
    """Only what has been rendered is in here: a call never waits for a voice. Keys: DID id, region code, order id,
    id of a site that asks for callbacks (0: the queue, a program).

    `greetings` hold the notice of recording where the number wants it.
    """

    greetings: Mapping[int, str] = field(default_factory=dict)
    by_did: Mapping[int, str] = field(default_factory=dict)
    by_region: Mapping[str, str] = field(default_factory=dict)
    by_order: Mapping[int, str] = field(default_factory=dict)
    by_site: Mapping[int, str] = field(default_factory=dict)

    def greeting(self, did_id: int | None) -> str:
        return self.greetings.get(did_id, "") if did_id is not None else ""

    def whisper(self, did_id: int | None, region_code: str | None, order_id: int | None) -> str:
        """An order says everything itself; else the number and, where it does not tell the region, the region."""
        if order_id is not None and order_id in self.by_order:
            return self.by_order[order_id]
        parts = (self.by_did.get(did_id or 0, ""), self.by_region.get(region_code or "", ""))
        return "&".join(part for part in parts if part)

    def callback(self, site_id: int | None, region_code: str | None, order_id: int | None) -> str:
        """What our side hears before a callback: from which site, and the order or the region."""
        parts = (self.by_site.get(site_id or 0, ""), self.whisper(None, region_code, order_id))
        return "&".join(part for part in parts if part)


NO_SOUNDS = Sounds()
