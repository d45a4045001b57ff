"""Endpoints, through the official SDK."""

from story import all_pages, client, equal, new_app, refused, tell, unique
from svix.api import (
    EndpointHeadersIn,
    EndpointHeadersPatchIn,
    EndpointIn,
    EndpointListOptions,
    EndpointPatch,
    EndpointSecretRotateIn,
    EndpointUpsertIn,
    EventTypeIn,
)
from svix.models import Ordering

URL = "http://127.0.0.1:9/hook"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

svix = client()
for name in ("invoice.paid", "invoice.void"):
    svix.event_type.create(EventTypeIn(name=name, description="about invoices"))


def lower(headers):
    return {name.lower(): value for name, value in headers.items()}


def story_everything_given_on_creation_is_kept():
    app, uid = new_app(svix), unique("ep")
    made = svix.endpoint.create(
        app.id,
        EndpointIn(
            url=URL,
            description="orders",
            uid=uid,
            throttle_rate=50,
            disabled=True,
            event_types=["invoice.paid", "invoice.void"],
            channels=["north", "south"],
            secret=SECRET,
            metadata={"team": "blue"},
            headers={"X-Team": "blue", "Authorization": "Bearer secret"},
        ),
    )
    assert made.id.startswith("ep_"), made.id
    equal((made.url, made.description, made.uid), (URL, "orders", uid), "created")
    equal((made.throttle_rate, made.disabled, made.metadata), (50, True, {"team": "blue"}), "created")
    equal(sorted(made.event_types), ["invoice.paid", "invoice.void"], "event types")
    equal(sorted(made.channels), ["north", "south"], "channels")
    equal(svix.endpoint.get(app.uid, uid), made, "by uid")
    equal(svix.endpoint.get(app.id, made.id), made, "by id")
    equal(svix.endpoint.get_secret(app.id, made.id).key, SECRET, "secret")
    headers = svix.endpoint.get_headers(app.id, made.id)
    equal(lower(headers.headers), {"x-team": "blue"}, "headers that may be shown")
    equal([one.lower() for one in headers.sensitive], ["authorization"], "headers that may not")


def story_headers_are_set_and_patched():
    app = new_app(svix)
    made = svix.endpoint.create(app.id, EndpointIn(url=URL))
    svix.endpoint.set_headers(app.id, made.id, EndpointHeadersIn(headers={"X-A": "1", "X-B": "2"}))
    equal(lower(svix.endpoint.get_headers(app.id, made.id).headers), {"x-a": "1", "x-b": "2"}, "set")
    patch = EndpointHeadersPatchIn(headers={"X-B": "3", "X-C": "4"}, delete_headers=["X-A"])
    svix.endpoint.patch_headers(app.id, made.id, patch)
    equal(lower(svix.endpoint.get_headers(app.id, made.id).headers), {"x-b": "3", "x-c": "4"}, "patched")
    svix.endpoint.set_headers(app.id, made.id, EndpointHeadersIn(headers={}))
    equal(svix.endpoint.get_headers(app.id, made.id).headers, {}, "replaced by nothing")
    for name in ("Host", "Content-Length", "Transfer-Encoding", "Connection", "webhook-signature"):
        refused(422, svix.endpoint.set_headers, app.id, made.id, EndpointHeadersIn(headers={name: "x"}))


def story_lists_are_paged():
    app = new_app(svix)
    made = [svix.endpoint.create(app.id, EndpointIn(url=f"{URL}/{n}")).id for n in range(7)]
    pages = all_pages(
        lambda iterator, limit: svix.endpoint.list(
            app.id, EndpointListOptions(iterator=iterator, limit=limit, order=Ordering.ASCENDING)
        ),
        3,
    )
    equal([[one.id for one in page.data] for page in pages], [made[:3], made[3:6], made[6:]], "pages")
    equal([one.id for one in svix.endpoint.list(app.id).data], made[::-1], "newest first by default")


