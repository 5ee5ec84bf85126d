"""Tables of records are read as they are written, and what cannot be read is one line naming the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from public_files import DATA, needs_data, saved

from allocare import InputError
from allocare.forecasting.notation import Notation
from allocare.forecasting.readers import read_long, read_wide
from allocare.forecasting.recipes.recipe import default_recipe
from allocare.forecasting.records import simulated_panel
from allocare.forecasting.series_attributes import with_series_attributes

if TYPE_CHECKING:
    from pathlib import Path


def panel_of(file: Path, notation: Notation | None = None, **options):
    records = read_long(file, "state", "day", "beds", notation=notation, **options)
    return default_recipe().clean(records)


def table(*rows: str, header: str = "state,day,beds") -> str:
    return "\n".join([header, *rows]) + "\n"


def test_unsorted_rows_with_gaps_become_a_regular_panel(tmp_path: Path) -> None:
    file = saved(tmp_path, table("HE,2024-01-04,8", "HB,2024-01-01,1", "HE,2024-01-01,5"), "a.csv")
    cleaned = panel_of(file)
    assert cleaned.panel.series.tolist() == ["HB", "HE"]
    assert cleaned.panel.times.tolist() == pd.date_range("2024-01-01", "2024-01-04", freq="3D").tolist()
    file = saved(tmp_path, table("HE,2024-01-04,8", "HB,2024-01-02,1", "HE,2024-01-01,5"), "a.csv")
    values = panel_of(file).panel.values
    assert values.index.freqstr == "D"
    assert values["HE"].dropna().to_dict() == {
        pd.Timestamp("2024-01-01"): 5.0,
        pd.Timestamp("2024-01-04"): 8.0,
    }
    assert values.shape == (4, 2)
    assert len(cleaned.changes) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_marks_and_european_numbers_are_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.csv"
    text = table("Thüringen;2024-01-01;1.234,5", "Thüringen;2024-01-02;n/a", header="state;day;beds")
    file.write_bytes(text.encode(encoding))
    told = "utf-8" if encoding.startswith("utf-8") else encoding
    cleaned = panel_of(file, Notation(decimal=",", thousands="."), encoding=told)
    assert cleaned.panel.values["Thüringen"].iloc[0] == 1234.5
    assert cleaned.panel.values["Thüringen"].isna().tolist() == [False, True]
    assert cleaned.changes[["before", "row"]].to_numpy().tolist() == [["1.234,5", 2], ["n/a", 3]]
    assert cleaned.changes["after"].iloc[0] == 1234.5
    assert pd.isna(cleaned.changes["after"].iloc[1])


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"state": ["HE", "HE"], "day": pd.to_datetime(["2024-01-02", "2024-01-01"]), "beds": [6.0, None]}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    values = panel_of(tmp_path / "a.parquet").panel.values["HE"]
    assert values.isna().tolist() == [True, False]
    assert values.iloc[1] == 6


def test_only_the_rows_asked_for_are_read(tmp_path: Path) -> None:
    rows = ("HE,2024-01-01,5,adult", "HE,2024-01-01,1,child", "HE,2024-01-02,6,adult")
    file = saved(tmp_path, table(*rows, header="state,day,beds,age"), "a.csv")
    assert panel_of(file, where={"age": "adult"}).panel.values["HE"].tolist() == [5, 6]
    with pytest.raises(InputError, match=r"a.csv, column 'age': no row has 'adlut'; did you mean 'adult'\?"):
        panel_of(file, where={"age": "adlut"})


def test_times_with_offsets_are_converted_to_the_zone_named(tmp_path: Path) -> None:
    rows = ("HE,2024-03-29T23:00:00Z,5", "HE,2024-03-30T23:00Z,6", "HE,2024-04-01T00:00+02:00,7")
    file = saved(tmp_path, table(*rows), "a.csv")
    cleaned = panel_of(file, Notation(zone="Europe/Berlin"))
    assert cleaned.panel.times.strftime("%m-%d").tolist() == ["03-30", "03-31", "04-01"]
    assert cleaned.changes["row"].tolist() == [2, 3]
    assert set(cleaned.changes["column"]) == {"day"}


def test_times_of_day_may_count_for_their_day(tmp_path: Path) -> None:
    file = saved(tmp_path, table("HE,2024-01-01 09:15,5", "HE,2024-01-02 12:15,6"), "a.csv")
    assert panel_of(file, Notation(floor="D")).panel.times.strftime("%m-%d").tolist() == ["01-01", "01-02"]


def test_attributes_are_gathered_and_codes_stay_text(tmp_path: Path) -> None:
    rows = ("HE,2024-01-01,5,06,6.3", "HE,2024-01-02,5,06,6.3")
    file = saved(tmp_path, table(*rows, header="state,day,beds,code,people"), "a.csv")
    attributes = panel_of(file, attributes=["code", "people"]).panel.attributes
    assert attributes is not None
    assert attributes.to_dict("records") == [{"code": "06", "people": 6.3}]


def test_a_wide_table_names_row_and_series_in_errors(tmp_path: Path) -> None:
    file = saved(tmp_path, "day,HE,HB\n2024-01-01,5,1\n2024-01-02,6,x\n", "a.csv")
    with pytest.raises(InputError, match=r"a.csv, series 'HB', row 3: 'x' is not a number"):
        default_recipe().clean(read_wide(file, "day"))


CASES = [
    ("HE,2024-01-01,abc", "series 'HE', row 2, column 'beds': 'abc' is not a number"),
    (
        'HE,2024-01-01,"1,234"',
        "'1,234' is no number as they are written here; if it is one, say thousands ','",
    ),
    ("HE,2024-01-01,-3", "series 'HE', row 2, column 'beds': it is -3; a count is 0 or more"),
    ("HE,2024-01-01,1e400", "row 2, column 'beds': 1e400 is too large"),
    ("HE,2024-01-01,5\nHE,2024-01-01,6", "series 'HE', row 3: 2024-01-01 appears twice .first in row 2."),
    ("HE,01.02.2024,5", "row 2, column 'day': '01.02.2024' is not a date like 2024-12-31; if .* '%d.%m.%Y'"),
    ("HE,2024-02-30,5", "row 2, column 'day': there is no day '2024-02-30'"),
    ("HE,,5", "series 'HE', row 2, column 'day': it is empty; give a date"),
    (",2024-01-01,5", "a.csv, row 2, column 'state': it is empty; name the series"),
    ("HE,2024-01-01,5\nHE,2024-01-02T00:00Z,6", "row 2, column 'day': '2024-01-01' has no time zone"),
    (
        "HE,2024-01-01T00:00+01:00,5\nHE,2024-07-01T00:00+02:00,6",
        "row 3, column 'day': '2024-07-01T00:00.02:00' has another offset from UTC .*; name the zone",
    ),
    ("HE,2024-01-01,5\nHB,2024-01-01,\nHB,2024-01-02,NA", "series 'HB', row 3, column 'beds': all 2 records"),
    (
        "HE,2024-01-01,5\nHE,2024-01-02,5\nHE,2024-01-03,5\nHE,2204-01-04,5",
        "row 5, column 'day': 2204-01-04 is far from the other times: nothing .* between 2024-01-03 and",
    ),
    (
        "HE,1924-01-01,5\nHE,2024-01-02,5\nHE,2024-01-03,5\nHE,2024-01-04,5",
        "row 2, column 'day': 1924-01-01 is far from the other times",
    ),
    (
        "\n".join(f"HE,2024-01-{day},5" for day in ("01", "02", "02 12:00", "03", "04", "05")),
        "row 4, column 'day': 2024-01-02 12:00 is not one of the times",
    ),
]


@pytest.mark.parametrize(("rows", "line"), CASES)
def test_bad_records_are_one_line_naming_file_series_and_row(tmp_path: Path, rows: str, line: str) -> None:
    file = saved(tmp_path, table(rows), "a.csv")
    with pytest.raises(InputError, match=line) as refused:
        panel_of(file)
    assert str(refused.value).startswith("a.csv, ")
    assert "\n" not in str(refused.value)


def test_an_attribute_that_changes_is_refused(tmp_path: Path) -> None:
    rows = ("HE,2024-01-01,5,6", "HE,2024-01-02,5,7")
    file = saved(tmp_path, table(*rows, header="state,day,beds,people"), "a.csv")
    with pytest.raises(InputError, match="series 'HE', row 3, column 'people': it is '7', and '6' before"):
        panel_of(file, attributes=["people"])


def test_unknown_columns_files_and_zones_are_named(tmp_path: Path) -> None:
    file = saved(tmp_path, table("HE,2024-01-01,5"), "a.csv")
    with pytest.raises(InputError, match=r"a.csv, row 1: there is no column 'sate'; did you mean 'state'\?"):
        read_long(file, "sate", "day", "beds")
    with pytest.raises(InputError, match="column 'beds' is named twice"):
        read_long(file, "state", "day", "beds", covariates=["beds"])
    with pytest.raises(InputError, match="there is no such file"):
        read_long(tmp_path / "b.csv", "state", "day", "beds")
    with pytest.raises(InputError, match="there is no encoding 'utf-9'"):
        read_long(file, "state", "day", "beds", encoding="utf-9")
    with pytest.raises(InputError, match="did you mean 'Europe/Berlin'"):
        Notation(zone="Europe/Berln")


def test_a_series_without_a_row_of_attributes_is_named(tmp_path: Path) -> None:
    file = saved(tmp_path, "region,people\nR1,3\n", "a.csv")
    with pytest.raises(InputError, match=r"a.csv: there is no row for series 'R2'"):
        with_series_attributes(simulated_panel(2, 3), file)


PUBLIC = [
    pytest.param(
        "divi_states_daily_to_2024.csv",
        ("bundesland_name", "datum", "intensivbetten_belegt"),
        {"where": {"behandlungsgruppe_level_2": "ERWACHSENE"}},
        (1748, 16),
        0,
        marks=needs_data,
        id="divi",
    ),
    pytest.param(
        "hhs_states_daily_to_2021-06.csv",
        ("state", "date", "inpatient_beds_used"),
        {"notation": Notation(thousands=",")},
        (547, 53),
        3216,
        marks=needs_data,
        id="hhs",
    ),
]


@pytest.mark.parametrize(("name", "columns", "options", "shape", "missing"), PUBLIC)
def test_public_records_become_panels(name, columns, options, shape, missing) -> None:
    cleaned = default_recipe().clean(read_long(DATA / "health" / name, *columns, **options))
    values = cleaned.panel.values
    assert (values.shape, int(values.isna().sum().sum()), cleaned.panel.frequency) == (shape, missing, "D")
    plain = pd.read_csv(DATA / "health" / name, thousands=",").set_index([columns[1], columns[0]])[columns[2]]
    plain.index = plain.index.set_levels(pd.to_datetime(plain.index.levels[0]), level=0)
    assert values.stack().dropna().to_dict() == plain.dropna().to_dict()
    changed = cleaned.changes
    assert changed["before"].str.contains(",").all()
    assert len(changed) == (0 if "divi" in name else int((plain >= 1000).sum()))
