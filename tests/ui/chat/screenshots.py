"""Pictures of the chat for the README, with the real models: `make screenshots`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from askive.rag.config import default_home
from tests.ui.chat.browser_chat import serving

FOLDER = Path(__file__).parent.parent.parent.parent / "docs" / "images"
WIDE = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}
QUESTION = "How many jets and helicopters did Russia have in Latakia?"
REFUSED = "What does the museum of Oslo charge for a ticket?"


def main() -> None:
    """Ask, open a source, and take pictures in light, dark, and on a phone."""
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "models").symlink_to(default_home() / "models", target_is_directory=True)
        with serving(home, "--collection", "seeds") as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport=WIDE, color_scheme="light")
            page.set_default_timeout(120_000)
            page.goto(url)
            page.wait_for_selector("body[data-ready]")
            for question in (REFUSED, QUESTION):
                page.click("#new-conversation")
                page.fill("#question", question)
                page.press("#question", "Enter")
                page.locator(".cost").wait_for()
            page.locator(".text .citation").first.click()
            page.locator("#source-body mark").wait_for()

            def picture(name: str) -> None:
                page.mouse.move(0, 0)
                page.wait_for_timeout(400)
                page.screenshot(path=FOLDER / f"{name}.png")

            picture("light")
            page.emulate_media(color_scheme="dark")
            picture("dark")
            page.set_viewport_size(PHONE)
            page.emulate_media(color_scheme="light")
            picture("phone-source")
            page.click("#close-source")
            picture("phone")
            page.set_viewport_size(WIDE)
            page.get_by_role("link", name=REFUSED).click()
            page.locator(".refusal").wait_for()
            picture("refusal")
            browser.close()


if __name__ == "__main__":
    main()
