/**
 * The tables, and how an older index becomes one of today.
 *
 * - Money and quantities stand as TEXT, as they were written, with a REAL twin (`…_num`) to sum and compare.
 * - `timestamp` and every `…_at` are milliseconds since the Unix epoch; `ns` is what is below the millisecond.
 * - `key` says what is the same record: its own id, else its content. See `identity.ts`.
 * - `file_id` and `sightings` say which files a row came from. See `sources.ts`.
 * - `events`, `spans`, `metric_points` and the snapshots are what was received; `tasks`, `orders`, `fills`, `hedges` and
 *   `positions` follow from `events` and are folded anew when one of their events comes. So does what a run says of its
 *   beginning and end; that there was one is known from any record.
 */
import { FillpathError } from '../../semconv/error.ts'
import { Folder } from './fold/fold.ts'
import { rollBack } from './sqlite.ts'
import type { Database } from './sqlite.ts'

const first = `
CREATE TABLE events (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
  timestamp INTEGER NOT NULL, ns INTEGER NOT NULL,
  type TEXT NOT NULL, level TEXT NOT NULL, severity INTEGER NOT NULL, module TEXT, message TEXT,
  trace_id TEXT, span_id TEXT, correlation_id TEXT, task_id TEXT, sequence INTEGER,
  symbol TEXT, venue TEXT, strategy TEXT, order_key TEXT, hedge_key TEXT, position_id TEXT,
  bot_id TEXT, run_id TEXT, payload TEXT NOT NULL
) STRICT;
CREATE INDEX idx_events_task ON events(task_id, type) WHERE task_id IS NOT NULL;
CREATE INDEX idx_events_type ON events(type, timestamp);
CREATE INDEX idx_events_timestamp ON events(timestamp);
CREATE INDEX idx_events_trace ON events(trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX idx_events_correlation ON events(correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX idx_events_order ON events(order_key) WHERE order_key IS NOT NULL;
CREATE INDEX idx_events_hedge ON events(hedge_key) WHERE hedge_key IS NOT NULL;
CREATE INDEX idx_events_position ON events(position_id) WHERE position_id IS NOT NULL;
CREATE INDEX idx_events_errors ON events(timestamp) WHERE severity >= 17;

CREATE TABLE orderbook_snapshots (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
  task_id TEXT, sequence INTEGER, timestamp INTEGER NOT NULL, ns INTEGER NOT NULL, trigger TEXT,
  trace_id TEXT, symbol TEXT, total_cost TEXT, total_cost_num REAL, profit_percent REAL,
  is_arb_valid INTEGER, max_depth TEXT, max_depth_num REAL
) STRICT;
CREATE INDEX idx_snapshots_task ON orderbook_snapshots(task_id, sequence);
CREATE INDEX idx_snapshots_trace ON orderbook_snapshots(trace_id) WHERE trace_id IS NOT NULL;
CREATE TABLE snapshot_books (
  snapshot_key TEXT NOT NULL, venue TEXT NOT NULL,
  best_bid TEXT, best_bid_num REAL, best_ask TEXT, best_ask_num REAL, spread TEXT, spread_num REAL,
  latency_ms REAL, depth_json TEXT NOT NULL,
  PRIMARY KEY (snapshot_key, venue)
) STRICT, WITHOUT ROWID;

CREATE TABLE spans (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
  timestamp INTEGER NOT NULL, ns INTEGER NOT NULL, duration_ms REAL NOT NULL,
  name TEXT NOT NULL, trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent_span_id TEXT,
  status TEXT NOT NULL, status_message TEXT, task_id TEXT, symbol TEXT, venue TEXT, strategy TEXT,
  run_id TEXT, payload TEXT NOT NULL
) STRICT;
CREATE INDEX idx_spans_trace ON spans(trace_id);
CREATE INDEX idx_spans_name ON spans(name, timestamp);

CREATE TABLE metric_points (
  series TEXT NOT NULL, bucket INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, unit TEXT NOT NULL,
  labels TEXT NOT NULL, run_id TEXT, timestamp INTEGER NOT NULL, ns INTEGER NOT NULL,
  value REAL, low REAL, high REAL, count INTEGER,
  PRIMARY KEY (series, bucket)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_metric_points_name ON metric_points(name, bucket);

CREATE TABLE runs (
  run_id TEXT PRIMARY KEY, bot_id TEXT, service TEXT, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
  resource TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tasks (
  id TEXT PRIMARY KEY, type TEXT, symbol TEXT, strategy TEXT, title TEXT, status TEXT NOT NULL,
  config TEXT, config_hash TEXT, code_commit TEXT, run_id TEXT, reason TEXT,
  quantity TEXT, quantity_num REAL, filled_qty TEXT, filled_qty_num REAL, avg_price TEXT, avg_price_num REAL,
  hedged_qty TEXT, hedged_qty_num REAL, avg_hedge_price TEXT, avg_hedge_price_num REAL,
  profit TEXT, profit_num REAL, profit_percent REAL, unwind_loss TEXT, unwind_loss_num REAL,
  pause_count INTEGER NOT NULL, price_guard_count INTEGER NOT NULL, hedge_retry_count INTEGER NOT NULL,
  created_at INTEGER NOT NULL, started_at INTEGER, completed_at INTEGER, duration_ms REAL, is_success INTEGER
) STRICT;
CREATE INDEX idx_tasks_status ON tasks(status);
CREATE INDEX idx_tasks_created ON tasks(created_at);

CREATE TABLE orders (
  key TEXT PRIMARY KEY, task_id TEXT, trace_id TEXT, correlation_id TEXT, hedge_key TEXT, symbol TEXT, strategy TEXT,
  venue TEXT, order_id TEXT, client_id TEXT, side TEXT, type TEXT, price TEXT, price_num REAL,
  quantity TEXT, quantity_num REAL, filled_qty TEXT, filled_qty_num REAL, avg_price TEXT, avg_price_num REAL,
  status TEXT, reason TEXT, submitted_at INTEGER, accepted_at INTEGER, filled_at INTEGER, ended_at INTEGER,
  ack_latency_ms REAL, fill_ms REAL
) STRICT;
CREATE INDEX idx_orders_task ON orders(task_id);
CREATE INDEX idx_orders_trace ON orders(trace_id);
CREATE INDEX idx_orders_submitted ON orders(submitted_at);

CREATE TABLE fills (
  key TEXT PRIMARY KEY, order_key TEXT NOT NULL, timestamp INTEGER NOT NULL, task_id TEXT, trace_id TEXT,
  correlation_id TEXT, symbol TEXT, strategy TEXT, venue TEXT, exec_id TEXT, side TEXT, price TEXT, price_num REAL,
  quantity TEXT, quantity_num REAL, liquidity TEXT, fee TEXT, fee_num REAL, fee_currency TEXT
) STRICT;
CREATE INDEX idx_fills_order ON fills(order_key);
CREATE INDEX idx_fills_timestamp ON fills(timestamp);

CREATE TABLE hedges (
  key TEXT PRIMARY KEY, kind TEXT NOT NULL, hedge_id TEXT, task_id TEXT, trace_id TEXT, correlation_id TEXT,
  symbol TEXT, strategy TEXT, venue TEXT, status TEXT NOT NULL, quantity TEXT, quantity_num REAL,
  covered_qty TEXT, covered_qty_num REAL, avg_price TEXT, avg_price_num REAL, attempts INTEGER NOT NULL,
  reason TEXT, loss TEXT, loss_num REAL, window_ms REAL, started_at INTEGER, ended_at INTEGER
) STRICT;
CREATE INDEX idx_hedges_task ON hedges(task_id);
CREATE INDEX idx_hedges_started ON hedges(started_at);

CREATE TABLE positions (
  id TEXT PRIMARY KEY, trace_id TEXT, correlation_id TEXT, task_id TEXT, symbol TEXT, strategy TEXT, venue TEXT,
  side TEXT, quantity TEXT, quantity_num REAL, entry_price TEXT, entry_price_num REAL,
  exit_price TEXT, exit_price_num REAL, status TEXT NOT NULL, exit_reason TEXT,
  profit TEXT, profit_num REAL, fees TEXT, fees_num REAL, funding TEXT, funding_num REAL,
  mae TEXT, mfe TEXT, drawdown TEXT, opened_at INTEGER, closed_at INTEGER, holding_ms REAL
) STRICT;
CREATE INDEX idx_positions_opened ON positions(opened_at);

CREATE TABLE read_files (
  path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, lines INTEGER NOT NULL, head TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`

