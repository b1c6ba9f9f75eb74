"""From a line of configuration to a terminal's driver.

nexo://192.168.1.60:8443?poiid=S1F2L-000158213301234&root=/etc/tillbox/adyen-root.pem&key=/etc/tillbox/terminal.key
caisse-ap://192.168.1.61:8888?register=01&integrator=000000000000

Secrets never stand in the address: `key` names a file of three lines, `identifier`, `version` and `passphrase` (TOML).
Without it messages are clear inside TLS. `tls=off` is for a bench or a wire nobody else can reach.
"""

import logging
import os
import re
import tomllib
from functools import partial
from pathlib import Path

import msgspec

from appliance.clock import Clock
from appliance.hal.address import Address, BadAddress, one_of
from appliance.hal.terminal.caisse_ap import Register
from appliance.hal.terminal.channel import FieldChannel, HttpChannel, context_for
from appliance.hal.terminal.dialect import CaisseApDialect, Dialect, NexoDialect
from appliance.hal.terminal.driver import TerminalDriver, TerminalSlot
from appliance.hal.terminal.machine import Limits
from appliance.hal.terminal.nexo import Ends
from appliance.hal.terminal.nexo_crypto import Passphrase
from appliance.hal.terminal.plain_file import read_file
from appliance.hal.terminal.tenure import Tenure

log = logging.getLogger(__name__)

_KEY_BYTES_MAX = 4_096
_OTHERS = 0o077
_UNWATCHED = {"probe_every_s": 60.0, "look_every_s": 0.0}
"""`look=off`: for a terminal that cannot bear to be looked at; one that is pulled out is then missed late."""


def open_terminal(
    address: Address, clock: Clock, slot: TerminalSlot, limits: Limits | None = None, folder: Path | None = None
) -> TerminalDriver:
    """The driver, known to its slot. `folder`: where it is kept since when it is this terminal. Raises BadAddress when
    the options make no sense. Opens nothing but the files that they name."""
    limits = limits or Limits()
    if _switch(address, "look") == "off":
        limits = msgspec.structs.replace(limits, **_UNWATCHED)
    if address.scheme == "nexo":
        dialect = _nexo(address, clock, limits)
    else:
        dialect = _caisse_ap(address, limits)
    tenure = Tenure(folder, slot.role, dialect.identity, clock.now())
    where = f"{address.host}:{address.port}"
    dialect.is_verified = dialect.is_verified or tenure.is_proven_at(where)
    prove = None if dialect.is_verified else partial(slot.prove, where)
    driver = TerminalDriver(dialect, clock, slot, limits, tenure.since, prove)
    slot.serve_with(driver, tenure)
    return driver


def _nexo(address: Address, clock: Clock, limits: Limits) -> Dialect:
    _refuse_unknown(address, {"poiid", "saleid", "tls", "root", "key", "look"})
    poiid = _word(address, "poiid", None)
    sale_id = _word(address, "saleid", "Tillbox")
    tls = _switch(address, "tls")
    root = address.options.get("root", "")
    if tls == "on" and not root.startswith("/"):
        raise BadAddress("root must name the file of the terminals' root certificate", "root")
    secret = read_key(address.options["key"]) if "key" in address.options else None
    if tls == "on":
        _check_root(root, poiid)
    channel = HttpChannel(address.host, address.port, root if tls == "on" else None, poiid, limits)
    return NexoDialect(Ends(sale_id, poiid), secret, channel, clock, limits)


def _caisse_ap(address: Address, limits: Limits) -> Dialect:
    _refuse_unknown(address, {"register", "integrator", "look"})
    register = address.options.get("register", "01")
    integrator = address.options.get("integrator", "000000000000")
    if not re.fullmatch("[0-9]{2}", register) or not re.fullmatch("[0-9]{12}", integrator):
        raise BadAddress("register is two digits, integrator twelve", "register")
    channel = FieldChannel(address.host, address.port, limits.connect_s)
    return CaisseApDialect(Register(register, integrator), channel, limits)


def _refuse_unknown(address: Address, known: set[str]) -> None:
    if unknown := set(address.options) - known:
        raise BadAddress(f"unknown option {min(unknown)[:40]!r} for {address.scheme}", "option", name=min(unknown)[:40])


def _switch(address: Address, name: str) -> str:
    if (said := address.options.get(name, "on")) not in ("on", "off"):
        raise one_of(name, ("on", "off"))
    return said


def _word(address: Address, name: str, default: str | None) -> str:
    word = address.options.get(name, default)
    if word is None or not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", word):
        raise BadAddress(f"{name} must be 1 to 64 letters, digits, _ . -", "word", name=name)
    return word


def _check_root(path: str, poiid: str) -> None:
    """Raises BadAddress for a file that is gone or holds no certificate."""
    try:
        context_for(path, poiid)
    except OSError as error:
        raise BadAddress(f"root: the file is no certificate, or gone ({type(error).__name__})", "root_file") from None


def read_key(path: str) -> Passphrase:
    """The key file; raises BadAddress, which never quotes it."""
    try:
        text = read_file(path, _KEY_BYTES_MAX)
        if os.stat(path).st_mode & _OTHERS:
            log.warning("the terminal's key file can be read by others than the till: chmod 600 %s", path)
        return msgspec.convert(tomllib.loads(text.decode()), Passphrase)
    except OSError as error:
        raise BadAddress(f"key file: {type(error).__name__}", "key_file") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError):
        raise BadAddress("key file needs identifier, version and passphrase", "key") from None
