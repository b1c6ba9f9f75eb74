-- What this till itself put on the shelves: articles created and codes linked, each beside its rows of product and
-- product_code. 'added': the image does not know it yet; 'folded': an import has taken it in; 'displaced': an import gave
-- the code to another article, which somebody is still to be told.
CREATE TABLE catalog_addition (
    code     TEXT    PRIMARY KEY,
    spelling TEXT    NOT NULL,
    product  INTEGER NOT NULL,
    is_new   INTEGER NOT NULL CHECK (is_new IN (0, 1)),
    state    TEXT    NOT NULL CHECK (state IN ('added', 'folded', 'displaced'))
) STRICT, WITHOUT ROWID;
