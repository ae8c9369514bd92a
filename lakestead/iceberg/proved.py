"""The table that objective 1.3 made, for those who read it later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakestead.errors import LakesteadError
from lakestead.iceberg.catalog import connect
from lakestead.iceberg.failures import explained
from lakestead.rgw.credentials import Credentials
from lakestead.settings.iceberg import Iceberg
from lakestead.settings.object_storage import ObjectStorage

if TYPE_CHECKING:
    import pyarrow as pa


def read(
    iceberg: Iceberg, s3: ObjectStorage, key: Credentials, columns: tuple[str, ...] = ()
) -> pa.Table:
    """All its rows, as pyiceberg reads them.

    + columns: those that are wanted; none are all

    Raises LakesteadError where it is not there, is no Iceberg table, or lacks one of the columns.
    """
    from pyiceberg.exceptions import NoSuchPropertyException, NoSuchTableError

    name = f"{iceberg.namespace}.{iceberg.table}"
    with explained(f"read table {name}", iceberg, s3):
        try:
            table = connect(iceberg, s3, key).load_table(name)
        except (NoSuchTableError, NoSuchPropertyException) as error:
            raise LakesteadError(
                f"There is no Iceberg table {name}, which objective 1.3 makes",
                where=iceberg.thrift,
                found=str(error),
                do="execute objective 1.3, or run pyinfra INVENTORY deploys/phase1.py",
            ) from error
        there = table.schema().column_names
        if missing := [column for column in columns if column not in there]:
            raise LakesteadError(
                f"Table {name} is not as objective 1.3 makes it: no column {', '.join(missing)}",
                where=iceberg.thrift,
                found=f"columns {', '.join(there)}",
                do="name the columns as they were; or, if nobody needs it as it is, drop it and "
                "execute objective 1.3, which makes it anew",
            )
        return table.scan(selected_fields=columns or ("*",)).to_arrow()
