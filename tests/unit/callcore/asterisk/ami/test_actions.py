from typing import Any

import pytest

from callcore.asterisk.ami.actions import action, hang_up, originate
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
        "Variable": ["__DL_CALL_ID=8d1c3d52-6b0c-4b57"],
        "CallerID": "+74950000001",
        "Timeout": "30500",
        "Codecs": "alaw",
        "Async": "true",
    }


def test_variables_stand_one_a_header() -> None:
    headers = originate(**GOOD, variables={"DL_TO": "+79160000001", "DL_OURS": "p1-p2"})
    assert headers["Variable"] == ["__DL_CALL_ID=8d1c3d52-6b0c-4b57", "DL_TO=+79160000001", "DL_OURS=p1-p2"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CALLERID(num)", "1"), ("__DL_TO", "1"), ("DL_A,B", "1"), ("DL_A", "1,X=2"), ("DL_A", "${SHELL(id)}"),
        ("DL_A", "a\r\nAction: Logoff"), ("DL_A", "имя"), ("DL_A", "x" * 1001),
    ],
)  # fmt: skip
def test_other_variables_are_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid):
        originate(**GOOD, variables={name: value})


def test_a_hang_up_is_by_our_id() -> None:
    assert hang_up("out-abc") == {"Action": "Hangup", "Channel": "out-abc"}
    with pytest.raises(Invalid):
        hang_up("/.*/")


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
