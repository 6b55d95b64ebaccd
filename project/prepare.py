"""What has to be there before the site starts: tables, demo data, sample workbooks.

Run as `python -m project.prepare`, in one process, since each start of Django costs
about a second.
"""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    # The samples know the models, which are there from now on.
    from project.shop.samples import make_samples

    try:
        connection.ensure_connection()
    except OperationalError as error:
        sys.exit(f"The database does not answer: {str(error).strip().splitlines()[0]}")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("shop_seed", if_empty=True)
    make_samples(settings.VAR_DIR / "samples")


if __name__ == "__main__":
    main()
