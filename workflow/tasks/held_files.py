"""A file that was chosen, held while its form is put right: an error in another field does not lose it.

By person, for an hour, three at most each; the page holds a signed token, and says the file's name, so
that nobody sends one unseen. What cannot be held is to be chosen again, and the field says so.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from django import forms
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from signatures import blobs

FOR = 3600  # seconds
EACH = 3  # files of one person
ALL = 100  # files at one time, of ten megabytes at most each
_SALT = "workflow.held_files"
Form = TypeVar("Form", bound=forms.BaseForm)


class HeldFileInput(forms.FileInput):
    """A choice of file beside which the one that was chosen before is named.

    ``owner`` is the row number of the person who sends the form; without it nothing is held nor read.
    """

    owner: int | None = None
    token = name = ""
    lost = False

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the file that is sent, or the one that was held and is still wanted."""
        sent = super().value_from_datadict(data, files, name)
        token = data.get(f"{name}-held")
        if sent is not None or not token or data.get(f"{name}-drop"):
            return sent
        return self._read(token)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether neither a file nor a held one came."""
        return super().value_omitted_from_data(data, files, name) and f"{name}-held" not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Add in words what is held, or that a file is to be chosen again."""
        chosen = super().render(name, value, attrs, renderer)
        if self.lost:
            words = _("Choisissez de nouveau le fichier : il n’a pas pu être gardé.")
            return format_html('{}<p class="errorlist">{}</p>', chosen, words)
        if not self.token:
            return chosen
        return format_html(
            '{}<p class="helptext" data-held>{}</p><input type="hidden" name="{}-held" value="{}">'
            '<label class="choice"><input type="checkbox" name="{}-drop"> {}</label>',
            chosen,
            _("« %(name)s » est gardé : n’en choisissez un autre que pour le remplacer.")
            % {"name": self.name},
            name,
            self.token,
            name,
            _("Ne pas joindre ce fichier"),
        )

    def hold(self, uploaded: UploadedFile[bytes]) -> None:
        """Keep a file whose form is shown again."""
        self.name, self.token = str(uploaded.name), getattr(uploaded, "token", "")
        if self.token or self.owner is None:
            return
        place = _place_for(self.owner)
        if place is None:
            self.lost = True
            return
        uploaded.seek(0)
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.writelines(uploaded.chunks())
        self.token = signing.dumps([place.name, self.name], salt=_SALT)

    def _read(self, token: str) -> UploadedFile[bytes] | None:
        try:
            place, name = signing.loads(token, salt=_SALT, max_age=FOR)
            if self.owner is None or not place.startswith(f"{self.owner}-"):
                raise signing.BadSignature
            found = SimpleUploadedFile(name, (_folder() / place).read_bytes(), "application/pdf")
        except (signing.BadSignature, OSError):
            self.lost = True
            return None
        found.token = token  # type: ignore[attr-defined]
        return found


def of(owner: int, form: Form) -> Form:
    """Return the form as one that this person sends: it takes the files that were held for them."""
    for field in form.fields.values():
        if isinstance(field.widget, HeldFileInput):
            field.widget.owner = owner
    return form


def hold(form: forms.BaseForm) -> None:
    """Keep the files of a form that is shown again, those that are not refused themselves."""
    for name, field in form.fields.items():
        if isinstance(field.widget, HeldFileInput) and name not in form.errors:
            uploaded = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
            if uploaded is not None:
                field.widget.hold(uploaded)


def _folder() -> Path:
    return blobs.folder() / "held"


def _place_for(owner: int) -> Path | None:
    """Return where one more file of a person goes, the old ones gone; nowhere when there are too many."""
    _folder().mkdir(parents=True, exist_ok=True)
    forget(older_than=FOR)
    own = sorted(_folder().glob(f"{owner}-*"))
    for place in own[: len(own) - EACH + 1]:
        place.unlink(missing_ok=True)
    if sum(1 for _place in _folder().iterdir()) >= ALL:
        return None
    return _folder() / f"{owner}-{time.time_ns()}-{secrets.token_hex(8)}"


def forget(*, older_than: float) -> None:
    """Delete what was held longer, in seconds."""
    for place in _folder().glob("*"):
        with suppress(FileNotFoundError):
            if time.time() - place.stat().st_mtime > older_than:
                place.unlink()
