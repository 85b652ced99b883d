"""`dealerline numbering …` as a person types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from callcore.bootstrap.numbering_file import NumberingFile
from callcore.cli import app

pytestmark = pytest.mark.integration

HEADER = "АВС/ DEF;От;До;Емкость;Оператор;Регион;ИНН\n"
WHOLE = "".join(
    f"{code};0;9999999;10000000;ООО Единый;Томская область;7743895280\n" for code in range(900, 1000)
)


@pytest.fixture
def run(tmp_path: Path):
    config = tmp_path / "dealerline.toml"
    config.write_text('[numbering]\ndir = "own"\n', encoding="utf-8")

    def command(*words: str) -> Result:
        return CliRunner().invoke(app, ["numbering", *words, "--config", str(config)])

    return command


def test_a_number_before_and_after_an_import(run, tmp_path: Path) -> None:
    before = run("lookup", "8 (900) 000-00-00")
    assert before.exit_code == 0
    assert "Регион: Краснодарский край (RU-KDA), зона Europe/Moscow" in before.stdout

    file = tmp_path / "DEF-9xx.csv"
    file.write_bytes((HEADER + WHOLE).encode("cp1251"))
    done = run("import", str(file))
    assert done.exit_code == 0, done.stderr
    assert "Прочитано строк: 100, коды 9xx." in done.stdout
    assert "Томская область" in done.stdout

    after = run("lookup", "8 (900) 000-00-00", "--json")
    facts = json.loads(after.stdout)
    assert facts["operator"] == "ООО Единый"
    assert [region["code"] for region in facts["regions"]] == ["RU-TOM"]
    assert run("lookup", "+74951234567").stdout.count("Москва") == 1, "other blocks stay"


def test_a_broken_file_changes_nothing_and_names_its_lines(run, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(HEADER + WHOLE, encoding="utf-8")
    bad.write_text(
        f"{HEADER}800;5;4;1;А;Томская область;1\n800;0;9;7;А;Томская область;1\n", encoding="utf-8"
    )
    done = run("import", str(good), str(bad))
    assert done.exit_code == 1
    assert "План нумерации не изменён." in done.stderr
    assert "bad.csv, строка 2" in done.stderr
    assert "bad.csv, строка 3" in done.stderr
    assert not NumberingFile(tmp_path / "own").path.exists()


def test_a_doubtful_file_needs_insistence(run, tmp_path: Path) -> None:
    file = tmp_path / "small.csv"
    file.write_text(f"{HEADER}900;0;9;10;А;Томская область;1\n", encoding="utf-8")
    refused = run("import", str(file))
    assert refused.exit_code == 1
    assert "--insist" in refused.stderr
    assert run("import", str(file), "--insist").exit_code == 0
    assert "Оператор: А" in run("lookup", "+79000000005").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lookup", "никто"), "не телефонный номер"),
        (("import", "/nowhere/DEF-9xx.csv"), "файл не читается"),
        (("import", "/"), "файл не читается"),
    ],
)
def test_refusals_say_why(run, words: tuple[str, str], told: str) -> None:
    done = run(*words)
    assert done.exit_code == 1
    assert told in done.stderr


def test_a_spoilt_own_plan_is_told(run, tmp_path: Path) -> None:
    own = NumberingFile(tmp_path / "own")
    own.path.parent.mkdir()
    own.path.write_bytes(b"junk")
    done = run("lookup", "+79000000005")
    assert done.exit_code == 1
    assert str(own.path) in done.stderr
    file = tmp_path / "DEF-9xx.csv"
    file.write_text(HEADER + WHOLE, encoding="utf-8")
    refused = run("import", str(file))
    assert refused.exit_code == 1
    assert str(own.path) in refused.stderr
    assert own.path.read_bytes() == b"junk"
