import { Where, correlationValues, limitOf, ofCorrelation, rowsOf } from './answer.ts'
import type { Database } from '../sqlite.ts'
import type { Answer, Filter } from './answer.ts'

/** What makes a run one of those asked for: one of its events. */
const eventColumns = [
  ['task', 'task_id'],
  ['symbol', 'symbol'],
  ['venue', 'venue'],
  ['strategy', 'strategy'],
] as const

/**
 * Runs of bots with how they ended, newest last. `last_at` is the time of the last record that came of a run: of one that
 * is said to be running, and is not heard of any more, nobody knows better until it is started again.
 */
export function runs(database: Database, filter: Filter): Answer {
  const where = new Where().and('last_at >= ?', filter.fromMs).and('first_at < ?', filter.toMs)
  for (const [name, column] of eventColumns)
    where.and(`run_id IN (SELECT run_id FROM events WHERE ${column} = ?)`, filter[name])
  where.and(
    `run_id IN (SELECT run_id FROM events WHERE ${ofCorrelation})`,
    ...correlationValues(filter.correlation),
  )
  const of = (name: string): string => `resource ->> '$."${name}"'`
  const rows = rowsOf(
    database,
    `SELECT coalesce(started_at, first_at) AS started_at, ended_at, status, reason, service, bot_id,
      coalesce(mode, ${of('trading.mode')}) AS mode,
      coalesce(code_commit, ${of('trading.code.commit')}) AS code_commit, config_hash,
      ${of('host.name')} AS host, ${of('process.pid')} AS pid,
      ${of('process.runtime.version')} AS node, ${of('telemetry.distro.version')} AS fillpath, last_at,
      ${of('service.instance.id')} AS instance, run_id
    FROM runs ${where.sql} ORDER BY 1 DESC, run_id ${limitOf(filter)}`,
    where.values,
  )
  return [{ name: 'runs', rows: rows.reverse() }]
}
