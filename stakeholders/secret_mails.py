"""What a mail holds that gives access, so that its copy is kept without it."""

from __future__ import annotations

from django.core.mail import EmailMessage

HIDDEN = "[…]"  # in a kept copy, instead of a code or of a link that gives access

# what the context of each of allauth's mails names that gives access, by the prefix of its template
SECRETS = {
    "account/email/email_confirmation": ("activate_url", "key", "code"),
    "account/email/email_confirmation_signup": ("activate_url", "key", "code"),
    "account/email/login_code": ("code",),
    "account/email/password_reset_code": ("code",),
    "account/email/password_reset_key": ("password_reset_url", "uid", "key"),
}
# those that hold nothing of the kind: they tell what was done, from where
PLAIN = frozenset(
    {
        "account/email/account_already_exists",
        "account/email/email_changed",
        "account/email/email_confirm",
        "account/email/email_deleted",
        "account/email/password_changed",
        "account/email/password_reset",
        "account/email/password_set",
        "account/email/unknown_account",
        "mfa/email/recovery_codes_generated",
        "mfa/email/totp_activated",
        "mfa/email/totp_deactivated",
        "mfa/email/webauthn_added",
        "mfa/email/webauthn_removed",
        "socialaccount/email/account_connected",
        "socialaccount/email/account_disconnected",
    }
)


class SecretMail(EmailMessage):
    """A mail that gives access to whoever reads it; ``hidden``, its words as they may be kept."""

    hidden = HIDDEN

    @classmethod
    def of(cls, message: EmailMessage, hidden: str) -> SecretMail:
        """Return the same mail, in plain text, which knows its words without what gives access."""
        secret = cls(
            message.subject, message.body, message.from_email, message.to, headers=message.extra_headers
        )
        secret.hidden = hidden
        return secret
