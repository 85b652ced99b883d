"""The OpenAPI 3.1 document, made of the same models by which the API reads and answers. Pure."""

from typing import Any, Final

from pydantic.json_schema import models_json_schema

from callcore.intake.api_orders import MAX_API_PAGE
from callcore.intake.once import MAX_KEY_CHARS
from web.api.callbacks import describe as describe_callbacks
from web.api.reviews import describe as describe_reviews
from web.api.schemas import (
    CallbackIn,
    CallbackTaken,
    OrderIn,
    OrderList,
    OrderOut,
    OrderTaken,
    Problem,
    ReviewList,
)

_REF: Final = "#/components/schemas/{model}"
_REFUSALS: Final = {
    "400": "Запрос не понят",
    "401": "Нет ключа, или он не подходит",
    "403": "У ключа нет права",
    "409": "Сейчас это сделать нельзя",
    "413": "Слишком большое тело",
    "422": "Поля не подходят, или этот Idempotency-Key уже стоит на другом запросе",
    "429": "Слишком часто; Retry-After говорит, сколько секунд ждать",
    "503": "Временно недоступно, повторите с тем же ключом",
}


def description(version: str) -> dict[str, Any]:
    models = (OrderIn, OrderTaken, OrderOut, OrderList, CallbackIn, CallbackTaken, ReviewList, Problem)
    sent = (OrderIn, CallbackIn)
    modes = [(model, "validation" if model in sent else "serialization") for model in models]
    _, schemas = models_json_schema(modes, ref_template=_REF)  # type: ignore[arg-type]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Dealerline API",
            "version": version,
            "description": "Заказы от сайтов и программ. Ключ выдаёт администратор в разделе «Ключи API».",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": {
            "/api/v1/orders": {"post": _take(), "get": _list()},
            "/api/v1/orders/{number}": {"get": _one()},
            "/api/v1/callbacks": {"post": describe_callbacks(_content, _refusals)},
            "/api/v1/reviews": {"get": describe_reviews(_content, _refusals, _query)},
        },
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _take() -> dict[str, Any]:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Ваш неповторимый ключ запроса. Повтор с ним не создаёт второй заказ; хранится двое суток.",
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARS, "pattern": "^[!-~]+$"},
    }
    return {
        "operationId": "takeOrder",
        "summary": "Передать заказ",
        "description": "Право orders:write. Заказ сразу распределяется дилерам региона.",
        "parameters": [key],
        "requestBody": {"required": True, "content": _content("OrderIn")},
        "responses": {
            "201": {
                "description": "Заказ принят",
                "headers": {
                    "Location": {"schema": {"type": "string"}},
                    "Idempotency-Replayed": {"schema": {"type": "string", "const": "true"}},
                },
                "content": _content("OrderTaken"),
            },
            **_refusals("400", "401", "403", "409", "413", "422", "429", "503"),
        },
    }


def _list() -> dict[str, Any]:
    moment = {"type": "string", "format": "date-time"}
    return {
        "operationId": "listOrders",
        "summary": "Заказы, новые первыми",
        "description": "Право orders:read. Видно то же, что людям организации ключа; скрытый номер скрыт и здесь.",
        "parameters": [
            _query("after", {"type": "string"}, "Поле next прошлой страницы"),
            _query("limit", {"type": "integer", "minimum": 1, "maximum": MAX_API_PAGE, "default": 25}),
            _query("status", {"type": "string", "maxLength": 64}, "Код статуса"),
            _query("source", {"type": "string", "maxLength": 64}),
            _query("created_from", moment),
            _query("created_before", moment),
        ],
        "responses": {
            "200": {"description": "Страница заказов", "content": _content("OrderList")},
            **_refusals("400", "401", "403", "422", "429", "503"),
        },
    }


def _one() -> dict[str, Any]:
    number = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
    not_found = {"description": "Такого заказа нет", "content": _problem()}
    return {
        "operationId": "getOrder",
        "summary": "Один заказ",
        "description": "Право orders:read.",
        "parameters": [number],
        "responses": {
            "200": {"description": "Заказ", "content": _content("OrderOut")},
            "404": not_found,
            **_refusals("400", "401", "403", "429", "503"),
        },
    }


def _query(name: str, schema: dict[str, Any], text: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {"name": name, "in": "query", "required": False, "schema": schema}
    return told | ({"description": text} if text else {})


def _content(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(model=model)}}}


def _problem() -> dict[str, Any]:
    return {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}


def _refusals(*codes: str) -> dict[str, Any]:
    return {code: {"description": _REFUSALS[code], "content": _problem()} for code in codes}
