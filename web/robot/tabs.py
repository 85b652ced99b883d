"""The parts of the robot's room."""

from callcore.network.model import Viewer
from callcore.outbound.do_not_call import EDITORS as BARRERS

_TABS = (
    ("Звонки", "/robot"),
    ("Не звонить", "/robot/do-not-call"),
    ("Согласия", "/robot/do-not-call?what=consents"),
    ("Фразы", "/robot/phrases"),
    ("Настройки", "/robot/settings"),
)


def tabs(here: str, viewer: Viewer) -> list[tuple[str, str, None, bool]]:
    may_bar = viewer.role in BARRERS
    return [
        (text, path, None, path == here)
        for text, path in _TABS
        if may_bar or not path.startswith("/robot/do-not-call")
    ]
