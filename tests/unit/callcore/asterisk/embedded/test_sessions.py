import os
import signal
import subprocess
import sys

import pytest

from callcore.asterisk.embedded.sessions import kill_session, pids_running, session_pids

pytestmark = pytest.mark.unit

# A leader with a child of its own that ignores TERM; prints a line when both are ready.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("ready", flush=True)
time.sleep(60)
"""


def entry(proc, pid, name, state, session, cmdline):
    folder = proc / str(pid)
    folder.mkdir(parents=True)
    (folder / "stat").write_text(f"{pid} ({name}) {state} 1 {session} {session} 0 -1\n")
    (folder / "cmdline").write_bytes(cmdline)


def test_reads_proc(tmp_path):
    entry(tmp_path, 10, "asterisk", "S", 10, b"/a/asterisk\0-C\0/x/asterisk.conf\0")
    entry(tmp_path, 11, "odd) name (", "R", 10, b"agi\0")
    entry(tmp_path, 12, "dead", "Z", 10, b"")
    entry(tmp_path, 20, "grep", "S", 7, b"grep\0/x/asterisk.conf\0")
    (tmp_path / "self").mkdir()
    (tmp_path / "30").mkdir()
    assert session_pids(10, tmp_path) == (10, 11)
    assert pids_running("/x/asterisk.conf", tmp_path) == (10,)
    assert pids_running("/x/asterisk", tmp_path) == ()


async def test_nobody_of_the_session_is_left(tmp_path):
    argv = [sys.executable, "-c", STUBBORN, str(tmp_path)]
    with subprocess.Popen(argv, start_new_session=True, stdout=subprocess.PIPE) as leader:  # noqa: ASYNC220
        assert leader.stdout is not None
        assert leader.stdout.readline() == b"ready\n"
        assert len(session_pids(leader.pid)) == 2
        assert pids_running(str(tmp_path)) == (leader.pid,)
        await kill_session(leader.pid, grace_s=0.1)
        assert session_pids(leader.pid) == ()
        assert leader.wait(5) == -signal.SIGKILL


async def test_an_empty_session_is_quick():
    with subprocess.Popen(["true"], start_new_session=True) as gone:  # noqa: ASYNC220
        gone.wait(5)
    await kill_session(gone.pid, grace_s=30)
    assert os.getpid() not in session_pids(gone.pid)
