-- The catalogue as the till sells it. These tables are the truth; catalog_image is derived from them in the same
-- transaction, so that a start reads a few blobs instead of 100,000 rows.

CREATE TABLE category (
    id       INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL,
    hue      TEXT    NOT NULL,
    position INTEGER NOT NULL
) STRICT;

CREATE TABLE product (
    id             INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL,
    key_label      TEXT    NOT NULL,
    category       INTEGER REFERENCES category (id),
    price_minor    INTEGER CHECK (price_minor >= 0),
    tax_class      TEXT    NOT NULL,
    unit           TEXT    NOT NULL CHECK (unit IN ('piece', 'kg')),
    price_kind     TEXT    NOT NULL CHECK (price_kind IN ('fixed', 'free')),
    free_min_minor INTEGER NOT NULL,
    free_max_minor INTEGER NOT NULL,
    sold_out       INTEGER NOT NULL CHECK (sold_out IN (0, 1)),
    favourite      INTEGER,
    popularity     INTEGER NOT NULL,
    age_limit      INTEGER NOT NULL,
    name_plural    TEXT    NOT NULL,
    list_prices    TEXT    NOT NULL
) STRICT;

-- One row for each bar code or internal code; units > 1 or a price of its own make it a pack.
CREATE TABLE product_code (
    code        TEXT    PRIMARY KEY,
    spelling    TEXT    NOT NULL,
    product     INTEGER NOT NULL REFERENCES product (id),
    position    INTEGER NOT NULL,
    is_pack     INTEGER NOT NULL CHECK (is_pack IN (0, 1)),
    units       INTEGER NOT NULL CHECK (units > 0),
    price_minor INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE tile (
    category INTEGER NOT NULL,
    slot     INTEGER NOT NULL,
    product  INTEGER REFERENCES product (id),
    PRIMARY KEY (category, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE catalog_image (
    part   TEXT    NOT NULL,
    number INTEGER NOT NULL,
    body   BLOB    NOT NULL,
    PRIMARY KEY (part, number)
) STRICT;

-- What a manager sets up: sale modes, tenders, reasons, sellers. One document, replaced as a whole.
CREATE TABLE shop (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body TEXT    NOT NULL
) STRICT;
