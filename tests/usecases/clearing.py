"""A mapping as a sync would have left it: records in a Sandbox Odoo, external ids, our rows, metafields at Shopify."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, insert, select, update

from mooring.app import CALLED_OFF, ENDINGS, WORKS
from mooring.db import clear_tasks, operations, stores, tables
from mooring.db.operations import Operation
from mooring.domain.lifecycle import Purpose
from mooring.domain.mapping import MAPPED, MODELS, ExternalId, MappedKind, SyncKind
from mooring.domain.rules import Work
from mooring.usecases import clear_mapping, gate, mapping_copy, metafields_home
from mooring.usecases.context import App
from mooring.usecases.metafields_place import Home
from mooring.usecases.metafields_place import Job as HomeJob
from mooring.usecases.operations_drive import Runner
from mooring.usecases.operations_run import Run, Wait
from mooring.usecases.who import SYSTEM
from tests.usecases.importing import PROJECT, SCOPES
from tests.usecases.odoo_world import OdooWorld, odoo_world

WRITING = (*SCOPES, "write_customers", "write_products", "write_orders", "read_all_orders")
SIZES = {"customers": 12, "products": 5, "orders": 6}


class ClearWorld:
    def __init__(self, world: OdooWorld) -> None:
        self.w = world

    @property
    def app(self) -> App:
        return self.w.app

    # -- planting --------------------------------------------------------------------------------------------------

    def plant(self, *, external_ids: bool = True) -> dict[MappedKind, int]:
        """Every imported record as a pair, with a record of its own in Odoo. How many there are."""
        self._made: dict[tuple[MappedKind, int], int] = {}
        for kind, rows in self._records().items():
            made = self._create(kind, rows)
            self._made |= {(kind, row[0]): odoo_id for row, odoo_id in zip(rows, made, strict=True)}
            self._bind(kind, rows, made, planted=external_ids)
            if external_ids:
                self._name(kind, [row[0] for row in rows], made)
        return self.pairs()

    def _records(self) -> dict[MappedKind, list[tuple[int, int | None]]]:
        t = tables
        return {  # pyright: ignore[reportReturnType]
            MappedKind.CUSTOMER: [(row[0], None) for row in self.w.rows(t.customers, "shopify_id")],
            MappedKind.PRODUCT: [(row[0], None) for row in self.w.rows(t.products, "shopify_id")],
            MappedKind.ORDER: [(row[0], None) for row in self.w.rows(t.orders, "shopify_id")],
            MappedKind.ADDRESS: self.w.rows(t.addresses, "shopify_id", "customer_id"),
            MappedKind.ORDER_LINE: self.w.rows(t.order_lines, "shopify_id", "order_id"),
        }

    def _create(self, kind: MappedKind, rows: list[tuple[int, int | None]]) -> list[int]:
        values = [self._values(kind, id_, parent) for id_, parent in rows]
        if kind is MappedKind.ORDER and rows:
            partner = self.w.odoo.does("res.partner", "create", vals_list=[{"name": "Buyer"}])[0]
            values = [one | {"partner_id": partner} for one in values]
        return self.w.odoo.does(MODELS[kind], "create", vals_list=values) if values else []

    def _values(self, kind: MappedKind, id_: int, parent: int | None) -> dict[str, Any]:
        match kind:
            case MappedKind.ORDER:
                return {"client_order_ref": f"gid://shopify/Order/{id_}"}
            case MappedKind.ORDER_LINE:
                return {"order_id": self._made[MappedKind.ORDER, parent or 0], "name": f"Line {id_}"}
            case MappedKind.ADDRESS:
                return {"name": f"address {id_}", "parent_id": self._made[MappedKind.CUSTOMER, parent or 0]}
            case _:
                return {"name": f"{kind} {id_}"}

    def _bind(self, kind: MappedKind, rows: list[Any], made: list[int], *, planted: bool) -> None:
        metafield = "due" if kind in (MappedKind.CUSTOMER, MappedKind.PRODUCT, MappedKind.ORDER) else "none"
        with self.app.db.write() as connection:
            for (id_, parent), odoo_id in zip(rows, made, strict=True):
                connection.execute(
                    insert(tables.mappings).values(
                        store_id=self.w.store_id, kind=kind, shopify_id=id_, parent_id=parent,
                        fingerprint=self.fingerprint,
                        model=MODELS[kind], odoo_id=odoo_id, origin="created", planted=planted, metafield=metafield,
                        extra='{"invoices":[7]}' if kind is MappedKind.ORDER else None, epoch=1,
                        written_at=self.app.clock.now(),
                    )
                )  # fmt: skip

    fingerprint = ""

    def _name(self, kind: MappedKind, ids: list[int], made: list[int]) -> None:
        shop_id = self.w.store.shop_id
        rows = [
            {"module": "mooring", "name": ExternalId(shop_id, kind, id_).name, "model": MODELS[kind], "res_id": odoo_id}
            for id_, odoo_id in zip(ids, made, strict=True)
        ]
        if rows:
            self.w.odoo.does("ir.model.data", "create", vals_list=rows)

    def write_metafields(self) -> dict[str, int]:
        """As the end of a sync would."""
        with self.app.db.write() as connection:
            store = stores.load(connection, self.w.store_id)
            made = operations.create(
                connection, id=self.app.ids.new(), project_id=PROJECT, store_id=store.id, kind=Work.SYNC_ODOO,
                generation=store.generation, arguments={"kinds": []}, created_by="cli", at=self.app.clock.now(),
            )  # fmt: skip
            taken = operations.take(connection, made.id, worker="test", at=self.app.clock.now())
        assert taken is not None
        run, home = Run(self.app, taken, self.w.store), Home()

        @contextlib.contextmanager
        def checkpoint() -> Iterator[Any]:
            with run.checkpoint() as connection:
                yield connection
                run.cursor = msgspec.to_builtins(home)

        for _ in range(500):
            done = metafields_home.advance(HomeJob(self.app, run, home, tuple(SyncKind), checkpoint))
            if done is None:
                break
            if isinstance(done, Wait):
                self.pass_time(done.seconds)
        else:
            raise AssertionError("the metafields do not come to an end")
        with self.app.db.write() as connection:
            over = update(tables.operations).where(tables.operations.c.id == made.id)
            connection.execute(over.values(state="done", finished_at=self.app.clock.now()))
        self.home = home
        return run.counts.get("metafields", {})

    def orders_file(self) -> bytes:
        """A mapping of the orders with their lines, whose records are made in Odoo: as somebody else's export."""
        self._made = {}
        lines: list[mapping_copy.Line] = []
        for kind in (MappedKind.ORDER, MappedKind.ORDER_LINE):
            rows = self._records()[kind]
            for (id_, parent), odoo_id in zip(rows, self._create(kind, rows), strict=True):
                self._made[kind, id_] = odoo_id
                extra = '{"invoices":[7]}' if kind is MappedKind.ORDER else None
                lines.append(
                    mapping_copy.Line(self.w.store.shop_id, self.fingerprint, kind, id_, odoo_id, parent, extra)
                )
        return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)

    def a_customer(self, number: int) -> dict[str, Any]:
        """Another one, made out of the first: with a name and an address of their own."""
        [first, *_] = self.w.documents("Customer")
        email = {**(first.get("defaultEmailAddress") or {}), "emailAddress": f"new-{number}@example.com"}
        return {**first, "id": f"gid://shopify/Customer/{number}", "email": email["emailAddress"],
                "defaultEmailAddress": email, "addressesV2": [], "defaultAddress": None, "phone": None,
                "defaultPhoneNumber": None}  # fmt: skip

    def begin_bulk_mutation(self) -> int:
        """As a sync that was ended in the middle leaves it at Shopify: the number of the bulk operation."""
        line = msgspec.json.encode({"metafields": []})
        upload = self.graphql("staged_upload", input=[
            {"resource": "BULK_MUTATION_VARIABLES", "filename": "a.jsonl", "mimeType": "text/jsonl",
             "httpMethod": "POST"}])["stagedUploadsCreate"]["stagedTargets"][0]  # fmt: skip
        fields = [(one["name"], one["value"]) for one in upload["parameters"]]
        self.app.shopify.upload(upload["url"], fields, line)
        document = self.app.shopify.document("metafields_set_many")
        begun = self.graphql("bulk_mutate", mutation=document, path=dict(fields)["key"])
        return int(begun["bulkOperationRunMutation"]["bulkOperation"]["id"].rpartition("/")[2])

    def graphql(self, document: str, **variables: Any) -> dict[str, Any]:
        """By the store's own token."""
        ticket = gate.Ticket(self.w.store_id, self.w.store.generation, Purpose.WRITE_BACK)
        return gate.call(self.app, ticket, self.app.shopify.document(document), variables).data

    # -- looking ---------------------------------------------------------------------------------------------------

    def pairs(self) -> dict[MappedKind, int]:
        row = tables.mappings.c
        with self.app.db.read() as connection:
            query = select(row.kind, func.count()).where(row.store_id == self.w.store_id).group_by(row.kind)
            return {MappedKind(kind): count for kind, count in connection.execute(query)}

    def metafields(self) -> list[dict[str, Any]]:
        """Of the mapping, at Shopify."""
        return [one for one in self.w.documents("Metafield") if one["namespace"].endswith("--mooring")]

    def definitions(self) -> list[str]:
        found = self.w.documents("MetafieldDefinition")
        return sorted(f"{one['ownerType']}.{one['key']}" for one in found if one["namespace"].endswith("--mooring"))

    def business(self) -> dict[str, Any]:
        """All that must not change, on both sides and here."""
        odoo = {
            model: self.w.odoo.rows(model, [], "name", "write_date", "active")
            for model in ("res.partner", "product.template", "product.product")
        }
        odoo["sale.order"] = self.w.odoo.rows("sale.order", [], "name", "client_order_ref", "state", "write_date")
        shop = {type_: self.w.documents(type_) for type_ in ("Customer", "Product", "ProductVariant", "Order")}
        return {"odoo": odoo, "shop": shop, "hub": self.w.hub()}

    def tasks(self) -> list[clear_tasks.ClearTask]:
        with self.app.db.read() as connection:
            return clear_tasks.open_of_store(connection, self.w.store_id)

    # -- doing -----------------------------------------------------------------------------------------------------

    def clear(self, *kinds: SyncKind) -> Operation:
        """Asked for and driven to its end."""
        return self.drive(self.ask(*kinds).id)

    def ask(self, *kinds: SyncKind) -> Operation:
        shown = clear_mapping.preview(self.app, SYSTEM, PROJECT, [self.w.store_id], kinds)
        [started] = clear_mapping.request(
            self.app, SYSTEM, PROJECT, [self.w.store_id], kinds, token=shown.token, typed="Clear sync data"
        )
        return started

    def runner(self) -> Runner:
        return Runner(self.app, "inline", WORKS, ENDINGS, CALLED_OFF)

    def drive(self, operation_id: str, *, slices: int = 3_000) -> Operation:
        """Time passes instead of being waited for."""
        runner = self.runner()
        for _ in range(slices):
            wait = runner.advance(operation_id)
            operation = self.w.operation(operation_id)
            if operation.finished or operation.state == "parked":
                return operation
            self.pass_time(wait if wait is not None else 2.0)
        raise AssertionError("this operation does not come to rest")

    def pass_time(self, seconds: float) -> None:
        """For everybody: here, at Shopify and in Odoo."""
        by = timedelta(seconds=seconds)
        self.app.clock.advance(by)  # pyright: ignore[reportAttributeAccessIssue]
        self.w.clock.advance(by)
        self.w.odoo.server.sandbox.clock.advance(by)


@contextlib.contextmanager
def clear_world(
    database_url: str, data_dir: Path, *, sizes: dict[str, Any] = SIZES, scopes: tuple[str, ...] = WRITING,
    planted: bool = True,
) -> Iterator[ClearWorld]:  # fmt: skip
    with odoo_world(database_url, data_dir, sizes=sizes, scopes=scopes, imported=True) as built:
        world = ClearWorld(built)
        world.fingerprint = built.connection.fingerprint
        if planted:
            world.plant()
            world.write_metafields()
        yield world


RECORDS = {kind: MAPPED[kind][0] for kind in SyncKind}
