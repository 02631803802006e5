"""Measure every page of the built site in headless Chromium, where that is installed.

``python .ci/look_at_site.py docs/_build/html``: on each page every formula is rendered and every
picture is there, no formula in a line is cut off, and neither the page nor its text scrolls
sideways, at 1280 and at 390 pixels; tables and code do, each in a box of its own. The pages are
read from the disk, without network.
"""

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WIDTHS = (1280, 390)
# Opens one page after the other in a frame, and writes down what it measures.
PROGRAM = """
<body><pre id="measured"></pre><script>
async function formulas(frame) {
  const count = selector => frame.contentDocument.querySelectorAll(selector).length;
  if (count(".math") > 0) {
    for (let i = 0; i < 100 && !frame.contentWindow.MathJax?.startup?.promise; i++)
      await new Promise(resolve => setTimeout(resolve, 100));
    await frame.contentWindow.MathJax?.startup?.promise;
  }
  return [count(".math"), count("mjx-container") - count("mjx-merror")];
}
async function measure(page) {
  const frame = document.createElement("iframe");
  frame.style = "border: 0; height: 900px; width: WIDTHpx";
  frame.src = page;
  document.body.append(frame);
  await new Promise(resolve => frame.onload = resolve);
  const [written, rendered] = await formulas(frame);
  const images = [...frame.contentDocument.images];
  const missing = images.filter(image => image.complete && !image.naturalWidth).length;
  const scrolling = [...frame.contentDocument.querySelectorAll("html, .bd-article-container")];
  const excess = Math.max(...scrolling.map(part => part.scrollWidth - part.clientWidth));
  const right = part => part.getBoundingClientRect().right;
  const inline = [...frame.contentDocument.querySelectorAll("span.math > mjx-container")];
  const clipped = inline.filter(part => right(part) > right(part.parentElement) + 1).length;
  frame.remove();
  return {page, excess, written, rendered, clipped, missing};
}
(async () => {
  const all = [];
  for (const page of PAGES) all.push(await measure(page));
  document.getElementById("measured").textContent = JSON.stringify(all);
})();
</script></body>
"""


def measure(browser, site, width):
    """One dict a page: pixels beyond its width, formulas, those cut off, missing pictures."""
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    pages = [name for name in names if not name.startswith(("_static", "_modules"))]
    program = PROGRAM.replace("WIDTH", str(width)).replace("PAGES", json.dumps(pages))
    with (
        tempfile.TemporaryDirectory() as profile,
        tempfile.NamedTemporaryFile("w", suffix=".html", dir=site) as file,
    ):
        file.write(program)
        file.flush()
        command = [
            *(browser, "--headless=new", "--no-sandbox", "--disable-gpu"),
            *("--disable-web-security", "--allow-file-access-from-files"),
            *(f"--user-data-dir={profile}", "--virtual-time-budget=600000", "--dump-dom"),
            f"file://{file.name}",
        ]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    found = re.search(r'<pre id="measured">(.+?)</pre>', shown.stdout, re.S)
    assert found, f"the pages were not measured: {shown.stderr[-1000:]}"
    return json.loads(html.unescape(found[1]))


def main():
    site = Path(sys.argv[1]).resolve()
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("The site was not looked at: there is no Chromium here.")
        return
    for width in WIDTHS:
        pages = measure(browser, site, width)
        wrong = [
            page
            for page in pages
            if page["excess"] > 0
            or page["written"] != page["rendered"]
            or page["clipped"]
            or page["missing"]
        ]
        assert not wrong, f"at {width} pixels: {wrong}"
        formulas = sum(page["rendered"] for page in pages)
        print(f"{len(pages)} pages at {width} pixels, {formulas} formulas rendered.")


if __name__ == "__main__":
    main()
