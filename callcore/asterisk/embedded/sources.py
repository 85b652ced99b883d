"""The machine's own apt sources: both file formats, and which of the mirrors carry a distribution. Pure but for `read_sources`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from callcore.asterisk.embedded.machine import Archive

_ONE_LINE = re.compile(
    r"^deb\s+(?:\[[^\]]*\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)(?P<components>(?:\s+\S+)*)\s*$"
)
_POCKETS = re.compile(r"[-/](updates|security|backports|backports-sloppy|proposed|proposed-updates)$")
_ALIASES = {"oldstable", "oldoldstable"}


@dataclass(frozen=True, slots=True)
class Source:
    """One binary-package source: a mirror's address, a suite, its components (sources.list(5))."""

    uri: str
    suite: str
    components: tuple[str, ...]


def parse_list(text: str) -> Iterator[Source]:
    """`deb [options] uri suite component…` lines; comments, deb-src and broken lines give nothing."""
    for line in text.splitlines():
        if match := _ONE_LINE.match(line.split("#", 1)[0].strip()):
            yield Source(match["uri"], match["suite"], tuple(match["components"].split()))


def parse_deb822(text: str) -> Iterator[Source]:
    """Stanzas of a *.sources file; one source for each pair of URI and suite."""
    for stanza in re.split(r"\n[ \t]*\n", text.replace("\r", "")):
        fields = _fields(stanza)
        if "deb" not in fields.get("types", "").split() or _is_off(fields.get("enabled", "yes")):
            continue
        components = tuple(fields.get("components", "").split())
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(uri, suite, components)


def _fields(stanza: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t") and name:
            fields[name] += "\n" + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def _is_off(value: str) -> bool:
    return value.strip().lower() in ("no", "false", "off", "without", "disable", "0")


def read_sources(apt_dir: Path = Path("/etc/apt")) -> tuple[Source, ...]:
    """All sources of the machine, in apt's own order; unreadable files are passed over."""
    found: list[Source] = []
    for path in [apt_dir / "sources.list", *sorted((apt_dir / "sources.list.d").glob("*"))]:
        parse = {".list": parse_list, ".sources": parse_deb822}.get(path.suffix)
        if parse is None or not path.is_file():
            continue
        try:
            found.extend(parse(path.read_text(encoding="utf-8", errors="replace")))
        except OSError:
            continue
    return tuple(found)


def base_suite(suite: str) -> str:
    """bookworm-updates -> bookworm, buster/updates -> buster."""
    return _POCKETS.sub("", suite)


def mirrors_of(archive: Archive, sources: Iterable[Source]) -> tuple[str, ...]:
    """Addresses of full mirrors of this archive, without doubles; the security archive is not one."""
    known = {archive.first_suite, *archive.other_suites}
    if archive.first_suite == "sid":
        known |= _ALIASES
    uris = [
        source.uri.rstrip("/")
        for source in sources
        if base_suite(source.suite) in known
        and "main" in source.components
        and not source.suite.endswith(("-security", "/updates"))
    ]
    return tuple(dict.fromkeys(uris))


def suites_of(archive: Archive, sources: Iterable[Source]) -> tuple[str, ...]:
    """Where to look when the first suite fails: the well-known names, then the machine's own."""
    own = [base_suite(source.suite) for source in sources if mirrors_of(archive, [source])]
    return tuple(name for name in dict.fromkeys([*archive.other_suites, *own]) if name != archive.first_suite)
