"""The life of the process against a stand-in that behaves like Asterisk at its borders."""

import os
import tempfile
from pathlib import Path

import pytest

from callcore.asterisk.embedded.build import AsteriskBuild, declared_dirs
from callcore.asterisk.embedded.errors import InstanceInUse, StartFailed
from callcore.asterisk.embedded.instance import InstanceDirs
from callcore.asterisk.embedded.process import AsteriskProcess, short_run_dir
from callcore.asterisk.embedded.sessions import session_pids
from callcore.kernel.errors import PbxUnavailable

pytestmark = pytest.mark.integration

# argv: -f -C conf | -C conf -rx command. `$DIR/kind` chooses how it misbehaves.
STAND_IN = """#!/bin/sh
dir=$(dirname "$0"); kind=$(cat "$dir/kind")
if [ "$1" = -f ]; then
  echo "about to start"; env > "$dir/env"
  [ "$kind" = broken ] && { echo "cannot load anything" >&2; exit 3; }
  echo $$ > "$dir/pid"
  [ "$kind" = deaf ] && trap '' TERM
  while :; do sleep 0.05; [ -e "$dir/stop" ] && exit 0; done
fi
pid=$(cat "$dir/pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null || { echo "Unable to connect to remote asterisk" >&2; exit 1; }
[ "$kind" = frozen ] && exec sleep 30
case "$4" in
*waitfullybooted*) echo "Asterisk has fully booted." ;;
*stop*) [ "$kind" = deaf ] || touch "$dir/stop" ;;
*) echo "you said $4" ;;
esac
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "bin/asterisk"
    path.parent.mkdir()
    path.write_text(STAND_IN)
    path.chmod(0o755)
    (path.parent / "kind").write_text("good")
    return path


@pytest.fixture
def make(tmp_path, program):
    build = AsteriskBuild((str(program),), "22", tmp_path / "modules", tmp_path / "share", embedded=True)
    return lambda root="one": AsteriskProcess(build, InstanceDirs(tmp_path / root), "alpha")


async def test_start_ask_stop(make, program, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    monkeypatch.setenv("DEALERLINE_SECRET", "x")
    pbx = make()
    await pbx.start()
    try:
        pid = pbx.pid
        assert pid is not None
        assert await pbx.cli("core show version") == "you said core show version\n"
        names = {line.partition("=")[0] for line in (program.parent / "env").read_text().splitlines()}
        assert not names & {"LD_LIBRARY_PATH", "DEALERLINE_SECRET"}
        with pytest.raises(InstanceInUse):
            await pbx.start()
    finally:
        await pbx.stop()
    assert pbx.pid is None
    assert session_pids(pid) == ()
    await pbx.stop()


async def test_it_may_be_started_again(make, program):
    pbx = make()
    for _ in range(2):
        (program.parent / "stop").unlink(missing_ok=True)
        await pbx.start()
        await pbx.stop()
    assert pbx.pid is None


async def test_an_end_at_start_shows_the_last_lines(make, program):
    (program.parent / "kind").write_text("broken")
    pbx = make()
    with pytest.raises(StartFailed, match=r"ended with 3[\s\S]*cannot load anything") as caught:
        await pbx.start()
    assert "log" in caught.value.advice
    assert pbx.pid is None
    (program.parent / "kind").write_text("good")
    await pbx.start()
    await pbx.stop()


async def test_one_that_never_boots_is_ended(make, program):
    (program.parent / "kind").write_text("frozen")
    pbx = make()
    with pytest.raises(StartFailed, match=r"did not boot in 0\.4 s"):
        await pbx.start(timeout_s=0.4)
    assert session_pids(int((program.parent / "pid").read_text())) == ()


async def test_one_that_does_not_listen_is_killed(make, program, monkeypatch):
    monkeypatch.setattr("callcore.asterisk.embedded.process._TERM_GRACE_S", 0.1)
    (program.parent / "kind").write_text("deaf")
    pbx = make()
    await pbx.start()
    pid = pbx.pid
    assert pid is not None
    await pbx.stop(timeout_s=0.2)
    assert session_pids(pid) == ()


async def test_a_console_that_does_not_answer(make, program):
    pbx = make()
    await pbx.start()
    (program.parent / "kind").write_text("frozen")
    try:
        with pytest.raises(PbxUnavailable, match=r"in 0\.1 s"):
            await pbx.cli("core show channels", timeout_s=0.1)
    finally:
        await pbx.stop(timeout_s=0.2)


async def test_a_folder_is_for_one_application(make):
    first, second = make(), make()
    await first.start()
    try:
        with pytest.raises(InstanceInUse) as caught:
            await second.start()
        assert caught.value.code == "instance-in-use"
        assert first.pid is not None
    finally:
        await first.stop()


async def test_what_a_killed_application_left_is_ended_first(make):
    killed = make()
    await killed.start()
    left = killed.pid
    assert left is not None
    assert killed._lock is not None
    killed._lock.close()
    pbx = make()
    await pbx.start()
    try:
        assert pbx.pid not in (None, left)
        assert session_pids(left) == ()
        assert await killed.wait() == -15
    finally:
        await pbx.stop()
        await killed.stop()


async def test_wait_gives_the_exit_code(make, program):
    pbx = make()
    with pytest.raises(PbxUnavailable):
        await pbx.wait()
    await pbx.start()
    (program.parent / "stop").touch()
    assert await pbx.wait() == 0
    assert pbx.pid is None
    await pbx.stop()


async def test_a_deep_folder_gets_a_short_socket_path(make, tmp_path):
    root = Path(*["deep" * 10] * 4)
    pbx = make(root)
    await pbx.start()
    run = declared_dirs(InstanceDirs(tmp_path / root).asterisk_conf.read_text())["astrundir"]
    assert len(os.fsencode(run / "asterisk.ctl")) <= 107
    assert run.stat().st_mode & 0o777 == 0o700
    await pbx.stop()
    assert not run.exists()


def test_a_deep_temp_folder_is_no_way_out(tmp_path, monkeypatch):
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    run = short_run_dir()
    try:
        assert len(os.fsencode(run / "asterisk.ctl")) <= 107
    finally:
        run.rmdir()
