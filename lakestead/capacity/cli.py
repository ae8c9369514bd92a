"""``lakestead capacity``: the command line. The work is imported when it is done."""

from __future__ import annotations

import gc
import sys

import click

LINE = 70


@click.command()
@click.option("-i", "--inventory", metavar="FILE", help="Inventory: cluster, hosts, allocations.")
@click.option("--kubeconfig", metavar="FILE", help="Without an inventory: as kubectl's.")
@click.option("--context", metavar="NAME", help="Without an inventory: as kubectl's.")
@click.option("--data", metavar="KEY=VALUE", multiple=True, help="Override a setting.")
@click.option("--phase", type=click.IntRange(1, 4), help="Plan up to this phase; else all.")
@click.option("--objective", metavar="ID", help="Plan only this objective, as 3.1.")
@click.option(
    "--line",
    type=click.IntRange(1, 100),
    help="Percent that may be requested; exit code 4 where it is more. "
    f"By default {LINE}, and only told.",
)
@click.option(
    "--survive", is_flag=True, help="Exit code 4 where one lost node leaves pods homeless."
)
@click.option("--known", is_flag=True, help="Exit code 4 where anything is unknown.")
@click.option("--kubelets/--no-kubelets", default=None, help="Ask kubelets; by default up to 100.")
@click.option("--ssh/--no-ssh", default=True, help="Ask the hosts of group nodes over SSH.")
@click.option("--json", "as_json", is_flag=True, help="Print the review as JSON.")
@click.option("--html", metavar="FILE", help="Write the review as a page.")
@click.option("--all", "everything", is_flag=True, help="All nodes and namespaces, however many.")
def capacity(
    inventory: str | None,
    kubeconfig: str | None,
    context: str | None,
    data: tuple[str, ...],
    phase: int | None,
    objective: str | None,
    line: int | None,
    survive: bool,
    known: bool,
    kubelets: bool | None,
    ssh: bool,
    as_json: bool,
    html: str | None,
    everything: bool,
) -> None:
    """Show what is free on the nodes, and whether what is planned fits. Changes nothing.

    Exit code 0: all planned pods fit; 4: one does not, or a threshold is passed.

    \b
    lakestead capacity -i inventories/lab.py --phase 1 --html capacity.html
    lakestead capacity --kubeconfig ~/.kube/config --context anton
    """
    if inventory and (kubeconfig or context):
        raise click.UsageError("An inventory names the cluster itself.")
    if not inventory and (phase or objective or data):
        raise click.UsageError("What is planned is in an inventory's settings: give one with -i.")
    if phase and objective:
        raise click.UsageError("--phase and --objective are two questions: ask one.")

    # What is read has no cycles; looking for them takes a fifth of the time of a large cluster.
    gc.disable()
    if inventory:
        from lakestead.run.cli import patch

        patch()
        from lakestead.capacity.inventory import review_inventory

        review = review_inventory(
            inventory, data, phase, objective, line or LINE, kubelets=kubelets, ssh=ssh
        )
    else:
        from lakestead.capacity.cluster import review_cluster

        review = review_cluster(kubeconfig, context, line or LINE, kubelets=kubelets)
    from lakestead.capacity.thresholds import Thresholds
    from lakestead.report import capacity as report

    if html:
        from lakestead.report.capacity_page import write

        write(review, html)
    if as_json:
        click.echo(review.model_dump_json(indent=2))
    else:
        click.echo(report.render(review, everything=everything), nl=False)
    sys.exit(Thresholds(line=line, survive=survive, known=known).told(review))
