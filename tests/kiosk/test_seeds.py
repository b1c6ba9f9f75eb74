"""Aim: the guides "Gestion des cagnottes" and "Gestion des clients", followed word for word by a finger on the screen.

Way: the demo's daemon and devices, the real kiosk on a virtual display, touches where the label that the guide names
stands (`kiosk_eyes`), and the daemon's view and the printed paper as witnesses. Each step leaves a picture in the
test's folder.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError

import pytest
from PIL import ImageGrab

from appliance.demo.hands import Hands
from appliance.protocol import command as cmd
from appliance.protocol import message
from appliance.protocol.view import TillView
from tests.support.kiosk_eyes import Eyes, Label

PATIENCE_S = 20.0
SEEN_S = 0.25
"""A screen that has not changed for so long stands still."""
NADIA = "2900000000025"
ANNE_CARD, NEW_CARD = "21000042", "21009876"
RAIL, SECTIONS, TICKET_HEAD = (0, 60, 126, 800), (140, 60, 540, 300), (850, 56, 1280, 136)
TOP_RIGHT, BOTTOM_RIGHT, BOTTOM = (900, 56, 1280, 210), (760, 620, 1280, 800), (126, 660, 1280, 800)
SHORT, MEANS, COLLECT = (240, 505, 420, 585), (770, 130, 1140, 410), (770, 660, 1000, 730)
SHEET = (280, 340, 1000, 560)
GRID, KEYPAD = (150, 130, 870, 800), (150, 310, 760, 640)
HOME, MENU, SWITCH_X = (33, 28), (1252, 28), 1212


class Till:
    """The till as its seller sees it: labels to touch, the view that tells what came of it, papers."""

    def __init__(
        self, url: str, line: tuple[socket.socket, IO[bytes]], eyes: Eyes, hands: Hands, display: str, pictures: Path
    ) -> None:
        self.url, self._line, self._frames = url, *line
        self.eyes, self._hands, self._display, self._pictures = eyes, hands, display, pictures
        self._orders = self._steps = 0
        self._settled = b""
        self.view: TillView

    def read(self) -> Any:
        said = message.read_from_daemon(self._frames.readline())
        if isinstance(said, message.Shown):
            self.view = said.view
        return said

    def until(self, wanted: Callable[[TillView], Any]) -> TillView:
        """Wait for a view; fails with the last one's screen and sheet."""
        try:
            while not wanted(self.view):
                self.read()
        except TimeoutError:
            view = self.view
            self.picture("stuck")
            pytest.fail(f"still {view.screen}, {view.sheet}, {view.message}, {view.ticket}")
        return self.view

    def ask(self, command: cmd.AnyCommand) -> None:
        self._orders += 1
        order = f"seed-{os.getpid()}-{self._orders}"
        self._line.sendall(message.encode(message.Order(order, command)))
        while not (isinstance(answer := self.read(), message.Answer) and answer.id == order):
            continue
        assert answer.ok, answer

    def post(self, path: str, **body: object) -> None:
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            assert answer.status == 200

    def show_terminal(self, code: str) -> None:
        """The customer shows the terminal a code, once its reader is lit."""
        waiting = threading.Event()
        for _ in range(int(PATIENCE_S * 20)):
            with suppress(HTTPError):
                self.post("/api/terminal/scan", code=code)
                return
            waiting.wait(0.05)
        pytest.fail("the terminal's reader stays dark")

    def papers(self) -> list[str]:
        """The text of every paper, newest first."""
        with urllib.request.urlopen(self.url + "/api/paper", timeout=PATIENCE_S) as answer:
            return ["\n".join(paper["lines"]) for paper in json.load(answer)]

    def prints(self, *words: str) -> None:
        """A paper with all these words came out; fails with the newest."""
        waiting = threading.Event()
        for _ in range(int(PATIENCE_S * 20)):
            if any(all(word in paper for word in words) for paper in self.papers()):
                return
            waiting.wait(0.05)
        pytest.fail(self.papers()[0])

    def look(self) -> Any:
        return ImageGrab.grab(xdisplay=self._display).crop((0, 0, 1280, 800))

    def tap(self, x: int, y: int) -> None:
        self.settle()
        self._settled = b""
        self._hands.tap(x, y)

    def settle(self) -> None:
        """Until somebody could have seen it: the screen stands still."""
        before, waiting = self.look().tobytes(), threading.Event()
        while before != self._settled:
            waiting.wait(SEEN_S)
            self._settled, before = before, self.look().tobytes()

    def press(self, text: str, within: tuple[int, int, int, int] = (0, 0, 9999, 9999)) -> Label:
        """Touch the one label with this text, where the guide says that it stands."""
        self.eyes.wait_for(text, within)
        self.settle()
        label = self.eyes.wait_for(text, within)
        self._settled = b""
        self._hands.tap(*label.centre)
        return label

    def type(self, text: str) -> None:
        for key in text:
            assert self._hands.type(key), key

    def enter(self, text: str) -> None:
        """A line that is asked for on the keyboard."""
        self.eyes.wait_for("Terminé")
        self.settle()
        self.type(text)
        assert self._hands.type("Enter")

    def picture(self, name: str) -> None:
        """What the screen shows now, kept; never a blank one."""
        self._steps += 1
        self.settle()
        image = self.look()
        assert image.getcolors(maxcolors=1) is None
        image.save(self._pictures / f"{self._steps:02d}-{name}.png")

    def sheet(self, tag: str) -> Any:
        """The sheet of this kind, once it is there."""
        return self.until(lambda view: view.sheet is not None and view.sheet.__struct_config__.tag == tag).sheet

    def no_sheet(self) -> TillView:
        return self.until(lambda view: view.sheet is None)


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The demo without its kiosk: the bench's address."""
    command = [sys.executable, "-m", "appliance.demo", "--data", str(folder), "--port", "0", "--json", "--no-kiosk"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                said = json.loads(line)
                if said["step"] == "open":
                    break
            yield said["url"]
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)


