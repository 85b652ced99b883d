"""What a line of the log may be given: ids, codes, counts and moments. A person's words and numbers are masked there as well,
but they are not handed over in the first place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.architecture

ROOT = Path(__file__).parents[2]
ROOMS = ("callcore", "web", "recordings", "dialplans", "config")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
OF_PEOPLE = {
    *("caller", "callee", "caller_number", "caller_name", "phone_number", "numbers", "msisdn", "to", "recipient"),
    *("customer", "customer_name", "full_name", "email", "text", "body", "comment", "note", "sentence", "query"),
}  # fmt: skip


def lines() -> Iterator[tuple[Path, ast.Call]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
                if is_call and node.func.attr in LEVELS and getattr(node.func.value, "id", "") == "_log":
                    yield path, node


def test_the_log_is_told_no_persons_number_and_no_words_of_people() -> None:
    found = list(lines())
    assert len(found) > 60
    told = [
        f"{path.relative_to(ROOT)}:{call.lineno} {word.arg}"
        for path, call in found
        for word in call.keywords
        if word.arg in OF_PEOPLE
    ]
    assert not told
    loose = [f"{path.relative_to(ROOT)}:{call.lineno}" for path, call in found if not _is_constant(call)]
    assert not loose, "a message is constant, what differs goes as fields"


def _is_constant(call: ast.Call) -> bool:
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant)
