"""As much of a browser as connecting a store needs: pages, forms, cookies and redirects. For `mooring demo`."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx2

from mooring.errors import Permanent

_MOST_REDIRECTS = 10
Field = tuple[str, str]


@dataclass
class Form:
    """What would be sent if it were submitted untouched. `offered` holds the values a field may take as a choice."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)
    offered: dict[str, list[str]] = field(default_factory=dict)

    def names(self) -> set[str]:
        return {name for name, _ in self.fields} | self.offered.keys()

    def filled(self, values: dict[str, str | list[str]]) -> list[Field]:
        """The untouched fields with `values` in place of those of the same name."""
        kept = [(name, value) for name, value in self.fields if name not in values]
        given = [
            (name, one) for name, value in values.items() for one in ([value] if isinstance(value, str) else value)
        ]
        return kept + given


@dataclass(frozen=True)
class Page:
    url: str
    status: int
    text: str
    forms: list[Form]

    def form(self, *names: str) -> Form:
        """The first form that has all these fields. Raises `Permanent` when the page has none."""
        for form in self.forms:
            if form.names() >= set(names):
                return form
        raise Permanent(f"The page {self.url.partition('?')[0]} has no form with {', '.join(names)}.", code="no_form")


class Browser:
    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def open(self, url: str) -> Page:
        return self._go("GET", url, [])

    def submit(self, page: Page, form: Form, **values: str | list[str]) -> Page:
        return self._go(form.method, urljoin(page.url, form.action), form.filled(values))

    def _go(self, method: str, url: str, fields: list[Field]) -> Page:
        """Redirects turn a POST into a GET, as in every browser."""
        answer = self._send(method, url, fields)
        for _ in range(_MOST_REDIRECTS):
            target = answer.headers.get("location") or answer.headers.get("hx-redirect")
            if not target:
                return _page(answer)
            answer = self._send("GET", urljoin(str(answer.url), target), [])
        raise Permanent(f"{str(answer.url).partition('?')[0]} redirects without end.", code="redirects")

    def _send(self, method: str, url: str, fields: list[Field]) -> httpx2.Response:
        if method == "GET":
            return self._client.get(url, params=httpx2.QueryParams(tuple(fields)) if fields else None)
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        return self._client.post(url, data=data)


def _page(answer: httpx2.Response) -> Page:
    reader = _Reader()
    reader.feed(answer.text)
    return Page(str(answer.url), answer.status_code, answer.text, reader.forms)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").upper())
            self.forms.append(self._form)
        elif self._form is not None:
            self._read(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select" and self._form is not None:
            self._first_if_none_is_chosen(self._form, self._select)
            self._select = ""

    @staticmethod
    def _first_if_none_is_chosen(form: Form, name: str) -> None:
        if form.offered.get(name) and all(known != name for known, _ in form.fields):
            form.fields.append((name, form.offered[name][0]))

    def _read(self, form: Form, tag: str, given: dict[str, str]) -> None:
        if tag == "option" and self._select and "disabled" not in given:
            self._choice(form, self._select, given.get("value", ""), "selected" in given)
        if tag == "select":
            self._select = given.get("name", "")
            form.offered.setdefault(self._select, [])
        if tag not in ("input", "textarea") or not given.get("name") or "disabled" in given:
            return
        kind = given.get("type", "text")
        if kind in ("checkbox", "radio"):
            self._choice(form, given["name"], given.get("value", "on"), "checked" in given)
        elif kind not in ("submit", "button", "image"):
            form.fields.append((given["name"], given.get("value", "")))

    @staticmethod
    def _choice(form: Form, name: str, value: str, chosen: bool) -> None:
        form.offered.setdefault(name, []).append(value)
        if chosen:
            form.fields.append((name, value))