@contextmanager
def kiosk(folder: Path, till: str, display: str) -> Iterator[Eyes]:
    command = [sys.executable, "-m", "tests.support.kiosk_eyes", str(folder / "eyes"), "--socket", till]
    environment = {**os.environ, "DISPLAY": display, "HOME": str(folder)}
    with subprocess.Popen([*command, "--size", "1280x800"], env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield Eyes(folder / "eyes")
        finally:
            process.kill()


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory, display: str) -> Iterator[Till]:
    """Signed in, the day open, nothing sold yet."""
    folder = tmp_path_factory.mktemp("seeds")
    with ExitStack() as stack:
        url = stack.enter_context(demo(folder))
        path = folder / tomllib.loads((folder / "till.toml").read_text())["socket"]
        hands = Hands(display)  # before the kiosk reads which keys there are
        stack.callback(hands.close)
        eyes = stack.enter_context(kiosk(folder, str(path), display))
        line = stack.enter_context(socket.socket(socket.AF_UNIX))
        line.settimeout(PATIENCE_S)
        line.connect(str(path))
        line.sendall(message.encode(message.Hello(message.VERSION, "seeds")))
        frames = stack.enter_context(line.makefile("rb"))
        shop = Till(url, (line, frames), eyes, hands, display, Path(os.environ.get("TILLBOX_PICTURES", folder)))
        while not isinstance(shop.read(), message.Shown):
            continue
        while not (folder / "eyes").exists():
            threading.Event().wait(0.05)
        eyes.wait_for("Qui encaisse ?")
        shop.post("/api/scan", code=NADIA, scanner="serial")
        shop.until(lambda view: view.screen == "opening")
        shop.ask(cmd.KeepFloat())
        shop.ask(cmd.OpenSession())
        shop.until(lambda view: view.screen == "home")
        eyes.wait_for("Mes Données", RAIL)
        yield shop


def choose(till: Till, listed: str, name: str) -> None:
    """ "Client" at the top of the ticket, and this one in the list."""
    till.press("Client", TICKET_HEAD)
    till.sheet("client_picker")
    till.settle()
    till.type(listed[:3].lower())
    till.until(lambda view: view.sheet.search == listed[:3].lower())
    till.press(listed)
    till.until(lambda view: view.sheet is None and view.ticket is not None and view.ticket.client is not None)
    till.eyes.wait_for(name, TICKET_HEAD)


def open_credit(till: Till, name: str) -> None:
    """The icon that is the client now, and "Créditer cagnotte"."""
    till.press(name, TICKET_HEAD)
    till.sheet("client_menu")
    till.press("Créditer cagnotte")
    till.sheet("wallet_credit")


def new_ticket(till: Till) -> None:
    """The sale mode at the bottom of Accueil opens a ticket."""
    if till.view.screen == "clients":
        till.press("Vente", RAIL)
    else:
        till.tap(*HOME)
    till.until(lambda view: view.screen == "home")
    till.press("À emporter", BOTTOM)
    till.until(lambda view: view.screen == "sale" and view.ticket is not None)


