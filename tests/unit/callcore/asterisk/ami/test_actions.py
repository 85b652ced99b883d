from typing import Any

import pytest

from callcore.asterisk.ami.actions import action, originate
from callcore.kernel.errors import Invalid

pytestmark = pytest.mark.unit

GOOD: dict[str, Any] = {
    "channel": "PJSIP/p12",
    "context": "dl-walk",
    "extension": "s",
    "call_id": "8d1c3d52-6b0c-4b57",
    "caller_id": "+74950000001",
    "timeout_s": 30.5,
}


def test_an_originate() -> None:
    assert originate(**GOOD) == {
        "Action": "Originate",
        "Channel": "PJSIP/p12",
        "Context": "dl-walk",
        "Exten": "s",
        "Priority": "1",
        "ChannelId": "8d1c3d52-6b0c-4b57",
        "Variable": "__DL_CALL_ID=8d1c3d52-6b0c-4b57",
        "CallerID": "+74950000001",
        "Timeout": "30500",
        "Async": "true",
    }


def test_no_caller_id_no_header() -> None:
    assert "CallerID" not in originate(**{**GOOD, "caller_id": ""})


@pytest.mark.parametrize("code", [*range(32), 127, 0x85, 0x2028])
def test_every_control_character_is_refused(code: int) -> None:
    with pytest.raises(Invalid) as refusal:
        action("Ping", Note=f"a{chr(code)}b")
    assert refusal.value.code == "control-characters"
    assert "Note" in refusal.value.details["fields"]
    with pytest.raises(Invalid):
        action("Ping", **{f"No{chr(code)}te": "a"})
    with pytest.raises(Invalid):
        action(f"Ping{chr(code)}")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("channel", "PJSIP/" + "x" * 250),
        ("channel", "PJSIP/p1&PJSIP/p2"),
        ("channel", "Local/p1@dl-leg,evil"),
        ("channel", "System/id"),
        ("channel", "PJSIP/Иван"),
        ("channel", ""),
        ("context", "a b"),
        ("context", ""),
        ("extension", "${X}"),
        ("extension", "1,2"),
        ("extension", ""),
        ("call_id", "a,B=1"),
        ("call_id", "x" * 150),
        ("call_id", ""),
        ("caller_id", "Иван <7916>"),
        ("caller_id", '"x" <7916>'),
        ("caller_id", "1" * 40),
        ("timeout_s", 0),
        ("timeout_s", -1),
        ("timeout_s", 601),
        ("timeout_s", float("nan")),
    ],
)
def test_what_an_originate_refuses(field: str, value: object) -> None:
    with pytest.raises(Invalid) as refusal:
        originate(**{**GOOD, field: value})
    assert list(refusal.value.details["fields"]) == [field]


def test_a_channel_of_255_is_allowed() -> None:
    assert originate(**{**GOOD, "channel": "PJSIP/" + "x" * 249})
