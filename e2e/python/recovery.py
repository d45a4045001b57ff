"""Recovering and replaying what an endpoint missed, and examples, through the official SDK."""

import json

from receiver import Receiver
from story import ago, client, equal, eventually, new_app, refused, tell, unique
from svix.api import (
    BackgroundTaskListOptions,
    EndpointIn,
    EventExampleIn,
    EventTypeIn,
    MessageAttemptListByMsgOptions,
    MessageIn,
    RecoverIn,
    ReplayIn,
)

svix = client()
receiver = Receiver()


def send(app, n):
    return svix.message.create(app.id, MessageIn(event_type="type.a", payload={"n": n})).id


def given_up(app, message):
    """Waits until the three attempts of the test's schedule are written."""
    eventually(
        f"three attempts of {message}",
        lambda: len(svix.message_attempt.list_by_msg(app.id, message, MessageAttemptListByMsgOptions()).data) >= 3,
    )


def finished(task):
    """Waits for a background task to finish and returns it."""

    def look():
        seen = svix.background_task.get(task.id)
        assert str(seen.status.value) != "failed", seen
        return seen if str(seen.status.value) == "finished" else None

    return eventually(f"task {task.id} to finish", look)


def story_recover_sends_what_failed_and_nothing_else():
    app = new_app(svix)
    receiver.answer("/recover", 200)
    where = svix.endpoint.create(app.id, EndpointIn(url=receiver.url("/recover")))
    fine = send(app, 0)
    receiver.wait_for("/recover", 1)
    receiver.answer("/recover", 500)
    lost = {send(app, n) for n in (1, 2, 3)}
    for message in lost:
        given_up(app, message)
    receiver.answer("/recover", 200)
    task = svix.endpoint.recover(app.id, where.id, RecoverIn(since=ago(hours=1)))
    equal(str(task.task.value), "endpoint.recover", "task")
    again = receiver.wait_for("/recover", 1 + 9 + 3)[10:]
    equal({one.headers["webhook-id"] for one in again}, lost, "what came again")
    assert fine not in {one.headers["webhook-id"] for one in again}
    equal(str(finished(task).task.value), "endpoint.recover", "task")
    tasks = svix.background_task.list(BackgroundTaskListOptions()).data
    assert task.id in [one.id for one in tasks], "listed"
    refused(422, svix.endpoint.recover, app.id, where.id, RecoverIn(since=ago(days=30)))


def story_replay_missing_sends_what_was_never_sent():
    app = new_app(svix)
    early = {send(app, n) for n in (1, 2)}
    where = svix.endpoint.create(app.id, EndpointIn(url=receiver.url("/replay")))
    late = send(app, 3)
    receiver.wait_for("/replay", 1)
    task = svix.endpoint.replay_missing(app.id, where.id, ReplayIn(since=ago(hours=1)))
    ids = [one.headers["webhook-id"] for one in receiver.wait_for("/replay", 3)]
    equal(sorted(ids), sorted(early | {late}), "each once")
    finished(task)


def story_an_example_is_sent():
    app, name, other = new_app(svix), unique("order.made"), unique("order.bare")
    example = {"id": "o-1", "total": 12.5}
    schema = {"type": "object", "examples": [example]}
    svix.event_type.create(EventTypeIn(name=name, description="d", schemas={"1": schema}))
    svix.event_type.create(EventTypeIn(name=other, description="d"))
    where = svix.endpoint.create(app.id, EndpointIn(url=receiver.url("/example")))
    message = svix.endpoint.send_example(app.id, where.id, EventExampleIn(event_type=name))
    request = receiver.wait_for("/example", 1)[0]
    equal((request.headers["webhook-id"], json.loads(request.body)), (message.id, example), "the example")
    refused(400, svix.endpoint.send_example, app.id, where.id, EventExampleIn(event_type=other))


tell(globals())
