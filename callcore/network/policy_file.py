"""A policy as a file of JSON, in the form in which versions are stored."""

import json
from pathlib import Path
from typing import Final

from callcore.kernel.errors import Invalid, NotFound
from callcore.network.policy import Policy, policy_from_json

MAX_BYTES: Final = 1_000_000


def read_policy(name: str) -> Policy:
    """Raises NotFound for a file that is not there, Invalid("policy-unreadable") for what is no policy."""
    path = Path(name)
    try:
        if not path.is_file():
            raise NotFound("no-such-policy", f"Нет такой версии и такого файла: {name}")
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("too large")
        body = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(body, dict):
            raise ValueError("not an object")
        return policy_from_json(body)
    except (ValueError, OSError) as error:
        raise Invalid("policy-unreadable", f"Это не стратегия в JSON: {name} ({error})") from error
