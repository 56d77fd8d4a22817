"""What is sent on about notices: by e-mail and to a project's own address, until it is taken or a day is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest

from mooring.db import notices as rows
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, NotAllowed
from mooring.mail import Server, SmtpMail
from mooring.usecases import held, notice_hooks, notice_posts, notices, people, schedule, signing_in
from mooring.usecases.context import App
from mooring.usecases.held import Hold
from mooring.usecases.lost import lose
from mooring.usecases.who import Who
from tests.sandbox.receiver import Receiver, receiving
from tests.support.smtp import MailServer, mail_server
from tests.usecases.world import World


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def with_mail(world: World, server: MailServer) -> App:
    mail = SmtpMail(Server("127.0.0.1", server.port, "hub@example.com", "none"), inside_transaction=lambda: False)
    app = replace(world.app, mail=mail)
    notices.note_mail(app)
    return app


def lost_store(world: World) -> str:
    store = world.store(world.connect().store_id)
    with world.app.db.write() as connection:
        lose(world.app, connection, store, reason="Shopify refused the token.")
    return store.id


def somebody(world: World, role: Role) -> Who:
    app = world.app
    person = people.add(app, world.admin, email="eve@example.com", name="Eve", project_id=world.project, role=role)
    return signing_in.signed_in(app, person).who


def posts(world: World) -> list[notice_posts.Post]:
    return [post for shown in notices.page(world.app, world.admin, world.project).items for post in shown.posts]


def test_nothing_is_queued_where_nothing_is_set_up(world: World) -> None:
    lost_store(world)
    assert posts(world) == []
    assert notice_posts.post_due(world.app) == 0


def test_the_admins_of_the_project_get_a_letter_with_a_link(world: World, server: MailServer) -> None:
    app = with_mail(world, server)
    somebody(world, Role.EDITOR)
    store_id = lost_store(world)
    assert notice_posts.post_due(app) == 1
    (letter,) = server.letters
    assert letter.to == ["admin@example.com"]
    assert letter.message["Subject"] == "Reconnect required: Harbour"
    assert f"{app.settings.listens_at}/stores/{store_id}" in letter.text
    assert "Harbour needs a reconnect. Shopify refused the token." in letter.text
    assert [post.state for post in posts(world)] == ["sent"]
    assert notice_posts.post_due(app) == 0


def test_the_projects_own_address_gets_a_signed_document(world: World, receiver: Receiver) -> None:
    secret = notice_hooks.choose(world.app, world.admin, world.project, receiver.url)
    store_id = lost_store(world)
    assert notice_posts.post_due(world.app) == 1
    (taken,) = receiver.taken
    assert taken.headers["x-mooring-signature"] == notice_posts.signature(secret, taken.body)
    said = msgspec.json.decode(taken.body)
    assert said["kind"] == "reconnect_required"
    assert said["project"] == {"id": world.project, "name": "First"}
    assert said["store"] == {"id": store_id, "name": "Harbour", "shop_domain": "harbour.myshopify.com"}
    assert said["address"] == f"{world.app.settings.listens_at}/stores/{store_id}"


def test_a_refusing_receiver_is_asked_again_and_given_up_after_a_day(world: World, receiver: Receiver) -> None:
    notice_hooks.choose(world.app, world.admin, world.project, receiver.url)
    receiver.status = 500
    lost_store(world)
    assert notice_posts.post_due(world.app) == 0
    assert notice_posts.post_due(world.app) == 0
    assert len(receiver.taken) == 1
    for _ in range(40):
        world.advance(hours=1, seconds=1)
        notice_posts.post_due(world.app)
    (post,) = posts(world)
    assert post.state == "failed"
    assert post.error == "Given up after a day. 127.0.0.1 answered HTTP 500."
    assert 10 < len(receiver.taken) < 30


def test_one_that_recovers_gets_what_waited(world: World, receiver: Receiver) -> None:
    notice_hooks.choose(world.app, world.admin, world.project, receiver.url)
    receiver.status = 503
    lost_store(world)
    notice_posts.post_due(world.app)
    assert posts(world)[0].error == "127.0.0.1 answered HTTP 503."
    receiver.status = 204
    world.advance(minutes=2)
    assert notice_posts.post_due(world.app) == 1
    assert [(post.state, post.error) for post in posts(world)] == [("sent", None)]


def test_a_dead_mail_server_keeps_no_other_way_waiting(world: World, server: MailServer, receiver: Receiver) -> None:
    app = with_mail(world, server)
    server.busy = True
    notice_hooks.choose(app, world.admin, world.project, receiver.url)
    lost_store(world)
    assert notice_posts.post_due(app) == 1
    assert {post.way: post.state for post in posts(world)} == {"email": "due", "webhook": "sent"}


def test_two_processes_send_a_post_once(world: World, receiver: Receiver) -> None:
    notice_hooks.choose(world.app, world.admin, world.project, receiver.url)
    lost_store(world)
    (post,) = posts(world)
    assert notice_posts._claim(world.app, post) is True
    assert notice_posts._claim(world.app, post) is False
    assert notice_posts.post_due(world.app) == 0


def test_while_held_nothing_leaves(world: World, receiver: Receiver) -> None:
    notice_hooks.choose(world.app, world.admin, world.project, receiver.url)
    lost_store(world)
    with world.app.db.write() as connection:
        held.put(connection, Hold(at=world.app.clock.now(), source="backup"))
    schedule.post(world.app)
    assert receiver.taken == []
    with world.app.db.write() as connection:
        held.lift(connection)
    schedule.post(world.app)
    assert len(receiver.taken) == 1


def test_trying_out_says_what_happened(world: World, server: MailServer, receiver: Receiver) -> None:
    app, admin, project = with_mail(world, server), world.admin, world.project
    assert notice_posts.try_out(world.app, admin, project, "email").sentence == notice_posts.NO_MAIL
    assert notice_posts.try_out(app, admin, project, "webhook").sentence == notice_posts.NO_HOOK
    assert notice_posts.try_out(app, admin, project, "email").sent is True
    assert server.letters[0].to == ["admin@example.com"]
    notice_hooks.choose(app, admin, project, receiver.url)
    assert notice_posts.try_out(app, admin, project, "webhook").sent is True
    receiver.status = 404
    assert notice_posts.try_out(app, admin, project, "webhook").sentence == "127.0.0.1 answered HTTP 404."


def test_address_and_secret_are_kept_sealed_and_seen_by_admins_alone(world: World, receiver: Receiver) -> None:
    url = receiver.url + "?password=canary"
    secret = notice_hooks.choose(world.app, world.admin, world.project, url)
    world.app.db.checkpoint()
    if world.app.db.path:
        stored = world.app.db.path.read_bytes()
        assert b"canary" not in stored
        assert secret.encode() not in stored
    assert notice_hooks.show(world.app, world.admin, world.project).url == url
    with pytest.raises(NotAllowed):
        notice_hooks.show(world.app, somebody(world, Role.EDITOR), world.project)


def test_an_unfit_address_changes_nothing(world: World) -> None:
    with pytest.raises(InvalidInput):
        notice_hooks.choose(world.app, world.admin, world.project, "http://chat.example.com/")
    assert notice_hooks.show(world.app, world.admin, world.project).url is None


def test_each_person_reads_for_themselves_and_never_backwards(world: World) -> None:
    lost_store(world)
    with world.app.db.read() as connection:
        newest = rows.newest(connection, world.project)
    assert notices.unread(world.app, world.admin, world.project) == 1
    assert notices.mark_read(world.app, world.admin, world.project, newest + 1000) == 0
    assert notices.mark_read(world.app, world.admin, world.project, 0) == 0
    assert notices.unread(world.app, somebody(world, Role.VIEWER), world.project) == 1


def test_a_reconnected_store_settles_its_notice(world: World) -> None:
    store_id = lost_store(world)
    assert notices.settle_reconnected(world.app) == 0
    world.connect(store_id=store_id)
    assert notices.settle_reconnected(world.app) == 1
    (shown,) = notices.page(world.app, world.admin, world.project).items
    assert shown.notice.settled_at is not None
