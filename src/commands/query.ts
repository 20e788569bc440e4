import { Command } from 'commander'
import { withoutNamespace } from '../archive/human.ts'
import { zoneOf } from '../archive/zone.ts'
import { systemClock } from '../base/clock.ts'
import { errors } from '../desk/store/questions/errors.ts'
import { eventList } from '../desk/store/questions/events.ts'
import { exposure, fills, orders, positions } from '../desk/store/questions/lists.ts'
import { costs } from '../desk/store/questions/costs.ts'
import { failures } from '../desk/store/questions/failures.ts'
import { flow, flowIds } from '../desk/store/questions/flow.ts'
import { bookNumbers, orderbook } from '../desk/store/questions/orderbook.ts'
import { performance as durations } from '../desk/store/questions/performance.ts'
import { schemaText, sql, tableNames } from '../desk/store/questions/sql.ts'
import { runs } from '../desk/store/questions/runs.ts'
import { stats } from '../desk/store/questions/stats.ts'
import { taskIds, timeline } from '../desk/store/questions/timeline.ts'
import { symbols, why } from '../desk/store/questions/why.ts'
import { eventNameOf } from '../semconv/aliases.ts'
import { FillpathError } from '../semconv/error.ts'
import { severities } from '../semconv/severity.ts'
import { tellAnswer } from './answer-text.ts'
import { addExport } from './export/command.ts'
import { instantOf } from './period.ts'
import { addStackOptions } from './stack/source.ts'
import { readFrom } from './stack/question.ts'
import { nothingFound, severityOf, unknownId, valuesOf, withIndex } from './query-options.ts'
import type { Answer } from '../desk/store/questions/answer.ts'
import type { Output } from './output.ts'
import type { ExitCode } from './exit-code.ts'
import type { Question, QueryOptions } from './query-options.ts'
import type { About } from './stack/question.ts'

const examples = `
The answers come from the SQLite index of the data folder, which reads what is new in the files first; with --from stack
from Loki, Tempo and Prometheus.

Examples:
  $ fillpath query timeline 7f3a                     a task, step by step
  $ fillpath query flow sig_abc123                   from the signal to the trade, by any id
  $ fillpath query stats --days 7                    success, profit, latencies
  $ fillpath query failures --days 7                 what failed and why, and what came before
  $ fillpath query orderbook 7f3a 2                  the books of a snapshot, and what changed
  $ fillpath query events --type 'order.*' --level warn --text timeout
  $ fillpath query errors --date 2026-01-15 --json
  $ fillpath query fills --symbol BTC/USDT --csv > fills.csv
  $ fillpath query export --days 7 --output week.parquet
  $ fillpath query why BTC/USDT --at 2026-01-15T10:30
  $ fillpath query stats --from stack --from 2026-01-15      from Loki, of all bots, since that day
  $ fillpath query sql "SELECT status, count(*) FROM orders GROUP BY status"`

interface EventOptions extends QueryOptions {
  readonly type?: string
  readonly level?: string
  readonly text?: string
}

const eventsDefault = 1_000

/** `fillpath query`: questions to the index. */
export function queryCommand(output: Output, end: (code: ExitCode) => void): Command {
  const query = new Command('query')
    .description('ask what happened: tasks, flows, orders, failures, costs')
    .addHelpText('after', examples)
  const answer = async (
    options: QueryOptions,
    ask: (question: Question) => Answer,
    about?: About,
  ): Promise<void> => {
    const tell = (question: Question): void => {
      const found = ask(question)
      if (found.every(({ rows }) => rows.length === 0)) throw nothingFound(question)
      tellAnswer(output, found, { csv: options.csv === true, timeZone: question.timeZone })
    }
    await withIndex(output, options, tell, about)
    end(0)
  }
  const add = (name: string, brief: string): Command =>
    withOptions(query.command(name).description(brief))
  addOfIds(add, answer)
  addOfPeriods(add, answer)
  add('sql <statement>', `any SELECT over the tables ${tableNames}`)
    .addHelpText('after', () => `\nTables:\n${schemaText(output.columns)}`)
    .action(async (statement: string, options: QueryOptions) =>
      answer(options, ({ database }) => sql(database, statement), { kind: 'tables', statement }),
    )
  addExport(query, output, end)
  return query
}

type Add = (name: string, brief: string) => Command
type Ask = (
  options: QueryOptions,
  ask: (question: Question) => Answer,
  about?: About,
) => Promise<void>

