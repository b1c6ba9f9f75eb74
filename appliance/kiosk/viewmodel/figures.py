"""Tables and rows of figures: reports, the drawer line by line."""

from dataclasses import dataclass

from appliance.i18n import amount, signed, t
from appliance.protocol.view import CashBook, TillView

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TableModel:
    """A table. The first column is at the left and shares the width; `widths` are those of the others, 0 shares too."""

    heads: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    row_height: int = 40
    has_total: bool = False
    """The last row is a total: bold, below a thicker rule."""
    note: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class CardModel:
    """A card with one table."""

    icon: str = ""
    title: str = ""
    note: str = ""
    table: TableModel = TableModel()

    @property
    def is_empty(self) -> bool:
        """Nothing to show: the card is absent."""
        return not self.table.rows


def cash_rows(view: TillView, cash: CashBook, with_wallets: bool) -> Rows:
    """The drawer line by line, without what is expected."""
    locale = view.shop.locale
    rows = [("float", amount(cash.float_minor, locale)), ("sales", signed(cash.sales_minor, locale))]
    if with_wallets:
        rows.append(("wallet_credits", signed(cash.wallet_credits_minor, locale)))
        rows.append(("wallet_refunds", amount(-cash.wallet_refunds_minor, locale)))
    rows.append(("pay_ins", signed(cash.pay_ins_minor, locale)))
    rows.append(("pay_outs", amount(-cash.pay_outs_minor, locale)))
    return tuple((t(f"screen.cash.{code}", view.language), value) for code, value in rows)
