"""Find the rows a database refuses, so that the others of their chunk still go in."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pandas as pd
from django.db import DataError, IntegrityError, transaction

from dataio.imports.loaders import sentences
from dataio.imports.loaders.result import Loader, LoadResult, Overtaken, join_results
from dataio.imports.loaders.target import Target

logger = logging.getLogger(__name__)

MOST_TRIES = 3_000
"""Pieces of one chunk that are tried before the search for good rows ends."""
MOST_OVERTAKEN = 10


@dataclass(slots=True)
class Search:
    """Loads a chunk; halves what is refused until the refused rows stand alone."""

    loader: Loader
    target: Target
    tries: int = 0

    def load(self, frame: pd.DataFrame) -> LoadResult:
        """Return exact counts; refused rows are problems with the code `refused`."""
        self.tries += 1
        try:
            return self._attempt(frame)
        except (IntegrityError, DataError) as error:
            # Not the error's text, which quotes the row.
            kind = type(error).__name__
            logger.info("The database refused %s rows: %s", len(frame), kind)
            if len(frame) == 1:
                return LoadResult(problems=sentences.refused(frame, self.target, error))
        if self.tries >= MOST_TRIES:
            return LoadResult(problems=sentences.not_tried(frame, self.target))
        half = len(frame) // 2
        return join_results(
            [self.load(frame.iloc[:half]), self.load(frame.iloc[half:])]
        )

    def _attempt(self, frame: pd.DataFrame) -> LoadResult:
        for _ in range(MOST_OVERTAKEN):
            try:
                with transaction.atomic(using=self.loader.using):
                    return self.loader.load(frame)
            except Overtaken:
                continue
        raise IntegrityError("Other writers kept changing the same records.")
