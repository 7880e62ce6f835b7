"""What people may type: one class of field for a line, one for several, one for a person's name.

The same rules hold in forms, in the administration's pages, for whatever saves a model, and
so in mails, in the journal and on paper: no control character, nothing that turns the
direction of writing round, nothing invisible, no line where one line is asked (Unicode
TR 36). What is harmless is put right without a word: composed form (NFC), ends of lines,
spaces of odd widths; no-break spaces stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

KEPT_SPACES = {" ", "\u00a0", "\u202f"}
DROPPED = str.maketrans("", "", "\u00ad\ufeff")  # soft hyphens, byte order marks: left by copying
BLANK = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}  # letters that show nothing
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
TURNING = {"\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
MARKS_AT_MOST = 3  # accents on one letter
ANOTHER_PLACE = re.compile(r"[@<>\[\]{}|\\^~`\"=;:/*#$%&+?!_]|\d{5}|www\.|\w{2,}\.\w{2,}", re.IGNORECASE)


def one_line(value: str) -> str:
    """Return the line in its proper form; raises ValidationError naming the character and its place."""
    return _checked(value, "")


def several_lines(value: str) -> str:
    """Return the text in its proper form, its lines ended by line feeds; tabs may stay."""
    return _checked(value.replace("\r\n", "\n").replace("\r", "\n"), "\n\t")


def person_name(value: str) -> str:
    """Return a name as people bear it: a line in which no address of a page or of a mailbox hides.

    It opens mails: whatever it holds is read by somebody who trusts their sender.
    """
    line = one_line(value)
    if found := ANOTHER_PLACE.search(line):
        raise ValidationError(
            _("Un nom ne contient ni adresse ni signe comme « %(found)s » : n’écrivez que le nom.")
            % {"found": found[0][:30]},
            code="not_a_name",
        )
    return line


def _checked(value: str, also: str) -> str:
    text = unicodedata.normalize("NFC", value.translate(DROPPED))
    kept, marks = [], 0
    for place, sign in enumerate(text, 1):
        category = unicodedata.category(sign)
        marks = marks + 1 if category == "Mn" else 0
        if sign in also:
            kept.append(sign)
        elif category in FORBIDDEN or sign in BLANK or marks > MARKS_AT_MOST:
            raise ValidationError(
                _("Un caractère n’est pas admis, le %(place)dᵉ : %(name)s. Effacez-le, puis recommencez.")
                % {"place": place, "name": _named(sign)},
                code="character",
            )
        else:
            kept.append(" " if category == "Zs" and sign not in KEPT_SPACES else sign)
    return "".join(kept).strip()


def _named(sign: str) -> str:
    """Say in words which character it is, and by its number."""
    if sign in "\r\n\x0b\x0c\x85\u2028\u2029":
        words = _("un retour à la ligne")
    elif sign == "\t":
        words = _("une tabulation")
    elif sign in TURNING:
        words = _("une inversion du sens d’écriture")
    elif unicodedata.category(sign) == "Mn":
        words = _("des accents en trop")
    else:
        words = _("un signe invisible ou de commande")
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
