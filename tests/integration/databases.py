"""Throw-away databases: one migrated SQLite file to copy, one PostgreSQL cluster with a migrated template."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from callcore.kernel.migrations import upgrade

TEMPLATE = "dealerline_template"
SERVER_USER = "postgres"
DONE = "done-with-it"
ROOM_BYTES = 2 * 1024**3
FAST_AND_FORGETFUL = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "listen_addresses=",  # a socket in our own folder: no port to collide on
    "max_connections=60",
    "shared_buffers=64MB",
    "max_wal_size=2GB",
    "jit=off",
    "timezone=Asia/Kamchatka",  # whoever forgets to say UTC is found
)


class PostgresCluster:
    """A running server that listens on a socket in `folder`; databases are copies of the migrated template. One psql does
    all that is asked: to start one costs as much as the copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        where = ["-h", str(folder), "-U", SERVER_USER, "-d", "postgres"]
        self._psql = subprocess.Popen(
            [str(postgres_programs() / "psql"), "-X", "-q", "-A", "-t", *where, "-v", "ON_ERROR_STOP=1"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        self._psql.communicate(timeout=30)

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://{SERVER_USER}@/{name}?host={self._folder}"

    def create(self, template: str = TEMPLATE) -> str:
        """Make a fresh database and return its name."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, sql: str) -> None:
        """One statement, outside of any transaction; what it answers is not read. Raises RuntimeError when refused."""
        assert self._psql.stdin is not None
        assert self._psql.stdout is not None
        self._psql.stdin.write(f"{sql};\n\\echo {DONE}\n")
        self._psql.stdin.flush()
        for line in self._psql.stdout:
            if line.strip() == DONE:
                return
        raise RuntimeError(f"psql has ended, its last words are above: {sql}")


def postgres_programs() -> Path:
    """The folder with initdb and pg_ctl: the newest of Debian's, else the one on PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if folders:
        return folders[-1].parent
    found = shutil.which("initdb")
    if found is None:
        raise RuntimeError("PostgreSQL's initdb is missing: install the package postgresql")
    return Path(found).resolve().parent


def _quickest_place() -> Path | None:
    """Memory when there is enough of it: copying a template is ten times quicker there. None is the usual folder."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= ROOM_BYTES
    return memory if roomy else None


@contextmanager
def running_cluster() -> Iterator[PostgresCluster]:
    """initdb, start, hand over, stop, remove. As root the server runs as the system user postgres, as it demands."""
    programs = postgres_programs()
    folder = Path(tempfile.mkdtemp(prefix="dl-pg-", dir=_quickest_place()))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam(SERVER_USER)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        as_user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(data), *arguments]
        # Not through pipes: the server inherits them and would keep us waiting for its end.
        with tempfile.TemporaryFile() as log:
            done = subprocess.run(
                command, **as_user, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, timeout=60
            )
            if done.returncode != 0:
                log.seek(0)
                raise RuntimeError(f"{program} failed: {log.read().decode(errors='replace')}")

    settings = " ".join(f"-c {setting}" for setting in FAST_AND_FORGETFUL)
    try:
        run("initdb", "-U", SERVER_USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        run("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", f"{settings} -k {folder}")
        try:
            with closing(PostgresCluster(folder)) as cluster:
                yield cluster
        finally:
            run("pg_ctl", "stop", "-m", "immediate", "-w")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def migrated_sqlite(folder: Path) -> Path:
    """A file with the newest schema and nothing in it, closed and whole: it may be copied."""
    path = folder / "template.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path
