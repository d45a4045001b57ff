"""Event types, through the official SDK."""

from story import all_pages, client, equal, refused, tell, unique
from svix.api import (
    EventTypeDeleteOptions,
    EventTypeIn,
    EventTypeListOptions,
    EventTypePatch,
    EventTypeUpsertIn,
)

SCHEMAS = {"1": {"type": "object", "properties": {"id": {"type": "string"}}}}

svix = client()


def names(**options):
    return [one.name for one in svix.event_type.list(EventTypeListOptions(limit=250, **options)).data]


def story_everything_given_on_creation_is_kept():
    name = unique("user.signup")
    made = svix.event_type.create(
        EventTypeIn(
            name=name, description="A user signed up", schemas=SCHEMAS, group_name="user", feature_flags=["beta"]
        )
    )
    equal((made.name, made.description, made.archived, made.deprecated), (name, "A user signed up", False, False))
    equal((made.group_name, made.feature_flags, made.schemas), ("user", ["beta"], SCHEMAS), "created")
    equal(svix.event_type.get(name).schemas, SCHEMAS, "read back")
    error = refused(409, svix.event_type.create, EventTypeIn(name=name, description="again"))
    assert "exists" in error.code or error.code == "conflict", error


def story_lists_are_paged_by_name_and_may_hold_the_schemas():
    made = sorted(unique("paged") for _ in range(7))
    for name in made:
        svix.event_type.create(EventTypeIn(name=name, description="d", schemas=SCHEMAS))
    pages = all_pages(
        lambda iterator, limit: svix.event_type.list(EventTypeListOptions(iterator=iterator, limit=limit)), 3
    )
    assert len(pages) > 2, "there should be more than two pages"
    listed = [one for page in pages for one in page.data]
    equal([one.name for one in listed if one.name in made], made, "by name")
    assert all(one.schemas is None for one in listed), "schemas only when asked for"
    full = svix.event_type.list(EventTypeListOptions(with_content=True, limit=250)).data
    assert all(one.schemas == SCHEMAS for one in full if one.name in made), "schemas when asked for"


def story_a_patch_changes_only_what_it_names():
    name = unique("order")
    svix.event_type.create(EventTypeIn(name=name, description="old", schemas=SCHEMAS))
    changed = svix.event_type.patch(name, EventTypePatch(description="new", deprecated=True))
    equal((changed.description, changed.deprecated, changed.schemas), ("new", True, SCHEMAS), "patched")


def story_put_updates_or_creates_under_the_name_of_the_path():
    name = unique("order")
    made = svix.event_type.upsert(name, EventTypeUpsertIn(description="one"))
    equal((made.name, made.description), (name, "one"), "created")
    equal(svix.event_type.upsert(name, EventTypeUpsertIn(description="two")).description, "two", "updated")
    assert name in names(), "listed"


def story_archived_types_are_hidden_and_can_come_back():
    name = unique("gone")
    svix.event_type.create(EventTypeIn(name=name, description="d"))
    svix.event_type.delete(name)
    assert name not in names(), "an archived type is not listed"
    assert name in names(include_archived=True), "unless asked for"
    equal(svix.event_type.get(name).archived, True, "archived")
    svix.event_type.create(EventTypeIn(name=name, description="back"))
    equal(svix.event_type.get(name).archived, False, "un-archived by creating it again")


def story_expunged_types_are_gone():
    name = unique("gone")
    svix.event_type.create(EventTypeIn(name=name, description="d"))
    svix.event_type.delete(name, EventTypeDeleteOptions(expunge=True))
    refused(404, svix.event_type.get, name)
    assert name not in names(include_archived=True), "not even among the archived"


def story_bad_input_is_refused():
    refused(422, svix.event_type.create, EventTypeIn(name="no spaces", description="d"))
    refused(422, svix.event_type.create, EventTypeIn(name=unique("x"), description="d", schemas={"1": {"type": 7}}))
    refused(404, svix.event_type.patch, unique("missing"), EventTypePatch(description="d"))


tell(globals())
