"""Opening a table's file: only inside the manifest's folder, only what is plainly a table."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from .errors import InputError
from .hints import nearest
from .tables import Table

if TYPE_CHECKING:
    from pathlib import Path

SEPARATORS = (",", ";", "\t")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LARGEST_BLOCK = 1 << 30


def read_table(folder: Path, file: str, separator: str = ",", encoding: str = "utf-8") -> Table:
    r"""Read a CSV or Parquet table that lies in `folder`.

    Parameters
    ----------
    folder
        The manifest's folder; the file must lie inside it.
    file
        Path of the file as the manifest gives it.
    separator
        What separates a CSV file's columns.
    encoding
        How a CSV file's text is written, such as ``cp1252`` or ``utf-16``.

    Raises
    ------
    InputError
        For a file that is not there, lies elsewhere, or is no such table; naming file and row.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "rooms.csv").write_text("state,places\nHessen,3\n")
    >>> read_table(folder, "rooms.csv").numbers("places").tolist()
    [3.0]
    """
    path = inside(folder, file)
    kind = path.suffix.lower()
    if kind == ".parquet":
        table = _parquet(path, file)
    elif kind == ".csv":
        table = _csv(path, file, separator, encoding)
    else:
        raise InputError(f"a table ends in .csv or .parquet, this in {path.suffix!r}", file)
    if not len(table):
        raise InputError("the table has a header but no rows; give at least one row", file)
    return table


def inside(folder: Path, file: str) -> Path:
    """Find a file of the manifest's folder, refusing any way out of it.

    Raises
    ------
    InputError
        Naming the file.

    Examples
    --------
    >>> import pathlib
    >>> inside(pathlib.Path("instance"), "../secret.csv")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    allocare.instances.errors.InputError: ../secret.csv: the path leads outside the instance's folder; ...
    """
    if not file.isprintable():
        raise InputError("the name holds control characters; rename the table", repr(file))
    for style in (PurePosixPath(file), PureWindowsPath(file)):
        if style.is_absolute() or style.anchor or ".." in style.parts:
            raise InputError(
                "the path leads outside the instance's folder; put the table beside the manifest", file
            )
    path = folder / file
    if not path.exists():
        beside = [entry.name for entry in folder.iterdir() if entry.suffix.lower() in (".csv", ".parquet")]
        raise InputError(f"there is no such file in {str(folder)!r}; {nearest(file, sorted(beside))}", file)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(
            "the link leads outside the instance's folder; put the table beside the manifest", file
        )
    if not path.is_file():
        raise InputError("this is not a file; a table is a .csv or .parquet file", file)
    return path


def _bytes(path: Path, file: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"the file cannot be read: {error.strerror or error}", file) from error


def _parquet(path: Path, file: str) -> Table:
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(_bytes(path, file)))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise InputError("this is not a whole Parquet file; write it again", file) from error
    columns = []
    for column in table.columns:
        cells = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
        if pa.types.is_dictionary(cells.type):
            cells = cells.dictionary_decode()
        columns.append(cells.cast(pa.string()) if pa.types.is_large_string(cells.type) else cells)
    if not columns:
        raise InputError("the table has no columns", file)
    return Table(file, tuple(table.column_names), tuple(columns))


def _csv(path: Path, file: str, separator: str, encoding: str) -> Table:
    import pyarrow.csv as arrow_csv

    data = _plain(_as_utf8(_bytes(path, file), file, encoding), file)
    header = _header(data, file, separator)
    broken: list[Any] = []

    def keep(row: Any) -> str:
        broken.append(row)
        return "error"

    names = [str(at) for at in range(len(header))]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            # one block and one thread: only then are broken rows numbered
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=min(len(data) + 1, _LARGEST_BLOCK), column_names=names
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        _refuse_open_quote(data, file, separator)
        if broken:
            raise _ragged(broken[0], file, separator, header, data) from error
        raise InputError(f"this is not a CSV table: {str(error).splitlines()[0]}", file) from error
    _refuse_open_quote(data, file, separator)
    columns = [pa.concat_arrays(column.chunks).slice(1) for column in table.columns]
    return Table(file, header, tuple(columns))


def _as_utf8(data: bytes, file: str, encoding: str) -> bytes:
    if encoding == "utf-8":
        return data
    try:
        return data.decode(encoding).encode("utf-8")
    except LookupError:
        raise InputError(
            f"there is no encoding {encoding!r}; utf-8, cp1252 and utf-16 are some", file
        ) from None
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x} is no {encoding} text; name the file's encoding"
        raise InputError(found, file, f"row {row}") from error


def _plain(data: bytes, file: str) -> bytes:
    data = data.removeprefix(_BYTE_ORDER_MARK).rstrip(b"\r\n")
    if not data.strip():
        raise InputError("the file is empty; give a header and at least one row", file)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data:
        raise InputError("this is not UTF-8 text; save the table as 'CSV UTF-8'", file)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"byte 0x{data[error.start]:02x} is not UTF-8 text; save the table as 'CSV UTF-8'",
            file,
            f"row {row}",
        ) from error
    return data


def _records(data: bytes, separator: str) -> Any:
    return csv.reader(
        io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=""), delimiter=separator, strict=True
    )


def _header(data: bytes, file: str, separator: str) -> tuple[str, ...]:
    try:
        header = tuple(next(_records(data, separator)))
    except csv.Error as error:
        raise InputError(f"the header is not a row of CSV ({error})", file, "row 1") from error
    if not header:
        raise InputError("the header is empty; name the columns", file, "row 1")
    if len(header) == 1 and (other := _other_separator(header[0], separator)):
        raise _separated(data, file, separator, other)
    return header


def _separated(data: bytes, file: str, separator: str, other: str) -> InputError:
    """Say that the header is separated otherwise: as is the whole file, or as the rows are not."""
    with suppress(csv.Error):
        width = None
        for row, cells in enumerate(_records(data, other), start=1):
            width = width or len(cells)
            if len(cells) != width:
                return InputError(
                    f"the header is separated by {_shown(other)}, row {row} is not; use one throughout",
                    file,
                    "row 1",
                )
    return InputError(
        f"the columns are separated by {_shown(other)}, not by {_shown(separator)}; "
        f"say {_setting(other)} in the manifest's table, or save the file with {_shown(separator)}",
        file,
        "row 1",
    )


def _other_separator(text: str, separator: str) -> str | None:
    others = [other for other in SEPARATORS if other != separator and other in text]
    return max(others, key=text.count) if others else None


def _shown(separator: str) -> str:
    return "tabs" if separator == "\t" else f"{separator!r}"


def _setting(separator: str) -> str:
    return 'separator = "\\t"' if separator == "\t" else f'separator = "{separator}"'


def _ragged(row: Any, file: str, separator: str, header: tuple[str, ...], data: bytes) -> InputError:
    """Say why a row has another number of values than the header."""
    place = f"row {row.number}"
    other = _other_separator(row.text, separator)
    if other and row.text.count(other) == len(header) - 1:
        return InputError(
            f"the row is separated by {_shown(other)}, the header by {_shown(separator)}; use one throughout",
            file,
            place,
        )
    values = f"{row.actual_columns} value{'s'[: row.actual_columns != 1]}"
    found = f"the row has {values}, the header names {len(header)}"
    if row.actual_columns > len(header) and separator == ",":
        found += "; put text with commas in quotes, and write decimal points"
    elif data.endswith(row.text.encode()):
        found += "; it is the last row: is the file cut short?"
    else:
        found += "; give every row the same columns"
    return InputError(found, file, place)


def _refuse_open_quote(data: bytes, file: str, separator: str) -> None:
    """Refuse a quote that is never closed: all rows after it would count as one value."""
    if data.count(b'"') % 2 == 0:
        return
    whole = 0
    try:
        for _ in _records(data, separator):
            whole += 1
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise InputError("a quote is opened here and never closed", file, f"row {whole + 1}") from error
