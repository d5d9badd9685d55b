/**
 * The SQLite schema as a list of migrations: entry n brings a database from user_version n to n + 1.
 * Never edit an entry that has been released; add one.
 * Does not: run them (database.ts) or query (calls.ts, learning.ts).
 */
import type { DatabaseSync } from 'node:sqlite';
import { inflateSync } from 'node:zlib';
import type { Cipher } from '../../core/cipher.ts';
import { aboutRow } from './sealed.ts';

interface Migration {
  readonly sql: string;
  /** What SQL cannot do; runs after it, in the same transaction. */
  readonly finish?: (sqlite: DatabaseSync, cipher: Cipher) => void;
}

export const MIGRATIONS: readonly Migration[] = [
  {
    sql: /* sql */ `
-- A piece of payload (message, tool set, settings, response), sealed, once per content and day.
CREATE TABLE parts (
  no     INTEGER PRIMARY KEY,
  id     TEXT NOT NULL UNIQUE,  -- keyed hash of the content and its day's data key
  day    TEXT NOT NULL,         -- which data key sealed it, YYYY-MM-DD (UTC)
  sealed BLOB NOT NULL          -- AES-256-GCM; see capture/vault
);

-- One request to a model and its response: all but the payload in the open.
CREATE TABLE calls (
  no                INTEGER PRIMARY KEY,
  id                TEXT NOT NULL UNIQUE,
  at                INTEGER NOT NULL,  -- arrival, epoch milliseconds
  session_id        TEXT NOT NULL,
  origin            TEXT NOT NULL,     -- keyed pseudonym of the sender, '' where unknown
  tags              TEXT NOT NULL,     -- JSON object of strings
  model             TEXT NOT NULL,
  stream            INTEGER NOT NULL,  -- 0 or 1
  status            INTEGER NOT NULL,  -- HTTP status that the agent saw
  latency_ms        REAL NOT NULL,
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cached_tokens     INTEGER NOT NULL,
  served_by         TEXT NOT NULL,     -- 'llm' or a specialist's id
  served_reason     TEXT NOT NULL,
  task_id           TEXT,
  confidence        REAL
);
CREATE INDEX calls_by_time ON calls (at, no);
CREATE INDEX calls_by_task ON calls (task_id, at) WHERE task_id IS NOT NULL;

-- Which parts a call holds, in order; position -1 is the response. A part without a row here is garbage.
CREATE TABLE call_parts (
  call_no  INTEGER NOT NULL REFERENCES calls (no) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  part_no  INTEGER NOT NULL REFERENCES parts (no),
  PRIMARY KEY (call_no, position)
) WITHOUT ROWID;
CREATE INDEX call_parts_by_part ON call_parts (part_no);

-- Data keys, wrapped by the master key. Deleting a row erases its day.
CREATE TABLE keys (day TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;

-- Tasks, as JSON (core/task.ts).
CREATE TABLE tasks (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;

-- Which calls immutable datasets were made of, as JSON (DatasetManifest in core/dataset.ts), deflated; no payload.
CREATE TABLE datasets (id TEXT PRIMARY KEY, task_id TEXT NOT NULL, body BLOB NOT NULL);

-- Trained specialists with their evidence, as JSON (core/specialist.ts).
CREATE TABLE specialists (
  no      INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  task_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  body    TEXT NOT NULL
);
CREATE INDEX specialists_by_task ON specialists (task_id, version);

-- What selection decided, one row per run and task, as a JSON list (core/specialist.ts Verdict).
CREATE TABLE verdicts (no INTEGER PRIMARY KEY, task_id TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX verdicts_by_task ON verdicts (task_id, at);

-- How often the exam of a dataset has been used for a task.
CREATE TABLE exam_uses (
  task_id    TEXT NOT NULL,
  dataset_id TEXT NOT NULL,
  uses       INTEGER NOT NULL,
  PRIMARY KEY (task_id, dataset_id)
) WITHOUT ROWID;

-- Deployments, as JSON (core/deployment.ts); replaced as their stage changes, the history is inside.
CREATE TABLE deployments (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);

-- Comparisons of a specialist's answer with the LLM's, in production.
CREATE TABLE audits (
  no            INTEGER PRIMARY KEY,
  call_id       TEXT NOT NULL,
  deployment_id TEXT NOT NULL,
  at            INTEGER NOT NULL,
  stage         TEXT NOT NULL,
  confidence    REAL NOT NULL,
  right_answer  INTEGER NOT NULL,  -- 0 or 1
  UNIQUE (deployment_id, call_id)
);

-- What happened, for the record.
CREATE TABLE events (
  no      INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  at      INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail  TEXT NOT NULL             -- JSON object
);
CREATE INDEX events_by_kind ON events (kind, no);
CREATE INDEX events_by_subject ON events (subject, no);
`,
  },
  {
    sql: /* sql */ `
-- What callers wrote is readable nowhere: what was learnt is sealed (AES-256-GCM; see capture/vault).
ALTER TABLE tasks RENAME COLUMN body TO sealed;
ALTER TABLE datasets RENAME COLUMN body TO sealed;
ALTER TABLE specialists RENAME COLUMN body TO sealed;
ALTER TABLE verdicts RENAME COLUMN body TO sealed;
ALTER TABLE deployments RENAME COLUMN body TO sealed;
ALTER TABLE events RENAME COLUMN detail TO sealed;

-- Model and tags of a call are a part (position -2 in call_parts); the session is a keyed pseudonym. Calls of before
-- wait here until they are sealed.
CREATE TABLE calls_in_clear AS SELECT no AS call_no, at, session_id, tags, model FROM calls;
ALTER TABLE calls DROP COLUMN tags;
ALTER TABLE calls DROP COLUMN model;
UPDATE calls SET session_id = '';

-- Counts the changes of what routing rests on, so that a gateway reads it again only then.
CREATE TABLE plan (version INTEGER NOT NULL);
INSERT INTO plan VALUES (0);
CREATE TRIGGER plan_tasks_added AFTER INSERT ON tasks BEGIN UPDATE plan SET version = version + 1; END;
CREATE TRIGGER plan_tasks_changed AFTER UPDATE ON tasks BEGIN UPDATE plan SET version = version + 1; END;
CREATE TRIGGER plan_specialists_added AFTER INSERT ON specialists BEGIN UPDATE plan SET version = version + 1; END;
CREATE TRIGGER plan_deployments_added AFTER INSERT ON deployments BEGIN UPDATE plan SET version = version + 1; END;
CREATE TRIGGER plan_deployments_changed AFTER UPDATE ON deployments BEGIN UPDATE plan SET version = version + 1; END;

-- Values that are the words of an application (labels, enum values), by call site, so that no surrogate stands for them.
CREATE TABLE vocabulary (
  site   TEXT NOT NULL,  -- keyed hash of what the call site's calls have in common
  id     TEXT NOT NULL,  -- keyed hash of the value
  sealed BLOB NOT NULL,
  PRIMARY KEY (site, id)
) WITHOUT ROWID;
CREATE TRIGGER plan_vocabulary_added AFTER INSERT ON vocabulary BEGIN UPDATE plan SET version = version + 1; END;
`,
    finish: (sqlite, cipher) => {
      for (const table of ['tasks', 'datasets', 'specialists', 'verdicts', 'deployments', 'events']) {
        const key = table === 'verdicts' ? 'no' : 'id';
        const update = sqlite.prepare(`UPDATE ${table} SET sealed = ? WHERE ${key} = ?`);
        for (const { id, body } of sqlite
          .prepare(`SELECT ${key} AS id, sealed AS body FROM ${table}`)
          .all()) {
          const text = body instanceof Uint8Array ? inflateSync(body).toString('utf8') : String(body);
          update.run(cipher.seal(text, aboutRow(table, String(id))), id ?? null);
        }
      }
    },
  },
  {
    sql: /* sql */ `
-- Calls are read by time and then id, in batches that resume after the last one.
DROP INDEX calls_by_time;
CREATE INDEX calls_by_time ON calls (at, id);

-- Audits are read on from the last one that was counted.
CREATE INDEX audits_by_deployment ON audits (deployment_id, no);

-- How an audit was drawn, and what it belongs to; null for those of before.
ALTER TABLE audits ADD COLUMN probability REAL;                     -- with which the call was chosen
ALTER TABLE audits ADD COLUMN session_id TEXT;                      -- keyed pseudonym, as on the call
ALTER TABLE audits ADD COLUMN input TEXT;                           -- keyed hash of what the specialist read
ALTER TABLE audits ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;   -- 1: the LLM could be asked again
`,
  },
  {
    sql: /* sql */ `
-- Tries of a task at the gate, one row each: delta is spent over them. Earlier ones are those that left a specialist.
CREATE TABLE gate_tries (no INTEGER PRIMARY KEY, task_id TEXT NOT NULL, dataset_id TEXT NOT NULL);
CREATE INDEX gate_tries_by_task ON gate_tries (task_id);
INSERT INTO gate_tries (task_id, dataset_id) SELECT task_id, '' FROM specialists;
`,
  },
  {
    sql: /* sql */ `
-- What callers said of a call or a session afterwards. It may come before its call.
CREATE TABLE feedback (
  no         INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  at         INTEGER NOT NULL,     -- epoch milliseconds
  call_id    TEXT,                 -- of a call
  session_id TEXT,                 -- or of a session: keyed pseudonym, as on its calls
  part_id    TEXT NOT NULL,        -- name, value and comment, as a sealed part
  day        TEXT NOT NULL,
  sealed     BLOB NOT NULL
);
CREATE INDEX feedback_by_call ON feedback (call_id);
CREATE INDEX feedback_by_day ON feedback (day);
CREATE INDEX calls_by_session ON calls (session_id);
`,
  },
  {
    sql: /* sql */ `
-- Access keys: hash, role and limits as sealed JSON (core/access.ts); id and alias are no secrets. None is ever deleted.
CREATE TABLE access_keys (
  no      INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  alias   TEXT NOT NULL,
  revoked INTEGER NOT NULL,  -- 0 or 1
  sealed  BLOB NOT NULL
);
-- What they have used, by day (UTC).
CREATE TABLE access_use (
  key_id   TEXT NOT NULL,
  day      TEXT NOT NULL,
  requests INTEGER NOT NULL,
  tokens   INTEGER NOT NULL,
  usd      REAL NOT NULL,
  PRIMARY KEY (key_id, day)
) WITHOUT ROWID;
-- Counts their changes, so that a gateway reads them again only then.
CREATE TABLE access (version INTEGER NOT NULL);
INSERT INTO access VALUES (0);
CREATE TRIGGER access_added AFTER INSERT ON access_keys BEGIN UPDATE access SET version = version + 1; END;
CREATE TRIGGER access_changed AFTER UPDATE ON access_keys BEGIN UPDATE access SET version = version + 1; END;

-- The audit trail (core/trail.ts): sealed entries, each with the hash of the one before, and the newest's number and hash.
CREATE TABLE trail (no INTEGER PRIMARY KEY, sealed BLOB NOT NULL);
CREATE TABLE trail_head (id INTEGER PRIMARY KEY CHECK (id = 1), sealed BLOB NOT NULL);
CREATE TRIGGER trail_unchanged BEFORE UPDATE ON trail BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER trail_kept BEFORE DELETE ON trail BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
`,
  },
  {
    sql: /* sql */ `
-- What the program does by itself, as JSON (core/job.ts).
CREATE TABLE jobs (
  no     INTEGER PRIMARY KEY,
  id     TEXT NOT NULL UNIQUE,
  state  TEXT NOT NULL,          -- queued, running, done, failed or cancelled
  sealed BLOB NOT NULL
);
CREATE INDEX jobs_by_state ON jobs (state, no);

-- Tasks that a person has taken out of service, as JSON (StoppedTask in core/job.ts).
CREATE TABLE stopped_tasks (task_id TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TRIGGER plan_stopped_added AFTER INSERT ON stopped_tasks BEGIN UPDATE plan SET version = version + 1; END;
CREATE TRIGGER plan_stopped_removed AFTER DELETE ON stopped_tasks BEGIN UPDATE plan SET version = version + 1; END;
`,
  },
  {
    sql: /* sql */ `
-- Answers in shadow that would not have been used, by why: so that it can be said why nothing is compared.
CREATE TABLE unused_answers (
  deployment_id TEXT NOT NULL,
  reason        TEXT NOT NULL,
  answers       INTEGER NOT NULL,
  PRIMARY KEY (deployment_id, reason)
) WITHOUT ROWID;
`,
  },
  {
    sql: /* sql */ `
-- What others were paid for single requests (core/charge.ts), by day (UTC). Models by the configuration's names.
CREATE TABLE charges (
  day               TEXT NOT NULL,
  what              TEXT NOT NULL,     -- judge, learning, serving
  model             TEXT NOT NULL,
  requests          INTEGER NOT NULL,
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  dollars           REAL NOT NULL,
  unpriced          INTEGER NOT NULL,  -- requests without a known price
  PRIMARY KEY (day, what, model)
) WITHOUT ROWID;

-- Verdicts of a judge that were paid for, by a keyed hash of what was asked.
CREATE TABLE paid_verdicts (
  id     TEXT PRIMARY KEY,
  at     INTEGER NOT NULL,  -- epoch milliseconds
  sealed BLOB NOT NULL
) WITHOUT ROWID;

-- Of a specialist that a judge has proved: 1: the judge was asked; 0: it could not be, equality decided. Null: of others.
ALTER TABLE audits ADD COLUMN judged INTEGER;
`,
  },
  {
    sql: /* sql */ `
-- A call's ordinal in its session, among those that a specialist could be asked about; null where none was in service.
ALTER TABLE calls ADD COLUMN turn INTEGER;
`,
  },
  {
    sql: /* sql */ `
-- Whether the caller got the specialist's answer (1), or the LLM's (0): in shadow, and of a canary's other calls. Null: of before.
ALTER TABLE audits ADD COLUMN used INTEGER;

-- It could not be used for a proof: of the calls that are not on record it does not tell which a specialist would have served.
ALTER TABLE calls DROP COLUMN turn;
`,
  },
  {
    sql: /* sql */ `
-- What people have decided about tasks, as JSON with the tasks before and after (core/task-decision.ts).
CREATE TABLE task_decisions (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sealed BLOB NOT NULL);
CREATE TRIGGER plan_tasks_removed AFTER DELETE ON tasks BEGIN UPDATE plan SET version = version + 1; END;
`,
  },
];
