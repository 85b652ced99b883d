"""A strict look at rendered files before a PBX reads them. Asterisk itself skips a bad line with a warning and carries
on with a broken dialplan; here one mistake is enough to refuse the whole set."""

from dialplans.check_dialplan import check_dialplan
from dialplans.modules import CARRIER_MODULES, PBX_MODULES, Module
from dialplans.parse import Problem, Section, Setting, parse_config, parse_dialplan
from dialplans.plan import RenderedConfig

__all__ = ["Problem", "check"]

_KNOWN_MODULES = {module.name: module for module in (*PBX_MODULES, *CARRIER_MODULES)}
_PJSIP_TYPES = {"global", "system", "transport", "endpoint", "aor", "auth", "identify", "registration"}
# setting of a type -> the type of section that it must name
_PJSIP_REFERENCES = {
    ("endpoint", "auth"): "auth",
    ("endpoint", "outbound_auth"): "auth",
    ("endpoint", "aors"): "aor",
    ("endpoint", "transport"): "transport",
    ("identify", "endpoint"): "endpoint",
    ("registration", "endpoint"): "endpoint",
    ("registration", "outbound_auth"): "auth",
    ("registration", "transport"): "transport",
}
# `read = system` shows events only; to write it means to restart the PBX.
_FORBIDDEN_READ = {"all", "command", "config", "log", "verbose", "agi", "dtmf", "security"}
_FORBIDDEN_WRITE = {"all", "system", "command", "config", "log", "agi", "user", "test", "aoc"}
_REQUIRED = ("extensions.conf", "pjsip.conf", "manager.conf", "modules.conf")


def check(config: RenderedConfig) -> list[Problem]:
    """All mistakes, in the order of files and lines; an empty list permits publishing."""
    problems = [Problem(name, 0, "is missing") for name in _REQUIRED if name not in config.files]
    parsed: dict[str, list[Section]] = {}
    for name, text in config.files.items():
        parsed[name], found = parse_config(name, text)
        problems += found
        if name != "pjsip.conf":
            problems += _doubles(name, parsed[name])
    modules = _modules(parsed.get("modules.conf", []), problems)
    priorities, found = parse_dialplan("extensions.conf", parsed.get("extensions.conf", []))
    problems += found
    contexts = {section.name for section in parsed.get("extensions.conf", [])}
    problems += check_dialplan("extensions.conf", priorities, contexts, modules)
    problems += _check_pjsip("pjsip.conf", parsed.get("pjsip.conf", []), contexts)
    problems += _check_manager("manager.conf", parsed.get("manager.conf", []))
    return sorted(set(problems), key=lambda problem: (problem.file, problem.line, problem.message))


def _doubles(file: str, sections: list[Section]) -> list[Problem]:
    seen: dict[str, int] = {}
    problems = []
    for section in sections:
        first = seen.setdefault(section.name, section.line)
        if first != section.line:
            problems.append(
                Problem(file, section.line, f"section {section.name} stands at line {first} already")
            )
    return problems


def _modules(sections: list[Section], problems: list[Problem]) -> tuple[Module, ...]:
    loaded: list[Module] = []
    for setting in (setting for section in sections for setting in section.settings):
        name = setting.value.removesuffix(".so")
        if setting.name == "load" and name in _KNOWN_MODULES:
            loaded.append(_KNOWN_MODULES[name])
        elif (setting.name, setting.value) != ("autoload", "no"):
            problems.append(
                Problem("modules.conf", setting.line, f"unknown: {setting.name} = {setting.value}")
            )
    if not any(setting.name == "autoload" for section in sections for setting in section.settings):
        problems.append(Problem("modules.conf", 0, "autoload = no is missing"))
    return tuple(loaded)


