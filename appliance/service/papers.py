"""What is asked and said about papers: did this one come out, and what of those that wait.

Hides how a person's word becomes a confirmed paper or a DUPLICATA. A second paper that says so is harmless, a silent
second original is not, and a missing one is worst: so nobody's word is guessed, and a till that nobody watches
(`doubtful_papers = "reprint"`) prints a copy that says what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from appliance.domain import effect as e
from appliance.domain import intent as i
from appliance.domain.journal import PaperKind
from appliance.store import journal
from appliance.store.spool import Job

if TYPE_CHECKING:
    from appliance.service.till import Till

WAITING_MAX: Final = 3
"""More waiting papers than this are spoken of while their printer is not well."""
CAME_OUT: Final = "paper_came"
IS_MISSING: Final = "paper_missing"
PRINT_ALL: Final = "print_all"
DROP_ALL: Final = "drop_all"


def doubt(till: Till) -> None:
    """The end of a paper is unknown: ask, or print a copy where nobody is there to ask."""
    if till.config.doubtful_papers == "reprint":
        copy_doubtful(till)
    else:
        ask(till)


def copy_doubtful(till: Till) -> None:
    """Print copies where nobody is there to ask; while a card payment is open they wait for its end."""
    if till.config.doubtful_papers == "reprint" and till.state.card is None:
        for job in list(till.printing.doubts):
            _copy(till, job)


def ask(till: Till) -> None:
    """ "Le reçu du ticket 0042 est-il sorti en entier ?", one question at a time."""
    till.desk.hush("paper")
    if till.printing.doubts:
        job = till.printing.doubts[0]
        code = f"printer.uncertain_{job.purpose if job.purpose in ('x', 'z', 'test', 'statement') else 'ticket'}"
        till.desk.say(code, "warn", actions=(CAME_OUT, IS_MISSING), source="paper", number=f"{job.subject:06d}")
        till.desk.notices[0].sticky = True
        till.desk.sound("needs_you")


def answer(till: Till, came_out: bool) -> None:
    """A person looked: yes confirms the paper, no orders its DUPLICATA."""
    if till.printing.doubts:
        job = till.printing.doubts[0]
        if came_out:
            till.printing.confirm(job)
        else:
            _copy(till, job)
    ask(till)


def resolve_by_copy(till: Till, document: int) -> None:
    """Somebody asked for a copy of a doubtful receipt without waiting for the question."""
    meant = [job for job in till.printing.doubts if (job.purpose, job.subject) == ("ticket", document)]
    for job in meant:
        till.ledger.also(till.printing.give_up(job))
    if meant:
        ask(till)


def _copy(till: Till, job: Job) -> None:
    """Order the copy, and only then end the doubt: a copy that is refused leaves it as it was."""
    if job.purpose == "test":
        till.effect(e.PrintTest(job.role))
    elif job.purpose != "statement":  # that is asked for again on the client's card: it has no number
        paper = msgspec.convert(job.purpose, PaperKind)
        issued = till.ledger.read_now(lambda conn: journal.papers_issued(conn, job.subject, paper))
        till.do(i.CopyPaper(job.subject, max(job.copy + 1, issued), paper))
    till.ledger.also(till.printing.give_up(job))


def speak_of_waiting(till: Till, is_well: bool) -> None:
    """More than three wait, and not because they are just being printed: all or none?"""
    waiting = till.printing.given_up_with_all
    if waiting > WAITING_MAX and not is_well:
        if not any(notice.source == "backlog" and notice.params == {"count": waiting} for notice in till.desk.notices):
            till.desk.say("printer.backlog", "warn", actions=(PRINT_ALL, DROP_ALL), source="backlog", count=waiting)
            till.desk.notices[0].sticky = True
    else:
        till.desk.hush("backlog")
    _speak_of_z(till, is_well)


def _speak_of_z(till: Till, is_well: bool) -> None:
    """Whoever has closed the day goes home: that the Z is not out yet is said once, and stays."""
    number = till.state.next_z - 1
    if is_well or till.printing.state_of("z", number) != "queued":
        till.desk.hush("z")
    elif not any(notice.source == "z" for notice in till.desk.notices):
        till.desk.say("printer.z_waits", "warn", source="z", number=number)
        till.desk.notices[0].sticky = True


def drop_all(till: Till) -> None:
    """ "Tout abandonner": everything that waits is taken out of the queue but a Z; the sales stay on record."""
    waiting = till.printing.waiting_documents()
    for document in waiting:
        till.ledger.check(i.DeclineReceipt(document, till.printing.waiting_copies(document)))
    for document in waiting:
        drop(till, document)
    till.ledger.also(till.printing.drop_others())
    till.desk.hush("backlog")


def drop(till: Till, document: int) -> None:
    """Every paper of a receipt that still waits leaves the queue, each on record. Raises Refusal when none does."""
    copies = till.printing.waiting_copies(document)
    till.do(i.DeclineReceipt(document, copies))
    till.ledger.also(till.printing.drop(document, copies))
