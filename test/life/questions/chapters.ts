/** What docs/questions.md asks, in its order. */

/** A question, and what answers it. */
export interface Question {
  readonly title: string
  readonly note?: string
  readonly commands: readonly string[]
  /** What a program does instead. */
  readonly code?: string
  /** Lines of each answer that are shown. @default 24 */
  readonly linesMax?: number
}

/** Questions that belong together. */
export interface Chapter {
  readonly title: string
  readonly questions: readonly Question[]
}

const day = '--date 2026-01-15'

const flows: Chapter = {
  title: 'One flow, one task',
  questions: [
    {
      title: 'What happened from the signal to the trade?',
      note: 'Any id will do: correlation id, trace id or its first digits, task, order id, client order id.',
      commands: ['fillpath trace r1-t7'],
      linesMax: 40,
    },
    {
      title: 'What is the whole chain of events of a correlation id?',
      note: 'Over rolled, compressed and imported files.',
      commands: ['fillpath query flow r1-t7'],
      linesMax: 30,
    },
    {
      title: 'What did this task do, step by step?',
      note: 'With its result, its pauses and retries, its configuration and the commit of the code.',
      commands: ['fillpath query timeline r1-t7'],
      linesMax: 50,
    },
    {
      title: 'What did the order books look like at that moment?',
      note: 'Snapshots are taken when a task is created, an order is submitted or filled, the price guard triggers, a hedge starts. The changes are those since the snapshot before.',
      commands: ['fillpath query orderbook r1-t7 2'],
      linesMax: 40,
    },
    {
      title: 'Which orders, and at what prices were they filled?',
      commands: [
        'fillpath query orders --task r1-t7',
        'fillpath query fills --task r1-t7 --limit 5',
      ],
    },
  ],
}

const reasons: Chapter = {
  title: 'Why',
  questions: [
    {
      title: 'Why was there a signal, or none?',
      note: 'What stood at that moment and since when, then the last ATR, velocity and pattern check, filter and cooldown.',
      commands: ['fillpath query why BTC/USDT --at 2026-01-15T10:30:11.500'],
    },
    {
      title: 'What kept the bot from trading, at any symbol?',
      commands: ['fillpath query why --at 2026-01-15T10:30:07'],
    },
    {
      title: 'How did the ATR, the velocity and the pattern come out?',
      commands: [
        "fillpath query events --type 'atr.*' --limit 3",
        "fillpath query events --type 'velocity.*' --limit 3",
        "fillpath query events --type 'pattern.*' --limit 3",
      ],
    },
    {
      title: 'Which tasks failed, why, and what came before?',
      note: 'With `--days 7` for the last week. Each of the latest failures with its last events and the order books of then.',
      commands: [`fillpath query failures ${day}`],
      linesMax: 30,
    },
    {
      title: 'Why was an order rejected?',
      commands: [
        'fillpath query sql "SELECT venue, reason, count(*) AS orders FROM orders WHERE status = \'rejected\' GROUP BY 1, 2"',
        'fillpath query events --type order_reJECTED --limit 3',
      ],
    },
    {
      title: 'Which orders were canceled or changed?',
      commands: [
        "fillpath query events --type 'order.cancel*'",
        "fillpath query events --type 'order.replace*' --limit 4",
      ],
    },
  ],
}

