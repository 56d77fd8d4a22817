"""`mooring demo`: a stand-in Shopify and Odoo and a Mooring; a store connected the way a person connects it, its
import, its sync, and orders booked to the cent."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM, signal
from typing import Annotated, Any, NoReturn

import typer

from mooring.cli import console
from mooring.cli.console import Json
from mooring.domain.wording import counted
from mooring.errors import InvalidInput

_SIZES = {"customers": 2000, "orders": 5000, "products": 500}
_BOOK = 100
"""Orders are booked one step after the other at a real Odoo's pace, about one in a second, so by default not all."""


def _size(kind: str) -> Any:
    text = f"Made-up {kind} in the shop; {_SIZES[kind]} unless CSV files are given."
    return typer.Option(min=0, max=5_000_000, help=text, show_default=False)


def _csv(kind: str) -> Any:
    return typer.Option(help=f"Shopify's own CSV export of {kind}, to rehearse with your own shop.", show_default=False)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End by itself; status 0 only if all is verified.")] = False,
    customers: Annotated[int | None, _size("customers")] = None,
    orders: Annotated[int | None, _size("orders")] = None,
    products: Annotated[int | None, _size("products")] = None,
    products_csv: Annotated[Path | None, _csv("products")] = None,
    customers_csv: Annotated[Path | None, _csv("customers")] = None,
    orders_csv: Annotated[Path | None, _csv("orders")] = None,
    book: Annotated[
        int, typer.Option(min=0, help="Book so many of the newest orders in Odoo, with invoice and payment; 0 for all.")
    ] = _BOOK,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for Mooring's pages; 0 takes a free one.")] = 0,
    data: Annotated[
        Path | None, typer.Option(help="Directory to keep it all in; otherwise it is gone at the end.")
    ] = None,
    json: Json = False,
) -> None:
    """Start a stand-in Shopify, a stand-in Odoo and Mooring, connect a store by real OAuth, import it, sync it to Odoo,
    book orders there, and print a login link.

    Stays up until it is stopped, unless --once is given.
    """
    from mooring.cli import rehearsal

    signal(SIGTERM, _stop)
    sizes = {"customers": customers, "orders": orders, "products": products}
    exports = {"products": products_csv, "customers": customers_csv, "orders": orders_csv}
    with _folder(data) as folder, rehearsal.started(folder, port, _shop(sizes, exports)) as running:
        result = running.play(book)
        facts = result if once else result | {"url": running.url, "login_link": running.login_link()}
        console.show(facts, json=json, text=_told(facts))
        if not once:
            _stay()
    if result["status"] != "verified":
        raise typer.Exit(console.FAILED)


def _stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _shop(sizes: dict[str, int | None], exports: dict[str, Path | None]) -> list[str]:
    """The sandbox's options. Somebody who brings their own records gets no made-up ones unless they ask for them."""
    given = {kind: path.resolve() for kind, path in exports.items() if path is not None}
    for kind, path in given.items():
        if not path.is_file():
            raise InvalidInput(f"There is no file {path} for --{kind}-csv.", field=f"{kind}_csv")
    words = [f"--{kind}-csv={path}" for kind, path in given.items()]
    usual = dict.fromkeys(_SIZES, 0) if given else _SIZES
    return words + [f"--{kind}={usual[kind] if size is None else size}" for kind, size in sizes.items()]


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is None:
        with tempfile.TemporaryDirectory(prefix="mooring-demo-") as made:
            yield Path(made)
        return
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (FileExistsError, NotADirectoryError):
        raise InvalidInput(f"{data} is a file. Give --data a directory.", field="data") from None
    yield data.resolve()


def _stay() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.remark("Stopped.")


def _told(facts: dict[str, Any]) -> str:
    lines = [f"{facts['store']} was connected by OAuth and imported in {facts['seconds']} s:"]
    lines += [_line(kind, one) for kind, one in facts["imported"].items()]
    details = counted(facts["detail_requests"], "detail pages")
    lines.append(f"  {counted(facts['requests'], 'requests')}, and {details} for orders with refunds")
    lines += ["Synced to Odoo:"] if facts["odoo"] else []
    lines += [_synced(kind, one) for kind, one in facts["odoo"].items()]
    lines += _booked(facts) if facts["orders"] else []
    if "login_link" in facts:
        lines += ["", "Look at it, signed in by this one-time link (15 minutes):", f"  {facts['login_link']}"]
        lines += ["", "Stop with Ctrl-C."]
    return "\n".join(lines)


def _line(kind: str, one: dict[str, Any]) -> str:
    verdict = "verified" if one["verified"] else "NOT VERIFIED"
    return f"  {kind:<12} {verdict}: {one['count']} of {one['expected']}"


def _booked(facts: dict[str, Any]) -> list[str]:
    since, waiting = facts["orders_since"], facts["orders_in_review"]
    which = f", those since {since[:10]}: --book says how many" if since else ", all of history"
    verdict = "every total is Shopify's" if facts["totals_equal"] else "TOTALS DIFFER"
    invoices = counted(facts["invoices"], "invoices")
    told = [f"Booked in Odoo: {counted(facts['orders'], 'orders')} with {invoices}{which}", f"  {verdict}"]
    return [*told, f"  {counted(waiting, 'orders')} in Needs review"] if waiting else told


def _synced(kind: str, one: dict[str, int]) -> str:
    return f"  {kind:<12} " + ", ".join(f"{count} {outcome}" for outcome, count in one.items())
