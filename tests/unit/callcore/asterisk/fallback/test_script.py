"""The deployed script as the PBX runs it: a process with AGI on its standard streams."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from callcore.asterisk.fallback import script
from callcore.asterisk.fallback.deploy import SCRIPT, deploy_script, script_text
from callcore.asterisk.snapshot_file import pack
from callcore.kernel.clock import SystemClock
from callcore.routing.numbering import load_numbering
from tests.fakes import network

pytestmark = pytest.mark.unit

HEAD = "agi_request: dealerline-route\nagi_callerid: +79161234567\nagi_calleridname: Имя\n\n"


@pytest.fixture
def folder(tmp_path):
    """A folder whose name the shell would take apart."""
    folder = tmp_path / "agi of a PBX"
    deploy_script(folder)
    directory = network.directory(
        outlets=(network.outlet(10, 2, hours=network.ALWAYS),),
        phones=(network.outlet_phone(20, 10), network.duty(40)),
    )
    now = SystemClock().now()
    (folder / script.SNAPSHOT).write_bytes(pack(network.build_snapshot(directory, 1, now), now))
    return folder


def run(folder, answers="200 result=1\n" * 99):
    return subprocess.run(
        [str(folder / SCRIPT), "pbx-1.2", network.DEALER_DID.removeprefix("+")],
        input=(HEAD + answers).encode(),
        capture_output=True,
        timeout=10,
        check=False,
    )


PLAN = [
    ("DL_GREETING", ""),
    ("DL_WHISPER", ""),
    ("DL_WAITING", ""),
    ("DL_LANG", "ru"),
    ("DL_STEP_1_KEYS", "p20"),
    ("DL_STEP_1_RING", "20"),
    ("DL_STEP_1_KIND", "outlet"),
    ("DL_STEP_2_KEYS", "p40"),
    ("DL_STEP_2_RING", "25"),
    ("DL_STEP_2_KIND", "duty"),
    ("DL_STEPS", "2"),
    ("DL_ROUTED", "1"),
]


def test_sets_the_plan_through_pyst2_and_proves_it_last(folder):
    done = run(folder)
    said = done.stdout.decode().splitlines()
    assert said == [f'SET VARIABLE "{name}" "{value}"' for name, value in PLAN]
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("interpreter", [sys.executable, "/nowhere/python3"], ids=["ours", "the system's"])
def test_says_the_same_without_pyst2_and_by_the_python_of_the_system(folder, interpreter):
    text = script_text(interpreter).replace("site-packages", "nowhere")
    assert Path(interpreter).exists() == (interpreter == sys.executable)
    (folder / SCRIPT).write_text(text, encoding="utf-8")
    assert run(folder).stdout.decode().splitlines() == [
        f'SET VARIABLE {name} "{value}"' for name, value in PLAN
    ]


@pytest.mark.parametrize("answers", ["", "510 Invalid or unknown command\n" * 20, "HANGUP\n" * 20])
def test_a_pbx_that_refuses_gets_no_proof(folder, answers):
    done = run(folder, answers)
    assert b"DL_ROUTED" not in done.stdout
    assert done.returncode != 0


def test_without_a_snapshot_nothing_is_set(folder):
    (folder / script.SNAPSHOT).unlink()
    done = run(folder)
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_pbx_that_says_nothing_holds_it_no_longer_than_its_budget(folder):
    with subprocess.Popen([str(folder / SCRIPT), "pbx-1.2", "1"], stdin=subprocess.PIPE) as process:
        assert process.wait(timeout=script.BUDGET_S + 5) != 0


def test_it_answers_within_150_ms_of_a_country_of_dealers_and_touches_no_network(folder):
    """A thousand outlets and the numbering plan of the whole country; processor time, the best of five, for the machine has other work, too."""
    outlets = tuple(
        network.outlet(100 + n, 2, region_code=("RU-MOW", "RU-SVE")[n % 2], hours=network.ALWAYS)
        for n in range(1000)
    )
    phones = (*(network.outlet_phone(2000 + one.id, one.id) for one in outlets), network.duty(40))
    now = SystemClock().now()
    numbering = load_numbering(Path("config/data/numbering/plan.gz"))
    made = network.build_snapshot(
        network.directory(outlets=outlets, phones=phones), 1, now, numbering=numbering
    )
    (folder / script.SNAPSHOT).write_bytes(pack(made, now))
    took = []
    for _ in range(5):
        begun = _spent()
        done = run(folder)
        took.append(_spent() - begun)
        assert b'"DL_ROUTED" "1"' in done.stdout
    assert min(took) <= 0.15, took
    modules = _modules_of(folder)
    assert "json" in modules
    assert not modules & {"socket", "_socket", "ssl", "asyncio", "urllib", "http", "selectors"}


def _spent():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _modules_of(folder):
    """What the script has loaded when it has answered. Without `socket` no module of Python can reach a network."""
    text = (folder / SCRIPT).read_text(encoding="utf-8")
    asked = text.replace(
        "sys.exit(main(sys.argv[1:]))", "main(sys.argv[1:]); sys.stderr.write(' '.join(sys.modules))"
    )
    assert asked != text
    (folder / SCRIPT).write_text(asked, encoding="utf-8")
    done = run(folder)
    assert b'"DL_ROUTED" "1"' in done.stdout
    return set(done.stderr.decode().split())


def test_deployed_again_only_when_it_differs(folder):
    path = folder / SCRIPT
    before = path.stat().st_ino
    deploy_script(folder)
    assert path.stat().st_ino == before
    path.chmod(0o600)
    deploy_script(folder)
    assert path.stat().st_mode & 0o777 == 0o755
    path.write_text("something else")
    deploy_script(folder)
    assert path.read_text(encoding="utf-8") == script_text()
