"""Adds a content security policy to the pages of a built site, whichever builder has made them.

A static host sends no header of ours, so it is a `<meta>` (Content Security Policy Level 3, section
3.3). The theme's inline scripts are allowed by their hashes, and no other ones.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)
HEAD = re.compile(r"<head>|<head [^>]*>")
META = '<meta http-equiv="Content-Security-Policy" content="{}">'
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",  # the theme and the editor have styles in elements
    "img-src": "'self' data:",
    "worker-src": "'self'",
    "frame-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}


def add(site: Path) -> int:
    """Add it to every page below `site` that has none; how many there were. Raises OSError."""
    pages = sorted(site.rglob("*.html"))
    changed = 0
    for page in pages:
        text = page.read_text("utf-8")
        if "Content-Security-Policy" in text:
            continue
        page.write_text(with_policy(text), "utf-8")
        changed += 1
    return changed


def with_policy(page: str) -> str:
    """The page with its policy, which stands before all that it is about."""
    hashes = {
        _hash(found["text"])
        for found in SCRIPT.finditer(page)
        if "src=" not in found["attributes"] and "json" not in found["attributes"]
    }
    own = {**POLICY, "script-src": " ".join([POLICY["script-src"], *sorted(hashes)])}
    policy = "; ".join(f"{name} {value}" for name, value in own.items())
    meta = META.format(html.escape(policy, quote=True).replace("&#x27;", "'"))
    return HEAD.sub(lambda head: head[0] + meta, page, count=1)


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
