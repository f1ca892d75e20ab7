"""The report: everything in one page, nothing fetched, nothing executed that a document says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from askive.eval.report import write_report
from askive.eval.runs.run_dir import RunDir
from askive.models.errors import UsageError
from tests.eval.conftest import Runner
from tests.eval.runs.broken import AlwaysRefuses


def test_one_page_for_one_run(copied_run: Runner, tmp_path: Path) -> None:
    copied_run("a")
    html_path, markdown_path = write_report([tmp_path / "a"], tmp_path / "out" / "r.html")
    html, markdown = html_path.read_text(encoding="utf-8"), markdown_path.read_text(encoding="utf-8")
    assert html.count('<details class="q ') == 45
    assert not re.search(r'(?:src|href)="(?!data:)', html) and "@import" not in html and "url(" not in html
    assert "<mark>" in html and html.count("<svg") >= 3
    assert "| contains |" in markdown and "not scored" in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    header = next(at for at, line in enumerate(rows) if line.startswith("| figure"))
    assert re.fullmatch(r"\|(-+:?\|)+", rows[header + 1])
    assert rows[header].count("|") == rows[header + 1].count("|") == rows[header + 2].count("|")


def test_failures_first_and_what_is_not_listed_is_counted(copied_run: Runner, tmp_path: Path) -> None:
    copied_run("a", AlwaysRefuses)
    html = write_report([tmp_path / "a"], tmp_path / "r.html", max_questions=31)[0].read_text(
        encoding="utf-8"
    )
    outcomes = re.findall(r'data-outcome="([^"]+)"', html)
    assert outcomes == ["refused, but answerable"] * 30 + ["refused, rightly"]
    assert "14 not listed" in html


def test_documents_are_text_and_never_markup(copied_run: Runner, tmp_path: Path) -> None:
    copied_run("a", limit=3)
    rows = RunDir(tmp_path / "a").rows()
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">|`'
    for row in rows:
        row["question"] = row["answer"]["answer"] = row["note"] = evil
        row["gold"]["answers"] = [evil]
        for sentence in row["answer"]["sentences"]:
            sentence["text"] = evil
            for citation in sentence["citations"]:
                citation.update(quote=evil, before=evil, after=evil, title=evil)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "a" / "rows.jsonl").write_text(text, encoding="utf-8")
    html_path, markdown_path = write_report([tmp_path / "a"], tmp_path / "r.html")
    html = html_path.read_text(encoding="utf-8")
    assert "<script>alert" not in html and "<img" not in html and "&lt;script&gt;" in html
    assert "<script>" not in markdown_path.read_text(encoding="utf-8")


def test_runs_side_by_side(copied_run: Runner, tmp_path: Path) -> None:
    for name, pipeline in (("a", "default"), ("b", "plain"), ("c", "closed-book"), ("d", "plain")):
        copied_run(name, pipeline=pipeline, limit=12)
    html = write_report([tmp_path / n for n in "abcd"], tmp_path / "r.html")[0].read_text(encoding="utf-8")
    assert "plain (b)" in html and "plain (d)" in html and "closed-book" in html


def test_only_retrieval_has_a_report_too(copied_run: Runner, tmp_path: Path) -> None:
    copied_run("a", only_retrieval=True)
    html = write_report([tmp_path / "a"], tmp_path / "r.html")[0].read_text(encoding="utf-8")
    assert "retrieved" in html and "Risk and coverage" not in html


def test_no_run_no_report(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run"):
        write_report([tmp_path], tmp_path / "r.html")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_real_browser(copied_run: Runner, tmp_path: Path, chromium: str, scheme: str) -> None:
    from playwright.sync_api import sync_playwright

    copied_run("a")
    copied_run("b", AlwaysRefuses, pipeline="plain")
    path, _ = write_report([tmp_path / "a", tmp_path / "b"], tmp_path / "r.html")
    said: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme=scheme)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        assert page.locator(".q:visible").count() == 90
        page.select_option("select[name=outcome]", "!")
        failures = page.locator(".q:visible").count()
        assert 30 <= failures < 90
        assert page.locator(".filters output").inner_text() == f"{failures} of 90"
        page.select_option("select[name=type]", "off_topic")
        assert page.locator(".q:visible").count() <= 15
        page.select_option("select[name=outcome]", "")
        page.select_option("select[name=type]", "")
        page.fill("input[name=words]", "anchor aldermoor")
        # The things of a town are named in one another's citations, so more than the two questions may fit.
        assert 2 <= page.locator(".q:visible").count() < 90
        page.fill("input[name=words]", "no such words anywhere")
        assert page.locator(".nothing").is_visible()
        page.fill("input[name=words]", "")
        cited = page.locator(".q.good:has(mark)").first
        cited.locator("summary").click()
        assert cited.locator("mark").first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        shot = page.screenshot(path=str(tmp_path / f"report-{scheme}.png"))
        assert len(shot) > 20_000
        browser.close()
    assert said == []
    assert asked == [path.as_uri()]
