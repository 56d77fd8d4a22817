"""What no tracked file may say: a place on somebody's machine, a registry's address, a promise for later."""

import re
import subprocess
from collections.abc import Iterable

import pytest

from tests.architecture.sources import ROOT, Source

OWN = "tests/architecture/test_words.py"
PLACES = re.compile(r"(?<![\w.~])/(?:work|farm|root|opt|Users)/")
# Put together here, so that this file does not name them either.
HOSTS = ("py" + "pi", "npm" + "js", "python" + "hosted")
REGISTRIES = re.compile(rf"(?:--(?:extra-)?index-url|--registry|--find-links)\b|https?://[^\s/]*(?:{'|'.join(HOSTS)})")
LATER = re.compile(r"\b(?:TODO|FIXME)\b")
# Where one of them has to stand, and why.
ALLOWED: dict[tuple[str, str], str] = {}


def tracked() -> list[Source]:
    """Every tracked text file; in an unpacked archive, without git, every file that would be."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = listed.stdout.decode().split("\0")[:-1] if listed.returncode == 0 else found_without_git()
    return [Source(name, text) for name in names if name != OWN and (text := text_of(name)) is not None]


def found_without_git() -> list[str]:
    tops = ("src", "tests", "docs", "script", "benchmarks", ".ci")
    inside = [path for top in tops for path in (ROOT / top).rglob("*") if "__pycache__" not in path.parts]
    return sorted(path.relative_to(ROOT).as_posix() for path in [*inside, *ROOT.glob("*.*")] if path.is_file())


def text_of(name: str) -> str | None:
    """None for pictures, and for files deleted but not yet committed."""
    try:
        return (ROOT / name).read_text()
    except (UnicodeDecodeError, FileNotFoundError):
        return None


def unwanted_words(source: Source) -> Iterable[str]:
    for number, line in enumerate(source.text.splitlines(), 1):
        for meaning, pattern in (("place", PLACES), ("registry", REGISTRIES), ("promise for later", LATER)):
            if (source.place, meaning) not in ALLOWED and (match := pattern.search(line)):
                yield f"{source.place}:{number}: {meaning}: {match[0]}"


def test_no_file_names_a_machine_a_registry_or_a_promise() -> None:
    assert [finding for source in tracked() for finding in unwanted_words(source)] == []


def test_files_are_found_with_and_without_git() -> None:
    assert "src/mooring/__init__.py" in {source.place for source in tracked()}
    assert {"src/mooring/__init__.py", "pyproject.toml", "script/test"} <= set(found_without_git())


@pytest.mark.parametrize(
    "line",
    [
        "data = '/{}/data'".format("root"),
        "see /{}/notes".format("work"),
        "pip install --index-url=x",
        f"from https://{HOSTS[0]}.org/simple",
        f"registry=https://registry.{HOSTS[1]}.org/",
        "# TODO later",
        "raise Error  # FIXME",
    ],
)
def test_a_planted_word_is_found(line: str) -> None:
    assert len(list(unwanted_words(Source("docs/page.md", line)))) == 1


@pytest.mark.parametrize(
    "line", ["/admin/{}/".format("work"), "../shared/spec", "~/{}/x".format("root"), "TODOS", "--no-emit-index-url"]
)
def test_a_lawful_word_passes(line: str) -> None:
    assert list(unwanted_words(Source("docs/page.md", line))) == []
