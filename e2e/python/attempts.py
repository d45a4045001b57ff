"""Attempts, through the official SDK. The server retries after 100 ms, twice."""

from receiver import Receiver
from story import ago, all_pages, client, equal, eventually, new_app, now, refused, tell
from svix.api import (
    EndpointGetAttemptStatsOptions,
    EndpointGetStatsOptions,
    EndpointIn,
    EventTypeIn,
    MessageAttemptListAttemptedDestinationsOptions,
    MessageAttemptListAttemptedMessagesOptions,
    MessageAttemptListByEndpointOptions,
    MessageAttemptListByMsgOptions,
    MessageIn,
)
from svix.models import MessageAttemptTriggerType, MessageStatus, StatusCodeClass

svix = client()
receiver = Receiver()
for name in ("type.a", "type.b"):
    svix.event_type.create(EventTypeIn(name=name, description="for filters"))


def send(app, event_type="type.a", **more):
    return svix.message.create(app.id, MessageIn(event_type=event_type, payload={"n": 1}, **more)).id


def endpoint(app, path, *statuses):
    receiver.answer(path, *statuses)
    return svix.endpoint.create(app.id, EndpointIn(url=receiver.url(path)))


def of_message(app, message, **options):
    return svix.message_attempt.list_by_msg(app.id, message, MessageAttemptListByMsgOptions(**options)).data


def of_endpoint(app, where, **options):
    return svix.message_attempt.list_by_endpoint(app.id, where, MessageAttemptListByEndpointOptions(**options)).data


def settled(app, message, count):
    """The attempts of a message once there are this many: they are written after the receiver has answered."""
    return eventually(f"{count} attempts", lambda: (all_of := of_message(app, message)) and len(all_of) >= count and all_of)


def story_every_attempt_is_logged():
    app = new_app(svix)
    where = endpoint(app, "/flaky", 500, 200)
    message = send(app)
    attempts = settled(app, message, 2)
    equal([one.status for one in attempts], [MessageStatus.SUCCESS, MessageStatus.FAIL], "newest first")
    equal([one.response_status_code for one in attempts], [200, 500], "codes")
    bodies = [one.response for one in of_message(app, message, with_content=True)]
    equal(bodies, ["ok", "answer 500"], "bodies")
    equal({(one.msg_id, one.endpoint_id, one.url) for one in attempts}, {(message, where.id, where.url)}, "whose")
    equal({one.trigger_type for one in attempts}, {MessageAttemptTriggerType.SCHEDULED}, "trigger")
    assert all(0 <= one.response_duration_ms < 30_000 for one in attempts), "durations"
    newest = svix.message_attempt.get(app.id, message, attempts[0].id)
    equal((newest.id, newest.status), (attempts[0].id, MessageStatus.SUCCESS), "one attempt")


def story_lists_are_filtered():
    app = new_app(svix)
    good, bad = endpoint(app, "/good", 200), endpoint(app, "/bad", 500)
    first = send(app, "type.a", channels=["north"], tags=["blue"])
    second = send(app, "type.b")
    settled(app, first, 4)
    settled(app, second, 4)
    equal(len(of_message(app, first, endpoint_id=good.id)), 1, "by endpoint")
    equal(len(of_message(app, first, status=MessageStatus.FAIL)), 3, "failures")
    equal(len(of_message(app, first, status_code_class=StatusCodeClass.CODE2XX)), 1, "2xx")
    equal(len(of_endpoint(app, bad.id)), 6, "of an endpoint")
    equal(len(of_endpoint(app, bad.id, status=MessageStatus.SUCCESS)), 0, "successes")
    equal(len(of_endpoint(app, bad.id, status_code_class=StatusCodeClass.CODE5XX)), 6, "5xx")
    equal({one.msg_id for one in of_endpoint(app, bad.id, event_types=["type.b"])}, {second}, "by event type")
    equal({one.msg_id for one in of_endpoint(app, bad.id, channel="north")}, {first}, "by channel")
    equal({one.msg_id for one in of_endpoint(app, bad.id, tag="blue")}, {first}, "by tag")
    equal(of_endpoint(app, bad.id, before=ago(minutes=5)), [], "before")
    equal(len(of_endpoint(app, bad.id, after=ago(minutes=5))), 6, "after")
    with_message = of_endpoint(app, good.id, with_msg=True)
    equal({one.msg.id for one in with_message}, {first, second}, "with the message")
    pages = all_pages(
        lambda iterator, limit: svix.message_attempt.list_by_endpoint(
            app.id, bad.id, MessageAttemptListByEndpointOptions(iterator=iterator, limit=limit)
        ),
        2,
    )
    equal(len({one.id for page in pages for one in page.data}), 6, "over all pages")


