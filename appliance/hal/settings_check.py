"""What settings ask of devices and cannot get: roles of nobody, two roles at one place, addresses that mean nothing.

A till starts all the same, since it sells without a scanner's repeat time; it only may not be silent about it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from appliance.clock import Clock
from appliance.config import Config
from appliance.hal.address import BadAddress, DevicesConfig, kind_of
from appliance.hal.bindings import Bindings
from appliance.hal.device import DeviceKind
from appliance.hal.registry import Registry, place_of


class Doubt(Struct, frozen=True):
    """A line that has no effect, or not the one that was meant."""

    key: tuple[str, ...]
    """The way to it in the settings, such as ("devices", "printer.receipt")."""
    code: str
    """A message id; `params` fill its sentence."""
    params: dict[str, str | int]


def role_doubts(config: Config) -> list[Doubt]:
    """Roles that no device has, neither by the settings nor since, and two roles at one place."""
    known = sorted({*config.devices, *Bindings(str(Path(config.data_dir) / "devices.json")).known})
    found: list[Doubt] = []
    for role in config.scan_repeat_ms:
        found += _unknown("scan_repeat_ms", role, role, DeviceKind.SCANNER, known)
    for role, other in config.printer_fallback.items():
        for name in (role, other):
            found += _unknown("printer_fallback", role, name, DeviceKind.PRINTER, known)
        if role == other:
            params: dict[str, str | int] = {"key": "printer_fallback", "role": role[:60]}
            found.append(Doubt(("printer_fallback", role), "config.doubt.itself", params))
    return [*found, *_shared(config.devices)]


def _unknown(table: str, entry: str, role: str, wanted: DeviceKind, known: list[str]) -> Iterator[Doubt]:
    those = ", ".join(name for name in known if _is_kind(name, wanted))
    params: dict[str, str | int] = {"key": table, "role": role[:60], "known": those or "–"}
    if not _is_kind(role, wanted):
        yield Doubt((table, entry), f"config.doubt.no_{wanted}", params)
    elif role not in known:
        yield Doubt((table, entry), "config.doubt.no_such_role", params)


def _is_kind(role: str, wanted: DeviceKind) -> bool:
    try:
        return kind_of(role) is wanted
    except BadAddress:
        return False


def _shared(devices: Mapping[str, str]) -> Iterator[Doubt]:
    first: dict[str, str] = {}
    for role, url in devices.items():
        place = place_of(url, role)
        if place and (other := first.setdefault(place, role)) != role:
            yield Doubt(("devices", role), "config.doubt.same_place", {"role": role, "other": other})


def address_doubts(config: Config, clock: Clock) -> list[Doubt]:
    """Addresses and names of roles that no driver understands. No device is looked for; files that they name are."""
    registry = Registry(DevicesConfig(config.devices), clock, lambda event: None)
    return [_bad(role, config.devices[role], error) for role, error in registry.refused.items()]


def _bad(role: str, url: str, error: BadAddress) -> Doubt:
    params: dict[str, str | int] = {**error.params, "role": role[:60], "value": url[:100]}
    params["reason"] = f"technician.reason.{error.code}"
    is_name = error.code in ("kind", "role")
    return Doubt(("devices", role), "config.doubt.role" if is_name else "config.doubt.address", params)
