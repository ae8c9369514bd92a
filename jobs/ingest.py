"""Raw CSV files of a folder into an Iceberg table; a file that is in it is not taken again.

One commit takes all new files or none, and makes the table where it is not there: a job that fails or is
killed leaves the table as it was, or no table. A row says in ``source_file`` where it comes from, and by
that a file is known; so a retry takes nothing twice.
"""

from __future__ import annotations

import argparse

from job import files, session, tell
from pyspark.sql import functions as F

UNPARTITIONED = "none"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", required=True, help="s3a://BUCKET/PREFIX with CSV files, each with a header"
    )
    parser.add_argument(
        "--table", required=True, help="NAMESPACE.TABLE, made where it is not there"
    )
    parser.add_argument("--columns", required=True, help="of the files: 'id BIGINT, at TIMESTAMP'")
    parser.add_argument(
        "--partition",
        required=True,
        help=f"of the table: 'months(at)'; '{UNPARTITIONED}' for a table without partitions",
    )
    wanted = parser.parse_args()

    spark = session()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    there = spark.catalog.tableExists(f"{spark.catalog.currentCatalog()}.{wanted.table}")
    known, before = set(), 0
    if there:
        table = spark.table(wanted.table)
        known = {row.source_file for row in table.select("source_file").distinct().collect()}
        before = table.count()
    found = files(spark, wanted.folder)
    new = [name for name in found if name not in known]
    if new:
        rows = (
            spark.read.schema(wanted.columns)
            .options(header=True, mode="FAILFAST", enforceSchema=False)
            .csv([f"{wanted.folder}/{name}" for name in new])
            .withColumn("source_file", F.col("_metadata.file_name"))
        )
        if there:
            rows.writeTo(wanted.table).append()
        else:
            spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {wanted.table.rpartition('.')[0]}")
            rows.createOrReplaceTempView("new_rows")
            partitioned = f"PARTITIONED BY ({wanted.partition}) "
            spark.sql(
                f"CREATE TABLE {wanted.table} USING iceberg "
                + ("" if wanted.partition == UNPARTITIONED else partitioned)
                # A merge writes what it changes, and compact.py puts it where it belongs.
                + "TBLPROPERTIES ('write.merge.mode' = 'merge-on-read') AS SELECT * FROM new_rows"
            )
    tell(
        job="ingest",
        table=wanted.table,
        files=len(new),
        known=len(found) - len(new),
        rows=(spark.table(wanted.table).count() if new else before) - before,
    )


if __name__ == "__main__":
    main()
