"""A client of yaml-language-server: as much of the protocol as an editor needs to ask."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from typing import TYPE_CHECKING, Any

from tests.consumers.installed import clean, module, program

if TYPE_CHECKING:
    from pathlib import Path


class LanguageServer:
    """A running server for one workspace, with the settings that an editor would send."""

    def __init__(self, workspace: Path, settings: dict[str, Any] | None = None) -> None:
        server = module("yaml-language-server/bin/yaml-language-server")
        self.settings = {
            "yaml": {"validate": True, "schemaStore": {"enable": False}, **(settings or {})}
        }
        self.process = subprocess.Popen(
            [program("node"), str(server), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=clean(),
        )
        self.answers: dict[int, queue.Queue[Any]] = {}
        self.diagnostics: dict[str, queue.Queue[list[dict[str, Any]]]] = {}
        self.last = 0
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        folder = {"uri": workspace.as_uri(), "name": "policies"}
        self.ask(
            "initialize",
            processId=None,
            rootUri=folder["uri"],
            workspaceFolders=[folder],
            capabilities={"workspace": {"configuration": True}, "textDocument": {"hover": {}}},
        )
        self._send({"method": "initialized", "params": {}})
        self._send(
            {"method": "workspace/didChangeConfiguration", "params": {"settings": self.settings}}
        )

    def open(self, file: Path, text: str | None = None) -> list[dict[str, Any]]:
        """Open a file as an editor does, and return the diagnostics that it gets."""
        uri = file.as_uri()
        self.diagnostics[uri] = queue.Queue()
        said = file.read_text(encoding="utf-8") if text is None else text
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": said}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return self.diagnostics[uri].get(timeout=30)

    def at(self, method: str, file: Path, line: int, column: int) -> Any:
        """Ask about a place; line and column count from 1."""
        return self.ask(
            f"textDocument/{method}",
            textDocument={"uri": file.as_uri()},
            position={"line": line - 1, "character": column - 1},
        )

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request, and return its result."""
        self.last += 1
        self.answers[self.last] = queue.Queue()
        self._send({"id": self.last, "method": method, "params": params})
        answer = self.answers[self.last].get(timeout=30)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def close(self) -> None:
        """End the server."""
        self.ask("shutdown")
        self._send({"method": "exit"})
        self.process.wait(timeout=30)
        self.reader.join(timeout=30)
        for stream in (self.process.stdin, self.process.stdout):
            stream.close()

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))
        self.process.stdin.flush()

    def _read(self) -> None:
        stream = self.process.stdout
        while header := stream.readline():
            length = int(header.removeprefix(b"Content-Length:"))
            while stream.readline().strip():
                pass
            self._take(json.loads(stream.read(length)))

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("method") == "workspace/configuration":
            items = message["params"]["items"]
            found = [self.settings.get(item.get("section"), {}) for item in items]
            self._send({"id": message["id"], "result": found})
        elif message.get("method") == "textDocument/publishDiagnostics":
            said = message["params"]
            if said["uri"] in self.diagnostics:
                self.diagnostics[said["uri"]].put(said["diagnostics"])
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        elif message.get("id") in self.answers:
            self.answers[message["id"]].put(message)
