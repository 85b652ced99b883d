"""Who may open which pages of dealers; use cases check once more, by the very dealer."""

from typing import Final

from callcore.network.editing import RUNNERS
from callcore.network.model import DEALER_ROLES, STAFF_ROLES
from callcore.network.outlets import EDITORS
from web.security.access import Access, roles

WHO: Final[Access] = roles(*STAFF_ROLES, *DEALER_ROLES)
STAFF: Final[Access] = roles(*STAFF_ROLES)
EDIT_HOURS: Final[Access] = roles(*EDITORS, *DEALER_ROLES)
EDIT_NETWORK: Final[Access] = roles(*EDITORS)
RUN: Final[Access] = roles(*RUNNERS)
