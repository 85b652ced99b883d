"""What the dealers of the demo cost in the last months: advertising by their size, a line, now and then a bonus. Pure."""

import random
from datetime import date, datetime
from typing import Any, Final

from callcore.demo.chance import SEED
from callcore.demo.rows import Rows
from callcore.network.cost_tables import DealerCostRow
from callcore.network.costs import CostKind

MONTHS: Final = 4
_NOTES: Final = {
    CostKind.ADS: "Яндекс Директ",
    CostKind.CALLS: "Номер и минуты",
    CostKind.BONUS: "Бонус за выполненный план",
}


def demo_costs(orgs: list[dict[str, Any]], users: list[dict[str, Any]], now: datetime) -> Rows:
    """The head office spends nothing on itself."""
    chance = random.Random(SEED)
    author = next(user["id"] for user in users if user["role"] == "marketer")
    rows: list[dict[str, Any]] = []
    for back in range(MONTHS):
        months = now.year * 12 + now.month - 1 - back
        month = date(months // 12, months % 12 + 1, 1)
        for org in orgs:
            if org["kind"] == "manufacturer":
                continue
            spent = {
                CostKind.ADS: chance.randrange(8, 60) * 50_000,
                CostKind.CALLS: chance.randrange(6, 20) * 10_000,
            }
            if chance.random() < 0.2:
                spent[CostKind.BONUS] = 1_000_000
            rows += [
                {
                    "id": len(rows) + number,
                    "org_id": org["id"],
                    "month": month,
                    "kind": kind.value,
                    "kopecks": kopecks,
                    "note": _NOTES[kind],
                    "batch": "demo" if kind is CostKind.CALLS else "",
                    "made_at": now,
                    "author_id": author,
                    "removed_at": None,
                }
                for number, (kind, kopecks) in enumerate(spent.items(), start=1)
            ]
    return [(DealerCostRow, rows)]
