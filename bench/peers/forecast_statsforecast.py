"""statsforecast's AutoARIMA on a benchmark set: the same files, ids and measures as the program `forecast`.

forecast_statsforecast.py --train F --test F --season M --horizon H [--ids F] [--limit N] [--naive2 F] [--out F]
--naive2: rows of `forecast --model naive2 --out F`, without which there is no OWA. One series at a time; CPU seconds are those of
the process, after one series that is not counted.
"""

import argparse
import csv
import math
import os
import statistics
import time
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np  # noqa: E402
from statsforecast.models import AutoARIMA  # noqa: E402

NAME = "statsforecast AutoARIMA"


def number(text):
    try:
        return float(text)
    except ValueError:
        return math.nan


def read_set(file):
    """One series a line: id,v1,... or id,type,start,v1,...; padding and NA at the end are dropped."""
    with open(file, newline="") as lines:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines) if row]
    if all(math.isnan(number(cell)) for cell in rows[0][1:]):
        rows = rows[1:]
    skip = 3 if math.isnan(number(rows[0][1])) else 1
    out = {}
    for row in rows:
        values = np.array([number(cell) for cell in row[skip:]])
        out[row[0]] = values[: np.flatnonzero(~np.isnan(values))[-1] + 1]
    return out


def measure(name, y, actual, season):
    row = {"id": name, "model": NAME, "order": "", "status": "fitted"}
    begin = time.process_time()
    try:
        f = AutoARIMA(season_length=season).forecast(y=y, h=len(actual), level=[95])
    except Exception as error:  # whatever it is, the series counts as failed
        return row | {"cpu_s": time.process_time() - begin, "status": f"failed: {type(error).__name__}"}
    row["cpu_s"] = time.process_time() - begin
    mean, lower, upper = np.asarray(f["mean"]), np.asarray(f["lo-95"]), np.asarray(f["hi-95"])
    scale = np.nanmean(np.abs(y[season:] - y[:-season]))
    outside = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
    row["smape"] = np.mean(200 * np.abs(actual - mean) / (np.abs(actual) + np.abs(mean)))
    row["mase"] = np.mean(np.abs(actual - mean)) / scale
    row["coverage95"] = np.mean((actual >= lower) & (actual <= upper))
    row["msis95"] = np.mean(upper - lower + 40 * outside) / scale
    return row


def average(rows, column):
    values = [float(row[column]) for row in rows if column in row]
    return statistics.fmean(values) if values else math.nan


def owa(rows, file):
    with open(file, newline="") as lines:
        naive2 = {row["id"]: row for row in csv.DictReader(lines) if row["model"] == "naive2"}
    both = [row for row in rows if "smape" in row and row["id"] in naive2]
    theirs = [naive2[row["id"]] for row in both]
    return (average(both, "smape") / average(theirs, "smape") + average(both, "mase") / average(theirs, "mase")) / 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ("--train", "--test"):
        parser.add_argument(option, required=True)
    for option in ("--season", "--horizon"):
        parser.add_argument(option, required=True, type=int)
    for option in ("--ids", "--naive2", "--out"):
        parser.add_argument(option)
    parser.add_argument("--limit", type=int)
    a = parser.parse_args()
    warnings.filterwarnings("ignore")
    train, test = read_set(a.train), read_set(a.test)
    ids = list(train)
    if a.ids:
        with open(a.ids) as lines:
            ids = [name for name in (line.strip() for line in lines) if name in train]
    ids = ids[: a.limit]
    measure("warm-up", train[ids[0]], test[ids[0]][: a.horizon], a.season)
    rows = [measure(name, train[name], test[name][: a.horizon], a.season) for name in ids]
    if a.out:
        with open(a.out, "w", newline="") as out:
            columns = ["id", "model", "order", "smape", "mase", "coverage95", "msis95", "cpu_s", "status"]
            writer = csv.DictWriter(out, columns, restval="NA", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    seconds = [row["cpu_s"] for row in rows]
    print(
        f"{NAME:<26}{len(rows):>7}{sum(row['status'] != 'fitted' for row in rows):>8}{average(rows, 'smape'):>9.3f}"
        f"{average(rows, 'mase'):>9.3f}{owa(rows, a.naive2) if a.naive2 else math.nan:>8.3f}{average(rows, 'coverage95'):>9.3f}"
        f"{average(rows, 'msis95'):>10.3f}{statistics.fmean(seconds):>12.6f}{statistics.median(seconds):>11.6f}"
        f"{max(seconds):>11.6f}"
    )


if __name__ == "__main__":
    main()
