"""Settings of who somebody is: accounts, passwords, codes, second factors. The same in every installation."""

from __future__ import annotations

AUTH_USER_MODEL = "stakeholders.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "stakeholders.backends.MandateBackend",
]
ANONYMOUS_USER_NAME = None  # guardian's anonymous user: nobody acts here without a name
PASSWORD_HASHERS = [
    "stakeholders.hashing.Argon2",
    "stakeholders.hashing.Pbkdf2",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "stakeholders.passwords.ContextWordsValidator"},
]
ACCOUNT_ADAPTER = "stakeholders.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds for which a proof of who one is counts as fresh
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900  # seconds: the relays of ministries hold a first mail back for minutes
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger's address gets no mail
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Contreseing] "
# A whole administration may stand behind one address: generous there, tight for one account.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "100/m/ip,5/300s/key",
    "request_login_code": "100/m/ip,3/m/key",
    "reset_password": "100/m/ip,5/m/key",
}
ACCOUNT_FORMS = {
    "login": "stakeholders.account_forms.PasswordForm",
    "request_login_code": "stakeholders.account_forms.RequestCodeForm",
    "confirm_login_code": "stakeholders.account_forms.MailedCodeForm",
    "reset_password": "stakeholders.account_forms.AskResetForm",
}
MFA_ADAPTER = "stakeholders.accounts.FactorAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a stolen key is not enough
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are given by administrators, not by whoever registers
MFA_TOTP_ISSUER = "Contreseing"
MFA_FORMS = {
    "add_webauthn": "stakeholders.account_forms.AddPasskeyForm",
    "edit_webauthn": "stakeholders.account_forms.RenamePasskeyForm",
    "authenticate_webauthn": "stakeholders.account_forms.PasskeySecondForm",
    "login_webauthn": "stakeholders.account_forms.LoginByPasskeyForm",
    "reauthenticate_webauthn": "stakeholders.account_forms.PasskeyAgainForm",
    "activate_totp": "stakeholders.account_forms.ActivateTotpForm",
    "authenticate": "stakeholders.account_forms.SecondFactorForm",
    "reauthenticate": "stakeholders.account_forms.SecondFactorAgainForm",
}
USERSESSIONS_ADAPTER = "stakeholders.sessions.SessionsAdapter"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "inbox"
LOGOUT_REDIRECT_URL = "account_login"
