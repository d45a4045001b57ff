"""What every story needs: a client of the server under test, and ways to say what is expected."""

import os
import sys
import time
import traceback
import uuid
from datetime import datetime, timedelta, timezone

from svix.api import ApplicationIn, Svix, SvixOptions
from svix.exceptions import HttpError, HTTPValidationError

PATIENCE_SECONDS = 30


def client(token=None):
    """The official SDK's client; by default with the organisation's token."""
    options = SvixOptions(server_url=os.environ["HOOKWIRE_URL"], timeout=PATIENCE_SECONDS)
    return Svix(token or os.environ["HOOKWIRE_TOKEN"], options)


def new_app(svix, name="an app"):
    return svix.application.create(ApplicationIn(name=name, uid=unique("app")))


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def now():
    return datetime.now(timezone.utc)


def ago(**how_long):
    return now() - timedelta(**how_long)


def equal(seen, wanted, what=""):
    assert seen == wanted, f"{what}: wanted {wanted!r}, saw {seen!r}"


def refused(status, call, *arguments):
    """Asserts that the call fails with this status, as an exception that the SDK could parse, and returns it."""
    try:
        answer = call(*arguments)
    except HTTPValidationError as error:
        equal(status, 422, "the SDK raised its validation error")
        assert error.detail and error.detail[0].msg, f"an empty 422: {error}"
        return error
    except HttpError as error:
        equal(error.status_code, status, f"status of {error}")
        assert error.code and error.detail, f"an error without code or detail: {error!r}"
        return error
    raise AssertionError(f"wanted a refusal with {status}, got {answer!r}")


def eventually(what, look):
    """Calls `look` until what it returns is true, and returns that; for states that only the API can tell."""
    began = time.monotonic()
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() - began < PATIENCE_SECONDS, f"waited in vain for: {what}"
        time.sleep(0.02)


def all_pages(list_page, page_size):
    """Walks a list forward; returns its pages. Checks what every page promises."""
    pages, iterator = [], None
    while True:
        page = list_page(iterator, page_size)
        assert len(page.data) <= page_size, f"a page of {len(page.data)} with limit {page_size}"
        pages.append(page)
        if page.done:
            return pages
        assert page.iterator, "a page that is not the last one has an iterator"
        iterator = page.iterator
        assert len(pages) < 100, "a list without an end"


def tell(stories):
    """Runs every function whose name starts with `story_`, in order; ends the process with 1 when one fails."""
    failed = 0
    for name, story in list(stories.items()):
        if not name.startswith("story_"):
            continue
        try:
            story()
            print(f"ok      {name}")
        except Exception:
            failed += 1
            print(f"FAILED  {name}\n{traceback.format_exc()}")
    sys.stdout.flush()
    sys.exit(1 if failed else 0)
