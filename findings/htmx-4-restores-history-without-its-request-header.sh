#!/bin/sh
# htmx 4.0.1: the request that restores a page of the history has no HX-Request header; that of htmx 2.0.11 has it.
#
# Expected: "HX-Request: true" on every request that htmx makes, as its guidance says and as version 2 does, so that a
# server can tell by it that the head of its answer will be thrown away.
# Seen: after a boosted link, "back" asks for the page with "HX-History-Restore-Request: true" alone, because the headers
# given for this one request replace the usual ones. A server that goes by HX-Request answers as to a first visit, and
# whatever that page needs from its head is gone.
#
# Seen on 30 November 2026 with htmx.org 4.0.1 and 2.0.11, Playwright 1.65.2, Chromium 156. Needs npm and chromium.
# Exits with 0 if this is what happens, with 1 if not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q playwright==1.65.2
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts htmx2@npm:htmx.org@2.0.11 htmx4@npm:htmx.org@4.0.1
"$folder/venv/bin/python" - "$(command -v chromium)" <<'PYTHON'
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("HX-Request", "HX-History-Restore-Request")
asked = []


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/favicon.ico":
            self.send_error(404)
            return
        if self.path.endswith(".js"):
            body, kind = Path("node_modules", self.path[1:-3], "dist", "htmx.min.js").read_bytes(), "text/javascript"
        else:
            version, page = self.path.strip("/").split("/")
            asked.append((page, [name for name in NAMES if self.headers.get(name)]))
            body, kind = PAGE.format(version=version, page=page).encode(), "text/html"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


PAGE = """<!DOCTYPE html><html><head><title>{page}</title><script src="/{version}.js"></script>
<meta name="htmx-config" content='{{"historyCacheSize": 0}}'></head>
<body hx-boost="true" hx-boost:inherited="true"><h1>{page}</h1><a href="/{version}/two">on</a></body></html>"""


def restored(browser, address, version):
    asked.clear()
    page = browser.new_page()
    page.goto(f"{address}/{version}/one")
    print(version, page.evaluate("htmx.version"), "on Chromium", browser.version)
    page.click("a")
    page.wait_for_selector("h1:text('two')")
    page.go_back()
    page.wait_for_selector("h1:text('one')")
    page.close()
    print("  asked:", *asked, sep="\n    ")
    return asked[-1][1]


server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}"
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=sys.argv[1], args=["--no-sandbox"])
    of_two, of_four = (restored(browser, address, version) for version in ("htmx2", "htmx4"))
    browser.close()
told = of_two == list(NAMES) and of_four == [NAMES[1]]
print("as told" if told else "NOT as told")
sys.exit(not told)
PYTHON
