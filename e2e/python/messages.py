"""Messages, through the official SDK."""

from datetime import timedelta

from receiver import Receiver
from story import ago, all_pages, client, equal, new_app, now, refused, tell, unique
from svix.api import (
    ApplicationIn,
    BulkExpungeContentsIn,
    EndpointIn,
    EventTypeIn,
    MessageCreateOptions,
    MessageGetOptions,
    MessageIn,
    MessageListOptions,
    MessagePrecheckIn,
)
from svix.api.message import message_in_raw

svix = client()
receiver = Receiver()
for name in ("type.a", "type.b"):
    svix.event_type.create(EventTypeIn(name=name, description="for filters"))


def send(app, event_type="type.a", **more):
    more.setdefault("payload", {"n": 1})
    return svix.message.create(app.id, MessageIn(event_type=event_type, **more))


def listed(app, **options):
    return [one.id for one in svix.message.list(app.id, MessageListOptions(**options)).data]


def story_everything_given_on_creation_is_kept():
    app, event_id = new_app(svix), unique("evt")
    more = dict(event_id=event_id, channels=["north"], tags=["blue"], payload_retention_hours=48)
    made = send(app, payload={"a": [1, {"b": None}]}, **more)
    assert made.id.startswith("msg_"), made.id
    equal((made.event_id, made.event_type, made.channels, made.tags), (event_id, "type.a", ["north"], ["blue"]))
    full = MessageGetOptions(with_content=True)
    for name in (made.id, event_id):
        seen = svix.message.get(app.uid, name, full)
        equal((seen.id, seen.payload, seen.tags), (made.id, {"a": [1, {"b": None}]}, ["blue"]), f"by {name}")
    equal(svix.message.get(app.id, made.id, MessageGetOptions(with_content=False)).payload, {}, "without content")
    echoed = MessageIn(event_type="type.a", payload={"n": 5})
    equal(svix.message.create(app.id, echoed, MessageCreateOptions(with_content=True)).payload, {"n": 5}, "echo")


def story_an_event_id_is_taken_once():
    app, event_id = new_app(svix), unique("evt")
    made = send(app, event_id=event_id)
    error = refused(409, svix.message.create, app.id, MessageIn(event_type="type.a", payload={}, event_id=event_id))
    equal(error.code, "conflict", "code")
    assert made.id in str(error.to_dict()), f"the conflict should name {made.id}: {error.to_dict()}"
    send(new_app(svix), event_id=event_id)


def story_lists_are_filtered():
    app = new_app(svix)
    first = send(app, channels=["north"], tags=["blue"]).id
    second = send(app, "type.b", channels=["north", "south"]).id
    third = send(app, "type.b", tags=["blue", "green"]).id
    equal(listed(app), [third, second, first], "newest first")
    equal(listed(app, event_types=["type.b"]), [third, second], "by event type")
    equal(listed(app, event_types=["type.a", "type.b"]), [third, second, first], "by two event types")
    equal(listed(app, channel="south"), [second], "by channel")
    equal(listed(app, tag="blue"), [third, first], "by tag")
    equal(listed(app, tag="blue", event_types=["type.b"]), [third], "by both")
    equal(listed(app, after=ago(minutes=5)), [third, second, first], "after")
    equal(listed(app, before=ago(minutes=5)), [], "before")
    equal(listed(app, before=now() + timedelta(minutes=5)), [third, second, first], "before a time to come")


def story_lists_are_paged():
    app = new_app(svix)
    made = [send(app, payload={"n": n}).id for n in range(8)]
    pages = all_pages(
        lambda iterator, limit: svix.message.list(
            app.id, MessageListOptions(iterator=iterator, limit=limit, with_content=True)
        ),
        3,
    )
    newest_first = made[::-1]
    ids = [[one.id for one in page.data] for page in pages]
    equal(ids, [newest_first[:3], newest_first[3:6], newest_first[6:]], "pages")
    equal(pages[0].data[0].payload, {"n": 7}, "with content")
    back = svix.message.list(app.id, MessageListOptions(iterator=pages[2].prev_iterator, limit=3))
    equal([one.id for one in back.data], newest_first[3:6], "the page before the last")


def story_content_can_be_expunged():
    app = new_app(svix)
    full = MessageGetOptions(with_content=True)
    one, two = send(app).id, send(app).id
    svix.message.expunge_content(app.id, one)
    equal(svix.message.get(app.id, one, full).payload, {"expired": True}, "expunged")
    answer = svix.message.bulk_expunge_content(app.id, BulkExpungeContentsIn(ids=[two, "msg_missing"]))
    equal(str(answer.results[two].value), "expunged", "in bulk")
    equal(str(answer.results["msg_missing"].value), "not-found", "in bulk, missing")
    equal(svix.message.get(app.id, two, full).payload, {"expired": True}, "expunged in bulk")


def story_a_raw_payload_arrives_as_it_is():
    app = new_app(svix)
    svix.endpoint.create(app.id, EndpointIn(url=receiver.url("/raw")))
    raw = '<a  b="ü">\n\t&amp;</a>'
    svix.message.create(app.id, message_in_raw("type.a", raw, "application/xml"))
    request = receiver.wait_for("/raw", 1)[0]
    equal((request.body.decode(), request.headers["content-type"]), (raw, "application/xml"), "raw")


def story_subscriptions_choose_what_arrives():
    app = new_app(svix)
    svix.endpoint.create(app.id, EndpointIn(url=receiver.url("/some"), event_types=["type.b"], channels=["north"]))
    svix.endpoint.create(app.id, EndpointIn(url=receiver.url("/all")))
    for event_type, channels in (("type.a", ["north"]), ("type.b", None), ("type.b", ["south"])):
        send(app, event_type, channels=channels)
    wanted = send(app, "type.b", channels=["north", "south"]).id
    receiver.wait_for("/all", 4)
    some = receiver.wait_for("/some", 1)
    equal([one.headers["webhook-id"] for one in some], [wanted], "what the endpoint wanted")
    equal(svix.message.precheck(app.id, MessagePrecheckIn(event_type="type.a")).active, True, "somebody listens")
    nobody = new_app(svix)
    equal(svix.message.precheck(nobody.id, MessagePrecheckIn(event_type="type.a")).active, False, "nobody does")


def story_a_message_can_make_its_application():
    uid = unique("made-by-message")
    message = MessageIn(event_type="type.a", payload={}, application=ApplicationIn(name="Made", uid=uid))
    svix.message.create(uid, message)
    equal(svix.application.get(uid).name, "Made", "made")
    other = MessageIn(event_type="type.a", payload={}, application=ApplicationIn(name="Other", uid=unique("other")))
    refused(422, svix.message.create, unique("mismatch"), other)


def story_bad_input_is_refused():
    app = new_app(svix)
    for bad in (
        dict(event_type="no spaces", payload={}),
        dict(event_type="type.a", payload={}, channels=[f"c{n}" for n in range(6)]),
        dict(event_type="type.a", payload={}, event_id="msg_looks_like_an_id"),
        dict(event_type="type.a", payload={}, payload_retention_period=4),
        dict(event_type="type.a", payload={}, payload_retention_period=91),
    ):
        refused(422, svix.message.create, app.id, MessageIn(**bad))
    equal(listed(app), [], "accepted")
    refused(404, svix.message.get, app.id, "msg_2x0000000000000000000000000")
    refused(404, svix.message.create, unique("no-such-app"), MessageIn(event_type="type.a", payload={}))


tell(globals())
