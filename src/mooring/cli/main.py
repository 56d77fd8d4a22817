"""The command `mooring`."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Sequence

import typer

from mooring.cli import console
from mooring.cli.commands import app
from mooring.errors import Misconfigured, MooringError

__all__ = ["app", "main"]
_NEW_OBJECTS = 20_000


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit status; never with a traceback, unless one is asked for."""
    os.umask(0o077)  # whatever is made holds people's data: it is for its owner alone
    gc.set_threshold(_NEW_OBJECTS, 20, 20)  # looking for garbage among what stays was a third of a command's time
    status = run(list(sys.argv[1:] if arguments is None else arguments))
    gc.freeze()  # all of it goes with the process: nobody has to look through it once more
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    as_json = "--json" in arguments
    try:
        status = app(args=list(arguments), prog_name="mooring", standalone_mode=False)
    except typer.TyperException as error:
        return _misused(error, json=as_json)
    except typer.Abort:
        console.remark("Stopped.")
        return console.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read our output has gone
        return console.FAILED
    except Exception as error:  # whatever it was, a person gets a sentence
        return console.failure(_in_words(error), json=as_json)
    return status if isinstance(status, int) else console.DONE


def _misused(error: typer.TyperException, *, json: bool) -> int:
    """Wrong usage: the library's own words, and its pointer to the help."""
    if json:
        facts = {"error": {"code": "usage", "sentence": error.format_message()}}
        console.show(facts, json=True, text=None)
    else:
        show = getattr(error, "show", None)
        show() if show else console.remark(error.format_message())
    return error.exit_code


def _in_words(error: Exception) -> MooringError:
    if isinstance(error, MooringError):
        return error
    if os.environ.get("MOORING_LOG_LEVEL") == "debug":
        traceback.print_exception(error)
    if hasattr(error, "orig"):
        return Misconfigured(f"{console.of_driver(error)} Check MOORING_DATABASE_URL.", code="database")
    if isinstance(error, PermissionError | FileExistsError | NotADirectoryError):
        return MooringError(
            f"{error.strerror}: {error.filename}. Is MOORING_DATA_DIR a directory that this user may write to?"
        )
    if isinstance(error, OSError) and error.strerror:
        return MooringError(f"{error.strerror}: {error.filename}." if error.filename else f"{error.strerror}.")
    return MooringError(
        f"Mooring met an error of its own ({type(error).__name__}). MOORING_LOG_LEVEL=debug shows where.",
        code="own_fault",
    )


if __name__ == "__main__":
    main()
