"""Writes the tables of exercise 13, course/data/*.csv: `python -m course.building.tables`.

Python's own random numbers, so that every machine writes the same bytes.
"""

import csv
import io
from datetime import date, timedelta
from random import Random

from course.table import SHIPPED


def flats():
    """140 invented flats, with all that a hurried export does to a table. The rents are made by a line."""
    random, rows = Random(24), []
    districts = {"Harbour": 0, "Old Town": 140, "Station": -60, "West": 60}
    for i in range(140):
        area = round(random.uniform(28, 120), 1)
        rooms = max(1, round(area / 27 + random.gauss(0, 0.6)))
        year = random.randint(1900, 2020)
        district = random.choice(list(districts))
        listed = date(2025, 1, 1) + timedelta(days=random.randrange(300))
        rent = 180 + 9.5 * area + 35 * rooms + districts[district] + 1.2 * (year - 1960)
        rent = round(rent + 0.15 * (listed - date(2025, 1, 1)).days + random.gauss(0, 70))
        built = random.choices([str(year), "", "n/a", "unknown"], [85, 6, 4, 5])[0]
        rows.append({
            "id": i + 1,
            "listed": f"{listed:%d.%m.%Y}",
            "district": district,
            "area": f"{area}".replace(".", ","),
            "area_sqft": round(area * 10.7639),
            "rooms": rooms,
            "built": built,
            "currency": "EUR",
            "deposit": 3 * rent,
            "rent": f"{rent:,} €".replace(",", "."),
        })  # fmt: skip
    for i in (17, 42, 43, 101):  # exported twice
        rows.insert(random.randrange(i + 1, len(rows)), rows[i])
    return written(rows, ";")


def iris():
    """150 flowers of three species, measured in cm: scikit-learn's load_iris."""
    from sklearn.datasets import load_iris

    data = load_iris()
    names = [name.replace(" (cm)", "").replace(" ", "_") for name in data.feature_names]
    rows = [dict(zip(names, map(float, row), strict=True)) for row in data.data]
    for row, species in zip(rows, data.target, strict=True):
        row["species"] = str(data.target_names[species])
    return written(rows)


def linnerud():
    """20 men of a fitness club, three exercises and their pulse: scikit-learn's load_linnerud."""
    from sklearn.datasets import load_linnerud

    data, names = load_linnerud(), ["chin_ups", "sit_ups", "jumps"]
    pulse = data.target[:, data.target_names.index("Pulse")]
    rows = [dict(zip(names, map(int, row), strict=True)) for row in data.data]
    return written([row | {"pulse": int(beats)} for row, beats in zip(rows, pulse, strict=True)])


def written(rows, delimiter=","):
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), delimiter=delimiter, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode()


TABLES = {"flats.csv": flats, "iris.csv": iris, "linnerud.csv": linnerud}

if __name__ == "__main__":
    for name, make in TABLES.items():
        (SHIPPED / name).write_bytes(make())
        print(f"course/data/{name} written")
