"""The port to a base of leads."""

from typing import Protocol

from callcore.intake.leads.model import LeadAccess, LeadPage, Trouble
from callcore.kernel.errors import DealerlineError


class LeadBaseTrouble(DealerlineError):
    """The base gave no page; nothing was taken from it. `message` is for logs and holds neither secrets nor people."""

    retryable = True

    def __init__(self, trouble: Trouble, message: str = "") -> None:
        super().__init__(f"leads-{trouble}", message)
        self.trouble = trouble


class LeadBase(Protocol):
    async def page(self, access: LeadAccess, after: str, limit: int) -> LeadPage:
        """At most `limit` leads, oldest first, of those behind the cursor `after` (empty: from the first). Ends within the
        adapter's own limit of time. Raises LeadBaseTrouble."""
        ...
