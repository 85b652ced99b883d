"""The control socket answers as the program's own console does."""

from pathlib import Path

import pytest

from callcore.asterisk.console import Console
from callcore.asterisk.embedded.build import declared_dirs
from callcore.kernel.errors import PbxUnavailable

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(300)]


def socket_of(lab) -> Path:
    return declared_dirs(lab.dirs.asterisk_conf.read_text(encoding="utf-8"))["astrundir"] / "asterisk.ctl"


async def test_it_says_what_the_console_says(lab):
    console = Console(socket_of(lab))
    assert await console.cli("dialplan show dl-walk") == await lab.pbx.cli("dialplan show dl-walk")
    assert "No such command 'no such thing'" in await console.cli("no such thing")


async def test_two_commands_on_a_line_are_not_let_through(lab):
    with pytest.raises(ValueError, match="one command"):
        await Console(socket_of(lab)).cli("core show uptime\ncore stop now")


async def test_no_pbx_is_told_as_such(tmp_path):
    with pytest.raises(PbxUnavailable):
        await Console(tmp_path / "asterisk.ctl").cli("core show uptime")
