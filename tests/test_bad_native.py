"""Bad input in the native format: each case is one line that names its place and what mends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from bad_native_cases import CASES, KINDS
from hypothesis import given, settings
from hypothesis import strategies as st

from allocare.instances.errors import InputError
from allocare.instances.formats import FORMATS, load, write
from allocare.instances.lanes import Lanes
from allocare.instances.manifest import schema
from allocare.instances.transportation import TransportationProblem

if TYPE_CHECKING:
    from collections.abc import Callable


def instance(folder: Path, kind: str, file: str = "", change: tuple[str | bytes, ...] = ()) -> Path:
    """Write a good instance with one change: a text replaced in a file, or the whole file."""
    manifest, tables = KINDS[kind]
    for name, text in {"m.toml": manifest, **tables}.items():
        data = text.encode()
        if name == file:
            old, new = (part.encode() if isinstance(part, str) else part for part in (b"", *change)[-2:])
            assert old in data, f"{old!r} is not in {name}"
            data = data.replace(old, new, 1) if old else new
        (folder / name).write_bytes(data)
    return folder / "m.toml"


def refused(path: Path, **options: Any) -> str:
    """The one line with which loading is refused."""
    with pytest.raises(InputError) as caught:
        load(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message == message.strip()
    assert caught.value.exit_code == 2
    return message


@pytest.mark.parametrize("kind", KINDS)
def test_the_instances_are_good_before_they_are_broken(tmp_path: Path, kind: str) -> None:
    assert load(instance(tmp_path, kind)).size > 0


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_refused_in_one_line_that_names_its_place(name: str, tmp_path: Path) -> None:
    kind, file, change, expected = CASES[name]
    message = refused(instance(tmp_path, kind, file, change))
    assert message.startswith(expected)


BREAKS = st.sampled_from([",", ";", '"', "\n", "\r", "\t", "\0", "-", "nan", "[", "=", "\ufeff", "1e999", ""])


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_any_small_damage_is_read_or_refused_in_one_line(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    manifest, tables = KINDS[kind]
    files = {"m.toml": manifest, **tables}
    file = data.draw(st.sampled_from(sorted(files)))
    start = data.draw(st.integers(0, len(files[file])))
    stop = start + data.draw(st.integers(0, 3))
    path = instance(tmp_path_factory.mktemp("damaged"), kind)
    damaged = files[file][:start] + data.draw(BREAKS) + files[file][stop:]
    (path.parent / file).write_text(damaged, encoding="utf-8", newline="")
    try:
        assert load(path).size >= 0
    except InputError as error:
        assert len(str(error).splitlines()) == 1


def test_damaged_parquet_is_refused(tmp_path: Path) -> None:
    path = instance(tmp_path, "transportation", "m.toml", ("rooms.csv", "rooms.parquet"))
    pd.DataFrame({"state": ["Bremen"], "places": [4]}).to_parquet(tmp_path / "rooms.parquet")
    whole = (tmp_path / "rooms.parquet").read_bytes()
    for damaged in (b"", b"state,places", whole[: len(whole) // 2], whole[:-1]):
        (tmp_path / "rooms.parquet").write_bytes(damaged)
        assert refused(path) == "rooms.parquet: this is not a whole Parquet file; write it again"


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"state": ["A", "B"], "places": [1, None]}, "row 3, column 'places': it is empty; give a number"),
        ({"state": ["A", None], "places": [1, 2]}, "row 3, column 'state': it is empty; give a source"),
        ({"state": ["A", "A"], "places": [1, 2]}, "row 3, column 'state': the source 'A' appears twice"),
        ({"state": ["A", "B"], "places": [1, -2]}, "row 3, column 'places': it is -2; it must be 0 or more"),
        ({"state": ["A", "B"], "places": [1, np.inf]}, "row 3, column 'places': it is inf; give a finite"),
        ({"state": ["A", "B"], "places": ["1", "b"]}, "row 3, column 'places': 'b' is not a number"),
        ({"state": ["A", "B"], "places": ["1", None]}, "row 3, column 'places': it is empty; give a number"),
        ({"state": ["A", "B"], "places": [True, False]}, "row 2, column 'places': 'true' is not a number"),
        (
            {"state": ["A", "B"], "places": [2**53 + 1, 1]},
            "column 'places': a number of type int64 is too long",
        ),
        ({"state": ["A", "B"], "places": [[1], [2]]}, "column 'places': it holds list<"),
        ({"state": ["A", "B"], "free": [1, 2]}, "row 1: there is no column 'places'; known: 'state', 'free'"),
        ({"state": [], "places": []}, "the table has a header but no rows; give at least one row"),
    ],
)
def test_bad_values_in_parquet_are_refused_at_their_place(
    frame: dict[str, list[Any]], expected: str, tmp_path: Path
) -> None:
    path = instance(tmp_path, "transportation", "m.toml", ("rooms.csv", "rooms.parquet"))
    pd.DataFrame(frame).to_parquet(tmp_path / "rooms.parquet")
    message = refused(path)
    assert expected in message
    assert message.startswith("rooms.parquet")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "instance").mkdir()
    path = instance(tmp_path / "instance", "transportation")
    (tmp_path / "instance" / "rooms.csv").rename(tmp_path / "rooms.csv")
    (tmp_path / "instance" / "rooms.csv").symlink_to(tmp_path / "rooms.csv")
    assert refused(path).startswith("rooms.csv: the link leads outside the instance's folder")


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    path = instance(tmp_path, "transportation")
    (tmp_path / "rooms.csv").rename(tmp_path / "other.csv")
    (tmp_path / "rooms.csv").symlink_to("other.csv")
    assert load(path).size == 3


def test_a_missing_table_is_named_with_its_folder_and_the_nearest_one(tmp_path: Path) -> None:
    path = instance(tmp_path, "transportation", "m.toml", ("rooms.csv", "rom.csv"))
    assert refused(path) == f"rom.csv: there is no such file in {str(tmp_path)!r}; did you mean 'rooms.csv'?"


@pytest.mark.parametrize(("closed", "place"), [("m.toml", "m.toml"), ("rooms.csv", "rooms.csv")])
def test_a_file_that_may_not_be_read_is_refused(
    closed: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = instance(tmp_path, "transportation")
    read, opened = Path.read_bytes, Path.open

    def closed_to(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(file: Path, *arguments: Any, **named: Any) -> Any:
            if file.name == closed:
                raise PermissionError(13, "Permission denied")
            return original(file, *arguments, **named)

        return call

    monkeypatch.setattr(Path, "read_bytes", closed_to(read))
    monkeypatch.setattr(Path, "open", closed_to(opened))
    message = refused(path)
    assert message.endswith("Permission denied")
    assert f"{place}: " in message


def test_a_file_that_is_not_there_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    instance(tmp_path, "transportation")
    missing = tmp_path / "n.toml"
    assert refused(missing) == f"{missing}: there is no such file; did you mean 'm.toml'?"
    nowhere = tmp_path / "nowhere" / "m.toml"
    assert refused(nowhere) == f"{nowhere}: there is no folder {str(nowhere.parent)!r}"


def test_a_folder_without_a_manifest_of_its_own_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path}: this folder holds no manifest (*.toml)"
    (tmp_path / "a.toml").touch()
    (tmp_path / "b.toml").touch()
    assert refused(tmp_path) == f"{tmp_path}: this folder holds several manifests; name one of a.toml, b.toml"
    assert refused(tmp_path, format="mps") == f"{tmp_path}: this is a folder; a mps problem is a file"


def test_a_table_is_refused_in_the_place_of_its_manifest(tmp_path: Path) -> None:
    instance(tmp_path, "transportation")
    rooms = tmp_path / "rooms.csv"
    assert refused(rooms) == f"{rooms}: this is a table; give the manifest (*.toml) that names it"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.dat", b"\x89PNG\0\0", "this is a binary file; the formats are text (native, dimacs-min, "),
        ("a.dat", b"", "the file is empty"),
        (
            "a.dat",
            b"Dear Sir or Madam",
            "neither extension nor content tells its format; name one of native, ",
        ),
        ("a.toml.gz", b"not compressed", "it cannot be read: Not a gzipped file"),
        ("a.txt.gz", b"\x1f\x8b\x08", "the compressed file is damaged or cut short"),
    ],
)
def test_a_file_of_no_known_format_is_refused(
    name: str, content: bytes, expected: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / name).startswith(f"{tmp_path / name}: {expected}")


def test_an_unknown_format_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    path = instance(tmp_path, "transportation")
    message = refused(path, format="dimacs")
    assert message.startswith("there is no format 'dimacs'; did you mean 'dimacs-min'?")
    assert all(name in message for name in FORMATS)


def test_a_sense_is_refused_where_the_file_states_its_own(tmp_path: Path) -> None:
    path = instance(tmp_path, "transportation")
    assert refused(path, sense="max") == f"{path}: a sense cannot be given: native files state their own"
    assert refused(path, sense="most") == "the sense is 'most'; it must be 'min' or 'max'"


def test_the_schema_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InputError, match="there is no kind 'transports'; did you mean 'transportation'"):
        schema("transports")


def problem(**changes: Any) -> TransportationProblem:
    data: dict[str, Any] = {
        "sources": ["a"],
        "targets": ["b"],
        "lanes": Lanes.from_matrix([[1]]),
        "supply": [1],
        "demand": [1],
    }
    return TransportationProblem(**data | changes)


@pytest.mark.parametrize(
    ("changes", "path", "expected"),
    [
        ({}, "p.xlsx", "the extension '.xlsx' does not tell the format; name one of native, "),
        ({}, "p.txt", "the extension '.txt' does not tell the format; name one of orlib-assignment, "),
        ({"units": {"beds": "1"}}, "p", "table [units], field 'beds': there is no such field; known: "),
        ({"targets": [1, "1"], "lanes": Lanes.from_matrix([[1, 1]]), "demand": [1, 1]}, "p",
         "target '1' cannot be written; as text, keys differ and none is empty"),
        ({"sources": [""]}, "p", "source '' cannot be written"),
        ({"sources": [], "supply": [], "lanes": Lanes(0, 1, np.zeros(0))}, "p",
         "a problem without sources has nothing to decide and cannot be written"),
        ({"targets": [], "demand": [], "lanes": Lanes(1, 0, np.zeros(0))}, "p",
         "a problem without targets has nothing to decide and cannot be written"),
        ({"lanes": Lanes.from_matrix([[np.nan]])}, "p", "a problem without lanes has nothing to decide"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_and_nothing_is_left(
    changes: dict[str, Any], path: str, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        write(problem(**changes), tmp_path / path)
    assert expected in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_writing_refuses_a_format_that_is_only_read_and_a_file_in_the_folders_place(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="dimacs-transportation is only read; write one of native, dimacs-min"
    ):
        write(problem(), tmp_path / "p.min", "dimacs-transportation")
    (tmp_path / "p").write_text("mine")
    with pytest.raises(InputError, match="there is a file of this name"):
        write(problem(), tmp_path / "p")
    assert (tmp_path / "p").read_text() == "mine"