def story_messages_of_an_endpoint_carry_their_status():
    app = new_app(svix)
    where = endpoint(app, "/mixed", 200)
    good = send(app)
    settled(app, good, 1)
    receiver.answer("/mixed", 500)
    bad = send(app)
    settled(app, bad, 3)

    def listed(**options):
        options = MessageAttemptListAttemptedMessagesOptions(**options)
        return svix.message_attempt.list_attempted_messages(app.id, where.id, options).data

    eventually("the message to be given up", lambda: listed()[0].status == MessageStatus.FAIL)
    equal([(one.id, one.status) for one in listed()], [(bad, MessageStatus.FAIL), (good, MessageStatus.SUCCESS)])
    equal([one.id for one in listed(status=MessageStatus.FAIL)], [bad], "by status")
    assert listed()[0].next_attempt is None, "nothing follows a message that was given up"
    equal(listed(with_content=True)[0].payload, {"n": 1}, "with content")


def story_destinations_of_a_message_are_paged():
    app = new_app(svix)
    made = {endpoint(app, f"/fan/{n}", 200).id for n in range(5)}
    message = send(app)
    settled(app, message, 5)
    pages = all_pages(
        lambda iterator, limit: svix.message_attempt.list_attempted_destinations(
            app.id, message, MessageAttemptListAttemptedDestinationsOptions(iterator=iterator, limit=limit)
        ),
        2,
    )
    equal([len(page.data) for page in pages], [2, 2, 1], "sizes")
    equal({one.id for page in pages for one in page.data}, made, "destinations")
    equal({one.status for page in pages for one in page.data}, {MessageStatus.SUCCESS}, "statuses")


def story_a_message_can_be_sent_again():
    app = new_app(svix)
    where = endpoint(app, "/again", 200)
    message = send(app)
    settled(app, message, 1)
    svix.message_attempt.resend(app.id, message, where.id)
    requests = receiver.wait_for("/again", 2)
    equal({one.headers["webhook-id"] for one in requests}, {message}, "the id stays")
    newest = settled(app, message, 2)[0]
    equal(newest.trigger_type, MessageAttemptTriggerType.MANUAL, "trigger")
    svix.message.expunge_content(app.id, message)
    equal(refused(400, svix.message_attempt.resend, app.id, message, where.id).code, "missing_payload", "code")
    refused(404, svix.message_attempt.resend, app.id, "msg_2x0000000000000000000000000", where.id)


def story_a_response_can_be_expunged():
    app = new_app(svix)
    endpoint(app, "/secretive", 200)
    message = send(app)
    attempt = settled(app, message, 1)[0]
    svix.message_attempt.expunge_content(app.id, message, attempt.id)
    equal(svix.message_attempt.get(app.id, message, attempt.id).response, "EXPUNGED", "response")


def story_statistics_count():
    app = new_app(svix)
    where = endpoint(app, "/counted", 500, 200)
    message = send(app)
    settled(app, message, 2)
    window = dict(since=ago(hours=1), until=now())
    stats = svix.endpoint.get_attempt_stats(app.id, where.id, EndpointGetAttemptStatsOptions(**window))
    equal((stats.success, stats.fail, stats.canceled), (1, 1, 0), "attempts")
    stats = svix.endpoint.get_stats(app.id, where.id, EndpointGetStatsOptions(**window))
    equal((stats.success, stats.pending, stats.sending), (1, 0, 0), "messages")
    refused(422, svix.endpoint.get_stats, app.id, where.id, EndpointGetStatsOptions(since=ago(days=40), until=now()))


tell(globals())
