"""Makes the table of towns out of HFLabs' open data. Run by hand when their table is updated:

    python -m callcore.orders.geocoding.compile_towns --towns city.csv --regions region.csv --out config/data/towns.csv.gz

Both are UTF-8 CSV: github.com/hflabs/city and hflabs/region, CC BY-SA 4.0; what is made of them keeps that licence.
"""

import argparse
import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from callcore.orders.geocoding.gazetteer import COLUMNS


def towns(
    rows: Iterable[Mapping[str, str]], regions: Iterable[Mapping[str, str]]
) -> Iterator[tuple[str, ...]]:
    """A town in a town is called by its own name; some towns that are a district or a region of their own only by the
    whole address."""
    codes = {region["name"]: region["iso_code"] for region in regions}
    for row in rows:
        name = row["settlement"] or row["city"] or row["address"].rpartition("г ")[2]
        lat, lon = (f"{float(row[key]):.4f}" for key in ("geo_lat", "geo_lon"))
        people = "".join(char for char in row["population"] if char.isdecimal()) or "0"
        yield name, codes[row["region"]], lat, lon, people


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in ("--towns", "--regions", "--out"):
        parser.add_argument(name, type=Path, required=True)
    given = parser.parse_args(arguments)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    with given.towns.open(encoding="utf-8-sig") as rows, given.regions.open(encoding="utf-8-sig") as regions:
        writer.writerows(sorted(towns(csv.DictReader(rows), csv.DictReader(regions))))
    # without the time of the making, so that the same data gives the same file
    given.out.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
