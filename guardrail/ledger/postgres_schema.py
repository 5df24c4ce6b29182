"""The tables of format 2 in PostgreSQL, and what each role may do with them (docs/spec/ledger.md §12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from guardrail.postgres import Session

__all__ = ["CATALOGUE", "KEYS", "ROLES", "SUFFIX", "TABLES", "grants", "listed"]

SUFFIX: Final = "_keys"  # of the schema that holds the keys of bodies
_NEVER_SOURCE: Final = " BEGIN RAISE EXCEPTION 'an entry is never changed or removed'; END "

TABLES: Final = (
    "CREATE TABLE @meta(k text PRIMARY KEY, v bytea NOT NULL)",
    "CREATE TABLE @entry(idx bigint PRIMARY KEY, rid bytea NOT NULL UNIQUE, hdr bytea NOT NULL)",
    (
        "CREATE TABLE @tile(l integer NOT NULL, n bigint NOT NULL, w integer NOT NULL, h bytea NOT NULL, "
        "PRIMARY KEY(l, n))"
    ),
    # Hashes do not compress: trying costs more than all else of a turn.
    "ALTER TABLE @tile ALTER COLUMN h SET STORAGE EXTERNAL",
    (
        "CREATE TABLE @head(k integer PRIMARY KEY CHECK(k = 1), n bigint NOT NULL, peaks bytea NOT NULL, "
        "last_ts bigint NOT NULL)"
    ),
    "CREATE TABLE @checkpoint(size bigint PRIMARY KEY, note bytea NOT NULL)",
    "CREATE TABLE @policy(sha bytea PRIMARY KEY, doc bytea NOT NULL, idx bigint NOT NULL)",
    (
        "CREATE TABLE @body(idx bigint PRIMARY KEY, env bytea NOT NULL, kid_s bytea NOT NULL, "
        "kid_e bytea NOT NULL, exp bigint NOT NULL)"
    ),
    "CREATE INDEX body_s ON @body(kid_s)",
    "CREATE INDEX body_e ON @body(kid_e)",
    "CREATE TABLE @act(idx bigint PRIMARY KEY, kind text NOT NULL)",
    (
        "CREATE TABLE @act_key(id bytea NOT NULL, kind text NOT NULL, idx bigint NOT NULL, "
        "PRIMARY KEY(id, kind, idx))"
    ),
    "CREATE TABLE @hold(id bytea PRIMARY KEY, placed bigint NOT NULL, released bigint)",
    (
        "CREATE TABLE @hold_key(hold bytea NOT NULL, idx bigint NOT NULL, wrapped bytea NOT NULL, "
        "PRIMARY KEY(hold, idx))"
    ),
    "CREATE INDEX hold_idx ON @hold_key(idx)",
    # Who writes which sequence number next, and what waits for its place in the tree.
    "CREATE TABLE @writer(w text PRIMARY KEY, ws bigint NOT NULL)",
    (
        "CREATE TABLE @queue(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, w text NOT NULL, "
        "ws bigint NOT NULL, rid bytea NOT NULL, fields bytea NOT NULL, env bytea NOT NULL, "
        "docs bytea NOT NULL) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000)"
    ),
    # Against accidents and careless tools; against an attacker stand the tree and the signature.
    (
        "CREATE FUNCTION @entry_never() RETURNS trigger LANGUAGE plpgsql "
        f"SET search_path = pg_catalog, pg_temp AS $${_NEVER_SOURCE}$$"
    ),
    (
        "CREATE TRIGGER entry_no_change BEFORE UPDATE OR DELETE ON @entry "
        "FOR EACH ROW EXECUTE FUNCTION @entry_never()"
    ),
    (
        "CREATE TRIGGER entry_no_truncate BEFORE TRUNCATE ON @entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION @entry_never()"
    ),
    "INSERT INTO @head(k, n, peaks, last_ts) VALUES (1, 0, '', 0)",
)

KEYS: Final = (
    (
        "CREATE TABLE @key(kid bytea PRIMARY KEY, kind text NOT NULL, kek bigint NOT NULL, "
        "wrapped bytea NOT NULL, tenant text NOT NULL, class text NOT NULL, day bigint NOT NULL, "
        "gone bigint NOT NULL)"
    ),
    (
        "CREATE UNIQUE INDEX key_of ON @key(kind, tenant, class, day) "
        "WHERE gone = 0 AND kind IN ('epoch', 'index')"
    ),
    (
        "CREATE TABLE @subject(tenant text NOT NULL, h bytea NOT NULL, kid bytea NOT NULL, "
        "PRIMARY KEY(tenant, h))"
    ),
    "CREATE INDEX subject_kid ON @subject(kid)",
    # A number that grows whenever keys are destroyed or rewrapped: processes forget theirs by it.
    "CREATE TABLE @state(k integer PRIMARY KEY CHECK(k = 1), version bigint NOT NULL)",
    "INSERT INTO @state(k, version) VALUES (1, 0)",
)

_ALL: Final = "meta entry tile head checkpoint policy body act act_key hold hold_key writer queue"
_BOOK: Final = " ".join(name for name in _ALL.split() if name != "queue")

# Each role: (rights, tables) in the ledger's schema, then in that of the keys.
ROLES: Final = {
    "reader": ((("SELECT", _BOOK),), ()),
    "writer": (
        (("SELECT", _BOOK), ("SELECT, INSERT", "queue")),
        (("SELECT, INSERT", "key subject"), ("SELECT", "state")),
    ),
    "integrator": (
        (
            ("SELECT, INSERT", _ALL),
            ("UPDATE", "tile head checkpoint writer"),
            ("DELETE", "checkpoint queue"),
        ),
        (("SELECT, INSERT", "key subject"), ("SELECT", "state")),
    ),
    "eraser": (
        (
            ("SELECT, INSERT", _ALL),
            ("UPDATE", "tile head checkpoint writer hold"),
            ("DELETE", "checkpoint queue body hold_key"),
        ),
        (("SELECT, INSERT, UPDATE", "key subject state"), ("DELETE", "subject")),
    ),
}


def grants(schema: str, prefix: str) -> list[str]:
    """Return the statements that make the roles PREFIX_reader … PREFIX_eraser and give them their rights.

    The roles cannot log in: grant one to the user that a process logs in as. None owns a
    table, so none can drop the triggers.
    """
    statements = []
    for role, parts in ROLES.items():
        name = f'"{prefix}_{role}"'
        statements.append(
            f"DO $$ BEGIN CREATE ROLE {name} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        for place, rights in zip((schema, schema + SUFFIX), parts, strict=True):
            if rights:
                statements.append(f'GRANT USAGE ON SCHEMA "{place}" TO {name}')
            for what, tables in rights:
                named = ", ".join(f'"{place}".{table}' for table in tables.split())
                statements.append(f"GRANT {what} ON {named} TO {name}")
    return statements


_LIST: Final = """
SELECT c.relname || '.' || a.attname || ' ' || pg_catalog.format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = ?::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
   AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT c.relname || ' ' || pg_catalog.pg_get_constraintdef(o.oid)
  FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_class c ON c.oid = o.conrelid
 WHERE c.relnamespace = ?::regnamespace AND o.contype IN ('p', 'u', 'c', 'f', 'x')
