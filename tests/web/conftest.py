"""The real application over the world of the use cases: real databases, a real sandbox behind it."""

from collections.abc import Iterator

import pytest

from tests.usecases.conftest import settled, world
from tests.usecases.world import World
from tests.web.face import Face, face_of

__all__ = ["face", "settled", "world"]


@pytest.fixture
def face(world: World) -> Iterator[Face]:
    made = face_of(world)
    yield made
    made.close()
