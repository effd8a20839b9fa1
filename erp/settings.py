"""Answers: what does Keel choose for Django, Celery and security, and what may the environment change?

`KEEL_ENV` is `local` (the default: embedded servers, plain HTTP on loopback), `test` or `production`.
"""

import contextlib
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
import structlog
from csp.constants import NONE, SELF

from erp import embedded

django_stubs_ext.monkeypatch()  # lets `ModelForm[Account]` say to mypy what it is about

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    environ.Env.read_env(BASE_DIR / ".env")

KEEL_ENV = env.str("KEEL_ENV", default="local")
if KEEL_ENV not in {"local", "test", "production"}:
    raise ValueError(f"KEEL_ENV is {KEEL_ENV!r}; it must be local, test or production.")
PRODUCTION = KEEL_ENV == "production"
TESTING = KEEL_ENV == "test"
KEEL_HOME = embedded.home()
# The servers that this process must start itself because nobody configured others.
KEEL_EMBEDDED = [
    name
    for name, variable in ((embedded.DATABASE, "DATABASE_URL"), (embedded.BROKER, "REDIS_URL"))
    if not env.str(variable, default="")
]
if PRODUCTION and KEEL_EMBEDDED:
    raise ValueError(
        "KEEL_ENV=production needs DATABASE_URL and REDIS_URL: embedded servers are for one machine."
    )
KEEL_BASE_CURRENCY = env.str("KEEL_BASE_CURRENCY", default="GBP")
# May addresses that people type in (channels, webhooks) be local ones? A shop on the same machine, a test; never in production.
KEEL_PRIVATE_TARGETS = env.bool("KEEL_PRIVATE_TARGETS", default=not PRODUCTION)
# Requests a minute that an API key may make unless it says otherwise.
KEEL_API_RATE_PER_MINUTE = env.int("KEEL_API_RATE_PER_MINUTE", default=6_000)
KEEL_TIME_ZONE = env.str("KEEL_TIME_ZONE", default="UTC")


def secret_key() -> str:
    """Return the configured secret; outside production, one that is made once and kept in `KEEL_HOME`."""
    configured = env.str("SECRET_KEY", default="")
    if configured or PRODUCTION:
        return configured or env.str("SECRET_KEY")
    if TESTING:
        return "tests-need-no-secret-" * 3
    path = KEEL_HOME / "secret_key"
    if not path.exists():
        KEEL_HOME.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)  # the first of several concurrent commands wins, the others read its key
        fresh.unlink()
    return path.read_text()


# --- Django -------------------------------------------------------------------------------------------------
SECRET_KEY = secret_key()
DEBUG = env.bool("KEEL_DEBUG", default=False) and not PRODUCTION
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else LOOPBACK)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "erp.urls"
WSGI_APPLICATION = "erp.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "core.User"

KEEL_APPS = [
    "erp.core",
    "inventory",
    "orders",
    "fulfillment",
    "procurement",
    "returns",
    "ledger",
    "reporting",
    "erp.demo",
]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "mptt",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "crispy_forms",
    "crispy_bootstrap5",
    "simple_history",
    "pgtrigger",
    "axes",
    "csp",
    "ninja",
    "lucide",
    *KEEL_APPS,
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "erp.core.middleware.TimeZoneMiddleware",
    "erp.core.middleware.PermissionMiddleware",
    "erp.core.middleware.ReadOnlyMiddleware",
    "axes.middleware.AxesMiddleware",  # last, as axes asks: it turns a lock-out into a response
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Language, time, numbers --------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = KEEL_TIME_ZONE

# --- Database -----------------------------------------------------------------------------------------------
ATOMIC_REQUESTS = False


