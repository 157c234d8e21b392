"""The page in a real Chromium: its background is the version's colour, its text is readable, nothing comes from outside."""
import contextlib
import re
import shutil
import socket

import pytest

from support.programs import App

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

COLOURS = {"white": (255, 255, 255), "green": (0, 128, 0), "yellow": (255, 255, 0), "black": (0, 0, 0), "#777": (119, 119, 119),
           "red": (255, 0, 0), "rebeccapurple": (102, 51, 153)}


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync"])
        yield chromium
        chromium.close()


def luminance(colour):
    """Relative luminance of WCAG 2.1."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.03928 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def rgb(computed):
    """The colour of a computed style, and its opacity."""
    numbers = [float(n) for n in re.findall(r"[\d.]+", computed)]
    return tuple(numbers[:3]), numbers[3] if len(numbers) > 3 else 1.0


# For each element with text of its own: that text, its colour, and the first opaque background at or above it.
TEXTS = """() => [...document.body.querySelectorAll('*')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
    && !['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(e.tagName) && e.getClientRects().length).map(e => {
  let at = e; const background = () => getComputedStyle(at).backgroundColor;
  while (at.parentElement && /rgba\\(.*, 0\\)|transparent/.test(background())) at = at.parentElement;
  return [e.textContent.trim(), getComputedStyle(e).color, background(), getComputedStyle(e).opacity];
})"""


@pytest.mark.parametrize("colour", COLOURS)
def test_page_has_the_colour_and_readable_text(browser, colour):
    with App("v7", colour, "canary") as app, contextlib.closing(browser.new_page()) as page:
        page.goto(app.ready().url + "/")
        background, _ = rgb(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert background == COLOURS[colour]
        texts = page.evaluate(TEXTS)
        assert texts
        for text, front_style, behind, opacity in texts:
            (front, alpha), (back, back_alpha) = rgb(front_style), rgb(behind)
            assert alpha == 1 and back_alpha == 1 and float(opacity) == 1, f"'{text}' is see-through"
            assert contrast(front, back) >= 4.5, f"'{text}': {front} on {back}"


def test_page_names_version_colour_track_host_and_uptime(browser):
    with App("v2.1+b7", "green", "canary") as app, contextlib.closing(browser.new_page()) as page:
        page.goto(app.ready().url + "/")
        shown = page.inner_text("body")
        for word in ("v2.1+b7", "green", "canary", socket.gethostname()):
            assert word in shown
        assert re.search(r"\d+\s*s", shown), "uptime"


def test_page_asks_nobody_else_and_reports_no_error(browser):
    with App("v1", "white", "stable") as app, contextlib.closing(browser.new_page()) as page:
        asked, errors = [], []
        page.on("request", lambda r: asked.append(r.url))
        page.on("console", lambda m: m.type == "error" and errors.append(m.text))
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.goto(app.ready().url + "/", wait_until="load")
        page.wait_for_selector("body")
        assert all(url.startswith((app.url, "data:")) for url in asked), asked
        assert not errors


def test_page_fits_a_phone_without_scrolling_sideways(browser):
    with App("v1", "white", "stable") as app:
        with contextlib.closing(browser.new_page(viewport={"width": 320, "height": 640})) as page:
            page.goto(app.ready().url + "/")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
