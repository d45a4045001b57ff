"""Refusals arrive as the SDK's own exceptions, and a stranger's request never ends in a 5xx."""

import os

import requests
from story import client, equal, new_app, refused, tell, unique
from svix.api import ApplicationIn, ApplicationListOptions, EndpointIn, MessageIn, MessageListOptions

BASE = os.environ["HOOKWIRE_URL"] + "/api/v1"
TOKEN = {"authorization": "Bearer " + os.environ["HOOKWIRE_TOKEN"]}

svix = client()


def story_a_wrong_token_is_a_401():
    for token in ("nonsense", "a.b.c", os.environ["HOOKWIRE_TOKEN"][:-4] + "AAAA"):
        error = refused(401, client(token).application.list)
        equal(error.code, "authentication_failed", "code")
    equal(requests.get(f"{BASE}/app").status_code, 401, "no token at all")


def story_a_missing_thing_is_a_404():
    app = new_app(svix)
    for call in (
        lambda: svix.application.get(unique("missing")),
        lambda: svix.endpoint.get(app.id, unique("missing")),
        lambda: svix.message.get(app.id, unique("missing")),
        lambda: svix.event_type.get(unique("missing")),
        lambda: svix.background_task.get("qtask_2x0000000000000000000000000"),
    ):
        equal(refused(404, call).code, "not_found", "code")


def story_a_422_says_where():
    app = new_app(svix)
    error = refused(422, svix.application.list, ApplicationListOptions(limit=251))
    equal(error.detail[0].loc[:2], ["query", "limit"], "place")
    error = refused(422, svix.endpoint.create, app.id, EndpointIn(url="nonsense"))
    equal(error.detail[0].loc[:2], ["body", "url"], "place")


def story_a_strange_iterator_is_refused():
    app = new_app(svix)
    for iterator in ("msg_garbage", "garbage", "-", "msg_" + "z" * 27, "app_" + "0" * 27):
        options = MessageListOptions(iterator=iterator)
        try:
            svix.message.list(app.id, options)
        except Exception as error:
            assert 400 <= error.status_code < 500, f"{iterator}: {error}"


def story_broken_bodies_are_refused_as_json():
    for body in (b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b'{"name":7}', b"[" * 100_000):
        answer = requests.post(f"{BASE}/app", data=body, headers=TOKEN | {"content-type": "application/json"})
        assert 400 <= answer.status_code < 500, f"{body[:20]!r}: {answer.status_code}"
        assert "detail" in answer.json(), answer.text
    answer = requests.post(f"{BASE}/app", data=b" " * (3 << 20), headers=TOKEN)
    equal((answer.status_code, answer.json()["code"]), (413, "payload_too_large"), "a body of 3 MiB")


def story_unknown_fields_are_ignored_and_named():
    body = {"name": "x", "colour": "blue"}
    answer = requests.post(f"{BASE}/app", json=body, headers=TOKEN)
    equal(answer.status_code, 201, "status")
    assert "colour" in answer.headers.get("hookwire-ignored-fields", ""), answer.headers


def story_an_unknown_route_is_a_404_as_json():
    equal(requests.get(f"{BASE}/no/such/route", headers=TOKEN).json()["code"], "not_found", "code")
    assert requests.delete(f"{BASE}/app", headers=TOKEN).status_code in (404, 405)


def story_a_failed_call_changes_nothing():
    uid = unique("acme")
    svix.application.create(ApplicationIn(name="Acme", uid=uid, metadata={"a": "1"}))
    refused(409, svix.application.create, ApplicationIn(name="Other", uid=uid, metadata={"b": "2"}))
    equal(svix.application.get(uid).metadata, {"a": "1"}, "metadata")
    refused(422, svix.message.create, uid, MessageIn(event_type="no spaces", payload={}))
    equal(svix.message.list(uid).data, [], "messages")


tell(globals())
