"""What an imported file would do, line by line, read by the forms of the pages: nothing is written here.

A line names an organisation, perhaps an office of it, perhaps a person for that office. What exists is
recognised (an organisation by its code, its SIRET or its name and territory; an office by its title; a
person by their address) and left as it is, so that a file is imported twice without harm.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from stakeholders.days import DayField
from stakeholders.granting import gives_power, needs_act, same_mailbox, to_oneself
from stakeholders.invitations import Invitation
from stakeholders.models import Grant, GrantKind, Mandate, Office, Organisation, User
from stakeholders.models.organisations import ENDS_BEFORE_IT_STARTS
from stakeholders.text import LineField, MailField, NameField
from workflow.platform.columns import CIVILITIES_SAID, HEADINGS, KINDS_SAID, ROLES_SAID, folded
from workflow.platform.forms import GUESSED, OfficeForm, OrganisationForm

OF_ORGANISATION = ("kind", "short_name", "article", "siret", "territory", "communes", "email_domain")
OF_PERSON = ("civility", "first_name", "last_name", "email", "starts_on", "ends_on")
YES, NO = frozenset({"oui", "o", "x", "1", "vrai"}), frozenset({"", "non", "n", "0", "faux"})


class PersonForm(forms.Form):
    """Somebody for an office, as a line says it."""

    civility = LineField(max_length=20, required=False)
    first_name = NameField(max_length=150)
    last_name = NameField(max_length=150)
    email = MailField()
    starts_on = DayField(required=False)
    ends_on = DayField(required=False)

    def clean_civility(self) -> str:
        """Read « Madame » and « Mr » as what stands before a name."""
        said = self.cleaned_data["civility"]
        known = CIVILITIES_SAID.get(folded(said).rstrip("."))
        if known is None:
            raise ValidationError(
                _("Civilité inconnue : « %(said)s ». Écrivez Mme ou M., ou laissez vide.") % {"said": said}
            )
        return known

    def clean(self) -> dict[str, Any]:
        """Start today where no day is said; refuse days in the wrong order."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["starts_on"] = cleaned.get("starts_on") or timezone.localdate()
        if cleaned.get("ends_on") and cleaned["ends_on"] < cleaned["starts_on"]:
            self.add_error("ends_on", ENDS_BEFORE_IT_STARTS)
        return cleaned


class CodeForm(forms.Form):
    """The code of an organisation, where a file gives its own."""

    code = LineField(max_length=60)

    def clean_code(self) -> str:
        """Ask for what an address can hold."""
        return str(forms.SlugField().clean(self.cleaned_data["code"].lower()))


@dataclass
class Body:
    """An organisation of the file: one that exists, or what is to be created."""

    key: str
    name: str
    existing: Organisation | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)


@dataclass
class Post:
    """An office of the file: one that exists, or what is to be created."""

    office: Office
    is_new: bool
    email: str = ""  # of the person whom an earlier line names for it


@dataclass
class Line:
    """What one line would do; ``invited`` is whom it would invite, if the office waits for nobody."""

    number: int
    errors: list[str] = field(default_factory=list)
    does: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)
    body: Body | None = None
    post: Post | None = None
    invited: dict[str, Any] | None = None


@dataclass
class Plan:
    """What a whole file would do."""

    lines: list[Line] = field(default_factory=list)
    bodies: dict[str, Body] = field(default_factory=dict)

    @property
    def wrong(self) -> list[Line]:
        """The lines that cannot be taken."""
        return [line for line in self.lines if line.errors]

    @property
    def doing(self) -> list[Line]:
        """The lines that would change something."""
        return [line for line in self.lines if line.does and not line.errors]

    @property
    def is_idle(self) -> bool:
        """Whether all of it exists already."""
        return not (self.wrong or self.doing)


def plan(lines: list[tuple[int, dict[str, str]]], actor: User) -> Plan:
    """Read what a file would do today if this person imported it."""
    made = Plan()
    for number, cells in lines:
        line = Line(number)
        made.lines.append(line)
        _read_body(line, cells, made)
        if line.body is not None and not line.errors:
            _read_post(line, cells)
        if line.post is not None and not line.errors:
            _read_person(line, cells, actor)
    return made


def _read_body(line: Line, cells: dict[str, str], made: Plan) -> None:
    name = cells.get("name", "")
    if not name:
        line.errors.append(_("organisation : donnez le nom de l’organisation."))
        return
    code = folded(cells.get("code", ""))
    number = "".join(sign for sign in cells.get("siret", "") if sign.isdigit())
    key = code or number or f"{folded(name)}|{folded(cells.get('territory', ''))}"
    known = made.bodies.get(key)
    if known is None:
        known = _existing(key, name, code, number, cells) or _new(line, key, code, cells)
        if known is None:
            return
        made.bodies[key] = known
        if known.existing is None:
            line.does.append(_("crée l’organisation « %(name)s »") % {"name": known.name})
    elif folded(known.name) != folded(name):
        line.errors.append(
            _("organisation : une ligne plus haut donne ce code ou ce SIRET à « %(name)s ».")
            % {"name": known.name}
        )
    kind = KINDS_SAID.get(folded(cells.get("kind", "")), "")
    settled = known.existing.kind if known.existing else known.facts.get("kind", "")
    if cells.get("kind") and kind != settled:
        line.errors.append(
            _("nature : « %(kind)s » n’est pas celle de l’organisation « %(name)s ».")
            % {"kind": cells["kind"][:60], "name": known.name}
        )
    if known.existing and _differs(known.existing, cells):
        line.stays.append(_("la fiche de l’organisation reste telle quelle"))
    line.body = known


