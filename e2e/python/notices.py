"""Operational webhooks: the operator is told what happens to endpoints and messages."""

import json

from receiver import Receiver
from story import client, equal, new_app, refused, tell, unique
from svix.api import (
    EndpointIn,
    MessageIn,
    OperationalWebhookEndpointHeadersIn,
    OperationalWebhookEndpointIn,
    OperationalWebhookEndpointSecretIn,
    OperationalWebhookEndpointUpsertIn,
)
from svix.webhooks import Webhook

svix = client()
notices = svix.operational_webhook.endpoint
receiver = Receiver()


def told(path, kind):
    """Waits for a notice of this kind and returns the request and its data."""
    count = 0
    while True:
        count += 1
        request = receiver.wait_for(path, count)[count - 1]
        body = json.loads(request.body)
        if body["type"] == kind:
            return request, body["data"]


def story_notices_endpoints_are_managed():
    uid = unique("ops")
    made = notices.create(OperationalWebhookEndpointIn(url=receiver.url("/managed"), uid=uid, metadata={"a": "1"}))
    equal((made.uid, made.metadata), (uid, {"a": "1"}), "created")
    equal(notices.get(uid).id, made.id, "by uid")
    assert made.id in [one.id for one in notices.list().data], "listed"
    changed = OperationalWebhookEndpointUpsertIn(url=receiver.url("/managed/2"), uid=uid)
    equal(notices.upsert(uid, changed).url, receiver.url("/managed/2"), "updated")
    notices.set_headers(made.id, OperationalWebhookEndpointHeadersIn(headers={"X-Ops": "1"}))
    headers = {name.lower(): value for name, value in notices.get_headers(made.id).headers.items()}
    equal(headers, {"x-ops": "1"}, "headers")
    first = notices.get_secret(made.id).key
    notices.rotate_secret(made.id, OperationalWebhookEndpointSecretIn())
    assert notices.get_secret(made.id).key != first, "the secret was rotated"
    notices.delete(made.id)
    refused(404, notices.get, made.id)


def story_an_exhausted_message_is_told():
    made = notices.create(OperationalWebhookEndpointIn(url=receiver.url("/ops")))
    app = new_app(svix)
    receiver.answer("/dead", 500)
    endpoint = svix.endpoint.create(app.id, EndpointIn(url=receiver.url("/dead")))
    message = svix.message.create(app.id, MessageIn(event_type="type.a", payload={"n": 1}))
    _, data = told("/ops", "endpoint.created")
    equal((data["appId"], data["endpointId"]), (app.id, endpoint.id), "endpoint.created")
    request, data = told("/ops", "message.attempt.exhausted")
    equal((data["appId"], data["appUid"], data["endpointId"]), (app.id, app.uid, endpoint.id), "whose")
    equal((data["msgId"], data["lastAttempt"]["responseStatusCode"]), (message.id, 500), "what")
    Webhook(notices.get_secret(made.id).key).verify(request.body, request.headers)
    svix.endpoint.delete(app.id, endpoint.id)
    told("/ops", "endpoint.deleted")
    assert app.id in [one.id for one in svix.application.list().data], "the tenants' list"
    notices.delete(made.id)


def story_notices_can_be_chosen():
    chosen = OperationalWebhookEndpointIn(url=receiver.url("/only"), event_types=["endpoint.deleted"])
    made = notices.create(chosen)
    app = new_app(svix)
    endpoint = svix.endpoint.create(app.id, EndpointIn(url=receiver.url("/x")))
    svix.endpoint.delete(app.id, endpoint.id)
    request = receiver.wait_for("/only", 1)[0]
    equal(json.loads(request.body)["type"], "endpoint.deleted", "the first notice")
    notices.delete(made.id)


tell(globals())
