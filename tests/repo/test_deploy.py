"""The files for deployment call commands that exist. Neither Docker nor systemd is needed."""

from __future__ import annotations

import json
import re
import shlex

import yaml

from tests.repo.test_readme import ROOT, check_call

DEPLOY = ROOT / "docs" / "deploy"


def test_their_commands_exist() -> None:
    unit = (DEPLOY / "askive.service").read_text(encoding="utf-8")
    (start,) = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)
    docker = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    (command,) = re.findall(r"^CMD (\[\".+\])$", docker, re.MULTILINE)
    comments = re.findall(
        r"^#   docker .* askive ((?:models|token) .+)$", (DEPLOY / "compose.yaml").read_text(), re.MULTILINE
    )
    assert len(comments) == 2
    for words in (shlex.split(start)[1:], json.loads(command), *map(shlex.split, comments)):
        check_call(words)


def test_compose_is_consistent() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]
    built = services["askive"]
    assert (DEPLOY / built["build"]["context"] / built["build"]["dockerfile"]).is_file()
    host, port = re.fullmatch(
        r"openai:http://(\w+):(\d+)/v1", built["environment"]["ASKIVE_GENERATOR"]
    ).groups()  # type: ignore[union-attr]
    assert port in services[host]["command"]
    assert all(address.startswith("127.0.0.1:") for address in built["ports"]), "TLS is the proxy's business"
