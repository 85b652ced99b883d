"""The embedded Asterisk itself: installed from the machine's mirrors, two at once, heard speaking Russian."""

import asyncio
import os
import signal
import time
import wave
from pathlib import Path

import pytest

from callcore.asterisk.embedded import AsteriskProcess, InstanceDirs, find_or_install
from callcore.asterisk.embedded.sessions import pids_running, session_pids
from callcore.asterisk.embedded.versions import is_new_enough

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = (
    "pbx_config.so",
    "res_timing_timerfd.so",
    "res_clioriginate.so",
    "format_wav.so",
    "func_channel.so",
    "app_playback.so",
    "app_mixmonitor.so",
    "app_system.so",
)
EXTENSIONS = """[test]
exten => speak,1,Answer()
 same => n,Playback(hello-world)
 same => n,System(/usr/bin/env > {root}/env)
 same => n,System(echo "${{PLAYBACKSTATUS}} ${{CHANNEL(language)}} ${{UNIQUEID}}" > {root}/spoken.new)
 same => n,System(mv {root}/spoken.new {root}/spoken)
 same => n,Hangup()
exten => listen,1,Answer()
 same => n,MixMonitor({root}/heard.wav)
 same => n,Wait(20)
exten => endless,1,Answer()
 same => n,System(sleep 300)
"""


@pytest.fixture(scope="module")
def build():
    return find_or_install(
        Path(os.environ.get("DEALERLINE_CACHE", CHECKOUT / "var/cache")) / "asterisk", print
    )


@pytest.fixture
async def make(build, tmp_path):
    started = []

    def make(name, root=None):
        dirs = InstanceDirs(root or tmp_path / name)
        dirs.create()
        loads = "".join(f"load={module}\n" for module in MODULES)
        (dirs.etc / "modules.conf").write_text(f"[modules]\nautoload=no\n{loads}")
        (dirs.etc / "extensions.conf").write_text(EXTENSIONS.format(root=dirs.root))
        (dirs.etc / "logger.conf").write_text("[logfiles]\nfull => notice,warning,error,verbose(3)\n")
        started.append(AsteriskProcess(build, dirs, name))
        return started[-1], dirs

    yield make
    for pbx in started:
        await pbx.stop()


async def until(is_true, seconds, what):
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


def samples(path):
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        return sound.readframes(sound.getnframes())


async def test_the_fast_path_takes_milliseconds(build):
    began = time.perf_counter()
    cache = Path(os.environ.get("DEALERLINE_CACHE", CHECKOUT / "var/cache")) / "asterisk"
    assert find_or_install(cache, print) == build
    assert time.perf_counter() - began < 0.1


async def test_two_at_once_speak_russian_and_leave_nothing(make, build):
    (first, first_dirs), (second, second_dirs) = make("alpha"), make("beta")
    await asyncio.gather(first.start(), second.start())
    pids = [first.pid, second.pid]
    assert len({*pids, None}) == 3
    for pbx, dirs, name in ((first, first_dirs, "alpha"), (second, second_dirs, "beta")):
        version = await pbx.cli("core show version")
        assert is_new_enough(version.split(" built ")[0])
        assert build.version in version
        await pbx.cli("channel originate Local/speak@test extension listen@test")
        await until((dirs.root / "spoken").is_file, 20, "the prompt was not played to its end")
        status, language, uniqueid = (dirs.root / "spoken").read_text().split()
        assert (status, language) == ("SUCCESS", "ru")
        assert uniqueid.startswith(f"{name}-")
    await asyncio.gather(first.stop(), second.stop())
    for pid, dirs in zip(pids, (first_dirs, second_dirs), strict=True):
        assert session_pids(pid) == ()
        assert pids_running(str(dirs.asterisk_conf)) == ()
        assert list(dirs.run.glob("*.pid")) == []


async def test_the_russian_prompt_itself_is_heard(make, build):
    pbx, dirs = make("alpha")
    await pbx.start()
    await pbx.cli("channel originate Local/speak@test extension listen@test")
    await until((dirs.root / "spoken").is_file, 20, "the prompt was not played to its end")
    await pbx.stop()
    prompt = samples(build.data_dir / "sounds/ru/hello-world.wav")
    middle = len(prompt) // 4 * 2
    heard = samples(dirs.root / "heard.wav")
    assert prompt[middle : middle + 640] in heard
    english = samples(build.data_dir / "sounds/en/hello-world.wav")
    assert english[len(english) // 4 * 2 :][:640] not in heard


async def test_programs_of_the_machine_run_with_the_machines_libraries(make):
    pbx, dirs = make("alpha")
    await pbx.start()
    await pbx.cli("channel originate Local/speak@test extension listen@test")
    await until((dirs.root / "spoken").is_file, 20, "the dialplan did not end")
    names = {line.partition("=")[0] for line in (dirs.root / "env").read_text().splitlines()}
    assert "PATH" in names
    assert not [name for name in names if name.startswith("LD_")]


async def test_programs_that_it_started_end_with_it(make):
    pbx, _ = make("alpha")
    await pbx.start()
    pid = pbx.pid
    assert pid is not None
    await pbx.cli("channel originate Local/endless@test extension listen@test")
    await until(lambda: len(session_pids(pid)) > 1, 10, "no child was started")
    await pbx.stop(timeout_s=1)
    assert session_pids(pid) == ()


async def test_a_killed_one_is_noticed_and_started_again(make):
    pbx, _ = make("alpha")
    await pbx.start()
    assert pbx.pid is not None
    os.kill(pbx.pid, signal.SIGKILL)
    assert await asyncio.wait_for(pbx.wait(), 30) == -signal.SIGKILL
    await pbx.stop()
    await pbx.start()
    assert "Asterisk 2" in await pbx.cli("core show version")


async def test_a_deep_folder(make, tmp_path):
    pbx, dirs = make("alpha", tmp_path / ("глубоко" * 8) / ("deep" * 12))
    await pbx.start()
    assert "Asterisk 2" in await pbx.cli("core show version")
    assert (dirs.db / "astdb.sqlite3").is_file()
    await pbx.stop()
