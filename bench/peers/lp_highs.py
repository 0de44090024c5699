"""HiGHS on the files and in the rows of the program `lp`.

lp_highs.py FILE|DIR... [--optimal CSV]... [--method dual|primal] [--presolve on|off] [--time-limit S] [--repeat N] [--resolve N]
            [--out CSV]
One thread; seconds are CPU seconds of `Highs.run` alone, the best of the repeats, each from nothing. --resolve N: N re-solves, each
after a small change (those that `lp --resolve N` makes), from the last basis and from nothing.
"""

import argparse
import csv
import math
import os
import sys
import time

import highspy

ENDINGS = (".mps", ".mps.gz", ".MPS", ".MPS.gz")
COLUMNS = ("name,rows,columns,nonzeros,status,objective,relative_error,primal_residual,dual_residual,iterations,seconds,"
           "peer_objective,peer_seconds").split(",")
RESOLVES = ("name,change,rounds,optimal,cold_seconds,warm_seconds,ratio,cold_iterations,warm_iterations,difference,"
            "objectives").split(",")


def list_files(places):
    out = []
    for place in places:
        if os.path.isdir(place):
            out += sorted(os.path.join(place, name) for name in os.listdir(place) if name.endswith(ENDINGS))
        else:
            out.append(place)
    return out


def stem(file):
    name = os.path.basename(file)
    return next((name[: -len(ending)] for ending in ENDINGS if name.endswith(ending)), name)


def read_references(tables):
    """Optima by (folder of the table, name)."""
    out = {}
    for table in tables:
        with open(table, newline="") as lines:
            rows = csv.DictReader(lines)
            names = ("lp_relaxation", "exact_optimal", "optimal_min", "optimal")
            column = next((name for name in names if name in rows.fieldnames), None)
            for row in rows:
                if column and row[column] and row.get("kind") != "MIP":
                    out[os.path.realpath(os.path.dirname(table)), row["name"]] = float(row[column])
    return out


def relative_error(objective, constant, optimum):
    """As `lp` does: some tables leave out the constant of the objective."""
    return min(abs(objective - optimum), abs(objective - constant - optimum)) / (abs(optimum) or 1)


def timed(solve):
    begin = time.process_time()
    solve()
    return time.process_time() - begin


def status_of(h):
    name = h.modelStatusToString(h.getModelStatus()).lower()
    return "time limit" if "time limit" in name else name.replace("primal infeasible or unbounded", "infeasible or unbounded")


def make(file, a):
    h = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("parallel", "off"), ("solver", "simplex"),
                          ("presolve", a.presolve), ("simplex_strategy", 4 if a.method == "primal" else 1)):
        h.setOptionValue(option, value)
    if h.readModel(file) == highspy.HighsStatus.kError:
        raise SystemExit(f"lp_highs: {file} cannot be read")
    n = h.getNumCol()
    if len(h.getLp().integrality_):
        h.changeColsIntegrality(n, list(range(n)), [highspy.HighsVarType.kContinuous] * n)
    return h


def cold(h, a):
    h.clearSolver()
    if a.time_limit > 0:
        h.setOptionValue("time_limit", h.getRunTime() + a.time_limit)  # the clock of an object runs on from solve to solve
    return timed(h.run)


def run_one(file, a, references):
    h = make(file, a)
    best, spent, done = math.inf, 0.0, 0
    while not (done >= a.repeat and (spent > 20e-3 or done >= 50 * a.repeat)) and not (done > 0 and spent > 10):
        taken = cold(h, a)
        best, spent, done = min(best, taken), spent + taken, done + 1
    info = h.getInfo()
    row = {"name": stem(file), "rows": h.getNumRow(), "columns": h.getNumCol(), "nonzeros": h.getNumNz(), "status": status_of(h)}
    if row["status"] == "optimal":
        row["objective"] = repr(info.objective_function_value)
        row["primal_residual"] = info.max_primal_infeasibility
        row["dual_residual"] = info.max_dual_infeasibility
        known = references.get((os.path.realpath(os.path.dirname(file)), row["name"]))
        if known is None:
            known = next((value for (_, name), value in references.items() if name == row["name"]), None)
        if known is not None:
            row["relative_error"] = relative_error(info.objective_function_value, h.getLp().offset_, known)
    row["iterations"] = max(info.simplex_iteration_count, 0)
    row["seconds"] = f"{best:.9f}"
    return row


