"""The fields of a form as a browser would send them back untouched."""

from __future__ import annotations

from html.parser import HTMLParser


class Form(HTMLParser):
    """Reads the form that has this attribute; `fields`: its names and values."""

    def __init__(self, mark: str, page: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._mark = mark
        self._inside = False
        self._select = ""
        self._options: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._inside = self._mark in given
        elif not self._inside or "disabled" in given:
            return
        elif tag == "input" and given.get("name"):
            self._take(given)
        elif tag == "select":
            self._select, self._options = given.get("name") or "", []
        elif tag == "option" and self._select:
            self._options.append((given.get("value") or "", "selected" in given))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select" and self._inside and self._options:
            chosen = [value for value, selected in self._options if selected]
            self.fields.append((self._select, (chosen or [self._options[0][0]])[-1]))
            self._select, self._options = "", []

    def _take(self, given: dict[str, str | None]) -> None:
        kind = given.get("type") or "text"
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        if kind not in ("submit", "file", "button"):
            self.fields.append((given["name"] or "", given.get("value") or ""))
