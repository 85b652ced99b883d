"""Typed keys of the application and of a request. Rooms keep the keys of their own services at home."""

import jinja2
from aiohttp import web

from web.deps import WebDeps
from web.security.access import Access
from web.ui.static_files import StaticFiles

DEPS = web.AppKey("deps", WebDeps)
TEMPLATES = web.AppKey("templates", jinja2.Environment)
STATIC = web.AppKey("static", StaticFiles)
ACCESS = web.AppKey("access", dict[web.AbstractRoute, Access])
BODY_LIMITS = web.AppKey("body_limits", dict[web.AbstractRoute, int])

REQUEST_ID = web.RequestKey("request_id", str)
STYLE_NONCE = web.RequestKey("style_nonce", str)
