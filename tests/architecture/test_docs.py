"""Every setting and every command is documented, and the documents name nothing that is not there."""

import re
from collections.abc import Iterable

from script.lib import reference
from tests.architecture.sources import ROOT, Source

HOW = "not current; run: script/run python script/lib/reference.py"
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
VARIABLE = re.compile(r"`(MOORING_[A-Z_]+)")


def test_the_settings_page_is_current() -> None:
    page = reference.FOLDER / "settings.md"
    assert page.read_text() == reference.settings_page(), HOW


def test_the_commands_page_is_current() -> None:
    page = reference.FOLDER / "commands.md"
    assert page.read_text() == reference.commands_page(), HOW


def test_every_setting_has_a_description() -> None:
    from mooring.settings import Settings

    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_every_command_and_option_has_a_description() -> None:
    assert list(undescribed(reference.commands())) == []


def undescribed(commands: Iterable) -> Iterable[str]:
    for words, command in commands:
        if not command.help:
            yield words
        yield from (f"{words} {one.name}" for one in command.params if not getattr(one, "help", None))


def documents() -> list[Source]:
    paths = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths]


def broken_links(page: Source) -> Iterable[str]:
    """Relative links to files that are not there."""
    here = (ROOT / page.place).parent
    return (f"{page.place}: {target}" for target in LINK.findall(page.text) if not (here / target).exists())


def unknown_settings(page: Source, known: set[str]) -> Iterable[str]:
    said = {name.removesuffix("_FILE") for name in VARIABLE.findall(page.text)}
    return (f"{page.place}: {name}" for name in sorted(said - known))


def known_settings() -> set[str]:
    """Mooring's own, and those of the tests, whose names begin with MOORING_TEST_."""
    from mooring.settings import PREFIX, Settings

    tests = {"MOORING_TEST_DATABASES", *(f"MOORING_TEST_ODOO_{name}" for name in ("URL", "DB", "LOGIN", "KEY"))}
    return {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {"MOORING_NAME"} | tests


def test_documents_link_to_files_that_exist() -> None:
    assert [finding for page in documents() for finding in broken_links(page)] == []


def test_documents_name_settings_that_exist() -> None:
    known = known_settings()
    assert [finding for page in documents() for finding in unknown_settings(page, known)] == []


def test_the_map_shows_every_part() -> None:
    drawn = (ROOT / "docs/architecture.md").read_text()
    tops = [*(ROOT / "src/mooring").iterdir(), *(ROOT / "src/mooring_sandbox").iterdir()]
    parts = [path.name + "/" * path.is_dir() for path in tops if not path.name.startswith(("__", "py.typed"))]
    assert [part for part in parts if f"  {part} " not in drawn and f"  {part}\n" not in drawn] == []


def test_a_planted_mistake_is_found() -> None:
    page = Source("docs/page.md", "see [this](nowhere.md) and [that](../README.md#top), set `MOORING_PROT=1`")
    assert list(broken_links(page)) == ["docs/page.md: nowhere.md"]
    assert list(unknown_settings(page, known_settings())) == ["docs/page.md: MOORING_PROT"]


def test_the_pages_are_written_from_the_code() -> None:
    import typer

    app = typer.Typer()

    @app.command()
    def tie(shop: str, knots: int = typer.Option(3, help="How many.")) -> None:
        """Tie a shop."""

    app.command("undo")(lambda: None)
    commands = dict(reference.walk(typer.main.get_command(app), "mooring"))
    section = reference.command_section("mooring tie", commands["mooring tie"])
    assert section.startswith("\n## `mooring tie`\n\nTie a shop.\n\n    mooring tie SHOP\n")
    assert "| `--knots N` | `3` | How many. |\n" in section
    assert list(undescribed(commands.items())) == ["mooring tie shop", "mooring undo"]
