"""Reading the PBX's files: comments, sections, priorities, patterns."""

import pytest

from dialplans.parse import (
    is_unbounded,
    matches,
    parse_config,
    parse_dialplan,
    split_arguments,
    strip_comment,
    unbalanced,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("line", "kept"),
    [("a = b ; c", "a = b "), ("a = b\\;c ; d", "a = b;c "), ("; all", ""), ("plain", "plain")],
)
def test_comments(line, kept):
    assert strip_comment(line) == kept


def test_sections_and_settings_have_lines():
    sections, problems = parse_config("x.conf", "[a](!)\nx = 1\n\n[b](a,c)\ny => 2\n")
    assert problems == []
    assert [(s.line, s.name, s.is_template, s.parents) for s in sections] == [
        (1, "a", True, ()),
        (4, "b", False, ("a", "c")),
    ]
    assert [(s.line, s.name, s.value) for s in sections[1].settings] == [(5, "y", "2")]


def test_priorities_count_on():
    sections, _ = parse_config(
        "e", "[c]\nexten => s,1,Answer()\n same => n(go),Dial(a,5)\n same => n,Hangup\n"
    )
    priorities, problems = parse_dialplan("e", sections)
    assert problems == []
    assert [(p.number, p.label, p.application, p.arguments) for p in priorities] == [
        (1, "", "Answer", ""),
        (2, "go", "Dial", "a,5"),
        (3, "", "Hangup", ""),
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a,b", ["a", "b"]),
        ("${F(x,y)},b", ["${F(x,y)}", "b"]),
        ('"a,b",c', ['"a,b"', "c"]),
        ("", [""]),
        ("a,,b", ["a", "", "b"]),
    ],
)
def test_arguments_split_outside_brackets(text, parts):
    assert split_arguments(text) == parts


@pytest.mark.parametrize("text", ["${A}", '$["${A}" = ""]', "${F(a,${B})}", 'x\\"y'])
def test_balanced(text):
    assert unbalanced(text) == ""


@pytest.mark.parametrize("text", ["${A", "A}", "${F(a}", '"x', "(]"])
def test_unbalanced(text):
    assert unbalanced(text)


@pytest.mark.parametrize(
    ("pattern", "number", "is_taken"),
    [
        ("s", "s", True),
        ("_X.", "12", True),
        ("_X.", "1", False),
        ("_NXX", "200", True),
        ("_NXX", "100", False),
        ("_[!-~]!", "+7", True),
        ("_[!-~]!", "h", True),
        ("_[1-3]Z", "20", False),
        ("_X!", "1", True),
    ],
)
def test_patterns(pattern, number, is_taken):
    assert matches(pattern, number) is is_taken


@pytest.mark.parametrize(
    ("pattern", "is_open"),
    [("_X.", True), ("_[!-~]!", True), ("_[.!]", False), ("_NXX", False), ("s", False)],
)
def test_open_ends(pattern, is_open):
    assert is_unbounded(pattern) is is_open
