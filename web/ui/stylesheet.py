"""Tabler's stylesheet without the families of rules that no page of ours can use: a third of the size."""

import re
from collections.abc import Iterator

# First word of a class name. What is absent here is left out; add a word when a page needs a new family.
_KEPT = frozenset(
    """
    accordion active align alert avatar badge border bottom breadcrumb btn card chart check col collapse collapsed
    collapsing container cursor d datagrid dark disabled display divide dropdown empty end fade fieldset fixed flex float
    focus font form fs fst fw g gap gx gy h h1 h2 h3 h4 h5 hr icon img input invalid is justify kbd lead lh link list m
    mark mb me ms mt mx my nav object offset opacity order overflow p page pb pe placeholder pointer position progress
    ps pt px py required rounded row rowlink shadow show small start status sticky strong subheader switch tab table
    text theme top tracking translate user valid visible visually vr w was z hover stretched markdown lang pre
    """.split()  # noqa: SIM905 - easier to read than ninety quotes
)
_DROPPED = re.compile(
    r"-(?:xl|xxl|facebook|twitter|google|youtube|vimeo|dribbble|github|instagram|pinterest|vk|rss|flickr|bitbucket|tabler"
    r"|x|apple|bitcoin|linkedin|reddit|twitch|azure|indigo|purple|pink|orange|lime|teal|cyan|muted-[a-z]+|glass|ghost-\w+"
    r"|animate|pulse|marching|fallback|darken|rotate|icon-\d|hover-\w+)(?:-|$)|^(?:offcanvas|carousel|ribbon)"
)
_CLASS = re.compile(r"\.(-?[a-zA-Z_][\w-]*)")


def slimmed(css: str) -> str:
    """The same rules in the same order, less the unused; media queries left empty go too."""
    return "".join(_kept_rules(css))


def _kept_rules(css: str) -> Iterator[str]:
    for head, body in _blocks(css):
        if body is None:
            yield "" if "sourceMappingURL" in head or head.startswith("@charset") else head
        elif head.startswith(("@media", "@supports", "@layer", "@container")):
            inner = slimmed(body)
            if inner:
                yield f"{head}{{{inner}}}"
        elif head.startswith("@"):
            yield f"{head}{{{body}}}"
        else:
            selectors = [selector for selector in _split(head) if _is_used(selector)]
            if selectors:
                yield f"{','.join(selectors)}{{{body}}}"


def _is_used(selector: str) -> bool:
    names = _CLASS.findall(selector)
    if "data-bs-theme-" in selector:
        return False
    return all(name.split("-")[0] in _KEPT and not _DROPPED.search(name) for name in names)


def _split(head: str) -> list[str]:
    """Selectors of one rule; commas inside :is(…) do not part them."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(head):
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            parts.append(head[start:index])
            start = index + 1
    return [*parts, head[start:]]


def _blocks(css: str) -> Iterator[tuple[str, str | None]]:
    """(head, body) of each rule; (text, None) of what has no braces."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    place = 0
    while place < len(css):
        opened = css.find("{", place)
        statement = css.find(";", place)
        if opened == -1:
            yield css[place:].strip(), None
            return
        if css[place] == "@" and -1 < statement < opened:
            yield css[place : statement + 1], None
            place = statement + 1
            continue
        closed = _closing(css, opened)
        yield css[place:opened].strip(), css[opened + 1 : closed]
        place = closed + 1


def _closing(css: str, opened: int) -> int:
    depth = 0
    for match in re.compile(r"[{}]").finditer(css, opened):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    raise ValueError("a rule of the stylesheet is never closed")
