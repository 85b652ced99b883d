"""The dialplan's part of the check: everything that is called exists, everything that is dialled ends."""

import re
from collections.abc import Iterator

from dialplans.escape import is_zone
from dialplans.modules import Module, applications_of, functions_of
from dialplans.parse import (
    Priority,
    Problem,
    functions_in,
    is_unbounded,
    matches,
    split_arguments,
    unbalanced,
)

_WRITTEN_FUNCTION = re.compile(r"_{0,2}([A-Z][A-Z0-9_]*)\(.*")
_LOCAL = re.compile(r"Local/([^@&]+)@([^/&,]+)")
_DIAL_GOSUB = re.compile(r"([UbB])\(([^)]*)\)")
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d"
_DAYS = r"(?:mon|tue|wed|thu|fri|sat|sun)(?:[-&](?:mon|tue|wed|thu|fri|sat|sun))*"
_DATE = r"\*,(?:[1-9]|[12]\d|3[01]),(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_TIME = re.compile(
    rf"(?P<start>{_CLOCK})-(?P<last>{_CLOCK}),(?:{_DAYS},\*,\*|{_DATE}),(?P<zone>[^,?]+)\?[^?]+"
)
_RAW_CALLER = re.compile(r"\$\{CALLERID\((?:num|name|all|ani|number)\)\}")
_LEAKY = {"Dial", "MixMonitor", "Record", "AGI", "UserEvent", "Playback", "Read"}

Table = dict[str, dict[str, list[Priority]]]


def check_dialplan(
    file: str, priorities: list[Priority], contexts: set[str], modules: tuple[Module, ...]
) -> list[Problem]:
    """`contexts` are all sections, also empty ones; `modules` the loaded ones."""
    table: Table = {context: {} for context in contexts}
    for priority in priorities:
        table.setdefault(priority.context, {}).setdefault(priority.extension, []).append(priority)
    applications, functions = applications_of(modules), functions_of(modules)
    problems = _order(file, table)
    for priority in priorities:
        found = [
            *_words(priority, applications, functions),
            *_dialling(priority),
            *_targets(priority, table),
            *_times(priority),
        ]
        problems += [Problem(file, priority.line, message) for message in found]
    return problems


def _order(file: str, table: Table) -> list[Problem]:
    problems = []
    for extension, steps in ((name, steps) for names in table.values() for name, steps in names.items()):
        if is_unbounded(extension) and len(steps) > 1:
            problems.append(
                Problem(file, steps[1].line, f"{extension} would also continue h, i, t: one priority only")
            )
        labels: set[str] = set()
        for expected, step in enumerate(steps, start=1):
            if step.number != expected:
                problems.append(
                    Problem(
                        file, step.line, f"{extension} has priority {step.number} where {expected} is due"
                    )
                )
                break
            if step.label and step.label in labels:
                problems.append(Problem(file, step.line, f"label {step.label} stands there twice"))
            labels.add(step.label)
    return problems


def _words(priority: Priority, applications: frozenset[str], functions: frozenset[str]) -> Iterator[str]:
    if fault := unbalanced(priority.arguments):
        yield f"{priority.application}: {fault}"
    for application in _applications_in(priority):
        if application not in applications:
            yield f"no loaded module has the application {application}"
    names = set(functions_in(priority.arguments))
    if priority.application == "Set" and (match := _WRITTEN_FUNCTION.fullmatch(_left(priority.arguments))):
        names.add(match[1])
    for name in sorted(names - functions):
        yield f"no loaded module has the function {name}"


def _left(assignment: str) -> str:
    return split_arguments(assignment, "=")[0]


def _applications_in(priority: Priority) -> Iterator[str]:
    """The application and, inside ExecIf, the ones that it may run."""
    yield priority.application
    if priority.application == "ExecIf":
        for branch in split_arguments("".join(split_arguments(priority.arguments, "?")[1:]), ":"):
            yield branch.partition("(")[0]


def _dialling(priority: Priority) -> Iterator[str]:
    parts = split_arguments(priority.arguments)
    if priority.application == "Dial" and (len(parts) < 2 or not parts[1].strip()):
        yield "Dial without a timeout"
    raw = re.sub(r"\$\{FILTER\([^$]*\$\{EXTEN\}\)\}", "", priority.arguments)
    if is_unbounded(priority.extension) and "${EXTEN" in raw:
        yield f"the pattern {priority.extension} takes anything: ${{EXTEN}} must go through FILTER first"
    elif priority.application == "Dial" and "${EXTEN" in raw:
        yield "Dial with ${EXTEN} unfiltered"
    if priority.application in _LEAKY and _RAW_CALLER.search(priority.arguments):
        yield f"{priority.application} with the caller's own words unfiltered"


def _times(priority: Priority) -> Iterator[str]:
    """Asterisk takes a time that it cannot read for always or never, and a foreign zone for its own: neither may pass."""
    if priority.application != "GotoIfTime":
        return
    match = _TIME.fullmatch(priority.arguments)
    if match is None:
        yield "GotoIfTime wants HH:MM-HH:MM,days,*,*,zone?place or HH:MM-HH:MM,*,day,month,zone?place"
    else:
        if match["start"] > match["last"]:
            yield f"the time {match['start']}-{match['last']} ends before it begins"
        if not is_zone(match["zone"]):
            yield f"there is no zone {match['zone']}"


def _targets(priority: Priority, table: Table) -> Iterator[str]:
    for context, extension, step in _named_targets(priority):
        if "${" in context:
            continue
        if context not in table:
            yield f"there is no context {context}"
        elif "${" not in extension and (fault := _lost(table[context], extension, step)):
            yield f"{fault} in {context}"


def _lost(extensions: dict[str, list[Priority]], extension: str, step: str) -> str:
    taken = next((steps for name, steps in extensions.items() if name == extension), None) or next(
        (steps for name, steps in extensions.items() if matches(name, extension)), None
    )
    if taken is None:
        return f"there is no extension {extension}"
    if "${" in step or any(step in (str(one.number), one.label) for one in taken):
        return ""
    return f"extension {extension} has no priority {step}"


def _named_targets(priority: Priority) -> Iterator[tuple[str, str, str]]:
    """Context, extension and priority of every place that this step may jump to, call or dial."""
    text = priority.arguments
    if priority.application in ("Goto", "Gosub"):
        yield _target(priority, text)
    elif priority.application in ("GotoIf", "GosubIf", "GotoIfTime"):
        rest = split_arguments(text, "?")[1:]
        for branch in split_arguments("?".join(rest), ":"):
            if branch.strip():
                yield _target(priority, branch)
    elif priority.application == "Set" and text.startswith("CHANNEL(hangup_handler_push)="):
        yield _target(priority, text.partition("=")[2])
    elif priority.application == "Dial":
        for extension, context in _LOCAL.findall(text):
            yield context, extension, "1"
        for option, inner in _DIAL_GOSUB.findall(",".join(split_arguments(text)[2:])):
            context, *rest = inner.split("^")
            yield context, "s" if option == "U" else (rest or ["s"])[0], "1"  # behind U stand arguments


def _target(priority: Priority, text: str) -> tuple[str, str, str]:
    """`[[context,]extension,]priority`, arguments in brackets behind it left out."""
    parts = [part.strip() for part in split_arguments(text)]
    parts[-1] = re.sub(r"\(.*\)$", "", parts[-1])
    context, extension, step = (
        [priority.context, priority.extension, *parts][-3:] if len(parts) < 3 else parts[:3]
    )
    if len(parts) == 1:
        context, extension = priority.context, priority.extension
    elif len(parts) == 2:
        context = priority.context
    return context, extension, step