class Changer:
    """The changes of `lp --resolve`, with the same numbers from the same generator: see bench/suites/lp/resolve.hpp."""

    def __init__(self, lp, change):
        self.change, self.state = change, 1
        self.cost, self.lower, self.upper = list(lp.col_cost_), list(lp.col_lower_), list(lp.col_upper_)
        self.row_lower, self.row_upper = list(lp.row_lower_), list(lp.row_upper_)
        if change == "rows":
            rows = [i for i, bounds in enumerate(zip(self.row_lower, self.row_upper)) if any(0 < abs(b) < math.inf for b in bounds)]
            self.places = [i for i in rows if self.row_lower[i] != self.row_upper[i]] or rows
        elif change == "columns":
            self.places = [j for j, (low, high) in enumerate(zip(self.lower, self.upper)) if math.inf > high > max(low, 0.0)]
        else:
            self.places = [j for j, cost in enumerate(self.cost) if cost != 0]

    def uniform(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) * 2.0**-53

    def next(self, h):
        for _ in range(5):
            place = self.places[int(self.uniform() * len(self.places))]
            factor = 1 + 0.01 * (2 * self.uniform() - 1)
            if self.change == "rows":
                h.changeRowBounds(place, factor * self.row_lower[place], factor * self.row_upper[place])
            elif self.change == "columns":
                h.changeColBounds(place, self.lower[place], max(self.lower[place], factor * self.upper[place]))
            else:
                h.changeColCost(place, factor * self.cost[place])


def play(file, a, change, from_nothing):
    """The answers of all rounds, and the mean seconds of one; None where nothing can be changed."""
    h = make(file, a)
    changer = Changer(h.getLp(), change)
    if not changer.places:
        return None
    cold(h, a)
    answers, seconds = [], 0.0
    for _ in range(a.resolve):
        changer.next(h)
        if a.time_limit > 0:
            h.setOptionValue("time_limit", h.getRunTime() + a.time_limit)
        seconds += cold(h, a) if from_nothing else timed(h.run)
        info = h.getInfo()
        answers.append((status_of(h), info.objective_function_value, max(info.simplex_iteration_count, 0)))
    return answers, seconds / a.resolve


def resolve(file, a):
    rows = []
    for change in ("rows", "columns", "costs"):
        warm = play(file, a, change, False)
        if warm is None:
            continue
        (warm, warm_seconds), (nothing, cold_seconds) = warm, play(file, a, change, True)
        both = [(w, c) for w, c in zip(warm, nothing) if w[0] == c[0] == "optimal"]
        difference = max((abs(w[1] - c[1]) / (abs(c[1]) or 1) for w, c in both), default=0)
        if any(w[0] != c[0] for w, c in zip(warm, nothing)):
            difference = math.inf
        rows.append({
            "name": stem(file), "change": change, "rounds": a.resolve, "optimal": len(both), "cold_seconds": f"{cold_seconds:.9f}",
            "warm_seconds": f"{warm_seconds:.9f}", "ratio": f"{cold_seconds / warm_seconds:.2f}",
            "cold_iterations": f"{sum(c[2] for c in nothing) / a.resolve:.1f}",
            "warm_iterations": f"{sum(w[2] for w in warm) / a.resolve:.1f}", "difference": difference,
            "objectives": repr(sum(w[1] for w, _ in both)),
        })
    return rows


def run_resolves(a, out):
    writer = csv.DictWriter(out, RESOLVES, lineterminator="\n")
    writer.writeheader()
    ratios = {}
    for file in list_files(a.places):
        for row in resolve(file, a):
            writer.writerow(row)
            out.flush()
            ratios.setdefault(row["change"], []).append(math.log(float(row["cold_seconds"]) / float(row["warm_seconds"])))
    for change, logs in ratios.items():
        print(f"re-solves after changes of {change}: {math.exp(sum(logs) / len(logs)):.2f} times as fast as from nothing, "
              f"geometric mean of {len(logs)}")


def mean(rows, shift):
    times = [float(row["seconds"]) for row in rows if row["status"] in ("optimal", "infeasible", "unbounded")]
    return math.exp(sum(math.log(t + shift) for t in times) / len(times)) - shift if times else math.nan


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+")
    parser.add_argument("--optimal", action="append", default=[])
    parser.add_argument("--method", choices=("dual", "primal"), default="dual")
    parser.add_argument("--presolve", choices=("on", "off"), default="on")
    parser.add_argument("--time-limit", type=float, default=0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--resolve", type=int, default=0)
    parser.add_argument("--out")
    a = parser.parse_args()
    out = open(a.out, "w", newline="") if a.out else sys.stdout
    references, rows = read_references(a.optimal), []
    # Whatever is started once in a process, such as its scheduler, is started here; so is its greeting, which is not a row.
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    warm_up = highspy.Highs()
    os.dup2(kept, 1)
    warm_up.setOptionValue("output_flag", False)
    warm_up.setOptionValue("threads", 1)
    warm_up.addVar(0, 1)
    warm_up.run()
    if a.resolve > 0:
        run_resolves(a, out)
        return
    writer = csv.DictWriter(out, COLUMNS, restval="NA", lineterminator="\n")
    writer.writeheader()
    for file in list_files(a.places):
        rows.append(run_one(file, a, references))
        writer.writerow(rows[-1])
        out.flush()
    solved = sum(row["status"] in ("optimal", "infeasible", "unbounded") for row in rows)
    print(f"solved {solved} of {len(rows)}, {sum(float(row['seconds']) for row in rows):.3f} s")
    for shift in (10e-3, 1e-3):
        print(f"shifted geometric mean, {1e3 * shift:.0f} ms: {1e3 * mean(rows, shift):.3f} ms")


if __name__ == "__main__":
    main()
