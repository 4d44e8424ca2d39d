"""The page of a study in a browser, on a computer and on a phone: filled in by mouse, touch and keys, left and resumed.

It needs a Chromium of the system: `apt install chromium`, or its path in CHROMIUM.
"""

import json
import os
import re
import shutil

import pytest
from studies import METHODS, make_study

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
SCALES = ("naturalness", "bleeding_removal", "colorfulness")
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """Function that opens the page of a study; nothing but files may be asked for, and no script may fail."""
    contexts = []

    def open_(study, window):
        context = browser.new_context(**window)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.errors = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto((study / "page" / "index.html").as_uri())
        return page

    yield open_
    for context in contexts:
        assert [page.errors for page in context.pages] == [[]] * len(context.pages)
        asked = [url for page in context.pages for url in page.asked]
        assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
        context.close()


def saved(page):
    with page.expect_download() as download:
        page.click("#save")
    with open(download.value.path(), encoding="utf-8") as file:
        return json.load(file)


def methods_of(study):
    return {name: about["method"] for name, about in json.loads((study / "key.json").read_text())["pictures"].items()}


def picture_of(figure):
    return re.search(r"(\w+)\.jpg", figure.locator("img").get_attribute("src"))[1]


def fill_in(page, score_of, press):
    """Scores the group on the page by a function of a picture; `press` picks a score of a scale."""
    for figure in page.locator("figure").all():
        picture = picture_of(figure)
        for scale in figure.locator("fieldset").all():
            press(scale, score_of(picture))


def tap(scale, score):
    scale.locator("label").nth(score).tap()


def click(scale, score):
    scale.locator("label").nth(score).click()


def key(scale, score):
    scale.locator("input").first.focus()
    scale.page.keyboard.press("t" if score == 10 else str(score))


@pytest.mark.parametrize(("window", "press"), [(DESKTOP, click), (DESKTOP, key), (PHONE, tap)])
def test_groups_are_scored_and_saved(tmp_path, open_page, window, press):
    study = make_study(tmp_path, groups=2)
    methods = methods_of(study)
    page = open_page(study, window)
    assert page.locator("#next").inner_text() == "Begin"
    page.keyboard.press("Enter")
    for _ in range(2):
        assert page.locator("#next").is_disabled()
        assert page.locator("figure").count() == len(METHODS)
        assert all(page.evaluate("[...document.images].map(image => image.naturalWidth)"))
        fill_in(page, lambda picture: METHODS.index(methods[picture]) + 7, press)
        assert page.evaluate("document.documentElement.scrollWidth") <= window["viewport"]["width"]
        page.click("#next")
    assert page.evaluate("document.getElementById('progress').value") == 1
    file = saved(page)
    assert file["kind"] == "scores"
    assert {answer["picture"] for answer in file["answers"]} == methods.keys()
    for answer in file["answers"]:
        assert {answer[scale] for scale in SCALES} == {METHODS.index(methods[answer["picture"]]) + 7}


def test_a_study_goes_on_where_it_was_left_and_part_of_it_can_be_saved(tmp_path, open_page):
    study = make_study(tmp_path, groups=3)
    page = open_page(study, DESKTOP)
    page.click("#next")
    fill_in(page, lambda _: 5, click)
    page.click("#next")
    page.locator("fieldset").first.locator("label").nth(8).click()
    before = page.locator("img").first.get_attribute("src")
    page.reload()
    assert page.locator("#place").inner_text() == "2 of 3"
    assert page.locator("img").first.get_attribute("src") == before
    assert page.locator("fieldset").first.locator("input").nth(8).is_checked()
    assert len(saved(page)["answers"]) == len(METHODS)  # a group that is half done is left out
    page.keyboard.press("Backspace")
    assert page.locator("#place").inner_text() == "1 of 3"
    assert page.locator("input:checked").count() == 3 * len(METHODS)


def test_raters_see_other_orders_and_no_names_of_methods(tmp_path, open_page):
    study = make_study(tmp_path, groups=3)
    orders = []
    for _ in range(2):
        page = open_page(study, DESKTOP)
        order = []
        for _ in range(3):
            page.click("#next") if page.locator("#next").is_enabled() else None
            order += [picture_of(figure) for figure in page.locator("figure").all()]
            fill_in(page, lambda _: 1, click)
        orders.append(order)
        assert sorted(order) == sorted(methods_of(study))
    assert orders[0] != orders[1]
    page_text = (study / "page" / "index.html").read_text()
    for name in ("muted", "vivid", "greyscale", "balloon"):
        assert name not in page_text


@pytest.mark.parametrize("window", [DESKTOP, PHONE])
def test_the_better_one_of_pairs_is_chosen(tmp_path, open_page, window):
    study = make_study(tmp_path, groups=2, answers="pairs", questions=7)
    methods = methods_of(study)
    page = open_page(study, window)
    page.click("#next")
    for number in range(1, 8):
        assert page.locator("#place").inner_text() == f"{number} of 7"
        buttons = page.locator(".pair button")
        ranks = [METHODS.index(methods[picture_of(button)]) for button in buttons.all()]
        side = int(ranks[1] > ranks[0])
        if window is PHONE:
            buttons.nth(side).tap()
        else:
            page.keyboard.press(("ArrowLeft", "ArrowRight")[side])
    file = saved(page)
    assert len(file["answers"]) == 7
    for answer in file["answers"]:
        ranks = {answer[side]: METHODS.index(methods[answer[side]]) for side in ("left", "right")}
        assert answer["chosen"] == max(ranks, key=ranks.get)
    page.click("#back")
    assert page.locator("[aria-pressed=true]").count() == 1
