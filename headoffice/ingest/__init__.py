"""Taking in what tills send, and answering them: journals, wallets, the change feed, presence. One worker, or several
that share the tills by partition; the database is all that they have in common."""
