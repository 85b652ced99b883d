import stat
from pathlib import Path

import pytest

from callcore.asterisk.embedded.build import AsteriskBuild, declared_dirs
from callcore.asterisk.embedded.instance import InstanceDirs, conf_value, max_files, render_asterisk_conf

pytestmark = pytest.mark.unit


@pytest.fixture
def build(tmp_path):
    data = tmp_path / "build/share"
    for name in ("sounds/ru", "sounds/en", "documentation"):
        (data / name).mkdir(parents=True)
    return AsteriskBuild(
        ("/opt/a/usr/sbin/asterisk",), "22.10.1", Path("/opt/a/modules"), data, embedded=True
    )


def test_secrets_are_closed_to_others(tmp_path):
    dirs = InstanceDirs(tmp_path / "deep/one")
    dirs.create()
    dirs.create()
    for folder in (dirs.etc, dirs.keys, dirs.run):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for folder in (
        dirs.log / "cel-custom",
        dirs.keys / "keys",
        dirs.spool,
        dirs.db,
        dirs.agi,
        dirs.recordings,
        dirs.sounds,
    ):
        assert folder.is_dir()


def test_prompts_are_the_builds_and_ours_stand_beside_them(tmp_path, build):
    dirs = InstanceDirs(tmp_path / "one")
    dirs.create()
    dirs.link_data(build)
    assert (dirs.data / "sounds/ru").readlink() == build.data_dir / "sounds/ru"
    assert not (dirs.data / "moh").exists()
    assert dirs.sounds == dirs.data / "sounds/dealerline"


def test_links_follow_a_new_build(tmp_path, build):
    dirs = InstanceDirs(tmp_path / "one")
    dirs.create()
    (dirs.data / "sounds/ru").symlink_to(tmp_path / "gone")
    dirs.link_data(build)
    assert (dirs.data / "sounds/ru").resolve() == build.data_dir / "sounds/ru"


def test_all_folders_but_the_modules_and_the_program_are_its_own(tmp_path, build):
    dirs = InstanceDirs(tmp_path / "one")
    conf = render_asterisk_conf(dirs, build, "alpha", dirs.run)
    folders = declared_dirs(conf)
    foreign = {name for name, path in folders.items() if not path.is_relative_to(dirs.root)}
    assert foreign == {"astmoddir", "astsbindir"}
    assert {
        "astetcdir",
        "astvarlibdir",
        "astdbdir",
        "astkeydir",
        "astdatadir",
        "astagidir",
        "astspooldir",
    } <= set(folders)
    assert folders["astrundir"] == dirs.run


def test_options(tmp_path, build):
    lines = render_asterisk_conf(InstanceDirs(tmp_path), build, "alpha", tmp_path).splitlines()
    for line in (
        "systemname = alpha",
        "defaultlanguage = ru",
        "languageprefix = yes",
        "live_dangerously = no",
    ):
        assert line in lines
    assert "dumpcore = no" in lines


def test_a_semicolon_in_a_folder_does_not_start_a_comment(tmp_path, build):
    dirs = InstanceDirs(tmp_path / "a;b")
    assert declared_dirs(render_asterisk_conf(dirs, build, "x", dirs.run))["astlogdir"] == dirs.log


@pytest.mark.parametrize("text", ["a\nb", "a\rb", " a", "a ", "\t"])
def test_what_would_break_a_line_is_refused(text):
    with pytest.raises(ValueError, match="not a value"):
        conf_value(text)


def test_open_files_never_above_the_users_limit():
    assert max_files(-1) == 8192
    assert max_files(1024) == 1024
    assert max_files(1 << 20) == 8192
