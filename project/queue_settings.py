"""Settings of Celery. It carries an id from here to there; the job row knows everything else."""

from __future__ import annotations

from typing import Any

from kombu import Queue

from project.environment import Environment

# Progress is still written through celery-progress's recorder; a result is not read.
CELERY_TASK_IGNORE_RESULT = True
# A task is acknowledged when it is done: a worker that dies hands it back. What is handed
# back although it was done, or is being done, finds the job claimed or the chunk marked, and
# does nothing.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# Bounds the restarts of a task that kills its own process, which acks_late alone
# would start again for ever.
CELERY_TASK_RETRY_ON_WORKER_LOST = True
# Libraries keep memory for the next time. A process that has grown past this many KB is
# replaced by a fresh one, after its task.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
# One task in hand per process: a long job must not hold a short one back.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# SIGTERM, as a deploy sends it, is Celery's warm shutdown: no new tasks, and those that run
# go on. `dataio.jobs.stopping` makes them short: each is left after its chunk, and its job
# given back. SIGQUIT, or a second Ctrl-C, leaves them this many seconds; then they are ended
# where they are, roll back, and their jobs are given back as well. Less than the time that
# the supervisor (WORKER_GRACE) and docker-compose.yml (stop_grace_period) wait before they
# kill, so that connections are closed and messages given back in order.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10.0
# A worker in which nothing runs may hold tasks that wait for their moment, such as a mail
# that is tried again: they are given back too, not left to the visibility timeout.
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
# After a lost connection a broker may hand the task to another worker as well. That one
# finds the job claimed and does nothing, so this one need not be stopped: the work goes on
# while the broker is away.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_CONSUMER = "project.consumer:Consumer"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Nothing that can run code when it is read.
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "dataio"
# Short jobs, mails and the tasks of beat wait behind no long job. A worker takes from both
# queues in turn; `make run` and docker-compose.yml start one more for the short queue alone.
DATAIO_SHORT_QUEUE = "dataio-short"
CELERY_TASK_QUEUES = [Queue("dataio-short"), Queue("dataio")]
# Times are left to whoever collects the lines: the supervisor, or the container.
CELERY_WORKER_LOG_FORMAT = "%(levelname)s %(processName)s: %(message)s"
CELERY_WORKER_TASK_LOG_FORMAT = "%(levelname)s %(task_name)s: %(message)s"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A message that no worker took in time is dropped: the next one says the same.
CELERY_BEAT_SCHEDULE = {
    "rescue": {
        "task": "dataio.tasks.rescue_jobs",
        "schedule": 5.0,
        "options": {"expire_seconds": 10, "queue": DATAIO_SHORT_QUEUE},
    },
    "retention": {
        "task": "dataio.tasks.remove_old_files",
        "schedule": 3600.0,
        "options": {"expire_seconds": 1800, "queue": DATAIO_SHORT_QUEUE},
    },
}
# Schedules that people make are rows of the database; `project.beat` also shows its life.
CELERY_BEAT_SCHEDULER = "project.beat:Scheduler"
# Whoever clicks waits a third of a second for a broker that is away, not six: the job is
# kept, and sent again by `rescue`. Workers go on trying for ever, see above.
TRANSPORT = {
    "max_retries": 2,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
REDIS_TRANSPORT = {
    # Seconds: a broker that hangs, or behind a network that loses everything, is one that is
    # away. Without these a click would wait for minutes.
    "socket_connect_timeout": 3,
    "socket_timeout": 5,
    # Seconds after which Redis gives a task that nobody acknowledged to another worker.
    # Longer than the longest task: a shorter one starts a second copy of a task that still
    # runs. `rescue`, not this, is what recovers jobs quickly.
    "visibility_timeout": 43_200,
    # How often that is looked for; kombu's own pace is once in 100 seconds.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
}
RABBITMQ_TRANSPORT = {
    # Seconds that each step of a handshake may take; for what is asked later see
    # `project.rabbit`.
    "connect_timeout": 3,
    # A try that took longer than this is the last one.
    "connect_retries_timeout": 1,
}
# RabbitMQ has no visibility timeout: it gives unacknowledged tasks to another worker as soon
# as the connection of the first is gone. Its `consumer_timeout`, half an hour, would end a
# connection whose task takes longer: set it to twelve hours too, see docker-compose.yml.


def celery(env: Environment, redis_url: str) -> dict[str, Any]:
    """Return the settings of Celery by name, as Django's settings hold them."""
    broker = env.url(
        "CELERY_BROKER_URL", redis_url, ("redis", "rediss", "amqp", "amqps")
    )
    on_redis = broker.startswith(("redis", "rediss"))
    secure = broker.startswith("amqps")
    rabbit = f"project.rabbit:{'SecureTransport' if secure else 'Transport'}"
    fixed = {
        name: value
        for name, value in globals().items()
        if name.startswith(("CELERY_", "DATAIO_"))
    }
    return fixed | {
        "CELERY_BROKER_URL": broker,
        "CELERY_BROKER_TRANSPORT_OPTIONS": TRANSPORT
        | (REDIS_TRANSPORT if on_redis else RABBITMQ_TRANSPORT),
        "CELERY_BROKER_TRANSPORT": None if on_redis else rabbit,
        "CELERY_RESULT_BACKEND": redis_url,
    }
