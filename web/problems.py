"""Refusals as programs read them: RFC 9457, with a stable code, Russian words and what is wrong by field."""

import json
from typing import Any

from aiohttp import web

from callcore.kernel.errors import DealerlineError, Invalid
from web.errors import Trouble

MEDIA_TYPE = "application/problem+json"
UNPROCESSABLE = 422


def problem(told: Trouble, request_id: str, error: DealerlineError | None = None) -> web.Response:
    fields = error.details.get("fields") if error is not None else None
    status = UNPROCESSABLE if isinstance(error, Invalid) and fields else told.status
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": told.title,
        "status": status,
        "detail": told.advice,
        "code": told.code,
        "request_id": request_id,
    }
    if fields:
        body["errors"] = fields
    response = web.Response(
        text=json.dumps(body, ensure_ascii=False), status=status, content_type=MEDIA_TYPE, charset="utf-8"
    )
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="dealerline"'
    if told.retry_after_s is not None:
        response.headers["Retry-After"] = str(told.retry_after_s)
    return response
