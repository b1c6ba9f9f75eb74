"""The panel at the right of a screen, where the ticket stands while selling."""

from appliance.kiosk.widgets.base import Col, Press, Row, load_kv


class SidePanel(Col):
    """Surface with a rule on its inner side; as wide as the ticket unless told otherwise."""


class Card(Col):
    """A surface card with rounded corners."""


class TapCard(Press, Col):
    """A card that is touched as a whole."""


class CardHead(Row):
    """Icon and title of a card; what is added stands at the right."""


load_kv(__file__)
