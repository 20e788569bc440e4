/**
 * What became of a task, on one page: `tasks/<task>/summary.json`.
 *
 * It is made from the files of the task alone, so it can be deleted and comes back the same; `covers` says how much of
 * them it tells of. Quantities and money are decimal strings, times ISO 8601, durations milliseconds; what no event
 * told is `null`.
 */
import { add, format, parseDecimal, zero } from '../base/decimal.ts'
import { eventNameOf } from '../semconv/aliases.ts'
import { severities } from '../semconv/severity.ts'
import { FillsTold } from '../wire/fills.ts'
import { valueText } from '../wire/line/value.ts'
import type { AttributeName } from '../semconv/attributes.ts'
import type { EventName } from '../semconv/events.ts'
import type { ToldFill } from '../wire/fills.ts'
import type { AnyValue, LogRecord } from '../wire/record.ts'

/** How a task ended. */
export type TaskResult = 'completed' | 'failed' | 'canceled'

const results = new Map<string, TaskResult>([
  ['trading.task.completed', 'completed'],
  ['trading.task.failed', 'failed'],
  ['trading.task.canceled', 'canceled'],
])

/** Bytes of the files that a summary tells of. */
export interface Covered {
  readonly events_bytes: number
  readonly orderbooks_bytes: number
}

/** The form of `summary.json`. */
export interface TaskSummary {
  readonly task_id: string
  readonly task_type: string | null
  readonly result: TaskResult
  readonly success: boolean
  readonly reason: string | null
  readonly profit: string | null
  readonly created: string | null
  readonly started: string | null
  readonly ended: string
  readonly durations: {
    readonly total_ms: number | null
    readonly paused_ms: number
    readonly hedge_max_ms: number | null
    readonly exposure_max_ms: number | null
  }
  readonly orders: { readonly submitted: number } & Readonly<Record<OrderEnd, number>>
  readonly fills: { readonly count: number; readonly quantity: string; readonly fees: Fees }
  readonly hedges: Tries
  readonly unwinds: Tries
  readonly retries: number
  readonly pauses: number
  readonly price_guards: number
  readonly snapshots: number
  readonly events: number
  readonly errors: number
  readonly correlation_ids: readonly string[]
  readonly run_id: string | null
  readonly commit: string | null
  readonly config_hash: string | null
  readonly config: unknown
  readonly covers: Covered
}

interface Tries {
  readonly started: number
  readonly attempts: number
  readonly completed: number
  readonly failed: number
}

/** By currency; `""` where the venue named none. */
type Fees = Readonly<Record<string, string>>

const orderEnds = ['filled', 'canceled', 'rejected', 'denied', 'expired', 'unknown'] as const
type OrderEnd = (typeof orderEnds)[number]

/** How a record ends its task; undefined when it does not. */
export function taskResultOf(record: LogRecord): TaskResult | undefined {
  return results.get(nameOf(record) ?? '')
}

function nameOf(record: LogRecord): EventName | undefined {
  const old = record.attributes.get('event.name')
  return eventNameOf(record.eventName || (typeof old === 'string' ? old : ''))
}

/** Takes the records of one task in the order of its file, and tells what became of it. */
export class TaskFold {
  readonly #taskId: string
  readonly #counts = new Map<EventName, number>()
  readonly #last = new Map<AttributeName, AnyValue>()
  readonly #most = new Map<AttributeName, number>()
  readonly #correlations = new Set<string>()
  readonly #ids = new Set<string>()
  readonly #firstAt = new Map<EventName, bigint>()
  readonly #fills = new FillsTold()
  /** By hedge and unwind. */
  readonly #attempts = new Map<string, number>()
  #events = 0
  #errors = 0
  #snapshots = 0
  #pausedAt: bigint | undefined
  #pausedNs = 0n
  #end: { readonly result: TaskResult; readonly at: bigint } | undefined

  constructor(taskId: string) {
    this.#taskId = taskId
  }

