"""Keep one comment with a diff on a pull request (GitHub) or merge request (GitLab) up to date.

Runs on the service's own Python, with nothing installed. Where there is no request, or no right
to comment (a pull request from a fork has none), it says so and ends well: the diff stands in
the job's summary too.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.request
from typing import Any, NamedTuple

MARK = "<!-- calsync diff -->"
PAGE = 100
MOST_PAGES = 30
LONGEST = 65_536


class Thread(NamedTuple):
    """The comments of one request: where they are, where a single one is, how to change it."""

    comments: str
    single: str
    change: str
    headers: dict[str, str]


def main() -> int:
    """Write the file that is named on the command line into the comment."""
    with open(sys.argv[1], encoding="utf-8") as file:
        text = f"{MARK}\n{file.read()}"
    thread = github() or gitlab()
    if thread is None:
        print("there is no pull or merge request to comment on")
        return 0
    if len(text) > LONGEST:
        print("::warning title=calsync::the diff is too long for a comment")
        return 0
    try:
        known = earlier(thread)
        if known is None:
            ask("POST", thread.comments, thread, {"body": text})
        else:
            ask(thread.change, f"{thread.single}/{known}", thread, {"body": text})
    except urllib.error.HTTPError as error:
        print(f"::warning title=calsync::the diff could not be put into a comment: {error}")
    except OSError as error:
        print(f"::warning title=calsync::the service did not answer: {error}")
    return 0


def github() -> Thread | None:
    """Return where the comments of this pull request are, or None."""
    path = os.environ.get("GITHUB_EVENT_PATH")
    if not path or not os.environ.get("GITHUB_REPOSITORY"):
        return None
    with open(path, encoding="utf-8") as file:
        number = json.load(file).get("pull_request", {}).get("number")
    if number is None:
        return None
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    issues = f"{api}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    headers = {
        "Authorization": f"Bearer {os.environ.get('CALSYNC_TOKEN', '')}",
        "Accept": "application/vnd.github+json",
    }
    return Thread(f"{issues}/{number}/comments", f"{issues}/comments", "PATCH", headers)


def gitlab() -> Thread | None:
    """Return where the notes of this merge request are, or None."""
    number = os.environ.get("CI_MERGE_REQUEST_IID")
    token = os.environ.get("CALSYNC_TOKEN")
    if not number or not token:
        return None
    project = f"{os.environ['CI_API_V4_URL']}/projects/{os.environ['CI_PROJECT_ID']}"
    notes = f"{project}/merge_requests/{number}/notes"
    return Thread(notes, notes, "PUT", {"PRIVATE-TOKEN": token})


def earlier(thread: Thread) -> int | None:
    """Return the id of the comment that an earlier run left, or None."""
    for page in range(1, MOST_PAGES + 1):
        found = ask("GET", f"{thread.comments}?per_page={PAGE}&page={page}", thread)
        for one in found:
            if (one.get("body") or "").startswith(MARK):
                return int(one["id"])
        if len(found) < PAGE:
            return None
    return None


def ask(method: str, address: str, thread: Thread, content: dict[str, str] | None = None) -> Any:
    """Ask the service, and return what it answers."""
    if not re.match("https?://", address):
        raise OSError("the service's address is not one of the web")
    data = None if content is None else json.dumps(content).encode()
    headers = {**thread.headers, "Content-Type": "application/json", "User-Agent": "calsync"}
    request = urllib.request.Request(address, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
