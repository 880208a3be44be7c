"""All settings of the service, read from the environment once, when a process starts.

Production is the default and nothing is guessed there; DEBUG turns on what a developer's machine needs.
docs/operations.md explains every variable.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured

from profiles_project import VERSION
from profiles_project.api.openapi.overview import OVERVIEW
from profiles_project.environment import directory, flag, generated_key, is_local, number, rate, text, words

BASE_DIR = Path(__file__).resolve().parent.parent

# Basics ----------------------------------------------------------------------------------------------------------

DEBUG = flag("DEBUG", default=False)
DATA_DIR = Path(text("DATA_DIR", str(BASE_DIR / "var"))).expanduser().resolve()
HOST = text("HOST", "127.0.0.1")
PORT = number("PORT", 8000, low=1, high=65535)
REDIS_URL = text("REDIS_URL")
WEB_WORKERS = number("WEB_WORKERS", 2 if REDIS_URL else 1, low=1, high=64)
# How many requests one web worker answers at the same time, each with a database connection of its own.
WEB_THREADS = min(8, 2 * (os.cpu_count() or 1) + 1)
# In which a sender must have sent its body, or 64 KiB more of it.
SENDER_GRACE_SECONDS = number("SENDER_GRACE_SECONDS", 10, low=1, high=300)
# Where the metrics are shown: at /metrics to those who have the token, or on a port of their own without one.
METRICS_TOKEN = text("METRICS_TOKEN")
METRICS_HOST = text("METRICS_HOST", HOST)
METRICS_PORT = number("METRICS_PORT", 0, low=0, high=65535)
# What the apps tell beside what is counted.
METRICS_COLLECTORS = ["profiles.metrics.collect"]
TRUSTED_PROXY_COUNT = number("TRUSTED_PROXY_COUNT", 0, low=0, high=10)

REQUIRED_IN_PRODUCTION = ("SECRET_KEY", "JWT_SIGNING_KEY", "ALLOWED_HOSTS", "APP_LINK_BASE", "EMAIL_URL")
MIN_KEY_BYTES = 32
MIN_METRICS_TOKEN_BYTES = 16
# What a server listens on to be reached by whatever address its machine has.
EVERY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104  # compared with, not listened on


def refuse_missing() -> None:
    """Raise ImproperlyConfigured that names every variable production needs and has not got."""
    missing = [name for name in REQUIRED_IN_PRODUCTION if not text(name)]
    if missing:
        raise ImproperlyConfigured(
            f"These environment variables must be set in production: {', '.join(missing)} "
            "(docs/operations.md explains them; DEBUG=true is for development only)."
        )


def signing_key(name: str) -> str:
    """The key in the named variable, else under DEBUG a generated one."""
    key = text(name)
    if not key and DEBUG:
        key = generated_key(directory(DATA_DIR) / name.lower())
    if len(key.encode()) < MIN_KEY_BYTES:
        raise ImproperlyConfigured(f"{name} must have at least {MIN_KEY_BYTES} bytes.")
    return key


if not DEBUG:
    refuse_missing()
SECRET_KEY = signing_key("SECRET_KEY")
JWT_SIGNING_KEY = signing_key("JWT_SIGNING_KEY")
if SECRET_KEY == JWT_SIGNING_KEY:
    raise ImproperlyConfigured("SECRET_KEY and JWT_SIGNING_KEY must be different keys.")

ALLOWED_HOSTS = words("ALLOWED_HOSTS") or ["localhost", ".localhost", "127.0.0.1", "[::1]"]
public_hosts = [host for host in ALLOWED_HOSTS if not is_local(host)]
if DEBUG and public_hosts:
    raise ImproperlyConfigured(
        f"DEBUG shows internals and must stay off where the service is public: ALLOWED_HOSTS has {public_hosts[0]}."
    )

if DEBUG and (HOST in EVERY_ADDRESS or not is_local(HOST)):
    raise ImproperlyConfigured(
        f"DEBUG shows internals and must stay off where others can reach the service: HOST is {HOST}, not 127.0.0.1."
    )

if DEBUG and METRICS_PORT and (METRICS_HOST in EVERY_ADDRESS or not is_local(METRICS_HOST)):
    raise ImproperlyConfigured(
        f"DEBUG must stay off where others can reach the metrics: METRICS_HOST is {METRICS_HOST}."
    )
if METRICS_TOKEN and len(METRICS_TOKEN.encode()) < MIN_METRICS_TOKEN_BYTES:
    raise ImproperlyConfigured(f"METRICS_TOKEN must have at least {MIN_METRICS_TOKEN_BYTES} bytes.")
if METRICS_PORT == PORT:
    raise ImproperlyConfigured(f"METRICS_PORT must not be PORT, {PORT}, where the service itself listens.")

APP_LINK_BASE = text("APP_LINK_BASE", f"http://localhost:{PORT}").rstrip("/")
if urlsplit(APP_LINK_BASE).scheme not in {"http", "https"} or not urlsplit(APP_LINK_BASE).hostname:
    raise ImproperlyConfigured("APP_LINK_BASE must be an address such as https://app.example.com.")

# Applications ----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "profiles_project",
    "profiles",
    "users",
    # Django's admin with a site of ours.
    "profiles.desk.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "django_tasks",
    "django_tasks_db",
    "django_otp",
    "django_otp.plugins.otp_totp",
]

MIDDLEWARE = [
    "profiles_project.web.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "profiles_project.web.pages.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "profiles_project.web.bodies.RequestBodyMiddleware",
    "django.middleware.common.CommonMiddleware",
    # By its own name, under which Django's deployment check looks for it; the API's views are exempt.
    "django.middleware.csrf.CsrfViewMiddleware",
    # What only pages need, which the API's requests pass by.
    "profiles_project.web.pages.SessionMiddleware",
    "profiles_project.web.pages.AuthenticationMiddleware",
    "profiles_project.web.pages.MessageMiddleware",
]

ROOT_URLCONF = "profiles_project.urls"
WSGI_APPLICATION = "profiles_project.wsgi.application"
# The API has no trailing slashes, and a redirect would lose a POST's body.
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True
# Of the API's sentences and of mails (contract 1.3). The admin is in English.
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "profiles_project" / "locale"]
# What people call the members of requests, for sentences about faults in them.
WORDS = ["users.words.WORDS", "profiles.words.WORDS"]
# As the admin writes times, which are UTC.
DATE_FORMAT, DATETIME_FORMAT = "Y-m-d", "Y-m-d H:i"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# RequestBodyMiddleware limits bodies before they are parsed, with a problem document.
DATA_UPLOAD_MAX_MEMORY_SIZE = None
# The admin sends a profile with all its components' fields in one form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Database --------------------------------------------------------------------------------------------------------


def database(url: str) -> dict[str, Any]:
    """Django's description of the database at the address; options in the URL's query win over those here."""
    config: dict[str, Any] = environ.Env.db_url_config(url)
    given = config.get("OPTIONS", {})
    if config.get("ENGINE") == "django.db.backends.sqlite3":
        # IMMEDIATE makes a transaction wait for its turn at its start, where waiting is allowed, instead of failing
        # with «database is locked» at its first write.
        defaults: dict[str, Any] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;"
            # What was erased does not stay in pages that are free.
            " PRAGMA secure_delete=ON;",
        }
    elif config.get("ENGINE") == "django.db.backends.postgresql":
        # Each thread keeps its connection, which the engine checks before use.
        config |= {"ENGINE": "profiles_project.database.postgresql", "CONN_MAX_AGE": 1800, "CONN_HEALTH_CHECKS": True}
        if "pool" in given:
            raise ImproperlyConfigured("DATABASE_URL takes no pool: each thread keeps a connection of its own.")
        defaults = {
            "server_side_binding": True,
            "connect_timeout": 2,
            "options": "-c statement_timeout=30s -c lock_timeout=3s -c idle_in_transaction_session_timeout=60s",
            "application_name": "profiles",
        }
    else:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql:// or sqlite:///.")
    return config | {"OPTIONS": defaults | given}


DATABASES = {"default": database(text("DATABASE_URL") or f"sqlite:///{directory(DATA_DIR) / 'db.sqlite3'}")}

# Cache -----------------------------------------------------------------------------------------------------------

if REDIS_URL and urlsplit(REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
    raise ImproperlyConfigured("REDIS_URL must begin with redis:// or rediss://.")
# What each process keeps of the documents that it has shown last, before it asks Redis.
RECENT_BODIES_BYTES = number("RECENT_BODIES_MIB", 16, low=0, high=1024) * 2**20
# Apart, since a flood of documents must not push counters out of local memory, where it has the place of Redis.
CACHES: dict[str, dict[str, Any]] = {
    alias: {
        "BACKEND": "profiles_project.caching.cache.FallbackCache"
        if REDIS_URL
        else "profiles_project.caching.localcache.LocalCache",
        "LOCATION": REDIS_URL or alias,
        "KEY_PREFIX": f"profiles-{alias}",
        "OPTIONS": {"MAX_ENTRIES": entries},
    }
    for alias, entries in (("default", 2_000), ("counters", 100_000))
}

# Rate limits (contract 1.7): how often, by whom -------------------------------------------------------------------

RATELIMIT_ENABLE = flag("RATELIMIT_ENABLE", default=True)
RATELIMIT_USE_CACHE = "counters"
RATELIMITS = {
    scope: rate(f"RATELIMIT_{scope.upper()}", default)
    for scope, default in {
        "register": "10/h",  # by address
        "login": "10/m",  # by address
        "login_email": "5/m",  # by e-mail address, whoever asks
        "refresh": "30/m",  # by session
        "forgot_password": "5/h",  # by e-mail address
        "check_email": "20/m",  # by address
        "password": "10/m",  # by user, where somebody who is logged in must show the password
        "otp": "5/m",  # by user: codes of the second factor, in the admin
        "bulk": "60/m",  # by user: requests that write many items
        "bulk_items": "6000/m",  # by user: the items in them
        "import": "10/h",  # by user
        "export": "10/h",  # by user
        "sync": "120/m",  # by user: pulls and pushes of what was changed off line
        "default": "600/m",  # all else: by user, without a token by address
    }.items()
}

# What everything that one user stores may take, in bytes (contract 1.7).
USER_BYTES_LIMIT = number("USER_BYTES_LIMIT", 256 * 2**20, low=16 * 2**20, high=2**40)

# Users and tokens ------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "users.validators.MaximumLengthValidator", "OPTIONS": {"max_length": 128}},
    {"NAME": "users.validators.CharacterClassesValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
]
# How long a link in a mail works (contract, section 2).
PASSWORD_RESET_TIMEOUT = 3600
# Whether staff enter the admin with a second factor only; who has set one up is asked for it in any case.
STAFF_OTP_REQUIRED = flag("STAFF_OTP_REQUIRED", default=False)
# What an app calls the account beside its address.
OTP_TOTP_ISSUER = "Profiles"

SIMPLE_JWT: dict[str, Any] = {
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=1),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    # By so many seconds a machine's clock may differ that has not asked the database for the time yet.
    "LEEWAY": 60,
    "ISSUER": "profiles",
    "AUDIENCE": "profiles-api",
    "USER_ID_CLAIM": "sub",
}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["users.api.authentication.SessionJWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["profiles_project.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["profiles_project.api.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "profiles_project.api.negotiation.ContentNegotiation",
    "DEFAULT_SCHEMA_CLASS": "profiles_project.api.openapi.schema.AutoSchema",
    "EXCEPTION_HANDLER": "profiles_project.api.errors.exception_handler",
    "COERCE_DECIMAL_TO_STRING": False,
    # No key of a body is called this, since no text in it has a NUL; the usual name may be a custom field's.
    "NON_FIELD_ERRORS_KEY": "\0",
    # A `?format=` of a client is an unknown parameter, not a choice of renderer.
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Profiles",
    "DESCRIPTION": OVERVIEW,
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "CONTACT": {"name": "The team of Profiles"},
    # Parameters stand as the path names them: both ids of an item are of one type, and generators keep the order.
    "SORT_OPERATION_PARAMETERS": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # What a PATCH may leave out has a serializer of its own.
    "COMPONENT_SPLIT_PATCH": False,
    "SERVERS": [{"url": "/", "description": "The service that this document comes from."}],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {
        "AccountLanguage": "profiles_project.settings.LANGUAGES",
        "ActorKind": "profiles.models.log.Actor",
        "ConflictResolution": "profiles.career.sync.wanted.RESOLUTIONS",
        "ImportOutcome": "profiles.portability.json_resume.OUTCOMES",
        "LanguageProficiency": "profiles.models.Language.Proficiency",
        "RevisionOperation": "profiles.api.openapi.history.OPERATIONS",
        "SkillKind": "profiles.models.Skill.Kind",
        "TokenType": "users.api.serializers.TOKEN_TYPES",
        "ItemKind": "profiles.career.sync.kinds.KIND_CHOICES",
        "JobStatus": "profiles.api.openapi.shared.JOB_STATUSES",
        "ChangeStatus": "profiles.career.sync.pushes.STATUS_CHOICES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "profiles.api.openapi.tags.put_in_order",
        "profiles_project.api.openapi.document.share",
    ],
}

# Background work -------------------------------------------------------------------------------------------------

TASKS_BACKEND = text("TASKS_BACKEND", "database")
if TASKS_BACKEND not in {"database", "rq"}:
    raise ImproperlyConfigured(f"TASKS_BACKEND must be database or rq, not “{TASKS_BACKEND}”.")
if TASKS_BACKEND == "rq" and not REDIS_URL:
    raise ImproperlyConfigured("TASKS_BACKEND=rq needs REDIS_URL, since the tasks lie in Redis then.")
TASKS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "profiles_project.queue.Backend" if TASKS_BACKEND == "rq" else "django_tasks_db.DatabaseBackend",
    }
}
# By the cache's connections, whose time-outs are short and which try once more at most: a Redis that hangs must not
# hold a request. JSON, since RQ's own default would let those who can write to Redis run code in the worker.
RQ_QUEUES: dict[str, dict[str, Any]] = {
    "default": {"USE_REDIS_CACHE": "default", "SERIALIZER": "rq.serializers.JSONSerializer", "DEFAULT_TIMEOUT": 3600}
}
RQ_SHOW_ADMIN_LINK = False
if TASKS_BACKEND == "rq":
    INSTALLED_APPS.append("django_rq")
    # It has no table, only the permission for a page that we don't show.
    MIGRATION_MODULES = {"django_rq": None}
# How long a job's worker may be silent before the job is begun again.
JOB_LEASE = timedelta(seconds=number("JOB_LEASE_SECONDS", 15, low=2, high=3600))
# The rules by which rows are deleted that nobody needs any more.
PRUNE = ["users.maintenance.OUTDATED", "profiles.tasks.OUTDATED", "profiles.maintenance.keeping.RULES"]
# What the worker calls beside its tasks, and after how many seconds again.
SCHEDULE: dict[str, float] = {
    "profiles_project.pruning.prune": 60,
    "users.maintenance.sweep_mails": 60,
    "users.maintenance.trim": 60,
    "profiles.tasks.sweep_jobs": min(5, JOB_LEASE.total_seconds() / 2),
    "profiles.tasks.score_profiles": 5,
    "profiles.tasks.count_bytes": 5,
    "profiles.tasks.read_kept_again": 5,
}

# Mail ------------------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = text("DEFAULT_FROM_EMAIL", "Profiles <noreply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
mail: dict[str, Any] = (
    environ.Env.email_url_config(text("EMAIL_URL"))
    if text("EMAIL_URL")
    else {
        "EMAIL_BACKEND": "profiles_project.mail.DevelopmentBackend",
        "EMAIL_FILE_PATH": str(directory(DATA_DIR) / "mail"),
    }
)
EMAIL_BACKEND = mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = mail.get("EMAIL_FILE_PATH")
EMAIL_HOST = mail.get("EMAIL_HOST") or "localhost"
EMAIL_HOST_USER = mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = mail.get("EMAIL_USE_SSL", False)
EMAIL_PORT = mail.get("EMAIL_PORT") or (587 if EMAIL_USE_TLS else 465 if EMAIL_USE_SSL else 25)
EMAIL_TIMEOUT = 10

# Traces: the other variables of OpenTelemetry are its own library's to read -----------------------------------------

OTEL_EXPORTER_OTLP_ENDPOINT = text("OTEL_EXPORTER_OTLP_ENDPOINT")

# Static files ----------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# A developer's changes show without collecting files again.
WHITENOISE_USE_FINDERS = DEBUG

# What is shown at /guide/ and /problems/.
GUIDE_DIR = BASE_DIR / "docs" / "guide"
# What its readers copy.
CLIENTS_DIR = BASE_DIR / "clients"

# Security --------------------------------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", default=not DEBUG)
# A probe and Prometheus ask the process itself, by plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^(health(/ready)?|metrics)$"]
# The header counts only where a proxy that we trust overwrites it; anybody can send it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_SSL_REDIRECT else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# For the admin and all other pages; those of the documentation and of links say where theirs differ.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        **{f"{kind}-src": ["'self'"] for kind in ("script", "style", "img", "font", "connect")},
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
CSRF_FAILURE_VIEW = "profiles_project.urls.without_csrf_token"
# A session of the admin ends with the working day: so long after the login, and with the browser.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# W005 and W021: whether other host names of the domain speak HTTPS only is for the domain's owner to promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

CORS_ALLOWED_ORIGINS = words("CORS_ALLOWED_ORIGINS")
# An app under development comes from whatever port its tool has chosen.
CORS_ALLOWED_ORIGIN_REGEXES = [r"^http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?\Z"] if DEBUG else []
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [*default_headers, "if-match", "if-none-match", "idempotency-key", "prefer"]
CORS_EXPOSE_HEADERS = [
    "ETag",
    "Location",
    "Link",
    "Retry-After",
    "Idempotency-Replayed",
    "Preference-Applied",
    "Missing-Fonts",
    "RateLimit",
    "RateLimit-Policy",
    "Deprecation",
    "Sunset",
]

# Logs: plain lines for a developer, JSON lines for machines ------------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{levelname} {name}: {message}", "style": "{"},
        "json": {"()": "profiles_project.observe.logs.JSONFormatter"},
    },
    "filters": {
        "with_error": {"()": "profiles_project.observe.logs.WithError"},
        "rarely": {"()": "profiles_project.observe.logs.Rarely", "names": ["opentelemetry"]},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "plain" if DEBUG else "json",
            "filters": ["rarely"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django's own handlers would print an error twice, and mail it to administrators who don't exist.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # A request that is refused is its client's matter, and has its line on profiles.access.
        "django.request": {"level": "ERROR", "filters": ["with_error"]},
    },
}
