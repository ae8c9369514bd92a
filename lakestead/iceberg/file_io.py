"""PyArrow's S3 file system with a certificate authority of one's own, which pyiceberg cannot name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyiceberg.io.pyarrow import PyArrowFileIO
from typing_extensions import override

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


class FileIOWithAuthority(PyArrowFileIO):
    """Files on S3, the server's certificate checked against property ``lakestead.ca-bundle``."""

    @override
    def _initialize_s3_fs(self, netloc: str | None) -> FileSystem:
        from pyarrow.fs import S3FileSystem

        return S3FileSystem(
            endpoint_override=self.properties["s3.endpoint"],
            region=self.properties["s3.region"],
            access_key=self.properties["s3.access-key-id"],
            secret_key=self.properties["s3.secret-access-key"],
            connect_timeout=float(self.properties["s3.connect-timeout"]),
            request_timeout=float(self.properties["s3.request-timeout"]),
            tls_ca_file_path=self.properties["lakestead.ca-bundle"],
        )
