"""Publishing: all files or none, the old ones come back, the PBX is asked to read and must then know our contexts."""

from pathlib import Path

import pytest

from callcore.asterisk.publish import RELOADS, BadConfig, current_release, publish, reload_pbx
from callcore.kernel.errors import Invalid, PbxUnavailable
from dialplans.check import Problem
from dialplans.plan import RenderedConfig
from dialplans.render import render_pbx
from tests.factories.pbx import pbx_plan

pytestmark = pytest.mark.unit

GOOD = render_pbx(pbx_plan())
NEWER = render_pbx(pbx_plan(duty_ring_s=40))


def contents(etc):
    return {name: (etc / name).read_text(encoding="utf-8") for name in GOOD.files}


def broken():
    text = GOOD.files["extensions.conf"].replace("Goto(dl-fallback,s,1)", "Goto(nowhere,s,1)", 1)
    return RenderedConfig({**GOOD.files, "extensions.conf": text})


def test_the_first_time_all_files_are_there(tmp_path):
    (tmp_path / "asterisk.conf").write_text("ours not")
    published = publish(GOOD, tmp_path)
    assert contents(tmp_path) == GOOD.files
    assert published.before is None
    assert published.changed == tuple(sorted(GOOD.files))
    assert (tmp_path / "asterisk.conf").read_text() == "ours not"


def test_files_with_secrets_are_closed_to_others(tmp_path):
    publish(GOOD, tmp_path)
    assert (tmp_path / "pjsip.conf").stat().st_mode & 0o077 == 0
    assert (tmp_path / "releases").stat().st_mode & 0o077 == 0


def test_a_plain_file_of_before_is_replaced(tmp_path):
    (tmp_path / "extensions.conf").write_text("old")
    publish(GOOD, tmp_path)
    assert contents(tmp_path) == GOOD.files


def test_a_second_set_names_what_changed(tmp_path):
    first = publish(GOOD, tmp_path)
    second = publish(NEWER, tmp_path)
    assert contents(tmp_path) == NEWER.files
    assert second.before == first.release
    assert second.changed == ("extensions.conf",)


def test_a_mistake_leaves_everything_as_it_was(tmp_path):
    publish(GOOD, tmp_path)
    before = sorted(path.name for path in (tmp_path / "releases").iterdir())
    with pytest.raises(BadConfig) as caught:
        publish(broken(), tmp_path)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"extensions.conf:{problem.line}: there is no context nowhere")
    assert "Goto(nowhere" in broken().files["extensions.conf"].splitlines()[problem.line - 1]
    assert contents(tmp_path) == GOOD.files
    assert sorted(path.name for path in (tmp_path / "releases").iterdir()) == before


def test_another_check_may_be_given(tmp_path):
    with pytest.raises(BadConfig, match=r"x\.conf:3: no"):
        publish(GOOD, tmp_path, check=lambda config: [Problem("x.conf", 3, "no")])
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_brings_the_old_files_back(tmp_path, monkeypatch):
    publish(GOOD, tmp_path)
    newer = RenderedConfig({**NEWER.files, "zapata.conf": "; new\n"})
    real = Path.replace

    def replace(self, target):
        if Path(target).name == "zapata.conf":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OSError, match="No space"):
        publish(newer, tmp_path)
    assert contents(tmp_path) == GOOD.files


@pytest.mark.parametrize("name", ["../x.conf", "a/b.conf", "asterisk.conf"])
def test_only_our_own_names_are_written(tmp_path, name):
    with pytest.raises(Invalid):
        publish(RenderedConfig({**GOOD.files, name: "; x\n"}), tmp_path)
    assert current_release(tmp_path) is None


def test_old_releases_are_forgotten(tmp_path):
    for seconds in range(20, 32):
        publish(render_pbx(pbx_plan(duty_ring_s=seconds)), tmp_path)
    names = sorted(path.name for path in (tmp_path / "releases").iterdir())
    assert names == ["000008", "000009", "000010", "000011", "000012"]
    assert (tmp_path / "current").readlink() == Path("releases/000012")


class Console:
    """A PBX that knows its contexts only when the files are the good ones."""

    def __init__(self, etc, is_deaf=False):
        self.etc, self.is_deaf, self.asked = etc, is_deaf, []

    async def __call__(self, command):
        self.asked.append(command)
        if not command.startswith("dialplan show"):
            return ""
        name = command.split()[-1]
        is_good = "ring = 40" not in (self.etc / "extensions.conf").read_text(encoding="utf-8").replace(
            "=40", " = 40"
        )
        return (
            f"[ Context '{name}' created by 'pbx_config' ]" if is_good or not self.is_deaf else "There is no"
        )


async def test_the_pbx_reads_the_new_files(tmp_path):
    console = Console(tmp_path)
    await reload_pbx(console, tmp_path, publish(GOOD, tmp_path))
    assert console.asked[: len(RELOADS)] == list(RELOADS.values())
    assert "dialplan show dl-walk" in console.asked


async def test_what_has_not_changed_is_left_in_peace(tmp_path):
    publish(GOOD, tmp_path)
    console = Console(tmp_path)
    newer = {**GOOD.files, "extensions.conf": GOOD.files["extensions.conf"] + "; newer\n"}
    await reload_pbx(console, tmp_path, publish(RenderedConfig(newer), tmp_path))
    assert [command for command in console.asked if "reload" in command] == ["dialplan reload"]
    console.asked.clear()
    await reload_pbx(console, tmp_path, publish(RenderedConfig(newer), tmp_path))
    assert [command for command in console.asked if "reload" in command] == list(RELOADS.values())


async def test_a_pbx_that_does_not_take_them_gets_the_old_ones(tmp_path):
    publish(GOOD, tmp_path)
    newer = RenderedConfig(
        {**NEWER.files, "extensions.conf": NEWER.files["extensions.conf"] + "; ring = 40\n"}
    )
    console = Console(tmp_path, is_deaf=True)
    with pytest.raises(PbxUnavailable):
        await reload_pbx(console, tmp_path, publish(newer, tmp_path))
    assert contents(tmp_path) == GOOD.files
    assert console.asked.count("dialplan reload") == 2
