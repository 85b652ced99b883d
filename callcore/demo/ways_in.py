"""Keys of the API that the demo network has: of the maker's site, of a dealer's program, and one that was revoked. Nobody
knows their secrets: a working key is made on the page."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from callcore.demo.network_rows import Row
from callcore.demo.rows import Rows
from callcore.network.access_tables import ApiKeyRow
from callcore.network.api_keys import Scope


def demo_keys(orgs: Sequence[Row], users: Sequence[Row], now: datetime) -> Rows:
    factory = orgs[0]
    dealer = next(org for org in orgs if org["kind"] == "dealer")
    both, write = [one.value for one in Scope], [Scope.ORDERS_WRITE.value]
    keys = (
        (factory, "Сайт производителя", both, 210, timedelta(minutes=12), None),
        (dealer, "Учётная программа дилера", both, 90, timedelta(hours=5), None),
        (factory, "Старый сайт", write, 400, timedelta(days=200), timedelta(days=198)),
    )
    return [
        (
            ApiKeyRow,
            [
                {
                    "id": number,
                    "name": name,
                    "prefix": f"dl_demo{number}",
                    "key_hash": hashlib.sha256(f"nobody knows {number}".encode()).hexdigest(),
                    "scopes": scopes,
                    "org_id": org["id"],
                    "made_by": next(user["id"] for user in users if user["org_id"] == org["id"]),
                    "made_at": now - timedelta(days=days),
                    "used_at": now - used,
                    "revoked_at": now - revoked if revoked else None,
                }
                for number, (org, name, scopes, days, used, revoked) in enumerate(keys, start=1)
            ],
        )
    ]