  /** Takes a record; one that a crash left twice in the file counts once. */
  add(record: LogRecord): void {
    const id = record.attributes.get('fillpath.record.id')
    if (typeof id === 'string') {
      if (this.#ids.has(id)) return
      this.#ids.add(id)
    }
    const name = nameOf(record)
    if (name === 'trading.book.snapshot') {
      this.#snapshots += 1
      return
    }
    this.#events += 1
    if (record.severityNumber >= severities.error) this.#errors += 1
    if (record.traceId !== '') this.#correlations.add(record.traceId)
    for (const key of said) {
      const value = record.attributes.get(key)
      if (value !== undefined && value !== null) this.#last.set(key, value)
    }
    if (name !== undefined) this.#addEvent(name, record)
  }

  /** The summary; undefined while the task runs. */
  summary(covers: Covered): TaskSummary | undefined {
    const end = this.#end
    if (end === undefined) return undefined
    const hedges = this.#tries('hedge')
    const unwinds = this.#tries('unwind')
    const success = this.#last.get('trading.task.success')
    const started = this.#firstAt.get('trading.task.started')
    const created = this.#firstAt.get('trading.task.created')
    const from = started ?? created
    return {
      task_id: this.#taskId,
      task_type: this.#text('trading.task.type'),
      result: end.result,
      success: typeof success === 'boolean' ? success : end.result === 'completed',
      reason: this.#text('trading.task.reason'),
      profit: this.#text('trading.task.profit'),
      created: isoOf(created),
      started: isoOf(started),
      ended: new Date(millisecondsOf(end.at)).toISOString(),
      durations: {
        total_ms:
          this.#number('trading.task.duration_ms') ??
          (from === undefined ? null : millisecondsOf(end.at - from)),
        paused_ms: millisecondsOf(this.#pausedNs),
        hedge_max_ms: this.#most.get('trading.hedge.latency_ms') ?? null,
        exposure_max_ms: this.#most.get('trading.exposure.window_ms') ?? null,
      },
      orders: {
        submitted: this.#count('trading.order.submitted'),
        filled: this.#count('trading.order.filled'),
        canceled: this.#count('trading.order.canceled'),
        rejected: this.#count('trading.order.rejected'),
        denied: this.#count('trading.order.denied'),
        expired: this.#count('trading.order.expired'),
        unknown: this.#count('trading.order.unknown'),
      },
      fills: fillTotals(this.#fills.fills()),
      hedges,
      unwinds,
      retries: this.#number('trading.task.retries') ?? this.#retries(),
      pauses: this.#number('trading.task.pauses') ?? this.#count('trading.task.paused'),
      price_guards: this.#count('trading.price_guard.triggered'),
      snapshots: this.#snapshots,
      events: this.#events,
      errors: this.#errors,
      correlation_ids: [...this.#correlations],
      run_id: this.#text('trading.run.id'),
      commit: this.#text('trading.code.commit'),
      config_hash: this.#text('trading.task.config_hash'),
      config: plainOf(this.#last.get('trading.task.config')),
      covers,
    }
  }

  #addEvent(name: EventName, record: LogRecord): void {
    const at = record.time === 0n ? record.observedTime : record.time
    this.#counts.set(name, this.#count(name) + 1)
    if (!this.#firstAt.has(name)) this.#firstAt.set(name, at)
    for (const key of ['trading.hedge.latency_ms', 'trading.exposure.window_ms'] as const) {
      const value = numberOf(record.attributes.get(key))
      if (value !== null) this.#most.set(key, Math.max(value, this.#most.get(key) ?? value))
    }
    this.#fills.add(name, (key) => record.attributes.get(key))
    if (name === 'trading.hedge.attempted' || name === 'trading.unwind.attempted') {
      const id = name === 'trading.hedge.attempted' ? 'trading.hedge.id' : 'trading.unwind.id'
      const given = record.attributes.get(id)
      const leg = `${name}/${record.traceId}/${typeof given === 'string' ? given : ''}`
      this.#attempts.set(leg, (this.#attempts.get(leg) ?? 0) + 1)
    }
    const result = results.get(name)
    if (name === 'trading.task.paused') this.#pausedAt ??= at
    else if ((name === 'trading.task.resumed' || result) && this.#pausedAt !== undefined) {
      this.#pausedNs += at - this.#pausedAt
      this.#pausedAt = undefined
    }
    // What a task says after its end is counted, and does not change how it ended.
    if (result !== undefined) this.#end ??= { result, at }
  }

  #tries(of: 'hedge' | 'unwind'): Tries {
    return {
      started: this.#count(`trading.${of}.started`),
      attempts: this.#count(`trading.${of}.attempted`),
      completed: this.#count(`trading.${of}.completed`),
      failed: this.#count(`trading.${of}.failed`),
    }
  }

  /** Attempts beyond the first of each hedge and unwind. */
  #retries(): number {
    return [...this.#attempts.values()].reduce((sum, attempts) => sum + attempts - 1, 0)
  }

  #count(name: EventName): number {
    return this.#counts.get(name) ?? 0
  }

  #text(key: AttributeName): string | null {
    const value = this.#last.get(key)
    if (value === undefined || value === null) return null
    return typeof value === 'string' ? value : valueText(value)
  }

  #number(key: AttributeName): number | null {
    return numberOf(this.#last.get(key))
  }
}

const said = [
  'trading.task.type',
  'trading.task.reason',
  'trading.task.profit',
  'trading.task.success',
  'trading.task.duration_ms',
  'trading.task.retries',
  'trading.task.pauses',
  'trading.task.config',
  'trading.task.config_hash',
  'trading.code.commit',
  'trading.run.id',
] as const satisfies readonly AttributeName[]

function fillTotals(fills: readonly ToldFill[]): TaskSummary['fills'] {
  const fees = new Map<string, string>()
  let quantity = zero
  for (const fill of fills) {
    quantity = add(quantity, parseDecimal(fill.quantity) ?? zero)
    for (const [currency, text] of fill.fees) {
      const fee = parseDecimal(text)
      if (fee === undefined) continue
      fees.set(currency, format(add(parseDecimal(fees.get(currency)) ?? zero, fee)))
    }
  }
  return { count: fills.length, quantity: format(quantity), fees: Object.fromEntries(fees) }
}

function numberOf(value: AnyValue | undefined): number | null {
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

function plainOf(value: AnyValue | undefined): unknown {
  if (value === undefined) return null
  // A bot that could not send a structure sent its JSON.
  const text = typeof value === 'string' ? value : valueText(value)
  try {
    return JSON.parse(text)
  } catch {
    return value
  }
}

function isoOf(at: bigint | undefined): string | null {
  return at === undefined ? null : new Date(millisecondsOf(at)).toISOString()
}

function millisecondsOf(ns: bigint): number {
  return Number(ns / 1_000_000n)
}
