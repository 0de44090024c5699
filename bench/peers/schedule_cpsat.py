"""OR-tools CP-SAT on the files and in the rows of the program `schedule`.

schedule_cpsat.py --format jsp|fjsp|rcpsp|mrcpsp FILE... [--best CSV] [--seconds S] [--seed N | --seeds A-B] [--threads N]
                  [--only NAME,...] [--every K] [--out CSV]
The models are the plain ones: an interval for each operation or mode, no overlap on machines, cumulative resources, and the makespan.
Seconds are wall seconds of the solve alone; iterations are branches. Every schedule is checked against the instance.
"""

import argparse
import csv
import os
import sys
import time

from ortools.sat.python import cp_model

COLUMNS = "name,objective,best_known,gap_percent,seconds,iterations,seconds_to_best,valid,bound,status,seed".split(",")


class Task:
    """What is to be done: ways of (machine or None, duration, demands of the renewables, of the others), and successors."""

    def __init__(self, ways, successors):
        self.ways, self.successors = ways, successors


class Instance:
    def __init__(self, name, tasks, machines=0, renewable=(), nonrenewable=()):
        self.name, self.tasks, self.machines = name, tasks, machines
        self.renewable, self.nonrenewable = list(renewable), list(nonrenewable)


def blocks(file):
    """The texts of a file's instances by name: each behind a line `instance NAME`, or a single one without."""
    with open(file) as lines:
        name, rows, out = os.path.splitext(os.path.basename(file))[0], [], []
        for line in lines:
            if line.startswith("#"):
                continue
            if line.split()[:1] == ["instance"]:
                if rows:
                    out.append((name, rows))
                name, rows = line.split(None, 1)[1].strip(), []
            elif line.strip():
                rows.append(line.split())
        return out + ([(name, rows)] if rows else [])


def chain(jobs):
    """Tasks of jobs, each a list of ways, in which an operation waits for the one before it."""
    tasks = []
    for job in jobs:
        for k, ways in enumerate(job):
            tasks.append(Task(ways, [len(tasks) + 1] if k + 1 < len(job) else []))
    return tasks


def read_jsp(name, rows):
    numbers = [[int(x) for x in row] for row in rows]
    jobs = [[[(m, d, [], [])] for m, d in zip(row[::2], row[1::2])] for row in numbers[1:]]
    return Instance(name, chain(jobs), numbers[0][1])


def read_fjsp(name, rows):
    jobs = []
    for row in rows[1:]:
        row, job = iter(map(int, row)), []
        for _ in range(next(row)):
            job.append([(next(row) - 1, next(row), [], []) for _ in range(next(row))])
        jobs.append(job)
    return Instance(name, chain(jobs), int(rows[0][1]))


def read_rcpsp(name, rows):
    x = iter(int(word) for row in rows for word in row)
    n, resources = next(x), next(x)
    capacity, tasks = [next(x) for _ in range(resources)], []
    for _ in range(n):
        duration, demand = next(x), [next(x) for _ in range(resources)]
        tasks.append(Task([(None, duration, demand, [])], [next(x) - 1 for _ in range(next(x))]))
    return Instance(name, tasks, 0, capacity)


def read_mrcpsp(name, rows):
    x = iter(int(word) for row in rows for word in row)
    n, r, others = next(x), next(x), next(x)
    renewable, nonrenewable = [next(x) for _ in range(r)], [next(x) for _ in range(others)]
    tasks = []
    for _ in range(n):
        modes, count = next(x), next(x)
        successors = [next(x) - 1 for _ in range(count)]
        ways = [(None, next(x), [next(x) for _ in range(r)], [next(x) for _ in range(others)]) for _ in range(modes)]
        tasks.append(Task(ways, successors))
    return Instance(name, tasks, 0, renewable, nonrenewable)


READERS = {"jsp": read_jsp, "fjsp": read_fjsp, "rcpsp": read_rcpsp, "mrcpsp": read_mrcpsp}


class Model:
    """Start, end and chosen way of every task; the makespan is minimised."""

    def __init__(self, instance):
        self.m, self.i = cp_model.CpModel(), instance
        horizon = sum(max(way[1] for way in task.ways) for task in instance.tasks)
        self.start = [self.m.new_int_var(0, horizon, "") for _ in instance.tasks]
        self.end = [self.m.new_int_var(0, horizon, "") for _ in instance.tasks]
        self.machines = [[] for _ in range(instance.machines)]
        self.uses = [[] for _ in instance.renewable]
        self.sums = [[] for _ in instance.nonrenewable]
        self.chosen = [self.add(j, task) for j, task in enumerate(instance.tasks)]
        makespan = self.m.new_int_var(0, horizon, "")
        for j, task in enumerate(instance.tasks):
            self.m.add(makespan >= self.end[j])
            for k in task.successors:
                self.m.add(self.start[k] >= self.end[j])
        for intervals in self.machines:
            self.m.add_no_overlap(intervals)
        for uses, capacity in zip(self.uses, instance.renewable):
            self.m.add_cumulative([u[0] for u in uses], [u[1] for u in uses], capacity)
        for terms, capacity in zip(self.sums, instance.nonrenewable):
            self.m.add(sum(literal * amount for literal, amount in terms) <= capacity)
        self.m.minimize(makespan)

    def add(self, j, task):
        single = len(task.ways) == 1
        literals = []
        for machine, duration, renewable, nonrenewable in task.ways:
            literal = self.m.new_constant(1) if single else self.m.new_bool_var("")
            literals.append(literal)
            if single:
                interval = self.m.new_interval_var(self.start[j], duration, self.end[j], "")
            else:
                interval = self.m.new_optional_interval_var(self.start[j], duration, self.end[j], literal, "")
            if machine is not None:
                self.machines[machine].append(interval)
            for r, amount in enumerate(renewable):
                if amount and duration:
                    self.uses[r].append((interval, amount))
            for r, amount in enumerate(nonrenewable):
                if amount:
                    self.sums[r].append((literal, amount))
        if not single:
            self.m.add_exactly_one(literals)
        return literals