def _existing(key: str, name: str, code: str, number: str, cells: dict[str, str]) -> Body | None:
    if code:
        found = Organisation.objects.filter(code=code)
    elif number:
        found = Organisation.objects.filter(siret=number)
    else:
        found = Organisation.objects.filter(name__iexact=name, territory__iexact=cells.get("territory", ""))
    organisation = found.first()
    if organisation is None:
        return None
    posts = {folded(office.title): Post(office, is_new=False) for office in organisation.offices.all()}
    return Body(key, organisation.name, organisation, posts=posts)


def _new(line: Line, key: str, code: str, cells: dict[str, str]) -> Body | None:
    data = {name: cells.get(name, "") for name in ("name", *OF_ORGANISATION)}
    data["kind"] = KINDS_SAID.get(folded(data["kind"]), data["kind"])
    data["short_name"] = data["short_name"] or data["name"][:80]
    data["article"] = data["article"].replace("'", "’").lower() or GUESSED
    form = OrganisationForm(data)
    _say_errors(line, form)
    if code:
        _say_errors(line, CodeForm({"code": code}))
    if line.errors:
        return None
    return Body(key, form.cleaned_data["name"], facts={**form.cleaned_data, "code": code})


def _differs(organisation: Organisation, cells: dict[str, str]) -> bool:
    said = ("short_name", "territory", "email_domain")
    return any(cells.get(name) and cells[name] != getattr(organisation, name) for name in said)


def _read_post(line: Line, cells: dict[str, str]) -> None:
    title, body = cells.get("title", ""), line.body
    assert body is not None  # noqa: S101 (as the caller asks)
    role = ROLES_SAID.get(folded(cells.get("role", "")), "")
    administers = folded(cells.get("administers", ""))
    if not title:
        if any(cells.get(name) for name in ("role", "administers", *OF_PERSON)):
            line.errors.append(_("fonction : donnez l’intitulé de la fonction."))
        elif not line.does:
            line.stays.append(_("l’organisation existe déjà"))
        return
    if administers not in YES | NO:
        line.errors.append(_("administre : écrivez oui ou non."))
        return
    if cells.get("role") and not role:
        line.errors.append(
            _("rôle : « %(role)s » n’existe pas. Écrivez un des rôles de la page.")
            % {"role": cells["role"][:60]}
        )
        return
    known = body.posts.get(folded(title))
    if known is None:
        form = OfficeForm({"title": title, "role": role, "administers": administers in YES})
        _say_errors(line, form)
        if line.errors:
            return
        organisation = body.existing or Organisation(name=body.name, kind=body.facts["kind"])
        office = Office(organisation=organisation, **form.cleaned_data)
        known = body.posts[folded(title)] = Post(office, is_new=True)
        line.does.append(_("crée la fonction « %(title)s »") % {"title": office.title})
    elif (role and role != known.office.role) or (
        cells.get("administers") and (administers in YES) != known.office.administers
    ):
        line.errors.append(
            _("fonction : « %(title)s » existe avec d’autres pouvoirs. Un import ne les change pas.")
            % {"title": known.office.title}
        )
    line.post = known


def _read_person(line: Line, cells: dict[str, str], actor: User) -> None:
    post = line.post
    assert post is not None  # noqa: S101 (as the caller asks)
    if not any(cells.get(name) for name in OF_PERSON):
        if not line.does:
            line.stays.append(_("la fonction existe déjà"))
        return
    form = PersonForm({name: cells.get(name, "") for name in OF_PERSON})
    _say_errors(line, form)
    if line.errors:
        return
    facts = form.cleaned_data
    if same_mailbox(facts["email"], actor.email):
        line.errors.append(to_oneself())
    elif post.email and not same_mailbox(post.email, facts["email"]):
        line.errors.append(_("courriel : une ligne plus haut donne cette fonction à quelqu’un d’autre."))
    elif why_not := _why_not_invited(post, facts["email"]):
        line.stays.append(why_not)
    else:
        post.email = facts["email"]
        line.invited = facts
        line.does.append(
            _("demande la fonction pour %(email)s ; une seconde personne confirme")
            if gives_power(post.office)
            else _("invite %(email)s")
        )
        line.does[-1] %= {"email": facts["email"]}


def _why_not_invited(post: Post, email: str) -> str:
    """Say why nobody is invited, which is no error: it is done already, or is for a page."""
    if post.email:
        return _("déjà dit par une ligne plus haut")
    if needs_act(post.office):
        return _(
            "personne n’est invité : un acte nomme le titulaire, joignez-le en PDF à la page de "
            "l’organisation"
        )
    if post.is_new:
        return ""
    office = post.office
    held = Mandate.objects.filter(office=office, withdrawn_at=None, limited_type=None)
    held = held.exclude(ends_on__lt=timezone.localdate()).select_related("person")
    for mandate in held:
        if same_mailbox(mandate.person.email, email):
            return _("%(email)s tient déjà la fonction") % {"email": email}
        return _("personne n’est invité : la fonction a déjà un titulaire")
    offered = Invitation.objects.pending().filter(office=office)
    asked = Grant.objects.pending().filter(office=office, kind=GrantKind.INVITATION)
    waiting = [row.email for row in offered if not row.has_expired]
    waiting += [grant.facts["email"] for grant in asked if not grant.has_expired]
    if any(same_mailbox(one, email) for one in waiting):
        return _("%(email)s est déjà invité, ou l’invitation attend sa confirmation") % {"email": email}
    return ""


def _say_errors(line: Line, form: forms.BaseForm) -> None:
    if form.is_valid():
        return
    for name, messages in form.errors.items():
        heading = HEADINGS.get(name, name)
        line.errors += [
            f"{heading}{_(' : ')}{message}" if name in HEADINGS else str(message) for message in messages
        ]
