"""A word for the next page: «Заказ принят». It travels in a short-lived cookie and is shown once."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

Tone = Literal["success", "info", "warning", "danger"]
_TONES: tuple[Tone, ...] = ("success", "info", "warning", "danger")
_COOKIE = "flash"
_MAX_CHARS = 300
_OWN_ADDRESS = re.compile(r"(/[a-z0-9-]+){1,6}")


@dataclass(frozen=True, slots=True)
class Flash:
    """`undo` is our own address that takes it back with one press; empty: there is none."""

    tone: Tone
    text: str
    undo: str = ""


def see_other(location: str, flash: Flash | None = None) -> web.Response:
    """Answer to a form that worked: go there, and say this there."""
    response = web.Response(status=303, headers={"Location": location})
    if flash is not None:
        packed = json.dumps([flash.tone, flash.text[:_MAX_CHARS], flash.undo], ensure_ascii=False).encode()
        value = base64.urlsafe_b64encode(packed).decode().rstrip("=")
        response.set_cookie(_COOKIE, value, max_age=60, httponly=True, samesite="Lax", path="/")
    return response


def read_flash(request: web.Request) -> Flash | None:
    """What the last answer left; a forged or broken cookie says nothing."""
    raw = request.cookies.get(_COOKIE, "")
    if not raw or len(raw) > 4 * _MAX_CHARS:
        return None
    try:
        tone, text, *rest = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    except (ValueError, TypeError, binascii.Error):
        return None
    known = next((name for name in _TONES if name == tone), None)
    if known is None or not isinstance(text, str):
        return None
    undo = rest[0] if rest and isinstance(rest[0], str) and _OWN_ADDRESS.fullmatch(rest[0]) else ""
    return Flash(known, text[:_MAX_CHARS], undo)


def forget_flash(response: web.Response) -> None:
    response.del_cookie(_COOKIE, path="/", httponly=True, samesite="Lax")
