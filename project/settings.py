"""Settings of the site, from the environment.

Nothing set means: this machine only. SQLite, the embedded Redis server, plain HTTP,
and host names of this machine alone, so that nothing can be reached from outside.
HTTPS=true means: a real site. Then SECRET_KEY and ALLOWED_HOSTS must be set, cookies
are sent over HTTPS only, and static files must have been collected.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from project import embedded_redis, queue_settings
from project.environment import BASE_DIR, Environment, kept_secret, refuse
from project.logs import logging_at

env = Environment()
VAR_DIR = env.var  # everything the site writes on this machine, unless told otherwise

# Off also for `make run`: a person sees a calm page, not a traceback, and Django
# keeps no list of the queries, which in an import would grow with the file.
DEBUG = env.flag("DEBUG", default=False)
HTTPS = env.flag("HTTPS", default=False)
if HTTPS and DEBUG:
    refuse("DEBUG", "false on a real site, whose errors would show its settings")

SECRET_KEY = env.text("SECRET_KEY", "")
if not SECRET_KEY:
    if HTTPS:
        refuse("SECRET_KEY", "a long random text that no one else knows")
    SECRET_KEY = kept_secret(VAR_DIR / "secret_key")

ALLOWED_HOSTS = env.texts("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
if HTTPS and not env.text("ALLOWED_HOSTS", ""):
    refuse("ALLOWED_HOSTS", "the host names of the site, separated by commas")
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")

# Security. `check --deploy` is clean with HTTPS=true.
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if HTTPS:
    # A name that a browser takes only from this very host, over HTTPS, for all paths.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]  # asked from inside, by containers
SECURE_HSTS_SECONDS = env.whole("HSTS_SECONDS", 31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if env.flag("BEHIND_PROXY", default=False):
    # Only when told: without a proxy that sets it, anyone could send this header.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
# Nothing from elsewhere, and no script or style in a page: text that became part of a
# page by a mistake of ours is not run.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Before staticfiles, so that runserver leaves static files to the middleware.
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "celery_progress",  # for its JavaScript
    "csp",
    "django_filters",
    "django_celery_beat",
    "lucide",
    "dataio",
    "project.shop",
]

MIDDLEWARE = [
    # First, so that whatever the others log and answer has the request's id.
    "dataio.web.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dataio.web.trouble.Trouble",
]

ROOT_URLCONF = "project.urls"
ASGI_APPLICATION = "project.asgi.application"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dataio:home"
LOGOUT_REDIRECT_URL = "login"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["lucide.templatetags.lucide"],
        },
    }
]
# A project's templates may dress form fields too.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Data. A database answers for the truth of every job; Redis only carries.
DATABASES = {
    "default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,  # seconds; DATABASE_URL=sqlite:///file?timeout=5 for others
        # The write lock is asked for at BEGIN, where waiting works. Asked for in the
        # middle of a transaction, it fails at once with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
    } | DATABASES["default"].get("OPTIONS", {})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.url(
    "REDIS_URL", embedded_redis.url_of(VAR_DIR / "redis"), ("redis", "rediss", "unix")
)

globals().update(queue_settings.celery(env, REDIS_URL))
BEAT_ALIVE_FILE = VAR_DIR / "beat" / "alive"
BEAT_ALIVE_FILE.parent.mkdir(parents=True, exist_ok=True)

# Channels. redis-py's own socket timeout would close sockets that have nothing to say.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [
                {
                    "address": REDIS_URL,
                    "socket_timeout": None,
                    "max_connections": 1000,
                }
            ]
        },
    }
}

# dataio
DATAIO_REDIS_URL = REDIS_URL
DATAIO_ROOT = Path(env.text("DATAIO_ROOT", str(VAR_DIR / "jobs"))).resolve()
DATAIO_MAX_UPLOAD_BYTES = env.whole("DATAIO_MAX_UPLOAD_BYTES", 512 * 1024 * 1024)
DATAIO_CHUNK_ROWS = env.whole("DATAIO_CHUNK_ROWS", 25_000, least=1)
DATAIO_WORKER_BYTES = env.whole("DATAIO_WORKER_BYTES", 2 * 1024 * 1024 * 1024)
DATAIO_TASK_SECONDS = env.whole("DATAIO_TASK_SECONDS", 7_200, least=1)
# The soft limit ends a job with a sentence; whoever does not hear it is killed.
CELERY_TASK_SOFT_TIME_LIMIT = DATAIO_TASK_SECONDS
CELERY_TASK_TIME_LIMIT = DATAIO_TASK_SECONDS + 60
DATAIO_MAX_JOBS_PER_PERSON = env.whole("DATAIO_MAX_JOBS_PER_PERSON", 25)
DATAIO_STALLED_SECONDS = env.whole("DATAIO_STALLED_SECONDS", 20, least=5)
DATAIO_SITE_URL = env.url("DATAIO_SITE_URL", "http://localhost:8000", ("http", "https"))
DATAIO_MAIL_AFTER_SECONDS = env.whole("DATAIO_MAIL_AFTER_SECONDS", 60)
DATAIO_MAX_ATTACHMENT_BYTES = env.whole("DATAIO_MAX_ATTACHMENT_BYTES", 5 * 1024 * 1024)

DATAIO_EVERYBODY_MAY = env.texts("DATAIO_EVERYBODY_MAY", [])
DATAIO_UPLOADS_PER_MINUTE = env.whole("DATAIO_UPLOADS_PER_MINUTE", 60)
DATAIO_STARTS_PER_MINUTE = env.whole("DATAIO_STARTS_PER_MINUTE", 120)

# Uploads are spooled on the disk they are kept on, so that keeping one is a rename.
FILE_UPLOAD_TEMP_DIR = DATAIO_ROOT / "incoming"
with suppress(OSError):  # `dataio_doctor` says what is wrong with the folder
    FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
# A sheet may have 1,000 columns, each with a few fields on the import page.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Static files: served from where they lie on this machine, collected on a real site.
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
SERVESTATIC_USE_FINDERS = not HTTPS
SERVESTATIC_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"
        if HTTPS
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Mail. Without a mail server each mail becomes a file.
globals().update(env.email("EMAIL_URL", f"file:///{VAR_DIR / 'mail'}"))
EMAIL_TIMEOUT = 30  # seconds for each answer of the mail server
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "dataio@localhost")

# Language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = CELERY_TIMEZONE = env.time_zone("TIME_ZONE", "UTC")

LOG_LEVEL = env.one_of(
    "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
)
LOGGING = logging_at(LOG_LEVEL)
