-- Everything personal about customers is in these tables and, as papers, in print_job. The journal knows ids only.
CREATE TABLE customer_group (
    id       TEXT PRIMARY KEY,
    label    TEXT NOT NULL,
    rates    TEXT NOT NULL,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE customer (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('person', 'company')),
    civility   TEXT NOT NULL,
    last_name  TEXT NOT NULL,
    first_name TEXT NOT NULL,
    company    TEXT NOT NULL,
    phones     TEXT NOT NULL,
    email      TEXT NOT NULL,
    account    TEXT NOT NULL,
    group_id   TEXT NOT NULL,
    vat_number TEXT NOT NULL,
    uid        TEXT NOT NULL,
    siren      TEXT NOT NULL,
    siret      TEXT NOT NULL,
    consents   TEXT NOT NULL,
    notes      TEXT NOT NULL,
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    erased_at  TEXT NOT NULL DEFAULT '',
    former     TEXT NOT NULL DEFAULT '[]', -- names of before that papers may still bear
    sort       TEXT NOT NULL
) STRICT;

CREATE INDEX customer_sort ON customer (sort, kind) WHERE erased_at = '';
CREATE INDEX customer_group_members ON customer (group_id) WHERE group_id <> '';

-- Codes that were blocked or replaced stay: scanned again, they are refused by name.
CREATE TABLE customer_code (
    key      TEXT PRIMARY KEY,
    customer INTEGER NOT NULL,
    position INTEGER NOT NULL,
    written  TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('active', 'blocked', 'replaced')),
    since    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX customer_code_of ON customer_code (customer);

CREATE TABLE customer_address (
    customer    INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    street      TEXT NOT NULL,
    postcode    TEXT NOT NULL,
    place       TEXT NOT NULL,
    country     TEXT NOT NULL,
    label       TEXT NOT NULL,
    is_default  INTEGER NOT NULL,
    is_delivery INTEGER NOT NULL,
    driver_note TEXT NOT NULL,
    PRIMARY KEY (customer, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX customer_address_postcode ON customer_address (country, postcode);

-- Whose words begin so: the search, typed letter by letter.
CREATE TABLE customer_word (
    word     TEXT NOT NULL,
    customer INTEGER NOT NULL,
    PRIMARY KEY (word, customer)
) STRICT, WITHOUT ROWID;

CREATE INDEX customer_word_of ON customer_word (customer);

-- Papers that bear a customer's name, so that erasing the customer finds them.
ALTER TABLE print_job ADD COLUMN customer TEXT NOT NULL DEFAULT '';
CREATE INDEX print_job_customer ON print_job (customer) WHERE customer <> '';
