"""What arrives verifies with the official libraries, also while a secret is being rotated.

HEADER_NAMES says which names the server was told to use: `webhook` or `svix`.
"""

import os

import standardwebhooks.webhooks
import svix.webhooks
from receiver import Receiver
from story import client, new_app, tell
from svix.api import EndpointIn, EndpointSecretRotateIn, MessageIn

NAMES = os.environ["HEADER_NAMES"]

hookwire = client()
receiver = Receiver()


def deliver(app, payload, path, count):
    hookwire.message.create(app.id, MessageIn(event_type="user.signup", payload=payload))
    return receiver.wait_for(path, count)[-1]


def verifies(request, secret, body=None):
    """Whether both libraries accept the request; they must agree."""
    body = request.body if body is None else body
    libraries = [(svix.webhooks.Webhook, svix.webhooks.WebhookVerificationError)]
    if NAMES == "webhook":
        standard = standardwebhooks.webhooks
        libraries.append((standard.Webhook, standard.WebhookVerificationError))
    verdicts = []
    for library, refusal in libraries:
        try:
            library(secret).verify(body, request.headers)
            verdicts.append(True)
        except refusal:
            verdicts.append(False)
    assert len(set(verdicts)) == 1, f"the libraries disagree: {verdicts}"
    return verdicts[0]


def story_a_delivery_verifies_and_a_changed_one_does_not():
    app = new_app(hookwire)
    endpoint = hookwire.endpoint.create(app.id, EndpointIn(url=receiver.url("/signed")))
    secret = hookwire.endpoint.get_secret(app.id, endpoint.id).key
    request = deliver(app, {"name": "Zoë ☃", "n": 1}, "/signed", 1)
    assert request.headers[f"{NAMES}-id"].startswith("msg_"), request.headers
    other = {"webhook": "svix", "svix": "webhook"}[NAMES]
    assert f"{other}-id" not in request.headers, request.headers
    assert verifies(request, secret), f"did not verify: {request}"
    assert not verifies(request, secret, request.body + b" "), "a changed body verified"
    assert not verifies(request, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "another secret verified"


def story_both_secrets_verify_during_the_grace_period():
    app = new_app(hookwire)
    endpoint = hookwire.endpoint.create(app.id, EndpointIn(url=receiver.url("/rotated")))
    old = hookwire.endpoint.get_secret(app.id, endpoint.id).key
    new = hookwire.endpoint.rotate_secret(app.id, endpoint.id, EndpointSecretRotateIn()).key
    request = deliver(app, {"n": 2}, "/rotated", 1)
    assert verifies(request, new), "the new secret must verify"
    assert verifies(request, old), "the old secret must verify during the grace period"


def story_an_old_secret_without_grace_ends_at_once():
    app = new_app(hookwire)
    endpoint = hookwire.endpoint.create(app.id, EndpointIn(url=receiver.url("/strict")))
    old = hookwire.endpoint.get_secret(app.id, endpoint.id).key
    rotation = EndpointSecretRotateIn(grace_period_seconds=0)
    new = hookwire.endpoint.rotate_secret(app.id, endpoint.id, rotation).key
    request = deliver(app, {"n": 3}, "/strict", 1)
    assert verifies(request, new), "the new secret must verify"
    assert not verifies(request, old), "the old secret must not verify any more"


tell(globals())
