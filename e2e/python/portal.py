"""What a customer's token may do, through the official SDK."""

from story import client, equal, new_app, refused, tell, unique
from svix.api import (
    ApplicationIn,
    AppPortalAccessIn,
    EndpointIn,
    EndpointPatch,
    EventTypeIn,
    MessageIn,
)

URL = "http://127.0.0.1:9/hook"

svix = client()


def customer(app, **access):
    answer = svix.authentication.app_portal_access(app.id, AppPortalAccessIn(**access))
    assert answer.url.startswith("http"), answer.url
    return client(answer.token)


def story_a_customer_manages_its_own_endpoints():
    app = new_app(svix)
    own = customer(app)
    equal(own.application.get(app.id).id, app.id, "its application")
    made = own.endpoint.create(app.id, EndpointIn(url=URL))
    own.endpoint.patch(app.id, made.id, EndpointPatch(description="mine"))
    equal([one.description for one in own.endpoint.list(app.uid).data], ["mine"], "its endpoints")
    assert own.endpoint.get_secret(app.id, made.id).key.startswith("whsec_")
    svix.message.create(app.id, MessageIn(event_type="type.a", payload={}))
    equal(len(own.message.list(app.id).data), 1, "its messages")
    own.message_attempt.list_by_endpoint(app.id, made.id)
    own.endpoint.delete(app.id, made.id)
    equal(svix.endpoint.list(app.id).data, [], "left")


def story_a_customer_cannot_act_as_the_organisation():
    app = new_app(svix)
    own = customer(app)
    refused(403, own.application.list)
    refused(403, own.application.create, ApplicationIn(name="x"))
    refused(403, own.application.delete, app.id)
    refused(403, own.event_type.create, EventTypeIn(name=unique("x"), description="d"))
    refused(403, own.message.create, app.id, MessageIn(event_type="type.a", payload={}))
    refused(403, own.authentication.app_portal_access, app.id, AppPortalAccessIn())
    equal(svix.application.get(app.id).id, app.id, "still there")


def story_a_customer_cannot_see_another():
    mine, other = new_app(svix), new_app(svix)
    theirs = svix.endpoint.create(other.id, EndpointIn(url=URL))
    own = customer(mine)
    refused(404, own.application.get, other.id)
    refused(404, own.endpoint.list, other.id)
    refused(404, own.endpoint.get, other.id, theirs.id)
    refused(404, own.endpoint.get, mine.id, theirs.id)
    refused(404, own.message.list, other.uid)


def story_feature_flags_hide_event_types():
    app, plain, flagged = new_app(svix), unique("plain"), unique("flagged")
    svix.event_type.create(EventTypeIn(name=plain, description="d"))
    svix.event_type.create(EventTypeIn(name=flagged, description="d", feature_flags=["beta"]))

    def seen(own):
        return {one.name for one in own.event_type.list().data} & {plain, flagged}

    equal(seen(customer(app, feature_flags=["beta"])), {plain, flagged}, "with the flag")
    equal(seen(customer(app, feature_flags=[])), {plain}, "with no flag")
    refused(404, customer(app, feature_flags=[]).event_type.get, flagged)


tell(globals())
