"""The results as a table in Markdown."""

from __future__ import annotations

from typing import Any

from bench.bars import RATIOS, key
from bench.tools import OURS


def table(document: dict[str, Any]) -> str:
    """The machine, one line a row, and the verdicts."""
    runs = {
        (found["work"], found["n"], found["rtt_ms"], found["tool"]): len(found["seconds"])
        for found in document["details"]
    }
    machine = document["machine"]
    lines = [
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB; "
        f"Kubernetes {machine['kubernetes']}, kapp {machine['kapp']}, Ansible {machine['ansible']}; "
        f"commit {document['commit']}; load {machine['load_1min']}",
        "",
        "| work | N | RTT ms | ours s | peer | peer s | ratio | bar | API calls | peer's | MiB | runs |",
        "| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in document["rows"]:
        bar = RATIOS.get(key(row))
        bound = "" if bar is None else f"{bar:.3f}" + (" ✓" if row["ratio"] <= bar else " ✗")
        place = (row["work"], row["n"], row["rtt_ms"])
        lines.append(
            f"| {row['work']} | {row['n'] or ''} | {row['rtt_ms']} | {row['ours_s']:.2f} "
            f"| {row['peer']} | {row['peer_s']:.2f} | {row['ratio']:.3f} | {bound} "
            f"| {row['api_calls']} | {row['peer_api_calls']} | {row['rss_mib']:.0f} "
            f"| {runs[*place, OURS]}/{runs[*place, _tool(row)]} |"
        )
    if found := document["hosts"]:
        lines += [
            "",
            f"Facts of {found['hosts']:.0f} hosts over SSH: {found['seconds']:.1f} s, "
            f"{found['cpu_s']:.1f} s of processor time; bare paramiko doing the same "
            f"{found['bare_seconds']:.1f} s and {found['bare_cpu_s']:.1f} s: "
            f"{100 * found['own_share']:.0f} % of the processor time is pyinfra's and ours. "
            f"{found['answered']:.0f} answered, {found['told']:.0f} that hang or fail were told of.",
        ]
    for rtt, found in document["proxy"].items():
        lines += [
            "",
            f"Proxy for {rtt} ms: adds {found['added_ms']} ms to a small request; an answer of "
            f"{found['answer_mb']} MB comes at {found['far_mb_s']} MB/s through it, at "
            f"{found['near_mb_s']} without.",
        ]
    return "\n".join([*lines, "", *document["bars"]])


def _tool(row: dict[str, Any]) -> str:
    """The tool of a row's peer: of plan and apply the first word."""
    peer: str = row["peer"]
    return peer if row["work"] == "capacity" else peer.split()[0]
