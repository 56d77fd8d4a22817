"""All commands under one name."""

from __future__ import annotations

import typer

from mooring import __version__
from mooring.cli import (
    apps,
    backup,
    demo,
    doctor,
    edits,
    mapping,
    mapping_rebuild,
    odoo,
    odoo_items,
    odoo_orders,
    odoo_orders_rules,
    odoo_sync,
    operations,
    people,
    privacy,
    sandbox,
    serve,
    stores,
    stores_delete,
    stores_holds,
    stores_inbox,
    stores_lifecycle,
    stores_recover,
)

app = typer.Typer(
    help="Ties Shopify stores to a customer hub, with full and honest control over that tie.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.callback(invoke_without_command=True)
def mooring(version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
    """Ties Shopify stores to a customer hub, with full and honest control over that tie."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


app.command()(serve.serve)
app.command()(demo.demo)
app.command(context_settings=_PASSED_ON)(sandbox.sandbox)
app.command()(serve.migrate)
app.command()(doctor.doctor)
app.command()(backup.backup)
app.command()(backup.restore)
app.add_typer(people.app, name="people")
app.add_typer(apps.app, name="apps")
stores.app.command()(stores_lifecycle.check)
stores.app.command()(stores_lifecycle.disconnect)
stores.app.command()(stores_lifecycle.reconnect)
stores.app.command()(stores_delete.delete)
stores.app.command()(stores_delete.export)
stores.app.command()(stores_recover.recover)
stores.app.command()(stores_inbox.inbox)
stores.app.command()(stores_holds.pull)
stores.app.command()(stores_holds.sweep)
stores.app.command()(stores_holds.holds)
stores.app.command()(stores_holds.decide)
app.add_typer(stores.app, name="stores")
odoo.app.command()(odoo_sync.sync)
odoo.app.command()(odoo_sync.preview)
odoo.app.command()(odoo_sync.accept)
odoo.app.command()(odoo_items.review)
odoo.app.command()(odoo_items.items)
odoo.app.command()(odoo_items.item)
odoo.app.command()(odoo_items.decide)
odoo.app.command()(odoo_items.link)
odoo.app.command()(odoo_items.unlink)
odoo_orders.app.command()(odoo_orders_rules.rules)
odoo.app.add_typer(odoo_orders.app, name="orders")
app.add_typer(odoo.app, name="odoo")
mapping.app.command()(mapping_rebuild.verify)
mapping.app.command()(mapping_rebuild.rebuild)
mapping.app.command()(mapping_rebuild.resume)
mapping.app.command()(mapping_rebuild.export)
mapping.app.command("import")(mapping_rebuild.import_)
app.add_typer(mapping.app, name="mapping")
app.add_typer(operations.app, name="operations")
app.add_typer(edits.app, name="edits")
app.add_typer(privacy.app, name="privacy")
