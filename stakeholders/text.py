"""What people may type: one class of field for a line, one for several, one for a person's name.

The same rules hold in forms, in the administration's pages, for whatever saves a model, and
so in mails, in the journal and on paper: no control character, nothing that turns the
direction of writing round, nothing invisible, no line where one line is asked (Unicode
TR 36), nothing that could not be printed. What is harmless is put right without a word:
composed form (NFC), ends of lines, spaces of odd widths, and what another program left
(:mod:`stakeholders.letters`); no-break spaces stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from stakeholders.letters import RARE_BREAKS, can_print, plain

KEPT_SPACES = {" ", "\u00a0", "\u202f"}
BLANK = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}  # letters that show nothing
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
TURNING = {"\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
MARKS_AT_MOST = 3  # accents on one letter
NAMED_AT_MOST = 5  # characters, in one refusal
WORDS_BEFORE = 20  # characters that say where one stands
_AS_SPACES = str.maketrans(dict.fromkeys(RARE_BREAKS + "\t", " "))
_AS_LINES = str.maketrans({**dict.fromkeys(RARE_BREAKS, "\n"), "\u2029": "\n\n"})
ANOTHER_PLACE = re.compile(r"[@<>\[\]{}|\\^~`\"=;:/*#$%&+?!_]|\d{5}|www\.|\w{2,}\.\w{2,}", re.IGNORECASE)


def one_line(value: str) -> str:
    """Return the line in its proper form; raises ValidationError naming the characters and their places."""
    return _checked(value.translate(_AS_SPACES), "")


def several_lines(value: str) -> str:
    """Return the text in its proper form, its lines ended by line feeds; tabs may stay."""
    return _checked(value.replace("\r\n", "\n").replace("\r", "\n").translate(_AS_LINES), "\n\t")


def person_name(value: str) -> str:
    """Return a name as people bear it: a line in which no address of a page or of a mailbox hides.

    It opens mails: whatever it holds is read by somebody who trusts their sender. So a second line
    is refused where elsewhere it becomes a space.
    """
    line = _checked(value.replace("\t", " "), "")
    if found := ANOTHER_PLACE.search(line):
        raise ValidationError(
            _("Un nom ne contient ni adresse ni signe comme « %(found)s » : n’écrivez que le nom.")
            % {"found": found[0][:30]},
            code="not_a_name",
        )
    return line


def _checked(value: str, also: str) -> str:
    text = plain(value)
    signs = set(text)
    refused: dict[str, str] = {}  # one line each, at its first place
    if not all(sign in also or _is_plain(sign) for sign in signs):
        for place, sign in _not_proper(text, also):
            refused.setdefault(sign, f"{_named(sign)} {_where(text, place)}")
    if refused:
        said = list(refused.values())
        raise ValidationError(
            _("Des caractères ne peuvent être ni gardés ni imprimés : %(which)s. %(what_to_do)s")
            % {
                "which": " ; ".join(said[:NAMED_AT_MOST]) + (" ; …" if len(said) > NAMED_AT_MOST else ""),
                "what_to_do": _("Effacez-les ou remplacez-les par des mots, puis recommencez."),
            },
            code="character",
        )
    odd = (sign for sign in signs - KEPT_SPACES if unicodedata.category(sign) == "Zs")
    spaces: dict[str, str | int | None] = dict.fromkeys(odd, " ")
    return (text.translate(str.maketrans(spaces)) if spaces else text).strip()


@lru_cache(4096)
def _is_plain(sign: str) -> bool:
    """Whether a character may stay wherever it stands: an accent written apart depends on its neighbours."""
    return unicodedata.category(sign) != "Mn" and not list(_not_proper(sign, ""))


def _not_proper(text: str, also: str) -> Iterator[tuple[int, str]]:
    """Find each character that may not stay, with its place from 0."""
    marks = 0
    for place, sign in enumerate(text):
        category = unicodedata.category(sign)
        marks = marks + 1 if category == "Mn" else 0
        if sign in also:
            continue
        hidden = category in FORBIDDEN or sign in BLANK or marks > MARKS_AT_MOST
        if hidden or not (category == "Zs" or can_print(sign)):
            yield place, sign


def _where(text: str, place: int) -> str:
    """Say where a character stands: its line where there are several, and what comes before it."""
    before = text[:place].rpartition("\n")[2]
    last = "".join(sign for sign in before if can_print(sign)).strip()[-WORDS_BEFORE:].strip()
    where = _("après « %(before)s »") % {"before": last} if last else _("au début")
    if "\n" in text.strip():
        line = text.count("\n", 0, place) + 1
        return _("ligne %(line)d, %(where)s") % {"line": line, "where": where}
    return where


def _named(sign: str) -> str:
    """Say in words which character it is, and by its number."""
    if sign in "\r\n\x0b\x0c\x85\u2028\u2029":
        words = _("un retour à la ligne")
    elif sign == "\t":
        words = _("une tabulation")
    elif sign in TURNING:
        words = _("une inversion du sens d’écriture")
    elif unicodedata.category(sign) == "Mn":
        words = _("un accent ou des accents en trop")
    elif unicodedata.category(sign) in FORBIDDEN or sign in BLANK:
        words = _("un signe invisible ou de commande")
    else:
        words = _("« %(sign)s »") % {"sign": sign}
    return f"{words} (U+{ord(sign):04X})"


def domain_of(mail: str) -> str:
    """Return the domain of an address in ASCII and lower case (IDNA); nothing where it is none."""
    local, at, domain = mail.strip().rpartition("@")
    try:
        return domain.encode("idna").decode().lower() if at and local else ""
    except UnicodeError:
        return ""


def mail_address(value: str) -> str:
    """Return an address with its domain in ASCII; no quoted part, no second address, no odd letter."""
    line = one_line(value)
    local, domain = line.rpartition("@")[0], domain_of(line)
    if not domain or not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+", local):
        raise ValidationError(_("Donnez une seule adresse, comme prenom.nom@exemple.fr."), code="invalid")
    return f"{local}@{domain}"


# anybody has a mailbox there, or a domain below
SHARED = frozenset(
    """
    gmail.com googlemail.com outlook.com outlook.fr hotmail.com hotmail.fr live.com live.fr yahoo.com yahoo.fr
    orange.fr wanadoo.fr free.fr sfr.fr laposte.net bbox.fr icloud.com me.com proton.me protonmail.com gmx.fr
    gmx.com aol.com gouv.fr asso.fr com.fr nom.fr tm.fr co.uk
    """.split()  # noqa: SIM905 (a list of twenty lines)
)


def mail_domain(value: str) -> str:
    """Return the domain of an organisation's mailboxes, in ASCII; never one that everybody shares."""
    line = one_line(value).removeprefix("@")
    domain = "" if "@" in line else domain_of(f"x@{line}")
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if not re.fullmatch(rf"({label}\.)+[a-z]{label}", domain):
        raise ValidationError(_("Donnez un domaine seul, comme ville.fr."), code="invalid")
    if domain in SHARED:
        raise ValidationError(
            _("Le domaine %(domain)s est à tout le monde : donnez celui de l’organisation.")
            % {"domain": domain},
            code="shared",
        )
    return domain


