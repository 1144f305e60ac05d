"""A server on this machine that speaks the formats of OpenML and PMLB, with faults on demand."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pandas as pd
import yaml

API = "/api/v1/json"
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Reply:
    """Answer to a request; ``cut`` leaves out so many bytes of what the length promises."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0
    seconds: float = 0.0


@dataclass
class LocalServer:
    """Replies by path: the first of a list is given once, the last for ever."""

    url: str = ""
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def put(self, path: str, *replies: Reply) -> None:
        self.replies[path] = list(replies)

    def before(self, path: str, *replies: Reply) -> None:
        """Give other replies first."""
        self.replies[path] = [*replies, *self.replies[path]]

    def counts(self) -> Counter[str]:
        return Counter(self.requests)

    def answer(self, path: str) -> Reply:
        self.requests.append(path)
        known = self.replies.get(path)
        if known is None and path.startswith(API):
            return openml_error("111", "Unknown dataset")
        if not known:
            return Reply(b"404: Not Found", 404)
        return known.pop(0) if len(known) > 1 else known[0]

    def add_openml(
        self,
        data_id: int,
        name: str,
        arff: str,
        features: list[dict[str, Any]],
        target: str | None = "class",
        **changes: Any,
    ) -> str:
        """Add a table of OpenML; return the path of its file."""
        path = f"/data/v1/download/{data_id}/{name}.arff"
        described = {
            "id": str(data_id),
            "name": name,
            "version": "1",
            "format": "ARFF",
            "url": self.url + path,
            "file_id": str(data_id),
            "default_target_attribute": target,
            "status": "active",
            "md5_checksum": hashlib.md5(arff.encode()).hexdigest(),
            **changes,
        }
        description = {name: value for name, value in described.items() if value is not None}
        self.put(f"{API}/data/{data_id}", as_json({"data_set_description": description}))
        self.put(f"{API}/data/features/{data_id}", as_json({"data_features": {"feature": features}}))
        found = [{"did": data_id, "name": name, "version": 1, "status": "active", "format": "ARFF"}]
        listed = f"{API}/data/list/data_name/{name}/limit/2/status/active/"
        self.put(listed, as_json({"data": {"dataset": found}}))
        self.put(path, Reply(arff.encode()))
        return path

    def add_suite(self, suite: int, data_ids: list[int]) -> None:
        study = {
            "id": str(suite),
            "alias": f"suite-{suite}",
            "main_entity_type": "task",
            "data": {"data_id": [str(one) for one in data_ids]},
            "tasks": {"task_id": [str(one + 1000) for one in data_ids]},
        }
        self.put(f"{API}/study/{suite}", as_json({"study": study}))

    def add_pmlb(self, name: str, frame: pd.DataFrame, metadata: dict[str, Any] | None = None) -> str:
        """Add a table of PMLB; return the path of its file."""
        path = f"/datasets/{name}/{name}.tsv.gz"
        self.put(path, Reply(gzip.compress(frame.to_csv(sep="\t", index=False).encode())))
        if metadata is not None:
            text = "# Reviewed by [your name here]\n" + yaml.safe_dump({"dataset": name, **metadata})
            self.put(f"/datasets/{name}/metadata.yaml", Reply(text.encode()))
        names = [parts.split("/")[2] for parts in self.replies if parts.endswith(".tsv.gz")]
        stats = "dataset\tn_instances\ttask\n" + "".join(f"{one}\t0\tclassification\n" for one in names)
        self.put("/pmlb/all_summary_stats.tsv", Reply(stats.encode()))
        return path


def as_json(content: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(content).encode(), status, JSON)


def openml_error(code: str, message: str) -> Reply:
    return as_json({"error": {"code": code, "message": message}}, 412)


def features_of(arff: str, **changes: dict[str, str]) -> list[dict[str, Any]]:
    """Describe the columns of a simple ARFF file as OpenML does."""
    lines = [line.split(None, 2) for line in arff.splitlines() if line.lower().startswith("@attribute")]
    features = []
    for index, (_, name, type_) in enumerate(lines):
        kind = "nominal" if type_.startswith("{") else "string" if type_.lower() == "string" else "numeric"
        features.append(
            {
                "index": str(index),
                "name": name.strip("'"),
                "data_type": kind,
                "is_target": "false",
                "is_ignore": "false",
                "is_row_identifier": "false",
                "number_of_missing_values": "0",
                **changes.get(name.strip("'"), {}),
            }
        )
    return features


@contextmanager
def run_local_server() -> Iterator[LocalServer]:
    """Run a server on a free port of this machine."""
    local = LocalServer()
    is_over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            reply = local.answer(unquote(self.path))
            if reply.seconds:
                is_over.wait(reply.seconds)
            body, headers = reply.body, dict(reply.headers)
            wants_gzip = "gzip" in self.headers.get("Accept-Encoding", "")
            if wants_gzip and self.path.startswith(API) and reply.status == 200:
                body, headers = gzip.compress(body), {**headers, "Content-Encoding": "gzip"}
            try:
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body[: len(body) - reply.cut])
            except OSError:
                # The client did not wait
                return

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    local.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield local
    finally:
        is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()