UNION ALL
SELECT 'trigger ' || c.relname || ' ' || t.tgname || ' ' || t.tgtype::text || ' ' || t.tgenabled::text || ' '
       || CASE WHEN p.pronamespace = c.relnamespace THEN p.proname::text || p.prosrc ELSE 'foreign' END
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
  JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
 WHERE c.relnamespace = ?::regnamespace AND NOT t.tgisinternal
UNION ALL
SELECT 'trigger ' || c.relname || ' rule' FROM pg_catalog.pg_rewrite r
  JOIN pg_catalog.pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = ?::regnamespace
"""


def listed(session: Session) -> frozenset[str]:
    """Return what a ledger's tables consist of: columns, constraints, triggers and rules, a line each.

    Other tables of the schema are none of its business.
    """
    found = (line for (line,) in session.rows(_LIST, *[f'"{session.schema}"'] * 4))
    return frozenset(line for line in found if _table_of(line) in _ALL.split())


def _table_of(line: str) -> str:
    return line.removeprefix("trigger ").split(" ")[0].split(".")[0]


# What `listed` finds in a ledger that nobody has touched.
CATALOGUE: Final = frozenset(
    """\
act PRIMARY KEY (idx)
act.idx bigint not null
act.kind text not null
act_key PRIMARY KEY (id, kind, idx)
act_key.id bytea not null
act_key.idx bigint not null
act_key.kind text not null
body PRIMARY KEY (idx)
body.env bytea not null
body.exp bigint not null
body.idx bigint not null
body.kid_e bytea not null
body.kid_s bytea not null
checkpoint PRIMARY KEY (size)
checkpoint.note bytea not null
checkpoint.size bigint not null
entry PRIMARY KEY (idx)
entry UNIQUE (rid)
entry.hdr bytea not null
entry.idx bigint not null
entry.rid bytea not null
head CHECK ((k = 1))
head PRIMARY KEY (k)
head.k integer not null
head.last_ts bigint not null
head.n bigint not null
head.peaks bytea not null
hold PRIMARY KEY (id)
hold.id bytea not null
hold.placed bigint not null
hold.released bigint
hold_key PRIMARY KEY (hold, idx)
hold_key.hold bytea not null
hold_key.idx bigint not null
hold_key.wrapped bytea not null
meta PRIMARY KEY (k)
meta.k text not null
meta.v bytea not null
policy PRIMARY KEY (sha)
policy.doc bytea not null
policy.idx bigint not null
policy.sha bytea not null
queue PRIMARY KEY (id)
queue.docs bytea not null
queue.env bytea not null
queue.fields bytea not null
queue.id bigint not null
queue.rid bytea not null
queue.w text not null
queue.ws bigint not null
tile PRIMARY KEY (l, n)
tile.h bytea not null
tile.l integer not null
tile.n bigint not null
tile.w integer not null
writer PRIMARY KEY (w)
writer.w text not null
writer.ws bigint not null
""".splitlines()
) | frozenset(
    {
        f"trigger entry entry_no_change 27 O entry_never{_NEVER_SOURCE}",
        f"trigger entry entry_no_truncate 34 O entry_never{_NEVER_SOURCE}",
    }
)
