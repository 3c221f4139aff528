"""Keep one comment with a diff on a pull request (GitHub) or merge request (GitLab) up to date.

Runs on the service's own Python, with nothing installed. Where there is no request, or no right
to comment (a pull request from a fork has none), it says so and ends well: the diff stands in
the job's summary too.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, NamedTuple

PAGE = 100
MOST_PAGES = 30
LONGEST = 65_536


class Thread(NamedTuple):
    """The comments of one request: where they are, where a single one is, how to change it.

    With `bot`, those that people wrote are none of ours, however they begin.
    """

    comments: str
    single: str
    change: str
    headers: dict[str, str]
    bot: bool = False


def main() -> int:
    """Write the file that is named on the command line into the comment."""
    known_by = mark()
    with open(sys.argv[1], encoding="utf-8") as file:
        text = f"{known_by}\n{file.read()}"
    thread = github() or gitlab()
    if thread is None:
        print("there is no pull or merge request to comment on")
        return 0
    if len(text) > LONGEST:  # what an earlier run left must not be taken for this one's
        print("::warning title=calsync::the diff is too long for a comment")
        text = f"{known_by}\nThe diff is too long for a comment. It stands in the job's summary."
    try:
        known = earlier(thread, known_by)
        if known is None:
            ask("POST", thread.comments, thread, {"body": text})
        else:
            ask(thread.change, f"{thread.single}/{known}", thread, {"body": text})
    except urllib.error.HTTPError as error:
        print(f"::warning title=calsync::the diff could not be put into a comment: {error}")
    except (OSError, ValueError, http.client.HTTPException) as error:
        print(f"::warning title=calsync::the service did not answer: {error}")
    return 0


def mark() -> str:
    """Return the line by which a comment is found again: one for each policy directory."""
    folder = os.path.abspath(os.environ.get("CALSYNC_POLICIES") or "policies")
    place = os.path.relpath(folder, os.environ.get("GITHUB_WORKSPACE") or ".")
    if place == "policies":
        return "<!-- calsync diff -->"
    return f"<!-- calsync diff of {urllib.parse.quote(place).replace('-', '%2D')} -->"


def github() -> Thread | None:
    """Return where the comments of this pull request are, or None."""
    path = os.environ.get("GITHUB_EVENT_PATH")
    if not path or not os.environ.get("GITHUB_REPOSITORY"):
        return None
    with open(path, encoding="utf-8") as file:
        number = (json.load(file).get("pull_request") or {}).get("number")
    if number is None:
        return None
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    issues = f"{api}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    token = os.environ.get("CALSYNC_TOKEN", "")
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
    }
    bot = token.startswith("ghs_")  # an app's token, as that of a job is, and no person's
    return Thread(f"{issues}/{number}/comments", f"{issues}/comments", "PATCH", headers, bot)


def gitlab() -> Thread | None:
    """Return where the notes of this merge request are, or None."""
    number = os.environ.get("CI_MERGE_REQUEST_IID")
    token = os.environ.get("CALSYNC_TOKEN")
    if not number or not token:
        return None
    project = f"{os.environ['CI_API_V4_URL']}/projects/{os.environ['CI_PROJECT_ID']}"
    notes = f"{project}/merge_requests/{number}/notes"
    return Thread(notes, notes, "PUT", {"PRIVATE-TOKEN": token})


def earlier(thread: Thread, known_by: str) -> int | None:
    """Return the id of the comment that an earlier run left, or None."""
    for page in range(1, MOST_PAGES + 1):
        found = ask("GET", f"{thread.comments}?per_page={PAGE}&page={page}", thread)
        for one in found:
            by_person = thread.bot and (one.get("user") or {}).get("type") != "Bot"
            if (one.get("body") or "").startswith(known_by) and not by_person:
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
