"""Every setting of Contreseing, read from the environment; what is missing is said aloud.

Those of accounts, which no installation changes, are in :mod:`config.accounts`.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import database, limits, loggers, mail, oidc, patience, proxies, remote_signing
from config.accounts import *  # noqa: F403
from config.environment import EXPOSED, environment, flag, is_exposed, is_this_machine, local_secret, number
from config.trusted_lists import (  # noqa: F401  (as settings of Django)
    LOTL_CERTIFICATES,
    LOTL_URL,
    PARTNER_SIGNATURE_LEVEL,
    PARTY_SIGNATURE_LEVEL,
    TRUSTED_LIST_CA_FILE,
    TRUSTED_LIST_HOSTS,
    TRUSTED_LIST_PRIVATE_HOSTS,
    TRUSTED_LIST_TERRITORIES,
    TRUSTED_LISTS_FETCHED,
)

django_stubs_ext.monkeypatch()  # lets forms and admins be generic at run time as in the stubs

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What this installation is ------------------------------------------------------
# A demonstration makes its own keys, marks each document « SPÉCIMEN » and prints its passwords:
# it is one only where ./run, ./test and the like say so, and for this machine alone. Anything
# else must be told its secret, its hosts and its database.
DEMONSTRATION = flag("DEMONSTRATION", default=False)
STATE_DIR = Path(environment("STATE_DIR") or BASE_DIR / "var")
# a demonstration's means without its people: an empty installation to train on, where all is « SPÉCIMEN »
DEMONSTRATION_DATA = flag("DEMONSTRATION_DATA", default=DEMONSTRATION)
TRAINING = DEMONSTRATION and not DEMONSTRATION_DATA
# ./run outside a demonstration: one machine, with its own secret and database (config/installation.py)
LOCAL_INSTALLATION = flag("LOCAL_INSTALLATION", default=False)
OWN = DEMONSTRATION or LOCAL_INSTALLATION
PUBLIC_URL = (environment("PUBLIC_URL") or "http://127.0.0.1:8000").rstrip("/")
PAGES_DIR = environment("PAGES_DIR") or ""  # what the installation says on its own pages (config.pages)
SOURCE_URL = environment("SOURCE_URL") or ""  # AGPL, section 13: of the version that runs here
# what a new holder or delegate waits for before a first signature, unless it is confirmed « immédiatement »
NEW_POWER_COOLDOWN = dt.timedelta(hours=number("NEW_POWER_COOLDOWN_HOURS", default=48, most=8760))
HTTPS = PUBLIC_URL.startswith("https://")
DEBUG = False
SECRET_KEY = environment("SECRET_KEY") or (local_secret(STATE_DIR) if OWN else "")
DATABASE_URL = environment("DATABASE_URL")
_missing = {"SECRET_KEY": SECRET_KEY or OWN, "DATABASE_URL": DATABASE_URL or OWN}
if not all(_missing.values()):  # one sentence a line, and all of them at once
    _lines = [
        f"{name} ou {name}_FILE doit être fourni hors démonstration."
        for name, given in _missing.items()
        if not given
    ]
    raise ImproperlyConfigured(
        "\n".join(_lines)
        + "\nSur une seule machine, sans conteneur : DEMONSTRATION=0 PUBLIC_URL=… ./run les fait "
        "lui-même ; pour une démonstration, ./run suffit."
    )

_host = PUBLIC_URL.split("://", 1)[1].split("/")[0].rsplit(":", 1)[0]
# 127.0.0.1 is how a container's own check asks; every link is written from PUBLIC_URL
_hosts = f"{_host},127.0.0.1,localhost" if DEMONSTRATION else f"{_host},127.0.0.1"
ALLOWED_HOSTS = (environment("ALLOWED_HOSTS") or _hosts).split(",")
_far = sorted(host for host in {_host, *ALLOWED_HOSTS} if not is_this_machine(host))
if DEMONSTRATION and (HTTPS or _far) and not is_exposed(environment("PUBLIC_DEMONSTRATION")):
    raise ImproperlyConfigured(
        "Une démonstration ne sert que cette machine, en http : tout le monde peut y signer. Donnez à "
        f"PUBLIC_URL une adresse comme http://127.0.0.1:8000 (et non {PUBLIC_URL}), n’ajoutez rien à "
        "ALLOWED_HOSTS, ou donnez DEMONSTRATION=0 pour une véritable installation. Pour la montrer quand "
        f'même au public, écrivez en toutes lettres PUBLIC_DEMONSTRATION="{EXPOSED}".'
    )
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
# A passkey belongs to a name, never to an address such as 127.0.0.1 (WebAuthn, « RP ID »).
PASSKEY_HOST = "localhost" if _host in {"127.0.0.1", "localhost"} else _host

# --- Data ---------------------------------------------------------------------------
DATABASES = {"default": database.settings_from_url(DATABASE_URL or database.embedded_url(STATE_DIR))}
# Serializable retries are nobody's job here: the flow takes row locks (READ COMMITTED),
# and an act opens its own transaction so that nothing slow ever runs inside one.
DATABASES["default"]["ATOMIC_REQUESTS"] = False
# Values go to the server apart from the query: what is a value can never be read as SQL, and the pages'
# connections, which last, have it planned once (docs/adr/0034-prepared-statements.md).
DATABASES["default"]["OPTIONS"]["server_side_binding"] = True
# The pages share a few connections (config/serve.py says how many); a command has its own.
if _pool := int(environment("DATABASE_POOL") or 0):
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # one that the server closed is replaced
    DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 2
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": _pool, "timeout": limits.POOL_WAIT}
# run_worker says for itself that it is one
patience.limit(DATABASES["default"], patience.PAGE if _pool else patience.COMMAND)
# Whom ``migrate`` lets serve; it works itself as the owner (config/roles.py), whose address
# (DATABASE_OWNER_URL) is given to that step alone and is nowhere in these settings.
DATABASE_RUNTIME = {name: DATABASES["default"][name] for name in ("USER", "PASSWORD")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
BLOB_DIR = STATE_DIR / "blobs"
# Where the journal's anchors are kept outside the database; better on another disk (docs/deployment.md).
ANCHOR_DIR = Path(environment("ANCHOR_DIR") or STATE_DIR / "anchors")

# The job queue lives in the same database: a job is queued in the act that needs it.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# Each server process carries events from PostgreSQL to its own sockets (workflow/live/relay.py).
CHANNEL_LAYERS = {"default": {"BACKEND": "workflow.live.layers.ProcessLayer"}}
SOCKETS = int(environment("SOCKETS") or 1200)  # open pages that one process keeps told
SOCKETS_AN_ACCOUNT = int(environment("SOCKETS_AN_ACCOUNT") or 20)
REDIS_URL = environment("REDIS_URL")  # where there is one, it spares processes some rendering
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "stakeholders.shared_cache.SharedCache"},  # what all processes count together
    # parts of pages, for seconds (workflow/board/parts.py)
    "parts": {"BACKEND": "config.parts_cache.PartsCache", "LOCATION": REDIS_URL or ""},
    # what they say alike to all, in the memory of the process that read it (workflow/board/kept.py)
    "facts": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "facts",
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
}
WEB_PROCESSES = limits.PROCESSES  # among which what one machine may take is shared out

# --- The rooms ----------------------------------------------------------------------
INSTALLED_APPS = [
    "config.apps.ContreseingConfig",
    "workflow",
    "contracts",
    "signatures",
    "stakeholders",
    "config.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "channels",
    "csp",
    "django_htmx",
    "django_structlog",
    "guardian",
    "procrastinate.contrib.django",
    "viewflow.workflow",
]
if DEMONSTRATION:
    INSTALLED_APPS.append("bench")  # its command fills a demonstration
MIDDLEWARE = [
    "config.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.caching.NoStoreMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.once.OnceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.OpenSessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.RequestLogMiddleware",
    "config.middleware.DirectionMiddleware",
    "config.unsent.UnsentMiddleware",
    "config.middleware.WordsMiddleware",
    "config.writes.KeptWritesMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
_READ_BY = [f"django.template.loaders.{_each}.Loader" for _each in ("filesystem", "app_directories")]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # each room of the work keeps its own
        "DIRS": [BASE_DIR / "config" / "templates", *sorted((BASE_DIR / "workflow").glob("*/templates"))],
        "OPTIONS": {
            "loaders": [("config.tags.folded.Loader", _READ_BY)],
            # in the place of Django's, which composes anew what never changes; as config/tags/i18n.py
            "builtins": ["config.tags.addresses"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.page",
                "workflow.inbox.context.me",
            ],
        },
    }
]
# Boot-time static files come from the rooms; ``./run`` collects them under var/static.
STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static", ("guide", BASE_DIR / "docs" / "images")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.StaticFiles"},
}

# --- Who ----------------------------------------------------------------------------
# An identity provider tells who somebody is, if one is configured; it opens no account.
SOCIALACCOUNT_ADAPTER = "stakeholders.accounts.IdentityAdapter"
OIDC_URL = environment("OIDC_URL")
SOCIALACCOUNT_PROVIDERS = oidc.providers(
    OIDC_URL,
    name=environment("OIDC_NAME") or "ProConnect",
    client_id=environment("OIDC_CLIENT_ID"),
    secret=environment("OIDC_CLIENT_SECRET"),
    trust_email=flag("OIDC_TRUST_EMAIL", default=False),
    scopes=environment("OIDC_SCOPES") or oidc.SCOPES,
)
# Mail is queued in the transaction that says it, and sent by the worker (workflow/notices/mail.py):
# to EMAIL_URL; without it, to a folder in a demonstration (config/shown_mails.py shows them: a guest's link
# is to be followed), to this machine elsewhere.
EMAIL_BACKEND = "workflow.notices.mail.QueuedBackend"
EMAIL_URL = environment("EMAIL_URL")
MAIL_TRANSPORT = mail.transport_from_url(
    EMAIL_URL or (mail.folder_url(STATE_DIR) if DEMONSTRATION else "smtp://localhost:25")
)
# the folder whose mails config/shown_mails.py shows; none where others than this machine's people may look
MAILS_SHOWN = (
    Path(MAIL_TRANSPORT["file_path"])
    if DEMONSTRATION and not (HTTPS or _far) and "file_path" in MAIL_TRANSPORT
    else None
)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment("EMAIL_FROM") or f"Contreseing <ne-pas-repondre@{_host}>"
# Where mails come back, and the mailbox in which the worker reads them (workflow/notices/returns.py).
# « retours+{}@ville.fr »: the number of the mail goes where {} stands, if the mailbox takes such addresses.
BOUNCES_ADDRESS = mail.return_address(environment("BOUNCES_ADDRESS") or "")
BOUNCES = mail.mailbox_from_url(environment("BOUNCES_URL") or "")

SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",  # its rows are read through mandates (stakeholders.backends), not its backend
    "auth.W004",  # the address is unique without regard to case, by a constraint on Lower(email)
]

# --- Signing --------------------------------------------------------------------------
# The demonstration's public key infrastructure: made at set-up, served on loopback.
PKI_DIR = STATE_DIR / "pki"
PKI_URL = environment("PKI_URL") or "http://127.0.0.1:8001"
PKI_PASSPHRASE = environment("PKI_PASSPHRASE") or SECRET_KEY
TIMESTAMP_URLS = (environment("TIMESTAMP_URLS") or f"{PKI_URL}/tsa").split(",")
TRUST_ROOTS = [Path(p) for p in (environment("TRUST_ROOTS") or str(PKI_DIR / "root.cert.pem")).split(",")]
# A seal waits for what the authority of each signatory says after the signature, and a verdict asks for it.
REVOCATION_AFTER_SIGNATURE = flag("REVOCATION_AFTER_SIGNATURE", default=True)
# Who may time-stamp a sealed document (PEM): the authorities themselves, or those that issue to them alone.
SEAL_TIMESTAMP_CERTIFICATES = [
    Path(p) for p in (environment("SEAL_TIMESTAMP_CERTIFICATES") or "").split(",") if p
]

# The remote signing services (CSC API) that people may have a key with.
CSC_SERVICES = remote_signing.services(environment)

# The organisation's electronic seal, in its hardware module (PKCS#11): token and key by their labels.
SEAL: dict[str, Any] = {
    "module": environment("SEAL_MODULE") or "",
    "token": environment("SEAL_TOKEN") or "",
    "key": environment("SEAL_KEY") or "",
    "pin_secret": environment("SEAL_PIN") or "",
    "certificates": Path(p) if (p := environment("SEAL_CERTIFICATES")) else None,
}

# Beyond what a form of ours needs; config/limits.py counts the bytes before.
DATA_UPLOAD_MAX_MEMORY_SIZE = limits.LONG
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 5

# --- The browser ------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [
            SELF,
            *oidc.origin(OIDC_URL),  # a form that logs in by the provider leads there
            *remote_signing.origins(CSC_SERVICES),  # one that signs by a remote service too
        ],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
# Over https no other host of the domain, and no plain page, can set what these names hold.
_host_only = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_host_only}contreseing"
CSRF_COOKIE_NAME = f"{_host_only}csrftoken"
LANGUAGE_COOKIE_NAME = f"{_host_only}django_language"
UNSENT_COOKIE_NAME = f"{_host_only}contreseing_texte"  # whose text it is, should the session end
SESSION_ENGINE = "stakeholders.session_store"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = 12 * 3600  # at most, whatever is done meanwhile
SESSION_IDLE = 2 * 3600  # without its owner
SESSION_IDLE_STAFF = 30 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_SSL_HOST = PUBLIC_URL.split("://", 1)[1].split("/")[0]  # whatever host the request names
SECURE_REDIRECT_EXEMPT = [r"^sante/(pret/)?$", r"^metriques/$"]  # asked inside, over plain HTTP
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses and networks, none by default.
# Read by config/front.py, before Django: no SECURE_PROXY_SSL_HEADER, which believes anybody.
try:
    TRUSTED_PROXIES = proxies.networks(environment("TRUSTED_PROXIES") or "")
except ValueError as error:
    raise ImproperlyConfigured(f"TRUSTED_PROXIES : {error} n’est ni une adresse ni un réseau.") from error

# --- Words and hours ----------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"

# --- Who watches ---------------------------------------------------------------------------
METRICS_TOKEN = environment("METRICS_TOKEN") or ""  # without one there is no /metriques/

# --- What is forgotten, and after how many days (workflow/privacy/retention.py) ---------------
RETENTION_DAYS = {
    "sessions": 0,  # once they are over
    "drafts": 365,
    "preparations": 365,  # of a contract that was never opened
    "imports": 30,  # since its last correction
    "tries": 30,
    "quotas": 2,
    "jobs": 30,
    "news": 730,
    "closed_accounts": 365,
}

# --- Alerts on devices ------------------------------------------------------------------------
# The push services that browsers use, « *. » for those below a name; a port where it is not 443.
PUSH_SERVICES = (
    environment("PUSH_SERVICES")
    or "fcm.googleapis.com,updates.push.services.mozilla.com,web.push.apple.com,*.notify.windows.com"
).split(",")
PUSH_PRIVATE_SERVICES = (environment("PUSH_PRIVATE_SERVICES") or "").split(",")  # of our network
PUSH_CA_FILE = environment("PUSH_CA_FILE")  # whose certificates such a service has

# --- Logs -----------------------------------------------------------------------------------
LOG_LEVEL = environment("LOG_LEVEL") or "INFO"
LOGGING = loggers.configured(LOG_LEVEL)
