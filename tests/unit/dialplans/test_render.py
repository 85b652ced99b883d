"""Rendering: refusals name the place; nothing reaches a file without a filter; names are those of the contract."""

import re
from dataclasses import replace

import pytest

from callcore.kernel.errors import Invalid
from dialplans import contract
from dialplans.check import check
from dialplans.plan import AmiUserPlan, DidPlan, OpenTime, PhoneKind, PhonePlan, TrunkPlan
from dialplans.render import AMI_EVENTS, render_carrier, render_pbx
from tests.factories.pbx import carrier_plan, pbx_plan

pytestmark = pytest.mark.unit

PHONE = PhonePlan("p1", PhoneKind.SIP, "Телефон", secret="secret-1", extension="101")
TRUNK = TrunkPlan("main", "127.0.0.1", 5060, "+74950000000")


def with_phone(**changes):
    return {"phones": (*pbx_plan().phones, replace(PHONE, **changes))}


def target(**changes):
    """The outlet of the static branch, otherwise in order."""
    return replace(pbx_plan().targets[0], **changes)


def with_trunk(**changes):
    return {"trunks": (replace(TRUNK, **changes),)}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        (with_phone(key="p1,1,System(id)"), "extensions.conf.j2"),
        (with_phone(key="x1"), "extensions.conf.j2"),
        (with_phone(kind=PhoneKind.EXTERNAL, number="+7&PJSIP/p12"), "extensions.conf.j2"),
        (with_phone(kind=PhoneKind.EXTERNAL, number="+7900${X}"), "extensions.conf.j2"),
        (with_phone(extension="1]\n[x"), "conf.j2"),
        (with_phone(label="a\nallow=all"), "conf.j2"),
        (with_phone(secret="x\ncontext=from-trunk"), "pjsip.conf.j2"),
        (with_phone(secret=""), "pjsip.conf.j2"),
        (with_phone(lines=0), "extensions.conf.j2"),
        (with_trunk(name="Главный"), "trunks[0].name"),
        (with_trunk(host="a;b"), "pjsip.conf.j2"),
        (with_trunk(caller_id="anonymous"), "trunks[0].caller_id"),
        (with_trunk(username="a\nb"), "pjsip.conf.j2"),
        (with_trunk(label="${SHELL(id)}"), "trunks[0].label"),
        (with_trunk(label="a)\nexten => s,1,x"), "trunks[0].label"),
        ({"recordings_dir": "/a'; rm -rf /; '"}, "recordings_dir"),
        ({"recordings_dir": "relative"}, "recordings_dir"),
        ({"cel_file": "/a => b"}, "cel_custom.conf.j2"),
        ({"agi_host": "127.0.0.1/x,"}, "extensions.conf.j2"),
        ({"ami_users": (AmiUserPlan("a b", "secret", ("call",), ("call",)),)}, "manager.conf.j2"),
        ({"ami_users": (AmiUserPlan("a", "x\nwrite=all", ("call",), ("call",)),)}, "manager.conf.j2"),
        ({"ami_users": (AmiUserPlan("a", "secret", ("call",), ("call\nx",)),)}, "manager.conf.j2"),
        ({"dids": (DidPlan("+7(495)", "x"),)}, "extensions.conf.j2"),
        ({"dids": (DidPlan("+74951234567", "x", targets=("o9",)),)}, "targets"),
        ({"other_targets": (), "dids": (), "targets": (target(phone_keys=("p99",)),)}, "targets"),
        ({"other_targets": (), "dids": (), "targets": (target(zone="Mars/Base"),)}, "extensions.conf.j2"),
        (
            {"other_targets": (), "dids": (), "targets": (target(zone="Europe/Moscow,x"),)},
            "extensions.conf.j2",
        ),
        (
            {"other_targets": (), "dids": (), "targets": (target(times=(OpenTime(540, 1440, "mon"),)),)},
            "extensions.conf.j2",
        ),
        (
            {"other_targets": (), "dids": (), "targets": (target(times=(OpenTime(540, 600, "mon,sun"),)),)},
            "extensions.conf.j2",
        ),
        (
            {"other_targets": (), "dids": (), "targets": (target(label="x\nexten => s"),)},
            "extensions.conf.j2",
        ),
        ({"agi_script": "/agi/$(reboot)"}, "extensions.conf.j2"),
        ({"dids": (DidPlan("+74951234567", "x\n[evil]"),)}, "extensions.conf.j2"),
        ({"sip_port": 0}, "pjsip.conf.j2"),
        ({"duty_keys": ("p99",)}, "duty_keys"),
        ({"phones": (PHONE, PHONE), "duty_keys": ()}, "phones"),
        ({"dids": (DidPlan("+74951234567", "a"), DidPlan("74951234567", "b"))}, "dids"),
        ({"trunks": ()}, "trunks"),
        ({"rtp_ports": (10000, 10001)}, "rtp_ports"),
    ],
)
def test_a_refusal_names_the_place(changes, place):
    with pytest.raises(Invalid) as caught:
        render_pbx(pbx_plan(**changes))
    assert place in str(caught.value)
    assert list(caught.value.details["fields"])


