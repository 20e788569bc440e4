import { payloadOf, textOf } from '../value.ts'
import { botOf, logTime, runOf } from './event.ts'
import type { Resource, WireRecord } from '../../../wire/record.ts'
import type { Cell } from '../sqlite.ts'

/** Writes a run, or widens the time that is known of it. */
export const runStatement = `
INSERT INTO runs (run_id, bot_id, service, first_at, last_at, resource) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (run_id) DO UPDATE SET
  first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
  resource = min(resource, excluded.resource)`

/** The same of what one file tells of a run; file 0 stands for all that came from elsewhere. */
export const runFileStatement = `
INSERT INTO run_files (run_id, bot_id, service, first_at, last_at, resource, file_id) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (run_id, file_id) DO UPDATE SET
  first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at),
  resource = min(resource, excluded.resource)`

/** The runs that a batch of records tells of. */
export class RunsSeen {
  readonly #runs = new Map<Resource, { record: WireRecord; first: number; last: number }>()

  /** Takes the time of a record to its run. */
  see(record: WireRecord): void {
    const ms = Number(timeOf(record) / 1_000_000n)
    const run = this.#runs.get(record.resource)
    if (run === undefined) this.#runs.set(record.resource, { record, first: ms, last: ms })
    else {
      if (ms < run.first) run.first = ms
      if (ms > run.last) run.last = ms
    }
  }

  /** The rows; records of no run leave none. */
  *cells(): Generator<Cell[], void, undefined> {
    for (const { record, first, last } of this.#runs.values()) {
      const run = runOf(record)
      if (run === null) continue
      const { attributes } = record.resource
      yield [
        run,
        botOf(record),
        textOf(attributes, 'service.name'),
        first,
        last,
        payloadOf(attributes),
      ]
    }
  }
}

function timeOf(record: WireRecord): bigint {
  switch (record.signal) {
    case 'log':
      return logTime(record)
    case 'span':
      return record.end
    case 'metric':
      return record.time
  }
}
