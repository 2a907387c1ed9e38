#!/usr/bin/env python3
"""Runs Weft's training steps and those of peers in turn and prints the ratios.

    bench/compare.py --ours bazel-bin/bench/train_step --peer ./torch_step [--peer "./other --flag"]...

Each measurement is a process of its own. The two take turns, round after round, so that a slow spell of the machine
hits all; the figure of each is the median over the rounds of its median step, and the largest resident memory. One
thread is pinned to one processor, n threads to n processors. Where there are several peers, the table has the fastest.

A peer is a command that is called with --workload NAME --threads N --seconds S and prints a line of JSON with
workload, threads and median_us (bench/peers has one for libtorch).
"""

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys

WORKLOADS = ["tiny_mlp_b1", "tiny_mlp_b16", "mlp_b128", "wide_mlp_b64", "towers32_b16", "chain_1m"]


def fail(text):
    sys.exit("compare.py: " + text)


def run(command, cpus):
    if shutil.which("taskset"):
        command = ["taskset", "-c", ",".join(map(str, cpus))] + command
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError as error:
        fail(str(error))
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        fail("exit status %d of %s" % (os.waitstatus_to_exitcode(status), shlex.join(command)))
    return text, usage.ru_maxrss / 1024


def ours(program, workload, threads, seconds, cpus):
    """The median step in microseconds, the resident memory in MiB, and the mallocs of a step."""
    name = "train_step/%s/threads:%d" % (workload, threads)
    text, memory = run(program + ["--benchmark_filter=^%s$" % name, "--benchmark_min_time=%g" % seconds,
                                  "--benchmark_format=json"], cpus)
    found = [b for b in json.loads(text)["benchmarks"] if b["name"] == name]
    if not found or found[0].get("error_occurred"):
        fail("%s: %s" % (name, found[0].get("error_message") if found else "no such benchmark"))
    return found[0]["median_us"], memory, found[0]["mallocs"]


def theirs(program, workload, threads, seconds, cpus):
    """The median step in microseconds and the resident memory in MiB."""
    text, memory = run(program + ["--workload", workload, "--threads", str(threads), "--seconds", "%g" % seconds], cpus)
    for line in text.splitlines():
        if line.startswith("{"):
            result = json.loads(line)
            if result["workload"] == workload and result["threads"] == threads:
                return result["median_us"], memory
    fail("the peer printed no result for %s with %d threads" % (workload, threads))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", default="bazel-bin/bench/train_step", help="the program train_step")
    parser.add_argument("--peer", required=True, action="append", help="command line of a peer")
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    args = parser.parse_args()
    if args.rounds < 1 or args.seconds <= 0:
        fail("--rounds and --seconds must be positive")
    processors = sorted(os.sched_getaffinity(0))
    thread_counts = [int(t) for t in args.threads.split(",")]
    if max(thread_counts) > len(processors):
        fail("%d threads on %d processors" % (max(thread_counts), len(processors)))

    print("| workload | threads | ours, us | peer, us | peer / ours | ours, MiB | peer, MiB | mallocs a step |")
    print("|---|---|---|---|---|---|---|---|")
    for workload in args.workloads.split(","):
        for threads in thread_counts:
            cpus = processors[:threads]
            own, peers = [], [[] for _ in args.peer]
            for _ in range(args.rounds):
                own.append(ours(shlex.split(args.ours), workload, threads, args.seconds, cpus))
                for peer, results in zip(args.peer, peers):
                    results.append(theirs(shlex.split(peer), workload, threads, args.seconds, cpus))
            time, memory = (statistics.median(r[0] for r in own), max(r[1] for r in own))
            peer_time, peer_memory = min((statistics.median(r[0] for r in p), max(r[1] for r in p)) for p in peers)
            print("| %s | %d | %.1f | %.1f | %.2f | %.0f | %.0f | %g |" % (
                workload, threads, time, peer_time, peer_time / time, memory, peer_memory, own[-1][2]), flush=True)


if __name__ == "__main__":
    main()
