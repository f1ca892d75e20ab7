"""Unexpected errors: users get a number, the log has the text under it."""

from __future__ import annotations

import errno
import json
import re

import pytest

from askive.models.errors import UsageError
from askive.ui.chat.http.failures import Failures
from askive.ui.failures import reported
from askive.ui.server.failures import error_body

SECRET = "the passage about Ida Falk"


def test_the_text_of_an_unexpected_error_is_in_the_log_only(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise RuntimeError(f"cannot parse {SECRET}\nin two lines")
    except RuntimeError as error:
        shown = reported(error, "answering", "askive serve")
    body = json.dumps(error_body(shown))
    logged = capsys.readouterr().err
    assert SECRET not in body and "RuntimeError" not in body
    number = re.search(r"number ([0-9a-f]{8})", shown.message)
    assert number is not None and shown.kind == "failure" and "askive serve" in shown.remedy
    assert f"error {number[1]}: answering failed: RuntimeError: cannot parse {SECRET}" in logged
    assert "test_failures.py:" in logged and logged.count("\n") == 1


def test_what_is_made_for_users_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    error = UsageError("the question is empty", remedy="ask one")
    assert reported(error, "asking") is error
    assert capsys.readouterr().err == ""


def test_an_error_of_the_system_has_its_remedy_and_no_path(capsys: pytest.CaptureFixture[str]) -> None:
    shown = reported(OSError(errno.ENOSPC, "No space left on device", f"/home/{SECRET}"), "adding a file")
    assert shown.message == "the system refused it: No space left on device"
    assert "free some disk space" in shown.remedy
    assert SECRET in capsys.readouterr().err


def test_a_request_that_fails_gets_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.routing import Route
    from starlette.testclient import TestClient

    async def failing(_request: Request) -> None:
        raise KeyError(SECRET)

    for who, body in (("askive chat", None), ("askive serve", error_body)):
        app = Starlette(routes=[Route("/", failing)])
        app.add_middleware(Failures, who=who, **({"body": body} if body else {}))
        answered = TestClient(app).get("/")
        assert answered.status_code == 500 and SECRET not in answered.text
        told = answered.json().get("error", answered.json())
        assert told["message"].removeprefix("an unexpected error, number ") in capsys.readouterr().err
