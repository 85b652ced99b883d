"""Ids that stand in an address."""

from aiohttp import web

from callcore.kernel.errors import NotFound

MAX_ID_DIGITS = 18  # more do not fit into a column


def number_in_path(request: web.Request, name: str) -> int:
    """Our ids are plain digits. Raises NotFound: anything else is an address that does not exist."""
    text = request.match_info[name]
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS):
        raise NotFound("no-such-address")
    return int(text)
