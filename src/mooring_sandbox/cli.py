"""`mooring sandbox`: a stand-in Shopify and a stand-in Odoo on their own, until they are stopped."""

from __future__ import annotations

import errno
import gc
import json
import signal
import socket
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
import uvicorn

from mooring_sandbox import folder, serving, tls
from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo import beside as odoo_beside
from mooring_sandbox.odoo.beside import Certificate
from mooring_sandbox.shopify import server, shops
from mooring_sandbox.shopify.graph.schema import official
from mooring_sandbox.shopify.sandbox import Sandbox
from mooring_sandbox.shopify.shops_new import NewShop, is_open, open_shop
from mooring_sandbox.shopify.state import State

FAILED, REFUSED = 1, 3
_app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def run(argv: list[str]) -> int:
    """The exit code: 0 stopped as asked, 1 failed, 2 usage, 3 the data directory is in use."""
    try:
        _app(args=argv, prog_name="mooring sandbox")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    return 0


def main() -> None:
    sys.exit(run(sys.argv[1:]))


@_app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8787,
    data: Annotated[Path, typer.Option(help="Directory that keeps the store between runs.")] = Path("sandbox-data"),
    seed: Annotated[int, typer.Option(help="Same seed, same made-up data.")] = 1,
    shop: Annotated[list[str] | None, typer.Option(help="Shop name; may be given several times.")] = None,
    tls_files: Annotated[
        tuple[Path, Path] | None, typer.Option("--tls", metavar="CERT KEY", help="Serve HTTPS with this certificate.")
    ] = None,
    public_url: Annotated[str | None, typer.Option(help="Address to use in links, when behind a proxy.")] = None,
    customers: Annotated[
        int | None, typer.Option(min=0, help="Made-up customers (200; none beside CSV files).")
    ] = None,
    orders: Annotated[int | None, typer.Option(min=0, help="Made-up orders (500; none beside CSV files).")] = None,
    products: Annotated[int | None, typer.Option(min=0, help="Made-up products (100; none beside CSV files).")] = None,
    products_csv: Annotated[Path | None, typer.Option(help="Shopify's products export.")] = None,
    customers_csv: Annotated[Path | None, typer.Option(help="Shopify's customers export.")] = None,
    orders_csv: Annotated[Path | None, typer.Option(help="Shopify's orders export.")] = None,
    redirect: Annotated[
        list[str] | None, typer.Option(help="Redirect address the app may use; several possible.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    odoo_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the stand-in Odoo (8069; a free one beside --port 0).")
    ] = None,
    odoo_pace: Annotated[
        float | None, typer.Option(min=0, help="Odoo's pace: 1 as measured on a real one (the default), 0 at once.")
    ] = None,
    control: Annotated[bool, typer.Option(help="Control API under /_sandbox, for this machine only.")] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print addresses and credentials as one JSON object.")
    ] = False,
) -> None:
    """Serve a stand-in Shopify: OAuth, Admin GraphQL, bulk operations, webhooks, made-up or own data. And an Odoo."""
    files = {"products_csv": products_csv, "customers_csv": customers_csv, "orders_csv": orders_csv}
    given = {name: str(path) for name, path in files.items() if path}
    sizes = _sizes({"customers": customers, "orders": orders, "products": products}, made_up=not given)
    names = shop or ["rehearsal"]
    wanted = [msgspec.convert({"name": name, "seed": seed} | sizes | given, NewShop) for name in names]
    try:
        public_url = _bare(public_url)
        if tls_files:
            tls.check(*tls_files)
        with (
            _listening(host, port) as listener,
            _listening(host, odoo_port, beside=port) as odoo_listener,
            folder.opened(data) as (state, clock),
        ):
            _open_shops(state, clock, wanted)
            asgi = server.create(state, clock, data=data, public_url=public_url, control=control)
            app_json = _the_app(asgi.sandbox, redirect or [])
            facts = _facts(asgi.sandbox, listener, app_json, data, secure=bool(tls_files))
            with odoo_beside.running(
                data, clock, odoo_listener, _pair(tls_files), pace=odoo_pace, control=control
            ) as odoo:
                facts["odoo"] = odoo_beside.facts(odoo, _address(odoo_listener, secure=bool(tls_files)))
                _serve(asgi, listener, tls_files, lambda: _announce(facts, as_json))
    except folder.InUse as refusal:
        _end(str(refusal), REFUSED)
    except (ValueError, OSError) as problem:
        _end(str(problem), FAILED)


