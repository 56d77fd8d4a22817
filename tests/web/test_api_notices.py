"""The API of notices, receipts, the activity log and the hold."""

from __future__ import annotations

import csv
import io

from mooring.db import operations
from mooring.domain.rules import Role, Work
from mooring.usecases import held
from mooring.usecases.held import Hold
from mooring.usecases.lost import lose
from tests.sandbox.receiver import receiving
from tests.web.face import Face


def lost_store(face: Face) -> str:
    world = face.world
    store = world.store(world.connect().store_id)
    with world.app.db.write() as connection:
        lose(world.app, connection, store, reason="Shopify refused the token.")
    return store.id


def finished(face: Face, store_id: str) -> str:
    app = face.world.app
    with app.db.write() as connection:
        made = operations.create(
            connection, id=app.ids.new(), project_id=face.world.project, store_id=store_id, kind=Work.DELETE,
            generation=1, arguments={}, created_by=face.world.admin.id, at=app.clock.now(),
        )  # fmt: skip
        taken = operations.take(connection, made.id, worker="test", at=app.clock.now())
        assert taken
        receipt = {
            "removed": {"customers": 12},
            "rows": 12,
            "by_hand": ["Uninstall the app yourself."],
            "notes": ["Gone."],
        }
        operations.save(
            connection, taken, at=app.clock.now(), state="done", receipt=receipt, finished_at=app.clock.now()
        )
    return made.id


def test_notices_are_read_by_each_person_for_themselves(face: Face) -> None:
    lost_store(face)
    viewer = face.browser(face.person(Role.VIEWER))
    path = f"/api/v1/projects/{face.world.project}/notices"
    page = viewer.get(path).json()
    assert page["unread"] == 1
    (notice,) = page["items"]
    assert (notice["title"], notice["unread"], notice["posts"]) == ("Reconnect required", True, [])
    assert viewer.post(f"{path}/read", json={"up_to": notice["id"]}).json() == {"unread": 0}
    assert viewer.get(path).json()["items"][0]["unread"] is False
    assert face.browser(face.world.admin).get(path).json()["unread"] == 1


def test_an_address_is_chosen_tried_and_removed_by_an_admin_alone(face: Face) -> None:
    path = f"/api/v1/projects/{face.world.project}/notices"
    admin, editor = face.browser(face.world.admin), face.browser(face.person(Role.EDITOR))
    with receiving() as receiver:
        assert editor.send("PUT", f"{path}/webhook", json={"url": receiver.url}).status_code == 403
        made = admin.send("PUT", f"{path}/webhook", json={"url": receiver.url}).json()
        assert len(made["secret"]) > 40
        assert admin.post(f"{path}/test", json={"way": "webhook"}).json()["sent"] is True
        assert len(receiver.taken) == 1
    ways = admin.get(f"{path}/ways").json()
    assert (ways["url"], ways["mail_from"]) == (receiver.url, None)
    assert "secret" not in ways
    refused = admin.send("PUT", f"{path}/webhook", json={"url": "http://chat.example.com/"})
    assert (refused.status_code, refused.json()["field"]) == (422, "url")
    assert admin.send("DELETE", f"{path}/webhook").status_code == 204
    assert admin.send("DELETE", f"{path}/webhook").status_code == 404


def test_receipts_say_numbers_and_what_is_left(face: Face) -> None:
    store_id = face.world.connect().store_id
    operation_id = finished(face, store_id)
    viewer = face.browser(face.person(Role.VIEWER))
    shown = viewer.get(f"/api/v1/operations/{operation_id}/receipt").json()
    assert shown["lines"][0] == {"title": "Customers", "value": 12, "note": None}
    assert shown["by_hand"] == ["Uninstall the app yourself."]
    assert (shown["by"], shown["store_name"], shown["notes"]) == ("Admin", "Harbour", ["Gone."])
    listed = viewer.get(f"/api/v1/projects/{face.world.project}/receipts").json()["items"]
    assert [one["operation_id"] for one in listed] == [operation_id]


def test_the_activity_log_is_filtered_and_exported(face: Face) -> None:
    face.world.connect()
    viewer = face.browser(face.person(Role.VIEWER))
    path = f"/api/v1/projects/{face.world.project}/activity"
    said = [one["sentence"] for one in viewer.get(path, params={"group": "stores"}).json()["items"]]
    assert said == ["Harbour is ready", "Connected Harbour"]
    answer = viewer.get(f"{path}/export", params={"group": "stores"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="activity-')
    assert [row["what"] for row in csv.DictReader(io.StringIO(answer.text))] == said
    assert len(viewer.get(f"{path}/export", params={"form": "jsonl", "group": "stores"}).text.splitlines()) == 2
    assert viewer.get(path, params={"group": "weather"}).status_code == 422


def test_everybody_sees_the_hold_and_the_installation_admin_accepts_it(face: Face) -> None:
    app, admin, viewer = face.world.app, face.browser(face.world.admin), face.browser(face.person(Role.VIEWER))
    assert viewer.get("/api/v1/held").json()["held"] is False
    assert admin.post("/api/v1/held/accept", json={}).json()["code"] == "not_held"
    with app.db.write() as connection:
        held.put(connection, Hold(at=app.clock.now(), source="the backup of yesterday"))
    seen = viewer.get("/api/v1/held").json()
    assert (seen["held"], seen["source"]) == (True, "the backup of yesterday")
    assert viewer.post("/api/v1/held/accept", json={}).status_code == 403
    asked = admin.post("/api/v1/held/accept", json={})
    assert asked.status_code == 428
    assert admin.post("/api/v1/held/accept", json={"confirm": "wrong"}).status_code == 428
    done = admin.post("/api/v1/held/accept", json={"confirm": asked.json()["token"]})
    assert (done.status_code, done.json()["operations"]) == (202, [])
    assert viewer.get("/api/v1/held").json()["held"] is False


def test_a_backup_is_for_the_machine_itself(face: Face) -> None:
    assert face.browser(face.world.admin).get("/api/v1/backup").status_code == 403
    assert face.socket().get("/api/v1/backup").content[:2] == b"PK"
