"""The addresses that the access matrix does not try by person: open to all, or of an account or of staff."""

from __future__ import annotations

# the last two: see test_invitations.py
OPEN_TO_ALL = {
    "first_installation",  # both: tests/workflow/platform/test_first_code.py
    "first_administrator",
    "trust_root",
    *("verify", "verify_report", "verify_short"),  # tests/workflow/verification
    "lives",
    "ready",
    "metrics",
    "set_language",
    "invitation",
    "invitation_opened",
    "guide",
    "information",
    "personal_data",
    "calendar_feed",  # worth what its key is: tests/workflow/news/test_calendars.py
    *("demonstration_mails", "demonstration_mail", "demonstration_mail_page", "demonstration_mail_part"),
    # the program of a card, by its code then its session: tests/workflow/card/test_card_signing.py
    *("card_open", "card_document", "card_state", "card_value", "card_certificate"),
    "unsent_forget",  # one's own text: tests/config/test_unsent.py
}
GUEST_LINKS = {  # open to all, and worth nothing without the code: tests/workflow/guests/test_guests.py too
    "guest_link",
    "guest_code",
    "guest_code_ask",
    "guest_link_renew",
    "guest_report",
    "guest_receipt",
}
ACCOUNTS = {  # allauth's own, each open or closed by its own rule; none shows a contract
    f"account_{name}"
    for name in [
        "login",
        "logout",
        "inactive",
        "signup",
        "reauthenticate",
        "email",
        "email_verification_sent",
        "change_password",
        "set_password",
        "reset_password",
        "confirm_login_code",
        "reset_password_from_key_done",
        "reset_password_from_key",
        "reset_open",
        "reset_password_done",
        "request_login_code",
        "address",
        "means",
        "password",
    ]
} | {
    "proconnect_login",
    "proconnect_callback",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_signup",
    "socialaccount_connections",
    "usersessions_list",
    "mfa_index",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_login_webauthn",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
}
OWN_SESSIONS = {"session_end"}  # tests/stakeholders/test_sessions.py
STAFF = (
    {
        "admin:index",
        "admin:login",
        "admin:logout",
        "admin:password_change",
        "admin:password_change_done",
        "admin:autocomplete",
        "admin:jsi18n",
        "admin:view_on_site",
        "admin:app_list",
        "admin:None",
    }
    | {
        f"admin:stakeholders_{model}_{page}"
        for model in ("user", "organisation", "office", "mandate")
        for page in ("changelist", "add", "history", "delete", "change")
    }
    | {f"admin:signatures_proofmeans_{page}" for page in ("changelist", "add", "history", "delete", "change")}
)
