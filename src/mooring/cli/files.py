"""Files that commands write: new ones only, for their owner alone, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mooring.errors import InvalidInput, Refused


def write(file: Path, chunks: Iterator[bytes]) -> int:
    """How many bytes. Half a file is none: what breaks off is taken away again."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise there_already(file) from None
    except OSError as error:
        raise unwritable(file, error) from None
    try:
        with os.fdopen(descriptor, "wb") as target:
            return sum(target.write(chunk) for chunk in chunks)
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def there_already(file: Path) -> Refused:
    return Refused(f"{file} is there already. Name a file that does not exist yet.", code="file_exists")


def unwritable(file: Path, error: OSError) -> InvalidInput:
    """A folder that is none, or is somebody else's: the name was mistyped."""
    return InvalidInput(f"{file} cannot be written: {error.strerror}.", field="file")
