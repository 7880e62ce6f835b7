"""What a mail says of where this is: always PUBLIC_URL, whatever host the request named."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from stakeholders.secret_mails import HIDDEN, PLAIN, SECRETS, SecretMail
from stakeholders.security_events import Name, mark_of_address, tell

ASKED = {
    "account/email/password_reset_key": Name.PASSWORD_RESET_ASKED,
    "account/email/login_code": Name.CODE_SENT,
}


class PublicSite:
    """The site as mails name it, in place of the one that the Host header names."""

    def __init__(self) -> None:
        self.domain = self.name = urlsplit(settings.PUBLIC_URL).netloc


def link(route: str, secret: str) -> str:
    """Return a link to a page that takes a secret.

    The secret is in the fragment: a browser sends it to no server, names it to no other site,
    and the page takes it out of its address (config/static/contreseing/fragment.js).
    """
    return f"{settings.PUBLIC_URL}{reverse(route)}#{secret}"


class PublicAddressAdapter(DefaultAccountAdapter):
    """Writes allauth's mails from PUBLIC_URL alone: a forged Host leads nobody elsewhere."""

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return where a password is chosen anew, the key in the fragment."""
        return link("account_reset_open", key)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Return a mail that knows its words without what gives access; of no known kind, without any."""
        message: EmailMessage = super().render_mail(template_prefix, email, context, headers)
        if template_prefix in PLAIN:
            return message
        names = SECRETS.get(template_prefix)
        if names is None:
            return SecretMail.of(message, HIDDEN)
        without = {**context, **dict.fromkeys(names, HIDDEN)}
        hidden = super().render_mail(template_prefix, email, without, headers)
        return SecretMail.of(message, str(hidden.body))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail whose site is ours."""
        if asked := ASKED.get(template_prefix):
            tell(asked, address=mark_of_address(email))
        public = {"current_site": PublicSite(), "public_url": settings.PUBLIC_URL}
        super().send_mail(template_prefix, email, {**context, **public})