def test_wallets_word_for_word(till):
    # Activer la gestion des cagnottes
    till.press("Mes Données", RAIL)
    till.until(lambda view: view.screen == "masters")
    till.press("Modes de règlement", SECTIONS)
    row = till.eyes.wait_for("Cagnotte client")
    till.picture("cagnotte-eteinte")
    till.tap(SWITCH_X, row.centre[1] + 8)
    till.until(lambda view: any(mode.id == "wallet" and mode.is_on for mode in view.masters.modes))
    till.picture("cagnotte-active")
    till.press("Vente", RAIL)

    # A) Lors d'une commande
    till.until(lambda view: view.screen == "home")
    till.press("À emporter", BOTTOM)
    till.until(lambda view: view.ticket is not None)
    till.press("Croissant au beurre", GRID)
    till.until(lambda view: view.ticket.lines)
    choose(till, "Pittet Bernard", "M. Bernard Pittet")
    open_credit(till, "M. Bernard Pittet")
    till.press("Espèces")
    till.press("Encaisser")
    till.until(lambda view: view.sheet.asks_amount)
    till.picture("crediter-montant")
    till.press("50.–")
    till.press("Encaisser")
    till.no_sheet()
    till.prints("Bernard Pittet", "50.00", "81.20")
    till.post("/api/drawer/close")
    till.picture("credite")
    assert till.view.ticket.client.wallet_minor == 8120
    assert len(till.view.ticket.lines) == 1

    # Annulation d'une cagnotte
    open_credit(till, "M. Bernard Pittet")
    till.press("Espèces")
    till.press("−1…")
    till.until(lambda view: view.sheet.quantity == -1)
    till.picture("annuler-un-credit")
    for key in ("2", "0", "00"):
        till.press(key, KEYPAD)
    till.press("Rembourser")
    assert till.sheet("wallet_given").out_minor == 2000
    till.press("Terminé")
    till.no_sheet()
    till.prints("Bernard Pittet", "20.00", "61.20")
    till.post("/api/drawer/close")
    assert till.view.ticket.client.wallet_minor == 6120
    till.picture("annule")
    till.press("Juste")
    till.until(lambda view: view.ticket is None)

    # B) Depuis le répertoire des clients à la caisse
    till.post("/api/drawer/close")
    till.tap(*HOME)
    till.until(lambda view: view.screen == "home")
    till.press("Clients", RAIL)
    till.until(lambda view: view.clients is not None)
    till.settle()
    till.type("roc")
    till.until(lambda view: view.clients.search == "roc")
    till.press("Rochat Anne")
    till.until(lambda view: view.clients.client is not None)
    till.picture("client")
    till.press("Créditer cagnotte", TOP_RIGHT)
    till.sheet("wallet_credit")
    till.press("20.–")
    till.press("TWINT")
    till.press("Encaisser", BOTTOM_RIGHT)
    till.no_sheet()
    till.prints("Anne Rochat", "20.00", "35.40")
    assert till.view.clients.client.wallet_minor == 3540
    till.picture("credite-du-repertoire")

    # Utilisation d'une cagnotte lors d'un encaissement: la douchette
    new_ticket(till)
    till.press("Croissant au beurre", GRID)
    till.post("/api/scan", code=ANNE_CARD, scanner="serial")
    till.until(lambda view: view.ticket.client is not None)
    till.press("Facturer")
    till.until(lambda view: view.screen == "payment")
    till.picture("encaissement")
    till.press("Cagnotte client")
    till.until(lambda view: view.result is not None)
    till.picture("paye-par-cagnotte")

    # le terminal de paiement: trois petits points, "Code Barre", "SCAN"; une partie, et un autre mode
    new_ticket(till)
    till.press("× 6")
    till.press("Tresse au beurre 500 g", GRID)
    till.tap(*MENU)
    till.sheet("menu")
    till.press("Code Barre")
    till.sheet("code_entry")
    till.press("SCAN")
    till.until(lambda view: view.sheet.terminal == "reading")
    till.picture("terminal-lit")
    till.show_terminal(ANNE_CARD)
    till.until(lambda view: view.ticket is not None and view.ticket.client is not None)
    till.press("Facturer")
    till.press("Cagnotte client")
    till.sheet("wallet_short")
    till.picture("cagnotte-insuffisante")
    till.press("Utiliser…")
    till.no_sheet()
    till.press("TWINT")
    till.until(lambda view: view.result is not None)
    till.picture("paye-en-deux")

    # à la main dans la liste; recharger directement la cagnotte
    new_ticket(till)
    till.press("× 12")
    till.press("Tresse au beurre 500 g", GRID)
    choose(till, "Pittet Bernard", "M. Bernard Pittet")
    till.press("Facturer")
    till.press("Cagnotte client")
    till.sheet("wallet_short")
    till.eyes.wait_for("Recharger la cagnotte maintenant")
    till.press("20.–", SHORT)
    till.sheet("wallet_credit")
    till.press("Espèces", MEANS)
    till.press("Encaisser", COLLECT)
    till.until(lambda view: view.result is not None)
    till.picture("recharge-et-paye")


def read_directory(till: Till) -> None:
    """Clients > Répertoire."""
    if till.view.screen == "sale":
        till.tap(*HOME)
        till.until(lambda view: view.screen == "home")
    if till.view.screen != "clients":
        till.press("Clients", RAIL)
        till.until(lambda view: view.clients is not None)
    till.press("Répertoire", SECTIONS)
    till.until(lambda view: view.clients is not None and view.clients.client is None)


