"""Writes docs/reference/ from the code: `script/run python script/lib/reference.py`.

The descriptions live beside the settings and commands themselves; a test fails when the pages are not current.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "reference"
GENERATED = "<!-- Written by script/lib/reference.py from the code; edit the descriptions there. -->"

SETTINGS_HEAD = f"""{GENERATED}
# Settings

Every setting is an environment variable. A line in a file named `.env`, in the directory Mooring is started in, does
the same; the environment wins. `MOORING_NAME_FILE=/path` reads the value of `MOORING_NAME` from a file: use it for
secrets. A bad value stops Mooring at the start with a sentence that names it. `mooring doctor` shows what is set and
tries each connection.

| setting | default | meaning |
|---|---|---|
"""

COMMANDS_HEAD = f"""{GENERATED}
# Commands

`script/run mooring …` runs them in the project's own environment. With `--json` a command prints one JSON object on
stdout, and progress on stderr. Exit status:

- 0 done
- 1 failed, or not all of it was done: also where Shopify or Odoo refuses, or does not answer
- 2 wrong usage: what was typed cannot be used
- 3 refused by state or rights: also where a file that is to be written is there already
- 4 confirmation missing: prints what would be done, and the `--confirm` to repeat with
"""


def settings_page() -> str:
    from mooring.settings import PREFIX, Settings

    rows = (setting_row(f"{PREFIX}{name.upper()}", field) for name, field in Settings.model_fields.items())
    return SETTINGS_HEAD + "".join(rows)


def setting_row(name: str, field: Any) -> str:
    default = shown_default(field.default)
    return f"| `{name}` | {default and f'`{default}`'} | {field.description} |\n"


def shown_default(value: Any) -> str:
    """Nothing for an empty default, and never the inside of a secret."""
    if hasattr(value, "get_secret_value"):
        return ""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def commands_page() -> str:
    return COMMANDS_HEAD + "".join(command_section(words, command) for words, command in commands())


def commands() -> Iterator[tuple[str, Any]]:
    """Each command with its words, as in `mooring stores list`, in the order of the help.

    `mooring sandbox` passes its words on; the command that takes them stands in its place.
    """
    import typer.main

    from mooring.cli.main import app
    from mooring_sandbox import cli as sandbox

    own = {"mooring sandbox": typer.main.get_command(sandbox._app)}
    for words, command in walk(typer.main.get_command(app), "mooring"):
        yield words, own.get(words, command)


def walk(command: Any, words: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
    for name, one in (inner or {}).items():
        if not one.hidden:
            yield from walk(one, f"{words} {name}")


def command_section(words: str, command: Any) -> str:
    usage = " ".join([words, *(piece for one in command.params for piece in [usage_piece(one)] if piece)])
    rows = "".join(map(parameter_row, (one for one in command.params if not getattr(one, "hidden", False))))
    table = f"\n| option | default | meaning |\n|---|---|---|\n{rows}" if rows else ""
    return f"\n## `{words}`\n\n{paragraphs(command.help)}\n\n    {usage}\n{table}"


def usage_piece(parameter: Any) -> str:
    """Arguments and required options belong to the usage line; other options to the table alone."""
    if parameter.param_type_name == "argument":
        name = shown_name(parameter)
        return name if parameter.required else f"[{name}]"
    return f"{parameter.opts[0]} {parameter.name.upper()}" if parameter.required else ""


def shown_name(parameter: Any) -> str:
    """`--knots N` of an option, `SHOP` of an argument."""
    if parameter.param_type_name == "argument":
        return parameter.name.upper() + ("…" if parameter.nargs == -1 else "")
    value = "" if parameter.is_flag else f" {parameter.metavar or kind_of_value(parameter.type_descriptor.annotation)}"
    return " / ".join([*parameter.opts, *parameter.secondary_opts]) + value


def kind_of_value(annotation: Any) -> str:
    return {int: "N", float: "N", Path: "PATH"}.get(annotation, "TEXT")


def parameter_row(parameter: Any) -> str:
    plain = isinstance(parameter.default, str | int | float | Path) and parameter.default not in (False, "")
    default = f"`{parameter.default}`" if plain else ""
    return f"| `{shown_name(parameter)}` | {default} | {paragraphs(parameter.help)} |\n"


def paragraphs(text: str | None) -> str:
    """Help text without its indentation; one line per paragraph, as Markdown tables want it."""
    return " ".join((text or "").replace("\b", "").split())


def pages() -> dict[Path, str]:
    return {FOLDER / "settings.md": settings_page(), FOLDER / "commands.md": commands_page()}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text)
        print(path.relative_to(ROOT), file=sys.stderr)


if __name__ == "__main__":
    main()
