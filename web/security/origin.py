"""Did our own page send this request? Browsers say so in headers that a foreign page cannot forge."""

from urllib.parse import urlsplit

from aiohttp import web

_OWN_SITES = frozenset({"same-origin", "none"})


def is_same_origin(request: web.BaseRequest) -> bool:
    """False when a browser says that another site sent this request.

    A client that is no browser sends neither header and passes: it holds no cookie of a victim.
    WebSocket handshakes carry Origin too, so the live room asks the same question.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _OWN_SITES:
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.host.lower()


def client_ip(request: web.BaseRequest, *, behind_proxy: bool) -> str:
    """The address of the client; the last hop of X-Forwarded-For only when we stand behind our own proxy."""
    if behind_proxy:
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        if last := hops[-1].strip():
            return last
    return request.remote or ""


def safe_next(target: str | None, fallback: str = "/") -> str:
    """A path inside this site, or the fallback: «//evil.example», «/\\evil» and schemes are refused."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return fallback
    if any(ord(char) < 0x21 or char == "\\" for char in target):
        return fallback
    return target