def test_a_refusal_quotes_the_line_of_the_template():
    with pytest.raises(Invalid, match=r"pjsip\.conf\.j2:\d+ password = \{\{ phone\.secret \| setting \}\}: "):
        render_pbx(pbx_plan(**with_phone(secret="a\nb")))


def test_the_carrier_refuses_too():
    with pytest.raises(Invalid, match="trunk_secret"):
        render_carrier(carrier_plan(trunk_secret="a\nb"))


def test_every_name_of_the_contract_stands_in_the_dialplan():
    text = render_pbx(pbx_plan()).files["extensions.conf"]
    names = {
        name: str(value)
        for name, value in vars(contract).items()
        if name.isupper() and isinstance(value, str) and value.startswith("DL_")
    }
    for name, value in names.items():
        assert re.sub(r"\{n\}", "${DL_STEP}", value) in text, name
    for context in (
        "FROM_TRUNK",
        "ENTRY",
        "WALK",
        "LEG",
        "RING",
        "MARK",
        "WHISPER",
        "FALLBACK",
        "VOICEMAIL",
        "HANGUP",
    ):
        assert f"[{getattr(contract, context)}]" in text
    kinds = set(re.findall(r"Kind: (\w+)", text))
    assert kinds == {kind.value for kind in contract.Milestone}
    reasons = set(re.findall(r"Reason: ([a-z-]+)", text))
    assert reasons == {reason.value for reason in contract.DeclineReason}
    assert {reason.value for reason in contract.FallbackReason} <= set(
        re.findall(r"[a-z]+(?:-[a-z]+)*", text)
    )


def test_variables_of_the_dialplan_are_ours_by_name():
    text = render_pbx(pbx_plan()).files["extensions.conf"]
    assigned = {name.lstrip("_") for name in re.findall(r"\bSet\((_{0,2}[A-Z][A-Z0-9_]*)=", text)}
    assert {name for name in assigned if not name.startswith("DL_")} == {
        "AGIEXITONHANGUP",
        "DYNAMIC_FEATURES",
        "GOSUB_RESULT",
        "TRANSFER_CONTEXT",
    }


def test_cel_columns_follow_the_contract():
    (line,) = [line for line in render_pbx(pbx_plan()).files["cel_custom.conf"].splitlines() if "=>" in line]
    assert line.count("CSV_QUOTE") == len(contract.CEL_COLUMNS)
    assert line.endswith("${CSV_QUOTE(${CHANNEL(userfield)})}")


def test_ami_sends_what_facts_are_made_of_and_no_more():
    text = render_pbx(pbx_plan()).files["manager.conf"]
    assert re.findall(r"eventfilter\(action\(include\),name\((\w+)\)", text) == [
        *AMI_EVENTS,
        "DeviceStateChange",
    ]
    assert "name(DeviceStateChange),header(Device),method(starts_with)) = PJSIP/\n" in text
    (unmade,) = re.findall(r"^disabledevents = (.*)$", text, flags=re.MULTILINE)
    assert {"Newexten", "VarSet"} < set(unmade.split(","))
    assert set(unmade.split(",")).isdisjoint(AMI_EVENTS)
    assert "ami\\;secret" in text


def test_customers_are_shown_the_label_that_the_carrier_takes_from_us_and_nobody_elses_name():
    plan = pbx_plan(**with_trunk(label="Окна Века"))
    text = render_pbx(plan).files["extensions.conf"]
    named = "Set(CALLERID(name)=Окна Века)"
    for context in (contract.OUT, contract.MASKED_TALK):
        lines = text.partition(f"[{context}]")[2].partition("\n[")[0].splitlines()
        number = next(
            place for place, line in enumerate(lines) if "CALLERID(all)=${FILTER(+0-9,${DL_CLI})}" in line
        )
        assert named in lines[number + 1], "after the number, which would wipe the name"
    assert text.count(named) == 2
    assert check(render_pbx(plan)) == check(render_pbx(pbx_plan()))
    assert "CALLERID(name)=О" not in render_pbx(pbx_plan(**with_trunk())).files["extensions.conf"]


def test_a_trunk_may_be_known_by_its_password():
    text = render_pbx(pbx_plan(**with_trunk(secret="abc-secret", inbound_auth=True))).files["pjsip.conf"]
    assert "identify_by = auth_username" in text
    assert "type = identify" not in text


def test_no_phone_is_named_by_its_number():
    text = render_pbx(pbx_plan()).files["pjsip.conf"]
    assert "79001112233" not in text
