"""Broken files: the check names file and line."""

import pytest

from dialplans.check import check
from dialplans.plan import RenderedConfig
from dialplans.render import render_pbx
from tests.factories.pbx import pbx_plan

pytestmark = pytest.mark.unit

GOOD = render_pbx(pbx_plan()).files


def broken(file, old, new):
    """The good files with one replacement, and the number of the line where it was made."""
    text = GOOD[file]
    assert old in text, old
    line = text[: text.index(old)].count("\n") + 1
    return RenderedConfig({**GOOD, file: text.replace(old, new, 1)}), line


def append(file, more):
    line = GOOD[file].count("\n") + 1
    return RenderedConfig({**GOOD, file: GOOD[file] + more}), line


EXT, SIP, AMI, MOD = "extensions.conf", "pjsip.conf", "manager.conf", "modules.conf"


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (EXT, "Goto(dl-fallback,s,1)", "Goto(dl-falback,s,1)", "no context dl-falback"),
        (EXT, "Goto(dl-fallback,s,1)", "Goto(dl-fallback,x,1)", "no extension x"),
        (EXT, "Goto(dl-fallback,s,1)", "Goto(dl-fallback,s,99)", "no priority 99"),
        (EXT, "?talked)", "?gone)", "no priority gone"),
        (EXT, "Goto(step)", "Goto(stepp)", "no priority stepp"),
        (EXT, "?dl-walk,s,1)", "?dl-wlk,s,1)", "no context dl-wlk"),
        (EXT, "Gosub(dl-ring,s,1(p12", "Gosub(dl-rng,s,1(p12", "no context dl-rng"),
        (EXT, "U(dl-whisper)", "U(dl-wisper)", "no context dl-wisper"),
        (EXT, "b(dl-mark^s^1)", "b(dl-mark^q^1)", "no extension q"),
        (
            EXT,
            "hangup_handler_push)=dl-hangup,s,1",
            "hangup_handler_push)=dl-hangap,s,1",
            "no context dl-hangap",
        ),
        (EXT, "Dial(Local/p40@dl-leg/n,35,Ir)", "Dial(Local/p41@dl-leg/n,35,Ir)", "no extension p41"),
        (EXT, "Dial(Local/p40@dl-leg/n,35,Ir)", "Dial(Local/p40@dl-leg/n,,Ir)", "without a timeout"),
        (EXT, "Dial(Local/p40@dl-leg/n,35,Ir)", "Dial(Local/p40@dl-leg/n)", "without a timeout"),
        (
            EXT,
            "UserEvent(DL,Kind: step",
            "UserEvnt(DL,Kind: step",
            "no loaded module has the application UserEvnt",
        ),
        (EXT, "09:00-17:59,mon-fri", "9:00-17:59,mon-fri", "GotoIfTime wants"),
        (EXT, "09:00-17:59,mon-fri", "09:00-24:00,mon-fri", "GotoIfTime wants"),
        (EXT, "09:00-17:59,mon-fri", "09:00-08:59,mon-fri", "ends before it begins"),
        (EXT, "17:59,mon-fri,*,*", "17:59,mon-fry,*,*", "GotoIfTime wants"),
        (EXT, "Asia/Yekaterinburg?open", "Asia/Ekaterinburg?open", "no zone Asia/Ekaterinburg"),
        (EXT, "Asia/Yekaterinburg?open", "Asia/Yekaterinburg?opened", "no priority opened"),
        (EXT, "Gosub(dl-target,o7,1)", "Gosub(dl-target,o8,1)", "no extension o8"),
        (EXT, "MixMonitor(", "System(", "no loaded module has the application System"),
        (EXT, "?Answer())", "?Anser())", "no loaded module has the application Anser"),
        (EXT, "${CUT(", "${CUTT(", "no loaded module has the function CUTT"),
        (
            EXT,
            "Set(TIMEOUT(absolute)=3)",
            "Set(TIMEUOT(absolute)=3)",
            "no loaded module has the function TIMEUOT",
        ),
        (EXT, "${FILTER(0-9,${DL_ROUTED})}", "${FILTER(0-9,${DL_ROUTED}}", "too many"),
        (EXT, '"${DL_KEY}" = ""', '"${DL_KEY}" = "', "quotes"),
        (EXT, "Set(DL_STEP=0)", "Set(DL_STEP=${X)", "nothing closes"),
        (EXT, " same => n,Set(DL_STEP=0)", " same => 19,Set(DL_STEP=0)", "priority 19"),
        (EXT, " same => n,Set(DL_STEP=0)", " same >= n,Set(DL_STEP=0)", "not a priority"),
        (EXT, " same => n,Set(DL_STEP=0)", " same => n Set(DL_STEP=0)", "not a priority"),
        (EXT, " same => n,Set(DL_STEP=0)", " just words", "neither a section nor a setting"),
        (EXT, "n(ring)", "n(key)", "label key stands there twice"),
        (EXT, "[dl-whisper]", "[dl-walk]", "stands at line"),
        (EXT, "1(${FILTER(0-9,${EXTEN})})", "1(${EXTEN})", "takes anything"),
        (EXT, "exten => h,1,NoOp()", " same => n,NoOp()", "one priority only"),
        (EXT, "Dial(${DL_DIAL},30,Itb(", "Dial(PJSIP/${EXTEN},30,Ib(", "${EXTEN} unfiltered"),
        (EXT, "Caller: ${DL_CALLER}", "Caller: ${CALLERID(num)}", "caller's own words"),
        (SIP, "auth = p12", "auth = p13", "names auth 'p13'"),
        (SIP, "aors = p12", "aors = p13", "names aor 'p13'"),
        (SIP, "[p12](any-phone)", "[p12](any-fone)", "no template any-fone"),
        (SIP, "endpoint = trunk-main", "endpoint = trunk-min", "names endpoint 'trunk-min'"),
        (SIP, "context = from-phones", "context = from-fones", "context does not exist"),
        (SIP, "type = registration", "type = registraton", "no known type"),
        (SIP, "username = p12\npassword = phone-secret-12", "username = p12\n", "has no password"),
        (SIP, "[p40](any-phone)", "[p12](any-phone)", "is there already"),
        (AMI, "write = call,originate,reporting", "write = call,originate,system", "may not write system"),
        (AMI, "write = call,originate,reporting", "write = command", "may not write command"),
        (AMI, "read = call,user", "read = all", "may not read all"),
        (AMI, "bindaddr = 127.0.0.1", "bindaddr = 0.0.0.0", "listen to the world"),
        (AMI, "webenabled = no", "webenabled = yes", "over HTTP"),
        (AMI, "writetimeout = 5000", "", "lacks writetimeout"),
        (MOD, "autoload = no", "autoload = yes", "unknown"),
        (MOD, "load = app_dial.so", "load = app_system.so", "unknown"),
        (MOD, "load = app_record.so", "", "no loaded module has the application Record"),
        (SIP, "direct_media = no", "direct_media\x00 = no", "control character"),
    ],
)
def test_a_mistake_is_named_with_its_line(file, old, new, message):
    config, line = broken(file, old, new)
    problems = check(config)
    assert [problem for problem in problems if message in problem.message], problems
    assert all(str(problem).startswith(f"{problem.file}:{problem.line}: ") for problem in problems)
    found = next(problem for problem in problems if message in problem.message)
    if "Record" in message:  # the mistake is in modules.conf, it shows where the application is used
        assert found.file == EXT
    elif not message.startswith("lacks"):  # what is absent is named at its section
        assert (found.file, abs(found.line - line) <= 3) == (file, True)


def test_the_good_files_have_none():
    assert check(RenderedConfig(GOOD)) == []


@pytest.mark.parametrize("file", [EXT, SIP, AMI, MOD])
def test_a_missing_file_is_named(file):
    config = RenderedConfig({name: text for name, text in GOOD.items() if name != file})
    assert f"{file}:0: is missing" in [str(problem) for problem in check(config)]


def test_only_one_user_may_place_calls():
    second = (
        "\n[other]\nsecret = x\nread = call\nwrite = originate\nwritetimeout = 5000\npermit = 127.0.0.1/32\n"
    )
    config, line = append(AMI, second)
    (problem,) = check(config)
    assert problem.line == line + 1
    assert "one user may place calls" in problem.message


def test_an_open_endpoint_is_named():
    config, _ = append(
        SIP,
        "\n[open]\ntype=endpoint\ncontext=from-phones\naors=p12\ndisallow=all\nallow=alaw\ndirect_media=no\n",
    )
    assert [problem.message for problem in check(config)] == ["endpoint open would let anybody in"]
