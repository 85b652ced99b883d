"""The parts of the room of callbacks."""

from callcore.network.model import Viewer
from callcore.outbound.callbacks.sites import KEEPERS


def room_tabs(here: str, viewer: Viewer) -> list[tuple[str, str, None, bool]]:
    """One part only is no choice."""
    if viewer.role not in KEEPERS:
        return []
    parts = (("Заявки", "/callbacks"), ("Сайты", "/callbacks/sites"))
    return [(text, path, None, path == here) for text, path in parts]
