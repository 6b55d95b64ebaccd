"""Everything that can go wrong with a whole file or job, in sentences for the person who uploaded it.

A bad *cell* is not here: it is a problem (data), see `dataio.columns.problems`.
"""

from __future__ import annotations


class DataioError(Exception):
    """Something went wrong."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())

    @property
    def message(self) -> str:
        """The sentence to show."""
        return str(self)


class UnreadableFile(DataioError):
    """This file cannot be read as a spreadsheet. Save it as .xlsx or .csv and upload it again."""


class UnsafeFile(DataioError):
    """This file is refused because reading it could take the server down."""


class UnknownFormat(DataioError):
    """This kind of file is not known here. Upload .xlsx, .xlsm, .xls, .xlsb, .ods, .csv or .tsv."""


class PasswordProtected(UnreadableFile):
    """This workbook is protected with a password. Remove the password in Excel, save it, and upload it again."""


class EmptyFile(UnreadableFile):
    """There are no rows in this file."""


class MissingColumns(DataioError):
    """A column that is needed is not mapped."""


class UnknownResource(DataioError):
    """There is no such resource."""


class UnknownReport(DataioError):
    """There is no such report."""


class UnknownColumn(DataioError):
    """There is no such column."""


class RejectedRows(DataioError):
    """Nothing was imported, because some rows have problems and all or nothing was chosen."""


class Cancelled(DataioError):
    """Cancelled."""


class WrongState(DataioError):
    """This is not possible any more: the job has moved on."""


class NotPermitted(DataioError):
    """You are not permitted to do this."""


class StorageTrouble(DataioError):
    """Files cannot be kept on the server at the moment. Tell whoever looks after this site, and try again later."""


class TooManyJobs(DataioError):
    """As many jobs of yours wait or run as are allowed at one time. Wait until one has finished, or cancel one."""


class AppendOnly(DataioError):
    """What is written in the audit trail stays as it is."""


class TooOften(DataioError):
    """This was done too often within a minute."""
