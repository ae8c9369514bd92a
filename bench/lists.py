"""The floor of a capacity review: the same lists, page by page, parsed and let go.

python -I lists.py SERVER CA CERTIFICATE KEY PATH...
"""

import http.client
import json
import ssl
import sys
from urllib.parse import quote, urlsplit

PAGE = 500


def main() -> None:
    """Read all; a list that the server does not have is no list."""
    server, authority, certificate, key, *paths = sys.argv[1:]
    tls = ssl.create_default_context(cafile=authority)
    tls.load_cert_chain(certificate, key)
    connection = http.client.HTTPSConnection(urlsplit(server).netloc, context=tls)
    for path in paths:
        token = ""
        while True:
            more = f"&continue={quote(token)}" if token else ""
            connection.request(
                "GET", f"{path}?limit={PAGE}{more}", headers={"Accept": "application/json"}
            )
            answer = connection.getresponse()
            document = json.loads(answer.read() or "{}") if answer.status == 200 else answer.read()
            if answer.status not in (200, 404):
                sys.exit(f"{path}: {answer.status}")
            token = answer.status == 200 and document["metadata"].get("continue")
            if not token:
                break


if __name__ == "__main__":
    main()
