"""The folders of one Asterisk and its asterisk.conf: everything that it reads or writes lies in its own root."""

import resource
from dataclasses import dataclass
from pathlib import Path

from callcore.asterisk.embedded.build import AsteriskBuild

_MAX_FILES = 8192


@dataclass(frozen=True, slots=True)
class InstanceDirs:
    """`root` belongs to one instance. `etc` and `keys` hold secrets and are closed to other users."""

    root: Path

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def run(self) -> Path:
        """The wished place of the control socket; a deep root gets a short one elsewhere."""
        return self.root / "run"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def db(self) -> Path:
        return self.root / "db"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def agi(self) -> Path:
        return self.root / "agi"

    @property
    def recordings(self) -> Path:
        return self.root / "recordings"

    @property
    def lib(self) -> Path:
        return self.root / "lib"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def sounds(self) -> Path:
        """Our own sounds; the dialplan plays them as `dealerline/<name>`."""
        return self.data / "sounds/dealerline"

    @property
    def asterisk_conf(self) -> Path:
        return self.etc / "asterisk.conf"

    def create(self) -> None:
        """Make what is missing; what is there stays as it is."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.etc, self.keys, self.run):
            folder.mkdir(mode=0o700, exist_ok=True)
        # res_crypto looks for `keys` under astkeydir and complains when it is not there.
        (self.keys / "keys").mkdir(exist_ok=True)
        for folder in (self.log, self.db, self.agi, self.recordings, self.lib, self.cache, self.sounds):
            folder.mkdir(parents=True, exist_ok=True)
        # The writers of call records do not make their own folders and lose the rows.
        for name in ("cel-custom", "cdr-custom"):
            (self.log / name).mkdir(exist_ok=True)
        for name in ("outgoing", "outgoing_done", "tmp", "monitor"):
            (self.spool / name).mkdir(parents=True, exist_ok=True)

    def link_data(self, build: AsteriskBuild) -> None:
        """Show the build's prompts, music and documentation (without it modules refuse their settings)."""
        for name in ("sounds/ru", "sounds/en", "moh", "documentation"):
            target, link = build.data_dir / name, self.data / name
            if link.is_symlink():
                if link.readlink() == target:
                    continue
                link.unlink()
            if target.is_dir() and not link.exists():
                link.symlink_to(target, target_is_directory=True)


def render_asterisk_conf(dirs: InstanceDirs, build: AsteriskBuild, name: str, run_dir: Path) -> str:
    """asterisk.conf with absolute paths. `name` becomes the prefix of every uniqueid."""
    directories = {
        "astetcdir": dirs.etc,
        "astmoddir": build.modules_dir,
        "astvarlibdir": dirs.lib,
        "astdbdir": dirs.db,
        "astkeydir": dirs.keys,
        "astdatadir": dirs.data,
        "astagidir": dirs.agi,
        "astspooldir": dirs.spool,
        "astrundir": run_dir,
        "astlogdir": dirs.log,
        "astcachedir": dirs.cache,
        "astsbindir": Path(build.argv[-1]).parent,
    }
    options = {
        "systemname": name,
        "documentation_language": "en_US",
        "defaultlanguage": "ru",
        "languageprefix": "yes",
        "nocolor": "yes",
        "dumpcore": "no",
        "hideconnect": "yes",
        "live_dangerously": "no",
        "verbose": "0",  # lines that nobody reads cost each call 2 ms
        "maxfiles": str(max_files(resource.getrlimit(resource.RLIMIT_NOFILE)[1])),
    }
    lines = ["[directories]", *(f"{key} = {conf_value(str(path))}" for key, path in directories.items())]
    lines += ["", "[options]", *(f"{key} = {conf_value(value)}" for key, value in options.items())]
    return "\n".join(lines) + "\n"


def max_files(hard_limit: int) -> int:
    """As many open files as we want, or as many as this user may have."""
    return _MAX_FILES if hard_limit == resource.RLIM_INFINITY else min(_MAX_FILES, hard_limit)


def conf_value(text: str) -> str:
    """A value as Asterisk's configuration reader takes it: `;` starts a comment, a line is a setting."""
    if any(ord(sign) < 32 for sign in text) or text != text.strip():
        raise ValueError(f"not a value for a configuration line: {text!r}")
    return text.replace(";", "\\;")