class Watch(cp_model.CpSolverSolutionCallback):
    """When the best solution was found."""

    def __init__(self):
        super().__init__()
        self.begin, self.last = time.monotonic(), 0.0

    def on_solution_callback(self):
        self.last = time.monotonic() - self.begin


def is_right(instance, start, way):
    chosen = [task.ways[w] for task, w in zip(instance.tasks, way)]
    for j, task in enumerate(instance.tasks):
        if start[j] < 0 or any(start[k] < start[j] + chosen[j][1] for k in task.successors):
            return False
    running = sorted((start[j], start[j] + chosen[j][1], chosen[j][0]) for j in range(len(start)) if chosen[j][0] is not None)
    last = {}
    for begin, end, machine in running:
        if begin < last.get(machine, 0):
            return False
        last[machine] = max(end, last.get(machine, 0))
    for r, capacity in enumerate(instance.renewable):
        changes = sorted(x for j in range(len(start)) if chosen[j][1] for x in
                         ((start[j], chosen[j][2][r]), (start[j] + chosen[j][1], -chosen[j][2][r])))
        used = 0
        for _, amount in changes:
            used += amount
            if used > capacity:
                return False
    return all(sum(c[3][r] for c in chosen) <= capacity for r, capacity in enumerate(instance.nonrenewable))


def solve(instance, a, seed, best):
    model, solver, watch = Model(instance), cp_model.CpSolver(), Watch()
    solver.parameters.max_time_in_seconds = a.seconds
    solver.parameters.num_workers = a.threads
    solver.parameters.random_seed = seed
    begin = watch.begin = time.monotonic()
    status = solver.solve(model.m, watch)
    row = {"name": instance.name, "seconds": f"{time.monotonic() - begin:.3f}", "iterations": solver.num_branches, "seed": seed,
           "status": {cp_model.OPTIMAL: "optimal", cp_model.INFEASIBLE: "infeasible"}.get(status, "time limit"),
           "seconds_to_best": f"{watch.last:.3f}", "valid": "none"}
    if best is not None:
        row["best_known"] = best
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        value = round(solver.objective_value)
        start = [solver.value(s) for s in model.start]
        way = [next(w for w, literal in enumerate(literals) if solver.value(literal)) for literals in model.chosen]
        end = max((start[j] + task.ways[way[j]][1] for j, task in enumerate(instance.tasks)), default=0)
        row |= {"objective": value, "bound": round(solver.best_objective_bound),
                "valid": "yes" if is_right(instance, start, way) and end == value else "no"}
        if best:
            row["gap_percent"] = f"{100 * (value - best) / best:.4f}"
    return row


def seeds(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--format", required=True, choices=READERS)
    parser.add_argument("--best")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", "--seeds", dest="seeds", type=seeds, default=range(1, 2))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--out")
    a = parser.parse_args()
    best = {}
    if a.best:
        with open(a.best, newline="") as lines:
            best = {row["name"]: int(row["best_known_ub"]) for row in csv.DictReader(lines) if row["best_known_ub"]}
    chosen = [(name, rows) for file in a.files for name, rows in blocks(file)]
    if a.only:
        chosen = [(name, rows) for name, rows in chosen if name in a.only.split(",")]
    rows, out = [], open(a.out, "w", newline="") if a.out else sys.stdout
    writer = csv.DictWriter(out, COLUMNS, restval="NA", lineterminator="\n")
    writer.writeheader()
    for name, text in chosen[:: a.every]:
        instance = READERS[a.format](name, text)
        for seed in a.seeds:
            rows.append(solve(instance, a, seed, best.get(name)))
            writer.writerow(rows[-1])
            out.flush()
    gaps = [float(row["gap_percent"]) for row in rows if "gap_percent" in row]
    missing = sum(row["valid"] == "none" for row in rows)
    print(f"mean gap {sum(gaps) / len(gaps):.4f} % of {len(gaps)}" if gaps else "mean gap NA", end="")
    print(f", {missing} without a schedule" if missing else "")
    sys.exit(1 if any(row["valid"] == "no" for row in rows) else 0)


if __name__ == "__main__":
    main()