# --- Forms ----------------------------------------------------------------------------------


class LineField(forms.CharField):
    """One line."""

    proper: Callable[[str], str] = staticmethod(one_line)

    def to_python(self, value: Any) -> Any:
        """Put right what is harmless, refuse the rest."""
        text = super().to_python(value)
        return self.proper(text) if isinstance(text, str) and text else text


class LinesField(LineField):
    """Several lines."""

    proper = staticmethod(several_lines)


class NameField(LineField):
    """A person's name."""

    proper = staticmethod(person_name)


class MailField(forms.EmailField):
    """A person's address."""

    def to_python(self, value: Any) -> Any:
        """Refuse what only a mail server understands."""
        text = super().to_python(value)
        return mail_address(text) if isinstance(text, str) and text else text


# --- Models ---------------------------------------------------------------------------------


class _Proper:
    """A column that holds proper text only, whoever writes it; migrations see Django's own class."""

    proper: Callable[[str], str]
    in_forms: type[forms.Field]
    of_django: str

    def clean(self, value: Any, instance: Any) -> Any:
        """Validate in proper form."""
        return super().clean(self._proper(value), instance)  # type: ignore[misc]

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Keep on the object what is saved."""
        value = self._proper(super().pre_save(instance, add))  # type: ignore[misc]
        setattr(instance, self.attname, value)  # type: ignore[attr-defined]
        return value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Refuse at the last moment what came by another way than an object."""
        return super().get_db_prep_save(self._proper(value), connection)  # type: ignore[misc]

    def formfield(self, **kwargs: Any) -> Any:
        """Ask for it by the field of the same rules."""
        return super().formfield(**{"form_class": self.in_forms, **kwargs})  # type: ignore[misc]

    def deconstruct(self) -> Any:
        """Be Django's own class for migrations: the column is the same."""
        name, _path, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return name, self.of_django, args, kwargs

    def _proper(self, value: Any) -> Any:
        return self.proper(value) if isinstance(value, str) and value else value


if TYPE_CHECKING:  # generic in the stubs only
    _Char = models.CharField[str, str]
    _Text = models.TextField[str, str]
    _Email = models.EmailField[str, str]
else:
    _Char, _Text, _Email = models.CharField, models.TextField, models.EmailField


class Line(_Proper, _Char):
    """One line."""

    proper = staticmethod(one_line)
    in_forms = LineField
    of_django = "django.db.models.CharField"


class PersonName(Line):
    """A person's first or last name, or how they are addressed."""

    proper = staticmethod(person_name)
    in_forms = NameField


class MailDomain(Line):
    """The domain of an organisation's mailboxes."""

    proper = staticmethod(mail_domain)


class Lines(_Proper, _Text):
    """Several lines."""

    proper = staticmethod(several_lines)
    in_forms = LinesField
    of_django = "django.db.models.TextField"


class MailAddress(_Proper, _Email):
    """A person's address."""

    proper = staticmethod(mail_address)
    in_forms = MailField
    of_django = "django.db.models.EmailField"


class LineList(ArrayField):  # type: ignore[type-arg]
    """Several short lines, each proper: an array does not ask its column's own field when it is saved."""

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Put each line right, or refuse it."""
        proper = [one_line(line) for line in value] if isinstance(value, list | tuple) else value
        return super().get_db_prep_save(proper, connection)

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Keep on the object what is saved."""
        value = super().pre_save(instance, add)
        if isinstance(value, list | tuple):
            value = [one_line(line) for line in value]
            setattr(instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        """Be Django's own class for migrations: the column is the same."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.contrib.postgres.fields.ArrayField", args, kwargs


class LabelledLines(models.JSONField):
    """A list of objects whose values are lines: each is proper, whoever writes it."""

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Put each line right, or refuse it."""
        return super().get_db_prep_save(_each_line(value), connection)

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Keep on the object what is saved."""
        value = _each_line(super().pre_save(instance, add))
        setattr(instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        """Be Django's own class for migrations: the column is the same."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


def _each_line(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, list):
        return [_each_line(item) for item in value]
    if isinstance(value, dict):
        return {key: _each_line(item) for key, item in value.items()}
    return value
