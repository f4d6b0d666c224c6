#!/usr/bin/env python3
"""The pages of creditsim in Chromium: `python3 tests/page/check.py PROGRAM [--pictures FOLDER]`.

PROGRAM is a built `creditsim`. It simulates a small scenario, whose names are as bad as names may be, with every command that
writes a page, and looks at the pages as a reader does: pointer, keys, phone, dark, paper, no script. With `--pictures` it leaves
screenshots and a PDF of each page to look at.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import browser

# Pages with pictures.
DRAWN = ("run", "one", "sweep", "optimize", "sensitivity")

HOME = pathlib.Path(__file__).resolve().parent
SCENARIO = HOME / "nasty.toml"

# One line says what must hold; the page answers with true, or with what it found instead.
EVERY_PAGE = {
    "the verdict comes first": "document.querySelector('main section').id === 'verdict'",
    "the verdict says something": "document.querySelector('dl.verdict').innerText.length > 40",
    "no name became an element": "document.querySelectorAll('img, iframe, main script:not([type=\"application/json\"])').length === 0",
    "no name ran": "window.stolen === undefined",
    "heads of columns and rows have a scope": "[...document.querySelectorAll('th')].every((th) => th.scope)",
    "every table has a caption": "[...document.querySelectorAll('table')].every((table) => table.caption?.innerText || table.caption?.textContent)",
    "every link leads to a heading or a file beside the page":
        "[...document.querySelectorAll('a')].filter((a) => { const to = a.getAttribute('href');"
        " return to.startsWith('#') ? !document.getElementById(to.slice(1)) : !to.startsWith('./'); }).map((a) => a.outerHTML).join() || true",
    "no identity stands twice": "new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size === document.querySelectorAll('[id]').length",
    "the command that repeats it is there": "document.querySelector('#repeat pre').innerText.startsWith('creditsim ')",
    "nothing on the page has no name": "[...document.querySelectorAll('button, input, [role=region], [role=group]')]"
        ".filter((e) => !(e.getAttribute('aria-label') || e.innerText || e.textContent || e.labels?.length)).map((e) => e.outerHTML).join() || true",
    "drawings have a title and a description": "[...document.querySelectorAll('svg.live')].every((svg) => svg.querySelector('title').textContent && svg.querySelector('desc').textContent)",
}

FITS = "document.documentElement.scrollWidth <= window.innerWidth || `${document.documentElement.scrollWidth} px wide`"
# A word inside a picture may not leave it.
INSIDE = """(() => {
  const outside = [];
  for (const svg of document.querySelectorAll('svg.live')) {
    const room = svg.getBoundingClientRect();
    if (!room.width) continue;
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.left < room.left - 2 || box.right > room.right + 2 || box.bottom > room.bottom + 2) outside.push(text.textContent);
    }
  }
  return outside.length ? outside.join(' | ') : true;
})()"""


class Failures(list):
    """What does not hold, with the page that it does not hold on."""

    def hold(self, page, what, found):
        if found is not True:
            self.append(f"{page}: {what}" + ("" if found is False else f": {found}"))


def pages(program, folder):
    """Simulates, and gives the name and the path of every page."""
    commands = {
        "run": ["run", SCENARIO, "--replications", "5"],
        "one": ["run", SCENARIO, "--replications", "1", "--policy", "block"],
        "sweep": ["sweep", SCENARIO, "--replications", "5", "--vary", "policies.overdraft.overdraft.limit=0,20,60",
                  "--outcomes", "refusal_rate", "--outcomes", "cash_money", "--objectives", "loss_rate", "--objectives", "overspend_credits"],
        "optimize": ["optimize", SCENARIO, "--minimize", "overdraft: loss_rate", "--over", "policies.overdraft.overdraft.limit=0,20,60",
                     "--policy", "overdraft"],
        "sensitivity": ["sensitivity", SCENARIO, "--replications", "5", "--metric", "loss_rate"],
    }
    found = {}
    for name, words in commands.items():
        output = pathlib.Path(folder) / name
        done = subprocess.run([program, *map(str, words), "--quiet", "--output", str(output)], capture_output=True, text=True)
        if done.returncode not in (0, 3, 4):
            sys.exit(f"{name}: {done.stderr}")
        found[name] = next(output.rglob("report.html"), None)
    fitted = pathlib.Path(folder) / "fit.html"
    usage = HOME.parent.parent / "scenarios" / "data" / "usage.csv"
    words = [program, "fit", str(usage), "--output", str(pathlib.Path(folder) / "fitted.toml"), "--report", str(fitted)]
    done = subprocess.run(words, capture_output=True, text=True)
    found["fit"] = fitted if done.returncode == 0 else None
    return found


def center(page, selector):
    """The middle of an element, in sight."""
    return page.run(
        f"(() => {{ const e = document.querySelector({selector!r}); e.scrollIntoView({{ block: 'center' }});"
        " const b = e.getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; })()"
    )


def sorts(page, failures, name):
    """A click on a head sorts by numbers, the next one the other way round, a third one as it was; keys do the same."""
    ready = page.run(
        "(() => { const table = [...document.querySelectorAll('table.sortable')].find((t) => t.querySelector('td[data-value]') && t.offsetParent);"
        " if (!table) return false; table.id = 'sorted'; const cell = table.querySelector('td[data-value]');"
        " table.tHead.rows[0].cells[cell.cellIndex].id = 'by'; window.column = cell.cellIndex; return true; })()"
    )
    failures.hold(name, "a table of numbers can be sorted", ready)
    if not ready:
        return
    values = ("[...document.querySelectorAll('#sorted tbody tr')].map((tr) => tr.cells[window.column])"
              ".filter((td) => td.dataset.value !== undefined).map((td) => Number(td.dataset.value))")
    first = page.run(values)
    for wanted, order in (("ascending", sorted(first)), ("descending", sorted(first, reverse=True)), (None, first)):
        page.click(*center(page, "#by button"))
        failures.hold(name, f"sorted {wanted}", page.run(values) == order or str(page.run(values)))
        failures.hold(name, f"aria-sort is {wanted}", page.run("document.getElementById('by').getAttribute('aria-sort')") == wanted)
    page.run("document.querySelector('#by button').focus()")
    page.key("Enter")
    failures.hold(name, "Enter sorts", page.run(values) == sorted(first))


def switches(page, failures, name):
    """A policy that is switched off leaves every picture, and comes back."""
    count = "document.querySelectorAll('.pictures svg.live .spot').length"
    before = page.run(count)
    failures.hold(name, "pictures are drawn", before > 0)
    if page.run("document.querySelectorAll('.switch').length") < 2:
        return
    page.run("document.querySelectorAll('.switch')[1].id = 'second'")
    page.click(*center(page, "#second"))
    failures.hold(name, "a switch says that it is off", page.run("document.getElementById('second').ariaPressed") == "false")
    failures.hold(name, "a policy that is off is drawn less", page.run(count) < before or f"{before} and {page.run(count)}")
    page.click(*center(page, "#second"))
    failures.hold(name, "a policy comes back", page.run(count) == before)
    off = "[...document.querySelectorAll('.switch')].forEach((b) => b.click())"
    page.run(off)
    failures.hold(name, "the last policy stays", page.run("document.querySelectorAll('.switch[aria-pressed=true]').length") == 1)
    page.run("document.querySelectorAll('.switch[aria-pressed=false]').forEach((b) => b.click())")


def hovers(page, failures, name):
    """The pointer and the keys bring up values."""
    tip = "(() => { const tip = [...document.querySelectorAll('.tip')].find((t) => !t.hidden); return tip ? tip.innerText : ''; })()"
    if not page.run("document.querySelectorAll('.pictures .spot').length"):
        failures.hold(name, "a picture has values to point at", False)
        return
    page.run("document.querySelector('.pictures .spot').id = 'pointed'")
    page.move(*center(page, "#pointed > .hit"))
    said = page.run(tip)
    failures.hold(name, "the pointer shows a value", any(c.isdigit() for c in said) or said)
    page.move(1, 1)
    failures.hold(name, "it goes with the pointer", page.run(tip) == "")
    page.run("document.getElementById('pointed').focus()")
    first = page.run(tip)
    page.key("ArrowDown")
    second = page.run(tip)
    alone = page.run("document.getElementById('pointed').closest('svg').querySelectorAll('.spot').length") == 1
    failures.hold(name, "an arrow goes to the next value", (alone or first != second) and second != "")
    failures.hold(name, "who cannot see it is told", page.run("document.activeElement.getAttribute('aria-label')") not in (None, ""))
    page.run("document.activeElement.blur()")


def searches(page, failures, name):
    """Every outcome can be found by words."""
    if not page.run("!!document.querySelector('.searched')"):
        return
    left = ("(() => { const f = document.querySelector('input[type=search]'); f.value = 'cash'; f.dispatchEvent(new Event('input'));"
            " return [...document.querySelectorAll('.searched tbody tr')].filter((tr) => !tr.hidden).length; })()")
    found = page.run(left)
    every = page.run("document.querySelectorAll('.searched tbody tr').length")
    failures.hold(name, "a search leaves some rows", 0 < found < every or f"{found} of {every}")
    page.run("(() => { const f = document.querySelector('input[type=search]'); f.value = ''; f.dispatchEvent(new Event('input')); })()")


def whole_without_script(page, failures, name, path):
    """Without script all tables and pictures are there."""
    with_script = page.run("[document.querySelectorAll('tbody tr').length, document.querySelectorAll('figure').length]")
    page.script(False)
    page.open(path.as_uri(), scripted=False)
    without = page.run("[document.querySelectorAll('tbody tr').length, document.querySelectorAll('figure').length]")
    failures.hold(name, "without script all rows and figures are there", without == with_script or f"{without}")
    drawn = page.run("[...document.querySelectorAll('figure')].every((f) => f.querySelector('svg'))")
    failures.hold(name, "without script every figure is drawn", drawn)
    page.script(True)
    page.open(path.as_uri())


def look(page, name, folder):
    """Leaves pictures of a page."""
    for scheme in ("light", "dark"):
        for width in (1280, 390):
            page.media(scheme)
            page.size(width, phone=width < 600)
            page.picture(f"{folder}/{name}-{scheme}-{width}.png")
    page.media()
    page.size(1280)
    page.paper(f"{folder}/{name}.pdf")


def modules_stand_alone(page, failures, folder):
    """The modules can be loaded as they are, which is what a served page would do; they draw a picture of each kind."""
    page.media()
    page.size(1280)
    page.open((HOME / "modules.html").as_uri())
    page.run("window.ready")
    failures.hold("modules", "every picture is drawn", page.run("[...document.querySelectorAll('figure')].every((f) => f.querySelector('svg.live'))"))
    for width in (1280, 390):
        page.size(width, phone=width < 600)
        failures.hold("modules", f"nothing is wider than {width} px", page.run(FITS))
        failures.hold("modules", f"words stay inside pictures at {width} px", page.run(INSIDE))
    page.size(1280)
    switches(page, failures, "modules")
    hovers(page, failures, "modules")
    if folder:
        look(page, "modules", folder)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("--pictures")
    given = arguments.parse_args()
    if browser.program() is None:
        sys.exit("no Chromium here; on Debian: apt-get install chromium")
    failures = Failures()
    with tempfile.TemporaryDirectory() as folder, browser.Browser() as page:
        for name, path in pages(str(pathlib.Path(given.program).resolve()), folder).items():
            failures.hold(name, "there is a page", path is not None)
            if path is None:
                continue
            page.media()
            page.size(1280)
            page.open(path.as_uri())
            for what, question in EVERY_PAGE.items():
                failures.hold(name, what, page.run(question))
            for width in (1280, 390):
                page.size(width, phone=width < 600)
                failures.hold(name, f"nothing is wider than {width} px", page.run(FITS))
                failures.hold(name, f"words stay inside pictures at {width} px", page.run(INSIDE))
            page.size(1280)
            if name != "one":
                sorts(page, failures, name)
            if name in DRAWN:
                switches(page, failures, name)
                hovers(page, failures, name)
            searches(page, failures, name)
            whole_without_script(page, failures, name, path)
            if given.pictures:
                pathlib.Path(given.pictures).mkdir(parents=True, exist_ok=True)
                look(page, name, given.pictures)
            size = path.stat().st_size
            failures.hold(name, "it is smaller than 3 MB", size < 3_000_000 or f"{size} bytes")
        modules_stand_alone(page, failures, given.pictures)
        failures.extend(f"complaint: {text}" for text in page.complaints)
        asked = [url for url in page.requests if not url.startswith(("file:", "data:", "about:"))]
        failures.extend(f"asked the network for {url}" for url in asked)
    print("\n".join(failures) or "every page holds what is asked of it")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
