"""`python -m callcore.kernel.migrations "What changes"` writes the next migration from what the tables say now."""

import subprocess
import sys
import tempfile
from pathlib import Path

from callcore.kernel.migrations import HERE, compare, upgrade


def write_next(message: str) -> Path:
    """Compare the tables with a scratch database that has all earlier migrations. Read the result before keeping it."""
    from alembic import command

    existing = sorted((HERE / "versions").glob("[0-9]*.py"))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder, 'scratch.db')}"
        if existing:
            upgrade(url)
        compare(
            url,
            lambda settings: command.revision(
                settings, message, autogenerate=True, rev_id=f"{len(existing) + 1:04d}"
            ),
            # The first migration only creates; SQLite rebuilds tables for later ones.
            batch=bool(existing),
        )
    (written,) = set((HERE / "versions").glob("[0-9]*.py")) - set(existing)
    lines = written.read_text("utf-8").splitlines(keepends=True)
    written.write_text("".join(line for line in lines if "# ### " not in line), "utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(written)], check=True, timeout=60)
    return written


if __name__ == "__main__":
    write_next(" ".join(sys.argv[1:]) or "Changes")
