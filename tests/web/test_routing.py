"""How handlers are declared: each is answered, whatever it raises."""

from __future__ import annotations

import httpx
from litestar import Litestar

from mooring.web import routing
from tests.support.serving import served


@routing.get("/{name:str}", role="public")
def chosen(name: routing.FromPath[str]) -> str:
    return next(one for one in ("first", "second") if one == name)


def test_a_handler_that_runs_out_of_what_it_goes_through_is_answered_with_an_error(free_port: int) -> None:
    """Python takes no `StopIteration` out of a thread: whoever waits for it would wait for ever."""
    with served(Litestar([chosen], logging_config=None), free_port) as url:
        assert httpx.get(f"{url}/second", timeout=10, trust_env=False).text == "second"
        assert httpx.get(f"{url}/third", timeout=10, trust_env=False).status_code == 500