def _check_pjsip(file: str, sections: list[Section], contexts: set[str]) -> list[Problem]:
    problems: list[Problem] = []
    templates = {section.name: section for section in sections if section.is_template}
    objects: dict[tuple[str, str], tuple[Section, dict[str, Setting]]] = {}
    for section in sections:
        settings = _inherited(section, templates, file, problems)
        if section.is_template:
            continue
        kind = settings["type"].value if "type" in settings else ""
        if kind not in _PJSIP_TYPES:
            problems.append(Problem(file, section.line, f"section {section.name} has no known type"))
        elif (kind, section.name) in objects:
            problems.append(Problem(file, section.line, f"{kind} {section.name} is there already"))
        else:
            objects[kind, section.name] = (section, settings)
    for (kind, _), (section, settings) in objects.items():
        problems += _references(file, kind, settings, set(objects))
        problems += _endpoint(file, section, settings, contexts) if kind == "endpoint" else []
        if kind == "auth" and not (settings.get("password") and settings["password"].value):
            problems.append(Problem(file, section.line, f"auth {section.name} has no password"))
    return problems


def _inherited(
    section: Section, templates: dict[str, Section], file: str, problems: list[Problem]
) -> dict[str, Setting]:
    """Settings by name, templates first, the section's own last."""
    settings: dict[str, Setting] = {}
    for parent in section.parents:
        if parent not in templates or parent == section.name:
            problems.append(Problem(file, section.line, f"there is no template {parent}"))
            continue
        settings |= _inherited(templates[parent], templates, file, problems)
    return settings | {setting.name: setting for setting in section.settings}


def _references(
    file: str, kind: str, settings: dict[str, Setting], objects: set[tuple[str, str]]
) -> list[Problem]:
    return [
        Problem(file, setting.line, f"{name} names {wanted} {part.strip()!r}, which does not exist")
        for name, setting in settings.items()
        if (wanted := _PJSIP_REFERENCES.get((kind, name)))
        for part in setting.value.split(",")
        if (wanted, part.strip()) not in objects
    ]


def _endpoint(file: str, section: Section, settings: dict[str, Setting], contexts: set[str]) -> list[Problem]:
    problems = []
    context = settings.get("context")
    if context is None or context.value not in contexts:
        problems.append(
            Problem(file, context.line if context else section.line, "the endpoint's context does not exist")
        )
    problems += [
        Problem(file, section.line, f"endpoint {section.name} lacks {name}")
        for name in ("aors", "disallow", "allow", "direct_media")
        if name not in settings
    ]
    if not {"auth", "identify_by"} & set(settings):
        problems.append(Problem(file, section.line, f"endpoint {section.name} would let anybody in"))
    return problems


def _check_manager(file: str, sections: list[Section]) -> list[Problem]:
    problems: list[Problem] = []
    callers: list[str] = []
    for section in sections:
        settings = {setting.name: setting for setting in section.settings}
        if section.name == "general":
            problems += _general(file, settings)
            continue
        for name, forbidden in (("read", _FORBIDDEN_READ), ("write", _FORBIDDEN_WRITE)):
            rights = settings.get(name)
            taken = {word.strip() for word in rights.value.split(",")} & forbidden if rights else set()
            if rights and taken:
                problems.append(
                    Problem(file, rights.line, f"{section.name} may not {name} {', '.join(sorted(taken))}")
                )
        if "write" in settings and "originate" in settings["write"].value.split(","):
            callers.append(section.name)
        for name in ("secret", "permit", "writetimeout"):
            if not (name in settings and settings[name].value):
                problems.append(Problem(file, section.line, f"{section.name} lacks {name}"))
        if len(callers) > 1 and callers[-1] == section.name:
            problems.append(
                Problem(file, section.line, f"originate is {callers[0]}'s already; one user may place calls")
            )
    return problems


def _general(file: str, settings: dict[str, Setting]) -> list[Problem]:
    problems = []
    if "bindaddr" in settings and settings["bindaddr"].value in ("0.0.0.0", "::"):  # noqa: S104 - it is what is refused
        problems.append(Problem(file, settings["bindaddr"].line, "AMI must not listen to the world"))
    if "webenabled" in settings and settings["webenabled"].value != "no":
        problems.append(Problem(file, settings["webenabled"].line, "AMI over HTTP must be off"))
    return problems
