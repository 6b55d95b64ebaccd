"""An import of many products, staged without a workbook: reading one is not what is tested."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pyarrow as pa

from dataio.imports.plan import ImportPlan
from dataio.imports.stage import write_chunk
from dataio.jobs import files, runner
from dataio.models import Chunk, Job, JobKind, JobState
from project.shop.models import Category

COLUMNS = ("sku", "name", "category", "price", "weight", "active")


def import_products(owner, numbers: range, word: str) -> Job:
    """Import products with these numbers, in chunks of 50,000; return the job."""
    plan = ImportPlan(
        resource="shop.product",
        mapping={name: name for name in COLUMNS},
        key=("sku",),
    )
    job = Job.objects.create(
        owner=owner,
        kind=JobKind.IMPORT,
        resource=plan.resource,
        plan=plan.as_data(),
        state=JobState.WAITING,
        staged=True,
    )
    for number, start in enumerate(numbers[::50_000], start=1):
        part = range(start, min(start + 50_000, numbers.stop))
        write_chunk(_frame(part, word), files.chunk_path(job.pk, number))
        Chunk.objects.create(
            job=job,
            number=number,
            first_row=start + 2,
            last_row=part.stop + 1,
            rows=len(part),
        )
    runner.run_job(job.pk, lambda reading: None)
    job.refresh_from_db()
    return job


def _frame(numbers: range, word: str) -> pd.DataFrame:
    category = Category.objects.first().pk
    long = len(word)
    values = {
        "sku": pa.array([f"A-{n:06}" for n in numbers]),
        "name": pa.array([f"Dụng cụ {word} {n}" for n in numbers]),
        "category": pa.array([category] * len(numbers), pa.int64()),
        "price": pa.array(
            [Decimal(n * long % 99_999) / 100 for n in numbers], pa.decimal128(12, 2)
        ),
        "weight": pa.array([n * long / 7 for n in numbers]),
        "active": pa.array([(n + long) % 3 > 0 for n in numbers]),
    }
    index = pd.Index(range(numbers.start + 2, numbers.stop + 2), dtype="int64")
    return pd.DataFrame(
        {
            name: pd.Series(pd.arrays.ArrowExtensionArray(array), index=index)
            for name, array in values.items()
        }
    )
