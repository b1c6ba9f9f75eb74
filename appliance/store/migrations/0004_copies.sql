-- The papers of one document, X or Z, among years of them: how many there were is asked of the journal itself.
CREATE INDEX journal_copies ON journal (
    CASE WHEN json_valid(CAST(body AS TEXT)) THEN CAST(body AS TEXT) ->> 'of_document' END
) WHERE kind IN ('CopyIssued', 'ReceiptDeclined');