def story_a_patch_changes_only_what_it_names():
    app = new_app(svix)
    made = svix.endpoint.create(app.id, EndpointIn(url=URL, event_types=["invoice.paid"], channels=["north"]))
    changed = svix.endpoint.patch(app.id, made.id, EndpointPatch(description="new", disabled=True))
    equal((changed.description, changed.disabled, changed.url), ("new", True, URL), "patched")
    equal((changed.event_types, changed.channels), (["invoice.paid"], ["north"]), "untouched")
    changed = svix.endpoint.patch(app.id, made.id, EndpointPatch(event_types=None, channels=None))
    equal((changed.event_types, changed.channels), (None, None), "unset")


def story_put_updates_or_creates():
    app, uid = new_app(svix), unique("ep")
    made = svix.endpoint.upsert(app.id, uid, EndpointUpsertIn(url=URL, uid=uid))
    again = svix.endpoint.upsert(app.id, uid, EndpointUpsertIn(url=f"{URL}/2", uid=uid, description="two"))
    equal((again.id, again.url, again.description), (made.id, f"{URL}/2", "two"), "updated")


def story_what_was_deleted_is_gone():
    app, uid = new_app(svix), unique("ep")
    made = svix.endpoint.create(app.id, EndpointIn(url=URL, uid=uid))
    refused(409, svix.endpoint.create, app.id, EndpointIn(url=URL, uid=uid))
    svix.endpoint.delete(app.id, made.id)
    refused(404, svix.endpoint.get, app.id, made.id)
    refused(404, svix.endpoint.get_secret, app.id, uid)
    equal(svix.endpoint.list(app.id).data, [], "left")
    svix.endpoint.create(app.id, EndpointIn(url=URL, uid=uid))


def story_a_secret_is_made_shown_and_rotated():
    app = new_app(svix)
    made = svix.endpoint.create(app.id, EndpointIn(url=URL))
    first = svix.endpoint.get_secret(app.id, made.id).key
    assert first.startswith("whsec_"), first
    rotated = svix.endpoint.rotate_secret(app.id, made.id, EndpointSecretRotateIn())
    assert rotated.key.startswith("whsec_") and rotated.key != first, rotated
    equal(svix.endpoint.get_secret(app.id, made.id).key, rotated.key, "the new secret")
    given = svix.endpoint.rotate_secret(app.id, made.id, EndpointSecretRotateIn(key=SECRET))
    equal(given.key, SECRET, "rotated to a given secret")
    refused(422, svix.endpoint.rotate_secret, app.id, made.id, EndpointSecretRotateIn(key="whsec_c2hvcnQ="))


def story_bad_input_is_refused_and_changes_nothing():
    app = new_app(svix)
    for bad in (
        EndpointIn(url="ftp://127.0.0.1/x"),
        EndpointIn(url="not a url"),
        EndpointIn(url="http://127.0.0.1:99999/"),
        EndpointIn(url=URL, event_types=[]),
        EndpointIn(url=URL, event_types=["no.such.type"]),
        EndpointIn(url=URL, channels=[]),
        EndpointIn(url=URL, channels=[f"c{n}" for n in range(11)]),
        EndpointIn(url=URL, secret="no prefix"),
        EndpointIn(url=URL, throttle_rate=0),
        EndpointIn(url=URL, uid="ep_looks_like_an_id"),
    ):
        error = refused(422, svix.endpoint.create, app.id, bad)
        equal(error.detail[0].loc[0], "body", f"place of the mistake in {bad}")
    equal(svix.endpoint.list(app.id).data, [], "created")


def story_an_endpoint_belongs_to_its_application():
    mine, other = new_app(svix), new_app(svix)
    made = svix.endpoint.create(mine.id, EndpointIn(url=URL))
    refused(404, svix.endpoint.get, other.id, made.id)
    refused(404, svix.endpoint.delete, other.id, made.id)
    refused(404, svix.endpoint.get_secret, other.id, made.id)


tell(globals())