const periods: Chapter = {
  title: 'A day, a week',
  questions: [
    {
      title: 'How did the last seven days go?',
      note: 'Here for one day; `--days 7` for the week.',
      commands: [`fillpath query stats ${day}`],
      linesMax: 40,
    },
    {
      title: 'Which runs of the bot were there, with which code, and how did each end?',
      note: 'In good order, and by what; or by a crash, at the last time known. What a bot beside the desk does now, says `fillpath status`.',
      commands: [`fillpath query runs ${day}`],
    },
    {
      title: 'What happened between ten and eleven?',
      commands: [
        'fillpath query events --from 2026-01-15T10:30:12 --to 2026-01-15T10:30:13 --level info --limit 8',
      ],
    },
    {
      title: 'Which events of one type?',
      note: 'A name in any known spelling, or a pattern.',
      commands: [
        'fillpath query events --type HEDGE_FAILED',
        "fillpath query events --type 'task.*' --limit 5",
      ],
    },
    {
      title: 'Which errors, how often, since when, with which stack?',
      note: 'Grouped by what they are; `--json` has the stack and the context of each.',
      commands: [`fillpath query errors ${day}`],
    },
    {
      title: 'What was retried, and did a fallback take over?',
      commands: [
        'fillpath query events --type retry --limit 4',
        'fillpath query events --type state_changed',
      ],
    },
    {
      title: 'How fast were API calls, orders, hedges and flows?',
      commands: [`fillpath query performance ${day}`],
      linesMax: 40,
    },
    {
      title: 'What did the venue answer, and how long did it take?',
      commands: ['fillpath query events --type api.response --venue paper-b --limit 1'],
    },
    {
      title: 'Were the feeds connected?',
      commands: ["fillpath query events --type 'feed.*' --limit 6"],
    },
  ],
}

const money: Chapter = {
  title: 'Money and risk',
  questions: [
    {
      title: 'Which positions, with which profit, worst and best moment?',
      commands: ['fillpath query positions --limit 1'],
    },
    {
      title: 'Which stops and take-profits were triggered, and was anything liquidated?',
      commands: [
        'fillpath query events --type position.stop_triggered --limit 3',
        'fillpath query events --type position.liquidated',
      ],
    },
    {
      title: 'What did it cost: fees, funding, slippage, shortfall, markout?',
      commands: [`fillpath query costs ${day}`],
      linesMax: 40,
    },
    {
      title: 'When was something not covered, and for how long?',
      commands: ['fillpath query exposure'],
    },
    {
      title: 'Something that no command asks?',
      note: 'Every table can be read; `fillpath query sql --help` lists them.',
      commands: [
        'fillpath query sql "SELECT status, count(*) AS orders, sum(filled_qty_num) AS filled FROM orders GROUP BY status"',
      ],
    },
  ],
}

const live: Chapter = {
  title: 'Now',
  questions: [
    {
      title: 'What happens right now?',
      note: 'Without `--no-follow` it goes on. With `--summary`, counts, latencies and errors come every five seconds (`--summary 30`: every thirty), and a mark stands before key events: `>` begins, `+` good, `!` bad.',
      commands: [
        "fillpath tail --no-follow --lines 6 --level info --event 'trading.hedge.*' --summary",
      ],
    },
    {
      title: 'How does a program hear of an event?',
      note: 'It watches the folder, over the change of the day. A callback that throws is said and counted.',
      commands: [],
      code: `
import { watch } from 'fillpath/watch'

const watching = watch('./fillpath-data')
watching.on('trading.hedge.failed', ({ message, correlationId }) => page(message, correlationId))
watching.on('trading.order.*', ({ name, attributes }) => count(name, attributes['trading.venue']))
await watching.start()
`,
    },
  ],
}

const files: Chapter = {
  title: 'Files',
  questions: [
    {
      title: 'How do logs of another system come in?',
      note: 'Task logs (`events.jsonl`, `orderbooks.jsonl`) and JSON lines of Python bots are read as they are, with their own event names. Reading twice adds nothing.',
      commands: [
        'fillpath import old-logs',
        'fillpath import old-logs',
        'fillpath query timeline abc123',
        'fillpath query flow sig_abc123',
      ],
      linesMax: 44,
    },
    {
      title: 'Can the index be made anew from the files?',
      note: 'The files are the truth, the index can be deleted. What was imported from elsewhere is imported again.',
      commands: ['fillpath rebuild'],
    },
    {
      title: 'Was a file changed?',
      note: 'Each line stands in a chain of hashes beside its file. A head that was kept elsewhere proves the folder against its owner too.',
      commands: ['fillpath verify'],
    },
  ],
}

/** The chapters of the page. */
export const chapters: readonly Chapter[] = [flows, reasons, periods, money, live, files]
