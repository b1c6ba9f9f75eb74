"""Lists that are searched as one types: hides which answer of the till belongs to which letters.

Letters stand on the screen at once, and older results do not take them back.
"""

from typing import Any

from kivy.properties import BooleanProperty, StringProperty

SEARCH_MAX = 64


class SearchAsTyped:
    """A search field with its keyboard. Mixed into a Shown with `ids.rows`, which says in `seek` what it asks for."""

    search = StringProperty("")
    typing = BooleanProperty(False)
    _awaited: Any = None

    def seek(self, text: str) -> None:
        """Asks the till for these letters."""
        raise NotImplementedError

    def forget_search(self) -> None:
        """The list was opened: from its top, the keyboard away."""
        self._awaited, self.search, self.typing = None, "", False
        self.ids.rows.offset = 0  # type: ignore[attr-defined]

    def looked(self, search: str) -> None:
        """A view with this search came."""
        if self._awaited is None or search == self._awaited:
            self._awaited = None
            self.search = search

    def look_for(self, text: str) -> None:
        """Searches as typed."""
        text = text.lstrip()[:SEARCH_MAX]
        self._awaited = self.search = text
        self.seek(text)

    def typed(self, text: str) -> bool:
        """Letters search."""
        self.look_for(self.search + text)
        return True

    def search_key(self, name: str) -> bool:
        """Backspace shortens the search, Esc and Terminé put the keyboard away; True when it was one of them."""
        if name == "backspace":
            self.look_for(self.search[:-1])
        elif name in ("escape", "next") and self.typing:
            self.typing = False
        else:
            return False
        return True
