"""The sale screen: grid, ticket or result, and which sheet stands over it."""

from dataclasses import dataclass, field

from appliance.kiosk.viewmodel.grid import GridModel, grid_model
from appliance.kiosk.viewmodel.result import ResultModel, result_model
from appliance.kiosk.viewmodel.ticket import TicketModel, ticket_model
from appliance.protocol.view import TillView


@dataclass(frozen=True)
class SaleModel:
    """Everything the sale screen shows."""

    grid: GridModel = field(default_factory=GridModel)
    ticket: TicketModel = field(default_factory=TicketModel)
    result: ResultModel = field(default_factory=ResultModel)
    has_result: bool = False


def sale_model(view: TillView, slots: int, compact: bool = False, long_strip: bool = False) -> SaleModel:
    """The sale screen of a view."""
    return SaleModel(
        grid=grid_model(view, slots, long_strip),
        ticket=ticket_model(view, compact),
        result=result_model(view),
        has_result=view.result is not None,
    )
