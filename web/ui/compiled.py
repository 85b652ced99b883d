"""Compiled templates kept on the disk between starts: to compile them all takes seconds of the processor."""

import hashlib
import pickle
import sys
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket

_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    ImportError,
    IndexError,
    pickle.UnpicklingError,
)


class _Kept(jinja2.FileSystemBytecodeCache):
    def load_bytecode(self, bucket: Bucket) -> None:
        """What a crash has left half written is compiled anew."""
        try:
            super().load_bytecode(bucket)
        except _BROKEN:
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """A full disk costs the next start its time, not this one its pages."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def compiled_templates(folder: Path) -> jinja2.BytecodeCache | None:
    """Kept below `folder`; None where that cannot be written, then each start compiles anew.

    A compiled template is known by its text alone. What else decides what it becomes (Jinja, Python, our filters, which
    are applied to constants when a template is compiled) names a folder of its own.
    """
    made_by = hashlib.sha256(f"{version('jinja2')} {sys.implementation.cache_tag}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        made_by.update(source.read_bytes())
    own = folder / made_by.hexdigest()[:16]
    try:
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        (own / ".written").touch()
    except OSError:
        return None
    return _Kept(str(own))
