"""How long the demo keeps recordings: the administrator's first rules. Its recordings come from its own calls."""

from datetime import datetime

from callcore.calls.recording_tables import RetentionRuleRow
from callcore.demo.rows import Rows


def demo_retention(now: datetime) -> Rows:
    """Messages a month, talks three years: the time in which a buyer may claim."""
    usual = {"org_id": None, "did_id": None, "direction": "", "result": "", "is_active": True, "at": now}
    rows = [
        {
            "id": 1,
            "position": 1,
            "title": "Голосовые сообщения",
            "kind": "voicemail",
            "days": 30,
            "reason": "Приказ о хранении записей, п. 2",
            "user_id": None,
            **usual,
        },
        {
            "id": 2,
            "position": 2,
            "title": "Разговоры с клиентами",
            "kind": "talk",
            "days": 3 * 365,
            "reason": "Приказ о хранении записей, п. 3: срок исковой давности",
            "user_id": None,
            **usual,
        },
    ]
    return [(RetentionRuleRow, rows)]
