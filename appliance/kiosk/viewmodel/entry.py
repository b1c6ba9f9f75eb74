"""What is being typed on a keypad: local to the kiosk until it makes a whole value.

Hides how digits fill a field. Money fills from the right in cents ("1250" is 12.50), a quantity and a rate are typed as
they are read, with a point.
"""

from dataclasses import dataclass, replace

MAX_DIGITS = 8


@dataclass(frozen=True)
class Entry:
    """Keys typed so far. kind: "money", "quantity", "rate" or "code"."""

    kind: str = "money"
    keys: str = ""

    def press(self, key: str) -> "Entry":
        """The entry after one more key: "0".."9", "00", ".", "C" or "back"."""
        if key == "C":
            return replace(self, keys="")
        if key == "back":
            return replace(self, keys=self.keys[:-1])
        if key == ".":
            if self.kind in ("money", "code") or "." in self.keys:
                return self
            return replace(self, keys=(self.keys or "0") + ".")
        limit = 20 if self.kind == "code" else MAX_DIGITS
        keys = self.keys + key
        if self.kind == "money":
            keys = keys.lstrip("0")
        _whole, _point, part = keys.partition(".")
        places = {"quantity": 3, "rate": 2}.get(self.kind, limit)
        if len(keys) > limit or len(part) > places:
            return self
        return replace(self, keys=keys)

    @property
    def is_empty(self) -> bool:
        """Nothing typed yet."""
        return not self.keys

    @property
    def value(self) -> int:
        """Minor units, thousandths or basis points, by kind."""
        if not self.keys:
            return 0
        if self.kind in ("money", "code"):
            return int(self.keys)
        places = {"quantity": 3, "rate": 2}[self.kind]
        whole, _point, part = self.keys.partition(".")
        scale: int = 10**places
        return int(whole or "0") * scale + int(part.ljust(places, "0") if part else "0")
