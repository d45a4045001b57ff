"""Applications, through the official SDK."""

from story import all_pages, client, equal, refused, tell, unique
from svix.api import ApplicationIn, ApplicationListOptions, ApplicationPatch
from svix.models import Ordering

svix = client()


def story_what_was_created_can_be_read_by_id_and_by_uid():
    uid = unique("acme")
    made = svix.application.create(ApplicationIn(name="Acme", uid=uid, throttle_rate=7, metadata={"plan": "gold"}))
    assert made.id.startswith("app_"), made.id
    equal((made.name, made.uid, made.throttle_rate, made.metadata), ("Acme", uid, 7, {"plan": "gold"}), "created")
    equal(svix.application.get(made.id), made, "by id")
    equal(svix.application.get(uid), made, "by uid")


def story_a_uid_is_taken_once():
    uid = unique("acme")
    made = svix.application.create(ApplicationIn(name="Acme", uid=uid))
    error = refused(409, svix.application.create, ApplicationIn(name="Other", uid=uid))
    equal(error.code, "conflict", "code")
    same = svix.application.get_or_create(ApplicationIn(name="Other", uid=uid))
    equal((same.id, same.name), (made.id, "Acme"), "get_or_create of one that exists")
    fresh = svix.application.get_or_create(ApplicationIn(name="New", uid=unique("new")))
    equal(fresh.name, "New", "get_or_create of one that does not exist")


def story_lists_are_paged_both_ways():
    made = [svix.application.create(ApplicationIn(name=f"app {n}")).id for n in range(8)]

    def page_of(order):
        return lambda iterator, limit: svix.application.list(
            ApplicationListOptions(iterator=iterator, limit=limit, order=order)
        )

    pages = all_pages(page_of(Ordering.ASCENDING), 3)
    assert len(pages) > 2, "there should be more than two pages"
    ids = [one.id for page in pages for one in page.data]
    equal(len(ids), len(set(ids)), "no application is listed twice")
    equal([one for one in ids if one in made], made, "oldest first")
    back = [one.id for page in all_pages(page_of(Ordering.DESCENDING), 3) for one in page.data]
    equal(back, ids[::-1], "newest first")
    before = svix.application.list(ApplicationListOptions(iterator=pages[2].prev_iterator, limit=3))
    equal([one.id for one in before.data], [one.id for one in pages[1].data], "the page before the third")


def story_a_patch_changes_only_what_it_names():
    uid = unique("acme")
    made = svix.application.create(ApplicationIn(name="Acme", uid=uid, metadata={"a": "1"}))
    changed = svix.application.patch(made.id, ApplicationPatch(name="Acme Ltd"))
    equal((changed.name, changed.uid, changed.metadata), ("Acme Ltd", uid, {"a": "1"}), "patched")
    changed = svix.application.patch(made.id, ApplicationPatch(uid=None))
    equal(changed.uid, None, "uid after it was unset")
    refused(404, svix.application.get, uid)


def story_put_updates_or_creates():
    uid = unique("acme")
    made = svix.application.upsert(uid, ApplicationIn(name="Acme", uid=uid))
    again = svix.application.upsert(uid, ApplicationIn(name="Acme Ltd", uid=uid, metadata={"b": "2"}))
    equal((again.id, again.name, again.metadata), (made.id, "Acme Ltd", {"b": "2"}), "updated")


def story_what_was_deleted_is_gone_and_its_uid_is_free():
    uid = unique("acme")
    made = svix.application.create(ApplicationIn(name="Acme", uid=uid))
    svix.application.delete(uid)
    refused(404, svix.application.get, made.id)
    refused(404, svix.application.get, uid)
    refused(404, svix.application.delete, made.id)
    refused(404, svix.endpoint.list, made.id)
    again = svix.application.create(ApplicationIn(name="Acme", uid=uid))
    assert again.id != made.id, "a new application has a new id"


def story_bad_input_is_refused():
    refused(422, svix.application.create, ApplicationIn(name=""))
    refused(422, svix.application.create, ApplicationIn(name="x", uid="no spaces please"))
    refused(422, svix.application.create, ApplicationIn(name="x", uid="app_looks_like_an_id"))
    refused(422, svix.application.create, ApplicationIn(name="x", metadata={"k": "v" * 5000}))


tell(globals())
