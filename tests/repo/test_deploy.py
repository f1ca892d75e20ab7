"""The files for deployment call commands that exist. Neither Docker nor systemd is needed."""

from __future__ import annotations

import json
import re
import shlex
import tomllib

import yaml

from askive.models.remote.transport import address_of
from askive.rag.config import DEFAULT_GENERATOR, list_settings
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
        r"openai:http://(\w+):(\d+)/v1#.+", built["environment"]["ASKIVE_GENERATOR"]
    ).groups()  # type: ignore[union-attr]
    assert port in services[host]["command"]
    # What a name of the catalog promises must be what is served.
    model = address_of(built["environment"]["ASKIVE_GENERATOR"])[1]
    assert model == DEFAULT_GENERATOR
    assert f"/data/models/{model}/{model}.gguf" in services[host]["command"]
    assert built["volumes"] == ["data:/data"] and "data:/data:ro" in services[host]["volumes"]
    assert all(address.startswith("127.0.0.1:") for address in built["ports"]), "TLS is the proxy's business"


def test_their_variables_are_settings_and_their_extras_exist() -> None:
    known = {setting.variable for setting in list_settings(as_shipped=True)} | {"ASKIVE_HOME"}
    texts = {path.name: path.read_text(encoding="utf-8") for path in DEPLOY.iterdir()}
    built = yaml.safe_load(texts["compose.yaml"])["services"]["askive"]
    named = {
        *built["environment"],
        *re.findall(r"(ASKIVE_\w+)=", texts["askive.service"] + texts["Dockerfile"]),
    }
    assert named <= known
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    (default,) = re.findall(r"^ARG EXTRAS=(\S+)$", texts["Dockerfile"], re.MULTILINE)
    assert {*default.split(","), *built["build"]["args"]["EXTRAS"].split(",")} <= set(extras)
