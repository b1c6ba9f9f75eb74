-- Whose a sealed sale, or its reversal, is: a customer's history among many years of entries. Nothing for a sale without
-- a customer, nor for a body that was damaged, which the chain tells.
CREATE INDEX sale_of_customer ON journal (
    CASE WHEN json_valid(CAST(body AS TEXT))
         THEN COALESCE(CAST(body AS TEXT) ->> 'customer', CAST(body AS TEXT) -> 'of' ->> 'customer') END
) WHERE kind IN ('TicketClosed', 'SettlementReversed');
