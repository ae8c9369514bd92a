"""Changed rows from raw CSV files into an Iceberg table: a known key is updated, a new one inserted.

Rows that are already as they should be are left alone; where none is left, nothing is committed.
"""

from __future__ import annotations

import argparse

from job import files, session, tell
from pyspark.sql import functions as F
from pyspark.sql.window import Window


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", required=True, help="s3a://BUCKET/PREFIX with CSV files, each with a header"
    )
    parser.add_argument("--table", required=True, help="NAMESPACE.TABLE")
    parser.add_argument("--key", required=True, help="the column by which a row is known")
    wanted = parser.parse_args()

    spark = session()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    columns = [field for field in spark.table(wanted.table).schema if field.name != "source_file"]
    schema = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in columns)
    # Of a key that comes in several files, the last file's row.
    newest = Window.partitionBy(wanted.key).orderBy(F.col("source_file").desc())
    (
        spark.read.schema(schema)
        .options(header=True, mode="FAILFAST", enforceSchema=False)
        .csv([f"{wanted.folder}/{name}" for name in files(spark, wanted.folder)])
        .withColumn("source_file", F.col("_metadata.file_name"))
        .withColumn("place", F.rank().over(newest))
        .where("place = 1")
        .drop("place")
        .createOrReplaceTempView("changes")
    )
    # The source may not read the table that is merged into: Spark 4.1.4 finds no plan for that.
    same = " AND ".join(f"t.{field.name} <=> c.{field.name}" for field in columns)
    match = f"t.{wanted.key} = c.{wanted.key}"
    counted = spark.sql(
        f"SELECT t.{wanted.key} IS NOT NULL AS known, count(*) AS rows FROM changes c "
        f"LEFT JOIN {wanted.table} t ON {match} "
        f"WHERE t.{wanted.key} IS NULL OR NOT ({same}) GROUP BY 1"
    ).collect()
    rows = {row.known: row.rows for row in counted}
    if rows:
        assignments = ", ".join(f"{field.name} = c.{field.name}" for field in columns)
        names = ", ".join([*(field.name for field in columns), "source_file"])
        values = ", ".join([*(f"c.{field.name}" for field in columns), "c.source_file"])
        spark.sql(
            f"MERGE INTO {wanted.table} t USING changes c ON {match} "
            f"WHEN MATCHED AND NOT ({same}) THEN UPDATE SET {assignments} "
            f"WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({values})"
        )
    tell(
        job="merge",
        table=wanted.table,
        updated=rows.get(True, 0),
        inserted=rows.get(False, 0),
    )


if __name__ == "__main__":
    main()
