"""A store whose records are mapped to an Odoo, in front of the real application: for pages and the API."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert

from mooring.db import tables
from mooring.domain.mapping import MODELS, ExternalId, MappedKind, SyncKind
from mooring.usecases import odoo_connect
from mooring.usecases.odoo_connect import Wish
from mooring.usecases.who import SYSTEM
from tests.usecases.hubbing import customer
from tests.usecases.odoo_world import DATABASE, LOGIN, Odoo
from tests.web.face import Face


@dataclass
class Tied:
    """`face` with one store, and the Odoo its project is connected to."""

    face: Face
    odoo: Odoo
    store_id: str

    @property
    def project(self) -> str:
        return self.face.world.project

    @property
    def settings(self) -> str:
        return f"/projects/{self.project}/settings/advanced"

    @property
    def mapping(self) -> str:
        return f"/stores/{self.store_id}/mapping"

    def customers(self, *numbers: int, planted: bool = True) -> dict[int, int]:
        """In the hub, in Odoo and mapped, as a sync would leave them; Odoo's ids by Shopify's."""
        world = self.face.world
        for number in numbers:
            customer(world.app, self.store_id, number, email=f"ann{number}@example.com", first_name=f"Ann {number}")
        vals = [{"name": f"Ann {number} Lee", "email": f"ann{number}@example.com"} for number in numbers]
        ids = dict(zip(numbers, self.odoo.does("res.partner", "create", vals_list=vals), strict=True))
        self.bind(MappedKind.CUSTOMER, ids, planted=planted)
        return ids

    def bind(self, kind: MappedKind, ids: dict[int, int], *, planted: bool = True) -> None:
        world, shop_id = self.face.world, self.face.world.store(self.store_id).shop_id
        with world.app.db.write() as connection:
            mark = connection.execute(tables.odoo_connections.select()).one().fingerprint
            for number, odoo_id in ids.items():
                connection.execute(insert(tables.mappings).values(
                    store_id=self.store_id, kind=kind, shopify_id=number, odoo_id=odoo_id, fingerprint=mark,
                    model=MODELS[kind], origin="created", planted=planted, epoch=1, written_at=world.app.clock.now(),
                ))  # fmt: skip
        names = [
            {"module": "mooring", "name": ExternalId(shop_id, kind, number).name, "model": MODELS[kind],
             "res_id": odoo_id} for number, odoo_id in ids.items()
        ]  # fmt: skip
        if planted and names:
            self.odoo.does("ir.model.data", "create", vals_list=names)

    def fields(self, *kinds: SyncKind) -> dict[str, str]:
        """What the form of Clear sync data sends."""
        chosen = {f"kind_{kind}": "on" for kind in kinds or tuple(SyncKind)}
        return {"chosen": "1", f"store_{self.store_id}": "on"} | chosen

    def clear(self, *kinds: SyncKind) -> None:
        """To its end, by the API."""
        path, body = f"/api/v1/projects/{self.project}/mapping/clear", {"kinds": list(kinds), "stores": [self.store_id]}
        socket = self.face.socket()
        shown = socket.post(f"{path}/preview", json=body).json()
        done = socket.post(path, json=body | {"token": shown["token"], "typed": "clear sync data"})
        assert done.status_code == 202, done.text
        self.face.world.settle()

    def pairs(self) -> int:
        with self.face.world.app.db.read() as connection:
            return len(connection.execute(tables.mappings.select()).all())


def tie(face: Face, odoo: Odoo) -> Tied:
    store_id = face.world.connect().store_id
    wish = Wish(url=odoo.url, database=DATABASE, login=LOGIN, key=odoo.key)
    odoo_connect.request(face.world.app, SYSTEM, face.world.project, wish)
    return Tied(face, odoo, store_id)
