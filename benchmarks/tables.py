"""Make all tables: those of apps without migrations come last, since they refer to others."""

from __future__ import annotations

import django
from django.core.management import call_command


def main() -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("migrate", verbosity=0, run_syncdb=True)


if __name__ == "__main__":
    main()