/**
 * Rows know the files that they came from (`sources.ts`). Of the rows that are there nothing is known, so all files are
 * read once more; what they hold is known again, and nothing is added.
 */
const sources = `
CREATE TABLE files (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE sightings (
  rows_of TEXT NOT NULL, row_key TEXT NOT NULL, file_id INTEGER NOT NULL,
  PRIMARY KEY (rows_of, row_key, file_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_sightings_file ON sightings(file_id);
CREATE TABLE run_files (
  run_id TEXT NOT NULL, file_id INTEGER NOT NULL, bot_id TEXT, service TEXT,
  first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, resource TEXT NOT NULL,
  PRIMARY KEY (run_id, file_id)
) STRICT, WITHOUT ROWID;
ALTER TABLE events ADD COLUMN file_id INTEGER DEFAULT 0;
ALTER TABLE spans ADD COLUMN file_id INTEGER DEFAULT 0;
ALTER TABLE orderbook_snapshots ADD COLUMN file_id INTEGER DEFAULT 0;
ALTER TABLE metric_points ADD COLUMN file_id INTEGER DEFAULT 0;
CREATE INDEX idx_events_file ON events(file_id);
CREATE INDEX idx_spans_file ON spans(file_id);
CREATE INDEX idx_snapshots_file ON orderbook_snapshots(file_id);
CREATE INDEX idx_metric_points_file ON metric_points(file_id);
DELETE FROM read_files;
`