def read_groups(till: Till) -> None:
    read_directory(till)
    till.press("Groupes de clients", SECTIONS)
    till.until(lambda view: view.masters is not None and view.masters.section == "groups")


def groups_of(till: Till) -> list[tuple[str, int]]:
    """Label and number of customers of each group."""
    return [(group.label, group.customers) for group in till.view.masters.groups]


def make_group(till: Till, name: str) -> None:
    """Une remise permanente de 10 %."""
    till.press("Nouveau groupe", TOP_RIGHT)
    till.sheet("group_form")
    till.press("Nom du groupe")
    till.enter(name)
    till.until(lambda view: view.sheet.label == name)
    till.press("Ajouter une remise")
    till.until(lambda view: view.sheet.rates)
    till.press("0 %")
    till.enter("10")
    till.until(lambda view: view.sheet.rates[0].rate_bp == 1000)
    till.picture("nouveau-groupe")
    till.press("Enregistrer")
    till.no_sheet()


def test_customers_word_for_word(till):
    till.post("/api/drawer/close")

    # Ces groupes peuvent bénéficier de remises automatiques
    read_groups(till)
    make_group(till, "Fidèles")
    assert ("Fidèles", 0) in groups_of(till)

    # Pour créer un nouveau client
    read_directory(till)
    till.picture("repertoire")
    till.press("Nouveau", TOP_RIGHT)
    till.until(lambda view: view.screen == "client_form")
    till.press("Personnes morales")
    till.until(lambda view: view.client_form.kind == "company")
    till.eyes.wait_for("Raison sociale *")
    till.eyes.wait_for("Civilité")
    till.picture("personne-morale")
    till.press("Personnes physiques")
    till.until(lambda view: view.client_form.kind == "person")
    till.eyes.wait_for("Nom *")
    till.press("Monsieur")
    till.until(lambda view: view.client_form.title == "sir")
    till.press("Nom *")
    till.settle()
    till.type("Durand")
    till.press("Créer le client")
    till.eyes.wait_for("Le prénom est nécessaire.")
    till.picture("prenom-manque")
    till.type("Luc")

    # La zone référence; le numéro de compte; le groupe
    till.post("/api/scan", code=NEW_CARD, scanner="serial")
    till.until(lambda view: view.client_form.note is not None)
    till.eyes.wait_for("Référence (code de la carte)")
    till.press("Numéro de compte")
    till.settle()
    till.type("411DURAND")
    till.press("Aucun")
    till.sheet("client_groups")
    till.press("Fidèles")
    till.until(lambda view: view.client_form.group == "Fidèles" and view.sheet is None)
    till.picture("nouveau-client")
    till.press("Créer le client")
    till.until(lambda view: view.clients is not None and view.clients.client is not None)
    card = till.view.clients.client
    assert (card.name, card.codes, card.account, card.group) == (
        "M. Luc Durand", (NEW_CARD,), "411DURAND", "Fidèles",
    )  # fmt: skip
    till.picture("client-cree")

    # La carte de fidélité, et la remise de son groupe
    new_ticket(till)
    till.press("Croissant au beurre", GRID)
    till.post("/api/scan", code=NEW_CARD, scanner="serial")
    till.until(lambda view: view.ticket.client is not None and view.ticket.group_minor)
    till.eyes.wait_for("Remise Fidèles 10 %")
    till.picture("remise-du-groupe")
    till.press("Juste")
    till.until(lambda view: view.result is not None)
    till.post("/api/drawer/close")

    # Supprimer un groupe: d'abord un autre groupe pour ses clients
    read_groups(till)
    till.press("Fidèles")
    till.sheet("group_form")
    till.press("Supprimer")
    till.sheet("group_delete")
    till.eyes.wait_for("1 client est dans ce groupe. Déplacer vers…")
    till.picture("supprimer-groupe")
    till.press("VIP", SHEET)
    till.no_sheet()
    assert "Fidèles" not in dict(groups_of(till))

    # Pour supprimer un client
    read_directory(till)
    till.settle()
    till.type("dur")
    till.until(lambda view: view.clients.search == "dur")
    till.press("Durand Luc")
    till.until(lambda view: view.clients.client is not None and view.clients.client.group == "VIP")
    till.press("Supprimer")
    till.sheet("client_delete")
    till.eyes.wait_for("Confirmer la suppression ?")
    till.picture("confirmer-la-suppression")
    till.press("Supprimer", SHEET)
    till.until(lambda view: view.undo is not None and view.undo.code == "undo.client_deleted")
    till.picture("client-supprime")
    assert not [row for row in till.view.clients.rows if row.name == "Durand Luc"]
