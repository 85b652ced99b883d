"""Reads the PBX's files as Asterisk's own reader does, with line numbers: sections, settings, dialplan priorities. Pure.

Source: main/config.c and pbx/pbx_config.c of Asterisk 22: `;` begins a comment unless escaped, `=` and `=>` are the same,
a section may be a template `(!)` and may take others' settings `(name,name)`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_SECTION = re.compile(r"\[([^\]]+)\](?:\(([^)]*)\))?\s*")
_SETTING = re.compile(r"([^=\s][^=]*?)\s*=>?\s*(.*)")
_EXTEN = re.compile(r"(?P<name>[^,]+),(?P<priority>\d+|n)(?:\((?P<label>[^)]+)\))?,(?P<call>.+)")
_SAME = re.compile(r"(?P<priority>\d+|n)(?:\((?P<label>[^)]+)\))?,(?P<call>.+)")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f]")
_CALL = re.compile(r"(?P<application>[A-Za-z]\w*)(?:\((?P<arguments>.*)\))?")


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a file. `line` counts from 1; 0 speaks of the whole file."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Setting:
    line: int
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """`parents` are templates whose settings come first."""

    line: int
    name: str
    is_template: bool
    parents: tuple[str, ...]
    settings: list[Setting] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Priority:
    """One step of an extension. `arguments` is the text between the outer brackets."""

    line: int
    context: str
    extension: str
    number: int
    label: str
    application: str
    arguments: str


def parse_config(file: str, text: str) -> tuple[list[Section], list[Problem]]:
    """Sections in order; what is neither section, setting nor comment is a problem."""
    sections: list[Section] = []
    problems: list[Problem] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        line = strip_comment(raw).strip()
        if _CONTROL.search(raw):
            problems.append(Problem(file, number, "a control character"))
        elif not line:
            continue
        elif match := _SECTION.fullmatch(line):
            marks = [mark.strip() for mark in (match[2] or "").split(",") if mark.strip()]
            parents = tuple(mark for mark in marks if mark != "!")
            sections.append(Section(number, match[1], "!" in marks, parents))
        elif (match := _SETTING.fullmatch(line)) and sections:
            sections[-1].settings.append(Setting(number, match[1], match[2]))
        else:
            problems.append(Problem(file, number, "neither a section nor a setting within one"))
    return sections, problems


def strip_comment(line: str) -> str:
    r"""The part before an unescaped `;`, with `\;` made plain."""
    kept = re.split(r"(?<!\\);", line, maxsplit=1)[0]
    return kept.replace("\\;", ";")


def parse_dialplan(file: str, sections: list[Section]) -> tuple[list[Priority], list[Problem]]:
    """All priorities of extensions.conf, with `n` counted out."""
    priorities: list[Priority] = []
    problems: list[Problem] = []
    for section in sections:
        if section.name in ("general", "globals"):
            continue
        extension, last = "", 0
        for setting in section.settings:
            pattern = {"exten": _EXTEN, "same": _SAME}.get(setting.name)
            match = pattern.fullmatch(setting.value) if pattern else None
            call = _CALL.fullmatch(match["call"].strip()) if match else None
            if match is None or call is None:
                problems.append(
                    Problem(file, setting.line, f"not a priority of an extension: {setting.value!r}")
                )
                continue
            if setting.name == "exten":
                last = 0 if match["name"] != extension else last
                extension = match["name"]
            last = last + 1 if match["priority"] == "n" else int(match["priority"])
            priorities.append(
                Priority(
                    setting.line,
                    section.name,
                    extension,
                    last,
                    match["label"] or "",
                    call["application"],
                    call["arguments"] or "",
                )
            )
    return priorities, problems


def split_arguments(text: str, separator: str = ",") -> list[str]:
    """Split at separators outside brackets and quotes, as the dialplan does."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, sign in enumerate(text):
        if sign == '"' and not text.endswith("\\", 0, at):
            quoted = not quoted
        elif quoted:
            continue
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == separator and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def unbalanced(text: str) -> str:
    """What is wrong with brackets or quotes, or nothing."""
    pairs = {")": "(", "]": "[", "}": "{"}
    stack: list[str] = []
    for sign in text.replace("\\\\", "").replace('\\"', ""):
        if sign in "([{":
            stack.append(sign)
        elif sign in pairs and (not stack or stack.pop() != pairs[sign]):
            return f"a {sign} too many"
    if stack:
        return f"a {stack[-1]} that nothing closes"
    return "an odd number of quotes" if text.replace('\\"', "").count('"') % 2 else ""


def functions_in(text: str) -> Iterator[str]:
    """Names of dialplan functions read in a text: `${FILTER(…)}`."""
    yield from re.findall(r"\$\{([A-Z][A-Z0-9_]*)\(", text)


def matches(pattern: str, extension: str) -> bool:
    """Does an extension name, maybe a `_` pattern, take this number?"""
    return pattern == extension or (
        pattern.startswith("_") and re.fullmatch(_regular(pattern[1:]), extension) is not None
    )


def is_unbounded(pattern: str) -> bool:
    """`_X.`: takes numbers of any length."""
    return pattern.startswith("_") and re.sub(r"\[[^\]]*\]", "", pattern)[-1:] in (".", "!")


def _regular(pattern: str) -> str:
    signs = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*", "-": ""}
    tokens = re.findall(r"\[[^\]]*\]|.", pattern)
    return "".join(
        "[" + re.sub(r"([\\^\[])", r"\\\1", token[1:-1]) + "]"
        if len(token) > 1
        else signs.get(token, re.escape(token))
        for token in tokens
    )
