"""The guide of whoever takes part in a contract: docs/guide.md, its sections, its pictures.

One source, read by people in the repository and on the page « Aide ». Each section has an address, made of
its title; the pages lead to theirs. The pictures are made by tests/browser/test_guide.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token

GUIDE = Path(__file__).parent.parent / "docs" / "guide.md"
PICTURES = "images/"  # beside the guide; « guide/ » among the static files

# Where « Aide » leads from each page, by the name of its address; a task's page says so in its template.
SECTIONS = {
    **dict.fromkeys(("inbox", "basket", "contract_list"), "pour-tous"),
    **dict.fromkeys(("opening_new", "opening_page", "opening_review", "opening_drop"), "ouvrir-un-contrat"),
    **dict.fromkeys(("contract", "version", "task_done"), "suivre-un-contrat"),
    **dict.fromkeys(("contract_framework", "contract_abandon"), "modifier-le-cadre-dun-contrat"),
    **dict.fromkeys(("diagnostic", "contribution_missing"), "contribuer-au-diagnostic"),
    **dict.fromkeys(
        ("draft_editor", "draft_preview", "contract_edit", "draft_clauses", "draft_import"), "rediger"
    ),
    **dict.fromkeys(("draft_annexes", "annex_add", "annex_edit", "annex_withdraw"), "rediger"),
    **dict.fromkeys(("clause_add", "clause_edit", "signatory_empower"), "rediger"),
    **dict.fromkeys(("volet_add", "volet_edit", "volet_delete"), "rediger"),
    **dict.fromkeys(("commitment_add", "commitment_edit", "commitment_delete"), "rediger"),
    **dict.fromkeys(("volet_suggest", "commitment_suggest", "suggestion"), "proposer-une-modification"),
    **dict.fromkeys(("version_recall", "job_retry"), "figer-une-version"),
    "opinion_receipt": "donner-un-avis",
    **dict.fromkeys(("contacts", "guest_link", "guest_code"), "repondre-sans-compte"),
    **dict.fromkeys(("sign_confirm", "sign_refuse", "holder_accept"), "signer"),
    "launch_table": "avant-la-signature",
    **dict.fromkeys(
        ("signing_keys", "waiting_keys", "key_confirm", "platform_keys"), "mes-moyens-de-signature"
    ),
    "sign_upload": "signer-avec-son-propre-outil",
    **dict.fromkeys(("sign_many", "sign_many_confirm", "sign_many_done"), "signer-plusieurs-contrats"),
    **dict.fromkeys(("csc_enrol", "csc_choose", "csc_codes", "csc_later"), "signer-a-distance"),
    **dict.fromkeys(("card_enrol", "card_code"), "signer-avec-sa-carte"),
    "result": "verifier-et-garder-le-contrat-signe",
    **dict.fromkeys(("verify", "verify_report", "verify_short"), "verifier-un-document"),
    **dict.fromkeys(("register", "authority_add", "authority_end"), "qui-peut-signer"),
    **dict.fromkeys(("absences", "absence_add", "mandate_handover"), "sabsenter-passer-le-relais"),
    **dict.fromkeys(("task_transfer",), "sabsenter-passer-le-relais"),
    **dict.fromkeys(("grants", "grant", "grant_prove", "grant_confirm"), "confirmer-un-pouvoir"),
    **dict.fromkeys(("organisation", "office_add", "mandate_withdraw"), "inviter"),
    **dict.fromkeys(("invitation_add", "mandate_add", "invitation", "invitation_opened"), "inviter"),
    **dict.fromkeys(("mfa_index", "account_means", "usersessions_list", "account_login"), "son-compte"),
    **dict.fromkeys(("first_installation", "first_administrator"), "premiere-installation"),
    **dict.fromkeys(("platform", "platform_administrators", "platform_import"), "premiere-installation"),
    **dict.fromkeys(("platform_organisation", "platform_organisation_add"), "premiere-installation"),
    **dict.fromkeys(("platform_office_add", "platform_organisation_edit"), "premiere-installation"),
    **dict.fromkeys(("public_pages", "public_page_edit"), "completer-les-pages-publiques"),
}


@dataclass(frozen=True)
class Section:
    """A section: its address in the page, its title, its level (2 or 3)."""

    anchor: str
    title: str
    level: int


@dataclass(frozen=True)
class Guide:
    """The guide as a page shows it."""

    title: str
    html: SafeString  # what follows the title
    sections: tuple[Section, ...]
    pictures: tuple[str, ...]  # the files that it names, in docs/images


@lru_cache(maxsize=1)
def guide() -> Guide:
    """Read and render the guide, once a process; its own HTML is shown as text."""
    made = MarkdownIt("commonmark", {"html": False})
    tokens = made.parse(GUIDE.read_text(encoding="utf-8"))
    sections, pictures = [], []
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following is not None:
            title, level = following.content, int(token.tag[1:])
            token.attrSet("id", slugify(title))
            if level > 1:
                sections.append(Section(slugify(title), title, level))
        pictures += [name for child in token.children or () if (name := _picture(child))]
    title, rest = tokens[1].content, tokens[3:]  # the title is a heading: opened, said, closed
    html = SafeString(made.renderer.render(rest, made.options, {}))
    return Guide(title, html, tuple(sections), tuple(pictures))


def _picture(token: Token) -> str:
    """Have a picture come from the static files; return the name of its file, nothing for another token."""
    source = str(token.attrs.get("src", "")) if token.type == "image" else ""
    if not source.startswith(PICTURES):
        return ""
    name = source.removeprefix(PICTURES)
    token.attrSet("src", static(f"guide/{name}"))
    token.attrSet("loading", "lazy")
    return name


def section_of(url_name: str | None) -> str:
    """Return the address, in the guide, of the section that helps on a page; nothing where the whole does."""
    anchor = SECTIONS.get(url_name or "")
    return f"#{anchor}" if anchor else ""
