"""What the terminal shows while the demo sets up and runs: lines for people, or one JSON object a line for programs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from rich.console import Console
from rich.panel import Panel
from rich.text import Text


class Step:
    """A step under way: `detail` is what there is to say about it when it is done."""

    def __init__(self) -> None:
        self.detail = ""


class Progress:
    def __init__(self, as_json: bool) -> None:
        self._json = as_json
        self._console = Console(highlight=False)

    @contextmanager
    def step(self, name: str, doing: str) -> Iterator[Step]:
        """Shows `doing` until the block ends, then that it is done. A failure in the block is the caller's to show."""
        step = Step()
        if self._json:
            yield step
            self._line(step=name, state="done", detail=step.detail)
        elif self._console.is_terminal:
            with self._console.status(f"{doing} …"):
                yield step
            self._done(doing, step)
        else:
            yield step
            self._done(doing, step)

    def opened(self, url: str, **more: object) -> None:
        """Everything runs; `url` is the page to open."""
        if self._json:
            self._line(step="open", state="done", url=url, **more)
            return
        text = Text.assemble("Open ", (url, "bold underline"), "\n", ("Ctrl-C ends everything", "dim"))
        self._console.print(Panel(text, title="Tillbox demo", expand=False, padding=(1, 3)))

    def say(self, name: str, sentence: str) -> None:
        if self._json:
            self._line(step=name, state="note", detail=sentence)
        else:
            self._console.print(Text(f"  {sentence}", style="dim"))

    def failed(self, sentence: str) -> None:
        if self._json:
            self._line(step="failed", state="failed", detail=sentence)
        else:
            Console(stderr=True, highlight=False).print(Text(f"✗ {sentence}", style="bold red"))

    def _done(self, doing: str, step: Step) -> None:
        detail = f"  {step.detail}" if step.detail else ""
        self._console.print(Text.assemble(("✓ ", "green"), doing, (detail, "dim")))

    def _line(self, **fields: object) -> None:
        sys.stdout.write(msgspec.json.encode(fields).decode() + "\n")
        sys.stdout.flush()
