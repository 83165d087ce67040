"""A filled database as the first schema had it, made by code: what a migration must carry over.

It is written down here once and for all; it does not follow the tables of today.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

_TABLES = """
CREATE TABLE seatrial_schema (version INTEGER NOT NULL PRIMARY KEY);
CREATE TABLE plans (digest VARCHAR(64) NOT NULL PRIMARY KEY, document {blob} NOT NULL);
CREATE TABLE streams (
  number {serial}, id VARCHAR(200) NOT NULL UNIQUE, kind VARCHAR(20) NOT NULL,
  created_at VARCHAR(32) NOT NULL, subject VARCHAR(200) NOT NULL, parent VARCHAR(200) NOT NULL,
  plan_digest VARCHAR(64) NOT NULL, document {blob} NOT NULL, fence INTEGER NOT NULL,
  worker VARCHAR(200) NOT NULL, state VARCHAR(40) NOT NULL, last_seq INTEGER NOT NULL);
CREATE INDEX streams_by_parent ON streams (parent);
CREATE INDEX streams_by_subject ON streams (subject);
CREATE INDEX streams_by_plan ON streams (plan_digest);
CREATE TABLE events (
  stream_id VARCHAR(200) NOT NULL REFERENCES streams (id), seq INTEGER NOT NULL,
  format INTEGER NOT NULL, event {blob} NOT NULL, PRIMARY KEY (stream_id, seq));
CREATE TABLE approvals (
  number {serial}, subject VARCHAR(200) NOT NULL, digest VARCHAR(64) NOT NULL, "by" VARCHAR(200) NOT NULL,
  at VARCHAR(32) NOT NULL, envelope {blob} NOT NULL, expires_at VARCHAR(32));
CREATE INDEX ix_approvals_subject ON approvals (subject);
CREATE TABLE stops (
  number {serial}, "by" VARCHAR(200) NOT NULL, at VARCHAR(32) NOT NULL, why VARCHAR(2000) NOT NULL,
  lifted_by VARCHAR(200), lifted_at VARCHAR(32));
"""
_TYPES = {
    "sqlite": {"blob": "BLOB", "serial": "INTEGER PRIMARY KEY"},
    "postgresql": {"blob": "BYTEA", "serial": "SERIAL PRIMARY KEY"},
}
RUNS = 40
EVENTS = 25


def fill(db: Connection) -> None:
    """Runs with journals, a plan, an approval and a stop."""
    for statement in _TABLES.format(**_TYPES[db.dialect.name]).split(";")[:-1]:
        db.execute(text(statement))
    db.execute(text("INSERT INTO seatrial_schema VALUES (1)"))
    db.execute(text("INSERT INTO plans VALUES ('d1', :plan)"), {"plan": b'{"plan":1}'})
    for run in range(RUNS):
        db.execute(
            text(
                "INSERT INTO streams (id, kind, created_at, subject, parent, plan_digest, document, fence,"
                " worker, state, last_seq) VALUES (:id, 'cluster-run', '2026-03-01T09:00:00.000000+00:00',"
                " :subject, 'spring-1', 'd1', :document, 3, 'host-a', 'running', :last)"
            ),
            {"id": f"run-{run}", "subject": f"c{run}", "document": b"", "last": EVENTS},
        )
        for seq in range(1, EVENTS + 1):
            db.execute(
                text("INSERT INTO events VALUES (:run, :seq, 1, :event)"),
                {"run": f"run-{run}", "seq": seq, "event": event(run, seq)},
            )
    db.execute(
        text(
            'INSERT INTO approvals (subject, digest, "by", at, envelope, expires_at) VALUES'
            " ('spring-1', 'd1', 'ann', '2026-03-01T09:00:00.000000+00:00', :envelope, NULL)"
        ),
        {"envelope": b"{}"},
    )
    at = "2026-03-01T09:00:00.000000+00:00"
    db.execute(
        text('INSERT INTO stops ("by", at, why) VALUES (:by, :at, :why)'),
        {"by": "ann", "at": at, "why": "incident"},
    )


def event(run: int, seq: int) -> bytes:
    return f'{{"type":"noted","run":{run},"n":{seq}}}'.encode() + b"\x00\xff"
