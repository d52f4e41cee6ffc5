"""Jira Cloud's REST API v3, written from its published reference: issues, comments, transitions, search."""

import base64
import re
from typing import Any

from tests.blocks.channels.fake_service import Asked, FakeService, Given

USER, TOKEN, PROJECT = "bot@example.com", "ATATT3xFfGF0aaaaaaaaaaaa", "OPS"


class JiraDouble(FakeService):
    """One site with one project and a workflow of two states."""

    def __init__(self) -> None:
        super().__init__()
        self.issues: dict[str, dict[str, Any]] = {}

    def answer(self, asked: Asked) -> Given:
        """By path."""
        login = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {login}":
            return Given(401, {"errorMessages": ["Client must be authenticated to access this resource."]})
        path = asked.path.removeprefix("/rest/api/3")
        if (asked.method, path) == ("POST", "/issue"):
            return self._open(asked.json)
        if (asked.method, path) == ("POST", "/search/jql"):
            return self._search(asked.json)
        if (alone := re.fullmatch(r"/issue/([A-Z]+-\d+)", path)) and alone[1] in self.issues:
            return self._status(self.issues[alone[1]], asked)
        found = re.fullmatch(r"/issue/([A-Z]+-\d+)/(comment|transitions|properties/[\w.]+)", path)
        if not found or found[1] not in self.issues:
            return Given(
                404, {"errorMessages": ["Issue does not exist or you do not have permission to see it."]}
            )
        issue = self.issues[found[1]]
        if found[2] == "comment":
            return self._comment(issue, asked)
        if found[2] == "transitions":
            return self._transition(issue, asked)
        name = found[2].removeprefix("properties/")
        value = issue["properties"].get(name)
        return (
            Given(404, {"errorMessages": ["no property"]})
            if value is None
            else Given(200, {"key": name, "value": value})
        )

    def _open(self, given: Any) -> Given:
        errors = issue_errors(given)
        if errors:
            return Given(400, {"errorMessages": [], "errors": errors})
        key = f"{PROJECT}-{len(self.issues) + 1}"
        properties = {one["key"]: one["value"] for one in given.get("properties", [])}
        self.issues[key] = given["fields"] | {
            "key": key,
            "status": "To Do",
            "comments": [],
            "properties": properties,
        }
        return Given(201, {"id": "1", "key": key, "self": "https://example.com/1"})

    def _status(self, issue: dict[str, Any], asked: Asked) -> Given:
        if asked.method != "GET" or asked.query.get("fields") != "status":
            return Given(400, {"errorMessages": ["only the status is kept here"]})
        category = {"To Do": "new", "Done": "done"}.get(issue["status"], "indeterminate")
        status = {"name": issue["status"], "statusCategory": {"key": category}}
        return Given(200, {"key": issue["key"], "fields": {"status": status}})

    def _search(self, given: Any) -> Given:
        found = re.fullmatch(
            r'project = "(\w+)" AND labels = "([^"\s]+)" ORDER BY created', given.get("jql", "")
        )
        if not found or not isinstance(given.get("fields", []), list):
            return Given(400, {"errorMessages": ["Error in the JQL Query"]})
        fitting = [
            one for one in self.issues.values() if found[1] == PROJECT and found[2] in one.get("labels", [])
        ]
        shown = fitting[: given.get("maxResults", 50)]
        return Given(200, {"isLast": True, "issues": [{"id": "1", "key": one["key"]} for one in shown]})

    def _comment(self, issue: dict[str, Any], asked: Asked) -> Given:
        if asked.method == "GET":
            shown = issue["comments"]
            if "properties" not in asked.query.get("expand", ""):
                shown = [{"id": one["id"], "body": one["body"]} for one in shown]
            return Given(200, {"comments": shown, "total": len(shown)})
        if wrong := document_error(asked.json.get("body")):
            return Given(400, {"errors": {"comment": wrong}})
        made = {"id": str(len(issue["comments"]) + 100), **asked.json}
        issue["comments"].append(made)
        return Given(201, made)

    def _transition(self, issue: dict[str, Any], asked: Asked) -> Given:
        there = [] if issue["status"] == "Done" else [{"id": "31", "name": "Done"}]
        if asked.method == "GET":
            return Given(200, {"transitions": there})
        if asked.json.get("transition", {}).get("id") not in [one["id"] for one in there]:
            return Given(
                400, {"errorMessages": ["It seems that you have tried to perform an illegal operation."]}
            )
        issue["status"] = "Done"
        return Given(204)


def issue_errors(given: Any) -> dict[str, str]:
    """What is wrong with a new issue, by field."""
    fields = (given or {}).get("fields") or {}
    errors = {}
    if fields.get("project", {}).get("key") != PROJECT:
        errors["project"] = "valid project is required"
    if not fields.get("issuetype", {}).get("name"):
        errors["issuetype"] = "Specify a valid issue type"
    summary = fields.get("summary", "")
    if not summary.strip():
        errors["summary"] = "You must specify a summary of the issue."
    elif len(summary) > 255:
        errors["summary"] = "Summary can't exceed 255 characters."
    elif "\n" in summary:
        errors["summary"] = "The summary is invalid because it contains newline characters."
    if wrong := document_error(fields.get("description")):
        errors["description"] = wrong
    if any(" " in one or len(one) > 255 for one in fields.get("labels", [])):
        errors["labels"] = "The label contains spaces which is invalid."
    return errors


def document_error(document: Any) -> str:
    """Why something is no Atlassian document, or empty."""
    if not isinstance(document, dict) or document.get("type") != "doc" or document.get("version") != 1:
        return "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
    for paragraph in document.get("content", []):
        if paragraph.get("type") != "paragraph":
            return "unknown node"
        for one in paragraph.get("content", []):
            if one.get("type") != "text" or not one.get("text"):
                return "a text node holds text"
    text = sum(len(one["text"]) for part in document["content"] for one in part.get("content", []))
    return (
        "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
        if text > 32_767
        else ""
    )
