"""The command: a link, or a code typed by hand; then what the site asks."""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence

from contreseing_sign import __version__, scheme
from contreseing_sign.enrolling import enrol
from contreseing_sign.kept import Kept
from contreseing_sign.link import SCHEME, Link, code_of, origin_of, read
from contreseing_sign.refusals import BadLink, SiteAway, SiteRefused, Stopped
from contreseing_sign.signing import sign
from contreseing_sign.site import Site
from contreseing_sign.terminal import Talk, Terminal, agrees, chosen
from contreseing_sign.using import Cards


def main(arguments: Sequence[str] | None = None, talk: Talk | None = None, kept: Kept | None = None) -> int:
    """Do what the command line asks; returns 0 once it is done, 1 when it stopped and said why."""
    given = _parser().parse_args(arguments)
    talk, kept = talk or Terminal(), kept or Kept.read()
    try:
        if given.from_link:
            _check_link_alone(given)
        if given.install_link or given.remove_link:
            talk.say(scheme.install() if given.install_link else scheme.remove())
        else:
            talk.say(_asked(talk, kept, given))
        code = 0
    except Stopped as stopped:
        talk.say("", str(stopped))
        code = 1
    except (OSError, subprocess.CalledProcessError) as error:
        talk.say("", f"Le système ne l’a pas permis : {error}")
        code = 1
    if given.from_link:
        _wait_before_closing(talk)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="contreseing-sign",
        description="Signer avec sa carte un document préparé par Contreseing.",
        epilog="Sans rien, le programme demande le code affiché sur la page du site.",
        allow_abbrev=False,
    )
    parser.add_argument("link", nargs="?", default="", metavar="LIEN|CODE", help="ce que la page affiche")
    parser.add_argument(
        "--site", default="", metavar="ADRESSE", help="le site du code, s’il n’est pas dans le lien"
    )
    parser.add_argument("--module", default="", metavar="CHEMIN", help="le module PKCS#11 qui lit la carte")
    parser.add_argument(
        "--install-link", action="store_true", help="ouvrir les liens du site par ce programme"
    )
    parser.add_argument("--remove-link", action="store_true", help="ne plus les ouvrir")
    parser.add_argument("--from-link", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--version", action="version", version=f"contreseing-sign {__version__}")
    return parser


def _check_link_alone(given: argparse.Namespace) -> None:
    """Refuse what a link could have slipped in beside itself; raises BadLink."""
    if given.module or given.site or given.install_link or given.remove_link:
        raise BadLink("Ce lien demande plus qu’un lien ne peut : rien n’a été fait.")


def _asked(talk: Talk, kept: Kept, given: argparse.Namespace) -> str:
    """Do what the site asks by this link; raises Stopped."""
    link = _link(talk, kept, given.link, given.site)
    _confirm(talk, kept, link.origin)
    site = Site.by(link)
    cards = Cards(talk, kept, given.module)
    try:
        purpose = site.opened.get("purpose")
        if purpose == "sign":
            return sign(talk, site, cards)
        if purpose == "enrol":
            return enrol(talk, site, cards)
        raise SiteAway("Le site demande ce que ce programme ne sait pas faire : mettez-le à jour.")
    except Stopped as stopped:
        _tell(site, stopped)
        raise


def _tell(site: Site, stopped: Stopped) -> None:
    """Tell the page why it stops; one that refuses to hear it already knows."""
    if isinstance(stopped, SiteRefused):
        return
    try:
        site.tell("stopped", stopped.word)
    except SiteRefused:
        return


def _link(talk: Talk, kept: Kept, given: str, site: str) -> Link:
    if given.lower().startswith(f"{SCHEME}:"):
        return read(given)
    code = code_of(given or talk.ask("Code affiché sur la page du site :"))
    if site:
        return Link(origin_of(site), code)
    if len(kept.sites) == 1:
        return Link(kept.sites[0], code)
    if kept.sites:
        return Link(kept.sites[chosen(talk, "De quel site vient ce code ?", kept.sites)], code)
    typed = talk.ask("Adresse du site (https://…) :")
    return Link(origin_of(typed if "://" in typed else f"https://{typed}"), code)


def _confirm(talk: Talk, kept: Kept, origin: str) -> None:
    """Have a site confirmed the first time; raises Stopped."""
    if origin in kept.sites:
        talk.say(f"Site : {origin}")
        return
    talk.say("", f"Un site demande à se servir de votre carte, pour la première fois : {origin}")
    if known := kept.looks_like(origin):
        talk.say(
            f"Attention : cette adresse ressemble à {known}, que vous connaissez, mais ce n’est pas elle."
        )
    if "xn--" in origin:
        talk.say("Attention : l’adresse contient des lettres d’un autre alphabet, écrites ici « xn-- ».")
    talk.say("Comparez-la, lettre par lettre, à l’adresse de la page depuis laquelle vous signez.")
    if not agrees(talk, "Est-ce bien la même adresse ?"):
        raise BadLink("Site refusé : rien n’a été envoyé ni signé.")
    kept.confirm(origin)


def _wait_before_closing(talk: Talk) -> None:
    """Leave the window that the link opened until it has been read."""
    try:
        talk.ask("Entrée pour fermer.")
    except Stopped:
        return
