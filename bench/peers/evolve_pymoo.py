#!/usr/bin/env python3
"""evolve_pymoo.py: pymoo's NSGA2 and NSGA3 on ZDT and DTLZ in the rows of the program `evolve`; limit and ratio are left to that.
evolve_pymoo.py [--problem zdt1,dtlz2] [--algorithm auto|nsga2|nsga3] [--population N] [--evaluations E] [--seed S] [--repeat R]"""

import argparse
import sys
import time

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.algorithms.moo.nsga3 import NSGA3
from pymoo.indicators.hv import HV
from pymoo.optimize import minimize
from pymoo.problems import get_problem
from pymoo.util.ref_dirs import get_reference_directions

SIZES = {"zdt1": 30, "zdt2": 30, "zdt3": 30, "zdt4": 10, "zdt6": 10, "dtlz1": 7, "dtlz7": 22}


def reference_point(name):
    if name.startswith("zdt"):
        return [1.1, 1.1]
    return {"dtlz1": [0.55] * 3, "dtlz7": [1.1, 1.1, 6.6]}.get(name, [1.1] * 3)


def divisions(population):
    count = 1
    while (count + 2) * (count + 3) // 2 <= population:
        count += 1
    return count


def make_algorithm(kind, objectives, population):
    if kind == "nsga2":
        return NSGA2(pop_size=population)
    points = get_reference_directions("das-dennis", objectives, n_partitions=divisions(population))
    return NSGA3(points, pop_size=population)


def run_one(name, kind, population, evaluations, seed):
    size = SIZES.get(name, 12)
    problem = get_problem(name, n_var=size) if name.startswith("zdt") else get_problem(name, n_var=size, n_obj=3)
    kind = kind if kind != "auto" else "nsga3" if problem.n_obj > 2 else "nsga2"
    algorithm = make_algorithm(kind, problem.n_obj, population)
    start = time.perf_counter()
    result = minimize(problem, algorithm, ("n_eval", evaluations), seed=seed)
    seconds = time.perf_counter() - start
    front = np.atleast_2d(result.F)
    done = result.algorithm.evaluator.n_eval
    value = HV(ref_point=np.array(reference_point(name)))(front)
    return [name, "pymoo " + kind, population, 1, 1, seed, result.algorithm.n_iter, done, f"{seconds:.4f}", round(done / seconds),
            len(front), repr(float(value)), "NA", "NA"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problem", default="zdt1")
    parser.add_argument("--algorithm", choices=["auto", "nsga2", "nsga3"], default="auto")
    parser.add_argument("--population", type=int, default=100)
    parser.add_argument("--evaluations", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--out", default="")
    a = parser.parse_args()
    out = open(a.out, "w", encoding="utf-8") if a.out else sys.stdout
    print("problem,algorithm,population,islands,threads,seed,generations,evaluations,seconds,evaluations_per_second,front,value,"
          "limit,ratio", file=out)
    for name in a.problem.split(","):
        for k in range(a.repeat):
            print(*run_one(name, a.algorithm, a.population, a.evaluations, a.seed + k), sep=",", file=out, flush=True)


if __name__ == "__main__":
    main()