/** Runs say how they began and ended; those of before are folded once more. */
const runs = `
ALTER TABLE runs ADD COLUMN status TEXT;
ALTER TABLE runs ADD COLUMN started_at INTEGER;
ALTER TABLE runs ADD COLUMN ended_at INTEGER;
ALTER TABLE runs ADD COLUMN reason TEXT;
ALTER TABLE runs ADD COLUMN mode TEXT;
ALTER TABLE runs ADD COLUMN code_commit TEXT;
ALTER TABLE runs ADD COLUMN config_hash TEXT;
CREATE INDEX idx_events_run ON events(run_id) WHERE type >= 'trading.run.' AND type < 'trading.run/';
`

/**
 * Orders, hedges and positions say when they were first heard of, orders which position they closed; those of before are
 * folded once more.
 */
const beginnings = `
ALTER TABLE orders ADD COLUMN first_at INTEGER;
ALTER TABLE orders ADD COLUMN position_id TEXT;
ALTER TABLE hedges ADD COLUMN first_at INTEGER;
ALTER TABLE positions ADD COLUMN first_at INTEGER;
`

/**
 * Fills have each of their fees, and orders that have an id one after the other are told apart; those of before are folded
 * once more. Lists are asked for by when a thing was first heard of.
 */
const fees = `
ALTER TABLE fills ADD COLUMN fees_by_currency TEXT;
DROP INDEX idx_orders_submitted;
DROP INDEX idx_hedges_started;
DROP INDEX idx_positions_opened;
CREATE INDEX idx_orders_first ON orders(first_at);
CREATE INDEX idx_hedges_first ON hedges(first_at);
CREATE INDEX idx_positions_first ON positions(first_at);
`

/** One step per version; a step is never changed once it is published. */
const migrations: readonly string[] = [first, sources, runs, beginnings, fees]

/** The version that this fillpath writes. */
export const schemaNumber = migrations.length

/**
 * Brings the database at `path` to the version of today.
 * @throws FillpathError `index_unusable` when a newer fillpath wrote it, or it is no index
 */
export function migrate(database: Database, path: string): void {
  if (checkVersion(database, path) === schemaNumber) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have done it while this one waited for the lock.
    const before = versionOf(database)
    for (const step of migrations.slice(before)) database.exec(step)
    if (before > 0 && before < 3) new Folder(database).foldRuns()
    if (before > 0 && before < 5) new Folder(database).foldAll()
    database.exec(`PRAGMA user_version = ${schemaNumber}; COMMIT`)
  } catch (error) {
    rollBack(database)
    throw error
  }
}

/**
 * The version of the database, which is not above that of today.
 * @throws FillpathError `index_unusable`
 */
export function checkVersion(database: Database, path: string): number {
  const version = versionOf(database)
  if (version > schemaNumber) {
    throw new FillpathError(
      'index_unusable',
      `${path} has schema ${version}; this fillpath knows schemas up to ${schemaNumber}`,
      {
        hint: 'Use the newer fillpath, or make the index anew from the files with "fillpath rebuild".',
      },
    )
  }
  const tables = database.prepare(`SELECT count(*) AS count FROM sqlite_schema`).get()
  if (version === 0 && Number(tables?.['count']) > 0) {
    throw new FillpathError('index_unusable', `${path} is a database of something else`, {
      hint: 'Move it away, then make the index from the files with "fillpath rebuild".',
    })
  }
  return version
}

function versionOf(database: Database): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
}