function addOfIds(add: Add, answer: Ask): void {
  add('timeline <task>', 'what happened to a task, step by step').action(
    async (task: string, options: QueryOptions) =>
      answer(
        options,
        ({ database }) => {
          const found = timeline(database, task)
          if (found.every(({ rows }) => rows.length === 0)) {
            throw unknownId('task', task, taskIds(database))
          }
          return found
        },
        { kind: 'task', id: task },
      ),
  )
  add('flow <id>', 'from the signal to the trade, by any id of it').action(
    async (id: string, options: QueryOptions) =>
      answer(
        options,
        ({ database }) => {
          const found = flow(database, id)
          if (found.every(({ rows }) => rows.length === 0))
            throw unknownId('id', id, flowIds(database))
          return found
        },
        { kind: 'flow', id },
      ),
  )
  add('orderbook <task> <seq>', 'the order books of a snapshot, and what changed since').action(
    async (task: string, text: string, options: QueryOptions) =>
      answer(options, ({ database }) => bookOf(database, task, text), { kind: 'task', id: task }),
  )
  add('why [symbol]', 'why there was a signal or none: what stood at a time, and the last checks')
    .option('--at <time>', 'at this time (else now)')
    .action(async (symbol: string | undefined, options: QueryOptions & { readonly at?: string }) =>
      answer(
        options,
        ({ database, timeZone }) => {
          const nowMs = Number(systemClock.wallNs() / 1_000_000n)
          const atMs = options.at === undefined ? nowMs : instantOf(options.at, timeZone, '--at', 1)
          const found = why(database, symbol, atMs)
          const known = symbols(database)
          if (symbol !== undefined && !known.includes(symbol))
            throw unknownId('symbol', symbol, known)
          return found
        },
        { kind: 'instant', at: options.at },
      ),
    )
}

function bookOf(database: Question['database'], task: string, text: string): Answer {
  const sequence = Number(text)
  if (!Number.isSafeInteger(sequence)) {
    throw new FillpathError('usage', `the number of the snapshot is "${text}", not a whole number`)
  }
  const found = orderbook(database, task, sequence)
  if (found.length > 0) return found
  const numbers = bookNumbers(database, task)
  if (numbers.length === 0) throw unknownId('task with snapshots', task, taskIds(database))
  throw new FillpathError('not_found', `task "${task}" has no snapshot ${sequence}`, {
    hint: `It has ${numbers.length === 1 ? '' : `${numbers.length}, from `}${numbers[0]} to ${numbers.at(-1)}.`,
  })
}

function addOfPeriods(add: Add, answer: Ask): void {
  const lists = [
    ['stats', 'success, profit and latencies, by strategy, symbol and venue', stats],
    ['failures', 'what failed, by reason, with what came before and the order books', failures],
    ['errors', 'errors by what they are, with first, last, count and stack', errors],
    ['orders', 'orders with their states', orders],
    ['fills', 'fills with fees', fills],
    ['positions', 'positions with profit', positions],
    ['runs', 'runs of bots: when, which code and configuration, how they ended', runs],
    ['exposure', 'windows in which something was not covered', exposure],
    ['costs', 'fees, funding, slippage, shortfall and markout', costs],
  ] as const
  for (const [name, brief, ask] of lists) {
    add(name, brief).action(async (options: QueryOptions) =>
      answer(options, ({ database, filter }) => ask(database, filter)),
    )
  }
  add('performance', 'how long calls, orders and hedges took, by day, and the slowest').action(
    async (options: QueryOptions) =>
      answer(options, ({ database, filter, timeZone }) => {
        const zone = zoneOf(timeZone)
        return durations(database, filter, (ms) =>
          zone.time(BigInt(Math.trunc(ms)) * 1_000_000n).slice(0, 10),
        )
      }),
  )
  add('events', 'log lines and events')
    .option('--type <name>', 'event name in any spelling, or a pattern such as order.*')
    .option('--level <level>', `this level or above: ${Object.keys(severities).join(', ')}`)
    .option('--text <text>', 'a text in the message or the data')
    .action(async (options: EventOptions) =>
      answer(options, ({ database, filter }) => {
        const { type, text } = options
        const severity = severityOf(options.level)
        const limit = filter.limit ?? eventsDefault
        const found = eventList(database, { ...filter, limit, type, severity, text })
        const isFound = found.some(({ rows }) => rows.length > 0)
        if (!isFound && type !== undefined) refuseUnknownEvent(database, type)
        return found
      }),
    )
}

/** @throws FillpathError `not_found` for an event of which there is none at any time */
function refuseUnknownEvent(database: Question['database'], type: string): void {
  const known = valuesOf(database, 'type').filter((name) => name !== '')
  const isThere = type.includes('*') || known.includes(eventNameOf(type) ?? type)
  if (!isThere) throw unknownId('event', type, [...known, ...known.map(withoutNamespace)])
}

function withOptions(command: Command): Command {
  return addStackOptions(command)
    .option('--data <folder>', 'folder of the files (FILLPATH_DATA, else ./fillpath-data)')
    .option('--time-zone <zone>', 'zone of dates and times (FILLPATH_TIME_ZONE, else UTC)')
    .option(
      '--from <time>',
      'from this date or time on; or stack: answer from the servers of docker-compose.yml',
      readFrom,
    )
    .option('--to <time>', 'up to this date, or before this time')
    .option('--days <number>', 'the last days')
    .option('--date <date>', 'one day')
    .option('--task <id>', 'only of this task')
    .option('--correlation <id>', 'only of this correlation id')
    .option('--symbol <symbol>', 'only of this symbol')
    .option('--venue <venue>', 'only of this venue')
    .option('--strategy <name>', 'only of this strategy')
    .option('--limit <number>', 'the newest rows')
    .option('--json', 'the answer as JSON')
    .option('--csv', 'its longest table as CSV')
}
