-- Papers keep what was rendered and sent, to which device, and how it is known that they came out.
CREATE TABLE paper_job (
    id       INTEGER PRIMARY KEY,
    role     TEXT NOT NULL,
    purpose  TEXT NOT NULL,
    subject  INTEGER NOT NULL,
    copy     INTEGER NOT NULL,
    at       TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'confirmed', 'uncertain', 'dropped')),
    paper    BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    sent_at  TEXT NOT NULL DEFAULT '',
    sent_to  TEXT NOT NULL DEFAULT '',
    device   TEXT NOT NULL DEFAULT '',
    profile  TEXT NOT NULL DEFAULT '',
    body     BLOB,
    digest   BLOB,
    proof    TEXT NOT NULL DEFAULT '' CHECK (proof IN ('', 'printer', 'assumed', 'person', 'copied'))
) STRICT;

INSERT INTO paper_job (id, role, purpose, subject, copy, at, state, paper)
SELECT id, role, purpose, subject, copy, at, CASE state WHEN 'printed' THEN 'confirmed' ELSE state END, paper
FROM print_job;

DROP TABLE print_job;
ALTER TABLE paper_job RENAME TO print_job;

-- The queue is a handful of rows among years of them.
CREATE INDEX print_job_open ON print_job (id) WHERE state IN ('queued', 'sending', 'sent', 'uncertain');
CREATE INDEX print_job_subject ON print_job (purpose, subject);