def database(variable: str) -> dict[str, Any]:
    """Return the connection named by an environment variable, or the embedded server's when it is not set."""
    external = bool(env.str(variable, default=""))
    config: dict[str, Any] = env.db_url(variable) if external else embedded.database_settings()
    config["ENGINE"] = "django.db.backends.postgresql"
    config["ATOMIC_REQUESTS"] = False
    config["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    config["CONN_HEALTH_CHECKS"] = True
    # A pooler in transaction mode hands the next statement to another session, where the cursor is unknown.
    config["DISABLE_SERVER_SIDE_CURSORS"] = env.bool("KEEL_PGBOUNCER", default=external)
    if TESTING and not external:
        config["TEST"] = {"TEMPLATE": embedded.DATABASE_NAME}  # tests/pgplugin.py has migrated it
    return config


DATABASES = {"default": database("DATABASE_URL")}
KEEL_REPORTING_DATABASE = "default"
if env.str("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = database("DATABASE_REPLICA_URL") | {"TEST": {"MIRROR": "default"}}
    KEEL_REPORTING_DATABASE = "replica"

# --- Cache and sessions -------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        # Production gives the cache an instance of its own: a broker must never evict, a cache must.
        "LOCATION": env.str("REDIS_CACHE_URL", default="") or REDIS_URL or embedded.cache_url(),
        "KEY_PREFIX": "keel",
        "TIMEOUT": 300,
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"  # survives the loss of the cache
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- Celery: a message only wakes a worker up, the work itself is a row (DESIGN §9) -------------------------
LONGEST_TASK_SECONDS = 300
VISIBILITY_TIMEOUT = 2 * LONGEST_TASK_SECONDS
TRANSPORT_OPTIONS = {
    "visibility_timeout": VISIBILITY_TIMEOUT,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "retry_on_timeout": True,
    "global_keyprefix": "keel:",
}
CELERY_BROKER_URL = REDIS_URL or embedded.broker_url()
CELERY_BROKER_TRANSPORT_OPTIONS = TRANSPORT_OPTIONS
CELERY_RESULT_BACKEND = None
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": VISIBILITY_TIMEOUT}
CELERY_VISIBILITY_TIMEOUT = VISIBILITY_TIMEOUT
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_EVENT_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = LONGEST_TASK_SECONDS + 30
CELERY_TASK_SOFT_TIME_LIMIT = LONGEST_TASK_SECONDS
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20.0
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 5_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
KEEL_QUEUES = ("default", "allocation", "replenishment", "channel")
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True

# --- Who may come in ----------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed; no test keeps a password
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
AXES_ENABLED = env.bool("AXES_ENABLED", default=not TESTING)
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # one attacker cannot lock out a whole office
AXES_VERBOSE = False

# --- What a browser may do with our pages -------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's CSS carries its small icons as data: images
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
KEEL_PROXY_COUNT = env.int("KEEL_PROXY_COUNT", default=0)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # without one, /metrics answers loopback only
if KEEL_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes speak plain HTTP to the container
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-csrftoken"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
# Imports (docs/imports.md): the largest file, what a workbook may unpack to, and the most rows.
KEEL_UPLOAD_MAX_BYTES = env.int("KEEL_UPLOAD_MAX_BYTES", default=100 * 2**20)
KEEL_IMPORT_MAX_UNPACKED = env.int("KEEL_IMPORT_MAX_UNPACKED", default=400 * 2**20)
KEEL_IMPORT_MAX_ROWS = env.int("KEEL_IMPORT_MAX_ROWS", default=500_000)
FILE_UPLOAD_HANDLERS = [
    "erp.core.imports.upload.LimitUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Static files, media, mail ------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(KEEL_HOME / "static")))
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(KEEL_HOME / "media")))
MEDIA_URL = "/media/"
# Hashed names need a collectstatic first, which `make run` and the image build do and a lone command does not.
HASHED_STATIC = env.bool("KEEL_HASHED_STATIC", default=PRODUCTION)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if not HASHED_STATIC
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "erp.static.LocalStaticStorage"
    },
}
WHITENOISE_USE_FINDERS = not HASHED_STATIC
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [
    "map",
    "png",
    "jpg",
    "jpeg",
    "gif",
    "webp",
    "woff",
    "woff2",
    "gz",
    "br",
    "zip",
]
# Without a server of one's own, mail is kept and shown on the page “Sent mail”.
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="erp.core.mail_catcher.CatcherBackend")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="keel@localhost")

# --- Third-party looks --------------------------------------------------------------------------------------
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
DJANGO_TABLES2_TEMPLATE = "django_tables2/bootstrap5.html"
SIMPLE_HISTORY_REVERT_DISABLED = True

# --- Logs: one JSON line per event in production, readable lines elsewhere ----------------------------------
SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
# What variables held (customers, secrets) belongs in no log.
LOG_RENDERER: list[Any] = (
    [
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        ),
        structlog.processors.JSONRenderer(),
    ]
    if PRODUCTION
    else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
)


def without_needless_traceback(logger: Any, method: str, entry: Any) -> Any:
    """This function will keep a request that was refused (4xx) to one line: a refusal is an answer, no fault of ours."""
    if entry.get("logger") == "django.request" and entry.get("level") == "warning":
        entry.pop("exc_info", None)
    return entry


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "keel": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": SHARED_PROCESSORS,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                without_needless_traceback,
                *LOG_RENDERER,
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "keel"}},
    "root": {
        "handlers": ["console"],
        "level": env.str("LOG_LEVEL", default="WARNING" if TESTING else "INFO"),
    },
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "axes": {"level": "WARNING"},
        "celery": {"level": "INFO"},
    },
}
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *SHARED_PROCESSORS,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
SILENCED_SYSTEM_CHECKS: list[str] = []
