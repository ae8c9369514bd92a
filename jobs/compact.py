"""Small files of an Iceberg table into larger ones, and snapshots that nobody needs any more away."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

from job import session, tell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", required=True, help="NAMESPACE.TABLE")
    parser.add_argument(
        "--min-files", type=int, default=2, help="of a partition, for it to be rewritten"
    )
    parser.add_argument(
        "--keep-days", type=float, default=7, help="snapshots younger than this stay"
    )
    parser.add_argument("--keep-last", type=int, default=5, help="as do this many of any age")
    wanted = parser.parse_args()

    spark = session()
    catalog = spark.catalog.currentCatalog()
    table = f"{catalog}.{wanted.table}"
    # Also a file of which a merge has deleted a row.
    options = f"'min-input-files', '{wanted.min_files}', 'delete-file-threshold', '1'"
    [rewritten] = spark.sql(
        f"CALL {catalog}.system.rewrite_data_files(table => '{table}', options => map({options}))"
    ).collect()
    oldest = datetime.now(UTC) - timedelta(days=wanted.keep_days)
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    [expired] = spark.sql(
        f"CALL {catalog}.system.expire_snapshots(table => '{table}', "
        f"older_than => TIMESTAMP '{oldest:%Y-%m-%d %H:%M:%S}', retain_last => {wanted.keep_last})"
    ).collect()
    tell(
        job="compact",
        table=wanted.table,
        files_before=rewritten.rewritten_data_files_count,
        files_after=rewritten.added_data_files_count,
        deleted=expired.deleted_data_files_count,
    )


if __name__ == "__main__":
    main()
