"""A table's rows as JSON lines in a folder of the bucket, for programs that know no Iceberg.

Every value is written as Spark's SQL writes it as text; one that is NULL is left out.
"""

from __future__ import annotations

import argparse

from job import session, tell
from pyspark.sql import functions as F


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", required=True, help="NAMESPACE.TABLE")
    parser.add_argument(
        "--folder", required=True, help="s3a://BUCKET/PREFIX; one that is there is left as it is"
    )
    wanted = parser.parse_args()

    spark = session()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    rows = spark.table(wanted.table)
    rows.select([F.col(name).cast("string") for name in rows.columns]).write.json(wanted.folder)
    tell(job="read", table=wanted.table, rows=spark.read.text(wanted.folder).count())


if __name__ == "__main__":
    main()
