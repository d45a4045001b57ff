"""A third party's app, written with a usual OAuth library, goes through the whole flow and receives a signed delivery."""

import base64
import hashlib
import json
import os
import re
import secrets
from urllib.parse import parse_qsl, urlsplit

import requests
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError
from requests_oauthlib import OAuth2Session
from standardwebhooks.webhooks import Webhook

from receiver import Receiver
from story import equal, eventually, tell

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"  # The server under test speaks plain HTTP on loopback.
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"
URL = os.environ["HOOKWIRE_URL"]
HOST = {"Authorization": f"Bearer {os.environ['HOOKWIRE_TOKEN']}"}
CALLBACK = "https://myapp.com/callback"


def user(organization):
    """The headers of a user who administers this organization."""
    token = os.environ["OWNER_JWT" if organization == "your-org" else "TARGET_JWT"]
    return {"Authorization": f"Bearer {token}", "X-Organization": organization}


def call(method, path, headers, body=None, status=200):
    answer = requests.request(method, URL + path, headers=headers, json=body, timeout=30)
    equal(answer.status_code, status, f"{method} {path}: {answer.text}")
    return answer.json() if answer.text else None


def register(receiver, **words):
    body = {
        "name": "My Integration",
        "redirect_uris": [CALLBACK],
        "allowed_actor_modes": ["app"],
        "declared_scopes": ["posts:read", "webhooks:manage"],
        "webhook_url": receiver.url("/hook"),
        "subscribed_webhook_events": ["post_created", "post_updated"],
    }
    return call("POST", "/oauth/apps", user("your-org"), body | words, 201)


def send(event, title):
    message = {"eventType": event, "payload": {"title": title}}
    return call("POST", "/api/v1/app/target-org/msg", HOST, message, 202)


def hidden(page, name):
    return re.search(f'name="{name}" value="([^"]+)"', page)[1]


def consent_on_the_page(url_of_the_app, events):
    """What the host product's page and its user do: post the user's token along with the app's own parameters."""
    parameters = dict(parse_qsl(urlsplit(url_of_the_app).query))
    form = parameters | {"user_token": os.environ["TARGET_JWT"], "organization": "target-org"}
    page = requests.post(f"{URL}/oauth/authorize", data=form, timeout=30, allow_redirects=False)
    equal(page.status_code, 200, page.text)
    decision = {"ticket": hidden(page.text, "ticket"), "decision": "allow", "event": events}
    sent = requests.post(f"{URL}/oauth/authorize/decision", data=decision, timeout=30, allow_redirects=False)
    equal(sent.status_code, 303, sent.text)
    return sent.headers["location"]


def story_a_library_goes_through_the_whole_flow_and_receives_a_signed_delivery():
    receiver = Receiver()
    app = register(receiver)
    session = OAuth2Session(
        app["client_id"], redirect_uri=CALLBACK, scope=["posts:read", "webhooks:manage"], pkce="S256"
    )
    url, state = session.authorization_url("https://host.example/oauth/authorize")
    back = consent_on_the_page(url, ["post_updated"])
    assert f"state={state}" in back, back
    token = session.fetch_token(
        f"{URL}/oauth/token", authorization_response=back, client_secret=app["client_secret"]
    )
    equal(sorted(token["scope"]), ["posts:read", "webhooks:manage"], "the token's scopes")
    send("post_created", "not granted")
    sent = send("post_updated", "granted")
    (request,) = receiver.wait_for("/hook", 1)
    body = Webhook(app["webhook_secret"]).verify(request.body, request.headers)
    equal(body, {"title": "granted"}, "what was delivered")
    equal(request.headers["webhook-id"], sent["id"], "the message's id")
    # The token opens the install's endpoint, and the host product can ask what it is for.
    seen = session.get(f"{URL}/api/v1/app/target-org/endpoint", timeout=30).json()["data"]
    equal([one["managedBy"]["installId"] for one in seen], [token["install_id"]], "the endpoints it sees")
    asked = requests.post(
        f"{URL}/oauth/introspect", data={"token": token["access_token"]}, headers=HOST, timeout=30
    ).json()
    equal((asked["active"], asked["scope"]), (True, "posts:read webhooks:manage"), "introspection")
    # Tokens are renewed by the library; the old refresh token is worth nothing then, and worse.
    basic = (app["client_id"], app["client_secret"])
    renewed = session.refresh_token(f"{URL}/oauth/token", auth=basic)
    assert renewed["refresh_token"] != token["refresh_token"]
    try:
        session.refresh_token(f"{URL}/oauth/token", refresh_token=token["refresh_token"], auth=basic)
        raise AssertionError("a used refresh token was taken")
    except InvalidGrantError:
        pass
    gone = requests.post(f"{URL}/oauth/introspect", data={"token": renewed["access_token"]}, auth=basic, timeout=30)
    equal(gone.json(), {"active": False}, "the family is revoked")


def install(app, **words):
    """Consent through the JSON route, as the document has it; answers the tokens."""
    body = {
        "client_id": app["client_id"],
        "redirect_uri": CALLBACK,
        "actor": "app",
        "target_organization_id": 7,
    }
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    pkce = {
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    back = call("POST", "/oauth/authorize/consent", user("target-org"), body | pkce | words)["redirect_to"]
    session = OAuth2Session(app["client_id"], redirect_uri=CALLBACK)
    return session.fetch_token(
        f"{URL}/oauth/token",
        authorization_response=back,
        client_secret=app["client_secret"],
        code_verifier=verifier,
        include_client_id=True,
    )


def endpoints():
    return call("GET", "/api/v1/app/target-org/endpoint", HOST)["data"]


def story_an_install_follows_its_app_until_it_is_revoked():
    for one in call("GET", "/oauth/installs", user("target-org"))["data"]:
        call("DELETE", f"/oauth/installs/{one['id']}", user("target-org"), status=204)
    equal(endpoints(), [], "removed with the installs")
    receiver = Receiver()
    app = register(receiver)
    path = f"/oauth/apps/{app['client_id']}"
    token = install(app)
    send("post_created", "first")
    receiver.wait_for("/hook", 1)
    call("PATCH", path, user("your-org"), {"webhook_url": receiver.url("/moved")})
    send("post_created", "second")
    receiver.wait_for("/moved", 1)
    call("POST", f"{path}/suspend", user("your-org"))
    equal(endpoints(), [], "removed when suspended")
    call("POST", f"{path}/resume", user("your-org"))
    send("post_updated", "third")
    (_, third) = receiver.wait_for("/moved", 2)
    equal(json.loads(third.body)["title"], "third", "after resuming")
    install(app, granted_webhook_events=["post_updated"])
    equal([one["eventTypes"] for one in endpoints()], [["post_updated"]], "installed again, not twice")
    # The token of the install that was replaced is worth nothing any more.
    old = {"Authorization": f"Bearer {token['access_token']}"}
    call("GET", "/api/v1/app/target-org/endpoint", old, status=401)
    receiver.answer("/moved", 500)
    owed = send("post_updated", "never delivered")
    receiver.wait_for("/moved", 3)
    (one,) = call("GET", "/oauth/installs", user("target-org"))["data"]
    call("DELETE", f"/oauth/installs/{one['id']}", user("target-org"), status=204)
    equal(endpoints(), [], "removed when revoked")
    # What it was owed is cancelled, and logged so.
    where = f"/api/v1/app/target-org/msg/{owed['id']}/endpoint"
    eventually("the delivery is cancelled", lambda: call("GET", where, HOST)["data"][0]["status"] == 4)


tell(globals())
