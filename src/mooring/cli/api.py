"""`/api/v1` as the commands use it: JSON in, JSON out, problems back into the errors they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx2

from mooring.errors import (
    AuthLost,
    ConfirmationMissing,
    InvalidInput,
    MooringError,
    NotFound,
    NotTaken,
    Permanent,
    Refused,
    Unreachable,
)


class Api:
    """`alone`: no server runs, this very process answers."""

    def __init__(self, client: httpx2.Client, *, alone: bool = False) -> None:
        self._client = client
        self.alone = alone

    def get(self, path: str, **query: Any) -> Any:
        return self._ask("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._ask("POST", path, json=body or {})

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("PUT", path, json=body)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self._ask("PATCH", path, json=body)

    def send(self, path: str, content: bytes, media_type: str, **query: Any) -> Any:
        """POST a file as it is."""
        return self._ask("POST", path, content=content, headers={"content-type": media_type}, params=query)

    def every(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """All items of a list, page after page."""
        page = self.get(path, **query)
        yield from page["items"]
        while page.get("next"):
            page = self.get(path, **query, cursor=page["next"])
            yield from page["items"]

    def download(self, path: str) -> Iterator[bytes]:
        """The bytes of an answer as they come. Raises `Unreachable` when it breaks off."""
        try:
            with self._client.stream("GET", f"/api/v1{path}") as answer:
                if not answer.is_success:
                    answer.read()
                    raise problem(answer)
                yield from answer.iter_bytes()
        except httpx2.TransportError as error:
            raise Unreachable(f"The download broke off ({type(error).__name__}).", code="broken_off") from None

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = self._client.request(method, f"/api/v1{path}", **more)
        except httpx2.TransportError as error:
            raise Unreachable(f"The running Mooring does not answer ({type(error).__name__}).") from None
        if answer.is_success:
            return answer.json() if answer.content else {}
        raise problem(answer)


def problem(answer: httpx2.Response) -> MooringError:
    """The error a problem document (RFC 9457) stands for."""
    try:
        said = answer.json()
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    sentence = said.get("detail") or said.get("title") or f"Mooring answered HTTP {answer.status_code}."
    code = said.get("code") or "failed"
    if "preview" in said and "token" in said:
        return ConfirmationMissing(sentence, preview=said["preview"], token=said["token"])
    if said.get("other_side"):
        return (AuthLost if answer.status_code == 409 else NotTaken)(sentence, code=code)
    kind = _KINDS.get(answer.status_code, Refused if answer.status_code < 500 else Permanent)
    return kind(sentence, code=code)


_KINDS: dict[int, Callable[..., MooringError]] = {400: InvalidInput, 422: InvalidInput, 404: NotFound, 503: Unreachable}
