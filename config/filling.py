"""What was typed, put back into the form of a page: the page itself knows nothing of it.

As ``drafts.js`` does in a browser: the form is found by the address that it is sent to, and what is hidden
stays as the page made it, but for what says on what the form was opened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.utils.html import escape

from config.typed import SECRET, SEEN

TYPED = frozenset({"text", "search", "email", "tel", "url", "number", "date", "time", "checkbox", "radio"})
CONTROLS = frozenset({"input", "textarea", "select", "option", "button"})
Attributes = dict[str, str | None]


@dataclass
class _Control:
    """One field: its tag, where it is written in the page, and where its content is."""

    tag: str
    attributes: Attributes
    start: int
    end: int
    content_end: int = 0
    options: list[_Control] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.attributes.get("name") or ""

    @property
    def kind(self) -> str:
        return (self.attributes.get("type") or "text").lower() if self.tag == "input" else self.tag

    @property
    def is_shown(self) -> bool:
        return self.kind in TYPED or self.tag in {"textarea", "select"}

    @property
    def is_filled(self) -> bool:
        """Whether what was typed goes there."""
        known = self.name and not SECRET.search(self.name) and "disabled" not in self.attributes
        return bool(known) and (self.is_shown or self.name == SEEN)


@dataclass
class _Form:
    path: str
    start: int
    controls: list[_Control] = field(default_factory=list)


class _Reader(HTMLParser):
    """Finds the forms of a page that are sent by POST, and where each of their fields is written."""

    def __init__(self, page: str, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[_Form] = []
        self._address = address
        self._form: _Form | None = None
        self._open: _Control | None = None
        self._lines = [0]
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.feed(page)
        self.close()

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes, start = dict(attrs), self._here()
        if tag == "form":
            is_sent = (attributes.get("method") or "").lower() == "post"
            path = urlsplit(urljoin(self._address, attributes.get("action") or "")).path
            self._form = _Form(path, start) if is_sent else None
            self.forms += [self._form] if self._form else []
        if self._form is None or tag not in CONTROLS:
            return
        end = start + len(self.get_starttag_text() or "")
        control = _Control(tag, attributes, start, end, end)
        if tag == "option":
            if self._open is not None:
                self._open.options.append(control)
            return
        self._form.controls.append(control)
        self._open = control if tag in {"textarea", "select"} else None

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif self._open is not None and tag == self._open.tag:
            self._open.content_end = self._here()
            self._open = None


def filled(page: str, address: str, path: str, fields: dict[str, list[str]], notice: str) -> str | None:
    """Return a page whose form for ``path`` holds ``fields``, below ``notice``; nothing without such a form.

    ``address`` is the page's own, ``notice`` HTML. Everything outside the form stays as it is.
    """
    forms = (form for form in _Reader(page, address).forms if form.path == path)
    form = next((form for form in forms if _is_of(form, fields)), None)
    if form is None:
        return None
    patches = [(form.start, form.start, notice)]
    for control in form.controls:
        if control.is_filled:
            patches += _patches(control, fields.get(control.name))
    for start, end, words in sorted(patches, reverse=True):
        page = page[:start] + words + page[end:]
    return page


def _is_of(form: _Form, fields: dict[str, list[str]]) -> bool:
    """Whether a form has what was typed: several may be sent to one address."""
    known = {control.name for control in form.controls}
    return any(control.is_shown for control in form.controls) and fields.keys() <= known


def _patches(control: _Control, values: list[str] | None) -> list[tuple[int, int, str]]:
    """Return where to write what: (start, end, words); a box that was not ticked was not sent."""
    if control.kind in {"checkbox", "radio"}:
        chosen = (control.attributes.get("value") or "on") in (values or [])
        return [(control.start, control.end, _tag(control, "checked", None, keep=chosen))]
    if control.tag == "select":
        return [
            (
                option.start,
                option.end,
                _tag(option, "selected", None, keep=option.attributes.get("value") in (values or [])),
            )
            for option in control.options
        ]
    if values is None:
        return []
    if control.tag == "textarea":  # a browser drops the first line's end
        return [(control.end, control.content_end, f"\n{escape(values[0])}")]
    return [(control.start, control.end, _tag(control, "value", values[0], keep=True))]


def _tag(control: _Control, name: str, value: str | None, *, keep: bool) -> str:
    """Write a start tag again, with one of its attributes given or taken away."""
    attributes = {other: kept for other, kept in control.attributes.items() if other != name}
    if keep:
        attributes[name] = value
    written = (key if each is None else f'{key}="{escape(each)}"' for key, each in attributes.items())
    return f"<{' '.join([control.tag, *written])}>"