def _end(sentence: str, code: int) -> None:
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def _sizes(asked: dict[str, int | None], *, made_up: bool) -> dict[str, int]:
    """Whoever brings records of their own gets made-up ones only where they asked for them."""
    usual = {"customers": 200, "orders": 500, "products": 100}
    return {kind: usual[kind] * made_up if number is None else number for kind, number in asked.items()}


def _bare(url: str | None) -> str | None:
    if url is not None and not url.startswith(("http://", "https://")):
        raise ValueError(f"--public-url must begin with http:// or https://, not {url!r}")
    return url.rstrip("/") if url else None


def _listening(host: str, port: int | None, *, beside: int | None = None) -> socket.socket:
    """`beside` is Shopify's port, where it is Odoo's that is meant."""
    option = "--port" if beside is None else "--odoo-port"
    try:
        return odoo_beside.listening(host, port, beside=beside or 0)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ValueError(f"port {port} is taken: choose another with {option}, or 0 for a free one") from None
        raise ValueError(f"cannot listen on {host}, port {port}: {error.strerror}") from None


def _open_shops(state: State, clock: Clock, wanted: list[NewShop]) -> None:
    """Shops that the directory already holds stay as they are."""
    for shop in wanted:
        if not is_open(state, shop.handle):
            typer.echo(f"Filling {shop.handle}.myshopify.com …", err=True)
            open_shop(state, clock, shop)


def _the_app(sandbox: Sandbox, redirects: list[str]) -> dict[str, Any]:
    """The directory's app, made at the first start; the sandbox makes its credentials itself."""
    known = sandbox.apps.all()
    app = known[0] if known else sandbox.apps.create({})
    missing = [uri for uri in redirects if uri not in app.redirect_uris]
    if missing:
        app = sandbox.apps.change(app.id, {"redirect_uris": [*app.redirect_uris, *missing]})
    return {"client_id": app.client_id, "client_secret": app.secrets[0].value, "redirect_uris": app.redirect_uris}


def _facts(
    sandbox: Sandbox, listener: socket.socket, app: dict[str, Any], data: Path, *, secure: bool
) -> dict[str, Any]:
    url, port = sandbox.public_url or _address(listener, secure=secure), listener.getsockname()[1]
    domains = [shops.domain_of(sandbox.state, id_) for id_, _ in sandbox.state.shops()]
    return {
        "url": url,
        "port": port,
        "shops": [{"domain": domain, "url": f"{url}/{domain}"} for domain in domains],
        "app": app,
        "control": f"{url}/_sandbox" if sandbox.control else None,
        "data": str(data),
    }


def _address(listener: socket.socket, *, secure: bool) -> str:
    name, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(name, f"[{name}]" if ":" in name else name)  # noqa: S104
    return f"{'https' if secure else 'http'}://{shown}:{port}"


def _pair(tls_files: tuple[Path, Path] | None) -> Certificate:
    return Certificate(*(str(path) for path in tls_files)) if tls_files else Certificate(None, None)


def _announce(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(facts), flush=True)
        return
    for shop in facts["shops"]:
        print(f"Shop           {shop['domain']}\nAdmin API      {shop['url']}")
    print(f"Client id      {facts['app']['client_id']}\nClient secret  {facts['app']['client_secret']}")
    odoo = facts["odoo"]
    print(f"Odoo           {odoo['url']}\nDatabase       {odoo['database']}\nLogin          {odoo['login']}")
    print(f"API key        {odoo['key']}")
    print(f"Control        {facts['control'] or 'off'}\nStop with Ctrl-C.", flush=True)


def _serve(app: server.App, listener: socket.socket, tls_files: tuple[Path, Path] | None, ready: Any) -> None:
    certificate, key = (str(path) for path in tls_files) if tls_files else (None, None)
    running = serving.configured(app, certificate=certificate, key=key)
    _stop_on_signals(running)
    _settle()
    try:
        ready()
        running.run(sockets=[listener])
    finally:
        app.close()


def _settle() -> None:
    """Loads the schemas before the first request, and takes them out of the garbage collector's sight.

    They are a million objects that never die: looking through them again and again would hold up every answer for a
    quarter of a second.
    """
    for version in ("2026-07", "2026-10"):
        official(version)
    gc.collect()
    gc.freeze()


def _stop_on_signals(running: uvicorn.Server) -> None:
    """From now on, not only once it serves; and the server raises a signal that it obeyed once more at its end."""

    def stop(*_: object) -> None:
        running.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
