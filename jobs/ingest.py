"""Raw CSV files of a folder into a partitioned Iceberg table; a file that is in it is not taken again.

One commit takes all new files or none: a job that is killed leaves the table as it was. A row says in
``source_file`` where it comes from, and by that a file is known; so a retry takes nothing twice.
"""

from __future__ import annotations

import argparse

from job import files, session, tell
from pyspark.sql import functions as F


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", required=True, help="s3a://BUCKET/PREFIX with CSV files, each with a header"
    )
    parser.add_argument(
        "--table", required=True, help="NAMESPACE.TABLE, made where it is not there"
    )
    parser.add_argument("--columns", required=True, help="of the files: 'id BIGINT, at TIMESTAMP'")
    parser.add_argument("--partition", required=True, help="of the table: 'month(at)'")
    wanted = parser.parse_args()

    spark = session()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {wanted.table.rpartition('.')[0]}")
    spark.sql(
        f"CREATE TABLE IF NOT EXISTS {wanted.table} ({wanted.columns}, source_file STRING) "
        f"USING iceberg PARTITIONED BY ({wanted.partition}) "
        # A merge writes what it changes, and compact.py puts it where it belongs.
        "TBLPROPERTIES ('write.merge.mode' = 'merge-on-read')"
    )
    table = spark.table(wanted.table)
    there = {row.source_file for row in table.select("source_file").distinct().collect()}
    found = files(spark, wanted.folder)
    new = [name for name in found if name not in there]
    before = table.count()
    if new:
        rows = (
            spark.read.schema(wanted.columns)
            .options(header=True, mode="FAILFAST", enforceSchema=False)
            .csv([f"{wanted.folder}/{name}" for name in new])
            .withColumn("source_file", F.col("_metadata.file_name"))
        )
        rows.writeTo(wanted.table).append()
    after = spark.table(wanted.table).count()
    tell(
        job="ingest",
        table=wanted.table,
        files=len(new),
        known=len(found) - len(new),
        rows=after - before,
    )


if __name__ == "__main__":
    main()
