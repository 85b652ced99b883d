"""A base of leads in memory: the port without a network, and the same leads as the contract tells them over HTTP."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from callcore.intake.leads.lead_json import read_page
from callcore.intake.leads.model import LeadAccess, LeadPage


def lead(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"L{number}", "name": f"Лид {number}", "phone": f"8 912 440-80-{number:02}", **more}


class FakeLeadBase:
    """The cursor is how many leads were told. `trouble` is raised instead of an answer; `on_page` runs before each one."""

    def __init__(self, *leads: Any, page: int = 2) -> None:
        self.leads = list(leads)
        self.page_size = page
        self.trouble: Exception | None = None
        self.asked: list[tuple[LeadAccess, str]] = []
        self.on_page: Callable[[int], Any] | None = None

    async def page(self, access: LeadAccess, after: str, limit: int) -> LeadPage:
        self.asked.append((access, after))
        if self.on_page is not None:
            await self.on_page(len(self.asked))
        await asyncio.sleep(0)
        if self.trouble is not None:
            raise self.trouble
        return read_page(self.told(after), limit)

    def told(self, after: str) -> bytes:
        start = int(after or 0)
        end = min(start + self.page_size, len(self.leads))
        told = {"leads": self.leads[start:end], "cursor": str(end), "more": end < len(self.leads)}
        return json.dumps(told).encode()
