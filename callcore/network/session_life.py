"""How long a signed-in browser stays so."""

from datetime import timedelta
from typing import Final

IDLE_LIMIT: Final = timedelta(hours=12)
ABSOLUTE_LIMIT: Final = timedelta(days=7)
SEEN_STEP: Final = timedelta(minutes=1)
