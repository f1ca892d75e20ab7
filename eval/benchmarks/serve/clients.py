"""Other people's programs against the server: schemathesis, and the tests with the real OpenAI and MCP clients."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from askive.eval.benchmarks.serve.running import ServeRow, serving
from askive.rag.config import Config

_CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance"
)
_TESTS = Path("tests/ui/server")


def bench_schema(config: Config, n_examples: int) -> ServeRow:
    """Schemathesis over the OpenAPI document, with so many examples for each operation."""
    with serving(config) as running:
        report = config.home / "schemathesis.json"
        subprocess.run(
            [
                sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run", f"http://127.0.0.1:{running.port}/openapi.json",
                "--phases", "examples,fuzzing", "--max-examples", str(n_examples), "--checks", _CHECKS,
                "--generation-deterministic", "--continue-on-failure", "--no-color",
                "--report-json-path", str(report),
            ],
            cwd=config.home,
            stdout=(config.home / "schemathesis.log").open("w"),
            check=False,
        )  # fmt: skip
    log = (config.home / "schemathesis.log").read_text(encoding="utf-8")
    cases = re.search(r"(\d+) generated", log)
    failures = re.findall(r"- (ST\d+ [^\n]+)", log)
    n_cases = int(cases[1]) if cases else 0
    return ServeRow(
        "schemathesis over the OpenAPI document",
        "no server error, no undocumented status",
        f"{len(failures)} failures in {n_cases} requests" + (f": {failures[0]}" if failures else ""),
        n_cases > 0 and not failures,
        {"n": n_cases},
    )


def bench_clients() -> ServeRow:
    """The tests with the real clients: stream, tools, errors, cancellation. Needs the repository."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(_TESTS / "test_openai.py"), str(_TESTS / "test_mcp.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    summary = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else json.dumps(done.stderr[-200:])
    return ServeRow(
        "the real `openai` client and the MCP client",
        "stream, tools, errors, cancellation work",
        summary,
        done.returncode == 0,
    )
