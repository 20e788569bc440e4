import { createHash } from 'node:crypto'
import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import type { Context, Link } from '@opentelemetry/api'
import { idText, randomSpanId, traceIdOf } from '../../base/ids.ts'
import { normalize } from '../../base/normalize.ts'
import type { Plain } from '../../base/plain.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import type { EventName } from '../../semconv/events.ts'
import { schemaVersion } from '../../semconv/version.ts'
import type { SnapshotTrigger, TaskStatus } from '../../semconv/words.ts'
import { withAttributes } from '../event/context.ts'
import { given, guarded } from '../event/fault.ts'
import { together } from '../event/together.ts'
import { Numbers, defined, errorText, runIn } from './core.ts'
import type { AnyAttributes, Core, FlowEmission, Scope } from './core.ts'
import { Flow } from './flow.ts'
import type { ArbitrageOptions, Books } from './handles/book.ts'
import type { Signal, SignalOptions } from './handles/signal.ts'
import type { Task, TaskOptions, TaskResult } from './handles/task.ts'
import type { Ledger } from './ledger.ts'
import { text } from './order/order-terms.ts'
import { SignalHandle } from './signal.ts'
import { tellSnapshot } from './snapshot.ts'

/** Steps of a task by status; a step that is not here is not allowed. */
const steps: Readonly<Record<TaskStatus, Readonly<Partial<Record<Step, TaskStatus>>>>> = {
  created: { start: 'started', complete: 'completed', fail: 'failed', cancel: 'canceled' },
  started: { pause: 'paused', complete: 'completed', fail: 'failed', cancel: 'canceled' },
  paused: { resume: 'started', complete: 'completed', fail: 'failed', cancel: 'canceled' },
  completed: {},
  failed: {},
  canceled: {},
}

type Step = 'start' | 'pause' | 'resume' | 'complete' | 'fail' | 'cancel'

/**
 * A {@link Task}. It has no span, since it may take days: its events are records of a trace that follows from its
 * correlation id, which is also the trace of its first flow. Later flows of the task have traces of their own, linked
 * to the one before.
 */
export class TaskHandle implements Task {
  readonly taskId: string
  readonly #ledger: Ledger
  readonly #core: Core
  readonly #options: TaskOptions
  readonly #numbers = new Numbers(true)
  readonly #flows: Flow[] = []
  readonly #correlationId: string
  #context: Context
  #scope: Scope
  #status: TaskStatus = 'created'
  #attemptId: string | undefined
  #startMs: number
  #pauses = 0
  #guardMs: number | undefined

  constructor(ledger: Ledger, options: TaskOptions) {
    this.#ledger = ledger
    this.#core = ledger.core
    this.#options = options
    this.taskId = idText(options.taskId) ?? 'unknown'
    this.#attemptId = options.attemptId
    this.#startMs = this.#core.nowMs()
    this.#correlationId = idText(options.correlationId) ?? this.taskId
    const spanContext = {
      traceId: traceIdOf(this.#correlationId),
      spanId: randomSpanId(),
      traceFlags: 1,
    }
    this.#context = withAttributes(
      trace.setSpanContext(ROOT_CONTEXT, spanContext),
      this.#attributes(),
    )
    this.#scope = this.#scopeNow()
    ledger.tasks.add(this)
    guarded('task.created', () => this.#tellCreated())
  }

  get status(): TaskStatus {
    return this.#status
  }

  get ended(): boolean {
    return this.#status === 'completed' || this.#status === 'failed' || this.#status === 'canceled'
  }

  get sequence(): number {
    return this.#numbers.event
  }

  get context(): Context {
    return this.#context
  }

  run<T>(fn: () => T): T {
    return runIn(this.#context, fn, (error) => this.failed(error))
  }

  started(): void {
    this.#step('start', 'trading.task.started', () => {
      this.#startMs = this.#core.nowMs()
      return {}
    })
  }

  paused(reason?: string): void {
    this.#step('pause', 'trading.task.paused', () => {
      this.#pauses += 1
      return { 'trading.task.reason': reason }
    })
  }

  resumed(): void {
    this.#step('resume', 'trading.task.resumed', () => ({}))
  }

  completed(result: TaskResult = {}): void {
    this.#finish('complete', 'trading.task.completed', given('task.completed', result))
  }

  failed(error?: unknown, result: TaskResult = {}): void {
    const known = given('task.failed', result)
    const reason = known.reason ?? (error === undefined ? undefined : errorText(error))
    this.#finish('fail', 'trading.task.failed', { ...known, reason }, error)
  }

  canceled(result: TaskResult = {}): void {
    this.#finish('cancel', 'trading.task.canceled', given('task.canceled', result))
  }

  attempt(attemptId: string): void {
    this.#attemptId = attemptId
    this.#context = withAttributes(this.#context, this.#attributes())
    this.#scope = this.#scopeNow()
  }

  priceGuardTriggered(guard: Parameters<Task['priceGuardTriggered']>[0]): void {
    guarded('task.priceGuardTriggered', () => {
      this.#guardMs ??= this.#core.nowMs()
      this.#tell(
        'trading.price_guard.triggered',
        {
          'trading.price_guard.price': text(guard.price),
          'trading.price_guard.limit': text(guard.limit),
        },
        { message: `price guard: ${text(guard.price) ?? '?'} left ${text(guard.limit) ?? '?'}` },
      )
    })
  }

  priceGuardResumed(guard: Parameters<Task['priceGuardResumed']>[0]): void {
    const sinceMs = this.#guardMs
    this.#guardMs = undefined
    guarded('task.priceGuardResumed', () => {
      this.#tell(
        'trading.price_guard.resumed',
        {
          'trading.price_guard.price': text(guard.price),
          'trading.price_guard.paused_ms':
            sinceMs === undefined ? undefined : this.#core.nowMs() - sinceMs,
        },
        { message: `price guard: back at ${text(guard.price) ?? '?'}` },
      )
    })
  }

  snapshot(trigger: SnapshotTrigger, books: Books, arbitrage?: ArbitrageOptions): number {
    return tellSnapshot(this.#core, this.#scope, this.#numbers, { trigger, books, arbitrage })
  }

  signal(options: Parameters<Task['signal']>[0]): Signal {
    return together(() => this.#signal(given('task.signal', options)))
  }

  #signal(options: Parameters<Task['signal']>[0]): Signal {
    const first = this.#flows.length === 0
    const full: SignalOptions = {
      ...options,
      symbol: options.symbol ?? this.#options.symbol ?? 'unknown',
      strategy: options.strategy ?? this.#options.strategy,
      correlationId: options.correlationId ?? (first ? this.#correlationId : undefined),
    }
    const before = this.#flows.at(-1)
    const links: Link[] = before ? [{ context: before.span.spanContext() }] : []
    const flow = new Flow(this.#ledger, full, {
      numbers: this.#numbers,
      attributes: this.#attributes(),
      links,
    })
    this.#flows.push(flow)
    return new SignalHandle(flow)
  }

  /** Attributes of the task, carried by all that belongs to it. */
  #attributes(): AnyAttributes {
    return defined({
      ...this.#core.attributes,
      'trading.task.id': this.taskId,
      'trading.task.type': this.#options.type,
      'trading.symbol': this.#options.symbol,
      'trading.strategy': this.#options.strategy,
      'trading.attempt.id': this.#attemptId,
      'trading.executor.id': this.#options.executorId,
      'trading.correlation_id': this.#correlationId,
    })
  }

  #scopeNow(): Scope {
    const base = this.#attributes()
    return { context: this.#context, span: undefined, base, numbers: this.#numbers }
  }

  #step(
    step: Step,
    name: EventName,
    attributes: () => TradingAttributes,
    emission?: FlowEmission,
  ): void {
    guarded(name, () => {
      const before = this.#status
      const next = steps[before][step]
      if (next === undefined) {
        this.#tell(
          'trading.task.illegal_transition',
          { 'trading.task.previous_status': before },
          { message: `task ${this.taskId}: cannot ${step} when ${before}` },
        )
        return
      }
      this.#status = next
      this.#tell(name, attributes(), emission)
      if (this.ended) this.#ledger.tasks.delete(this)
    })
  }

  #finish(step: Step, name: EventName, result: TaskResult, error?: unknown): void {
    this.#step(step, name, () => this.#result(result), {
      extra: result.attributes,
      ...(error !== undefined && { exception: error }),
    })
  }

  #tell(name: EventName, attributes: TradingAttributes, emission: FlowEmission = {}): void {
    const status: TradingAttributes = { 'trading.task.status': this.#status }
    const word = name.slice(name.lastIndexOf('.') + 1)
    const message = emission.message ?? `task ${this.taskId} ${word}`
    this.#core.emit(this.#scope, name, { ...status, ...attributes }, { ...emission, message })
  }

  #tellCreated(): void {
    const config = this.#options.config === undefined ? undefined : normalize(this.#options.config)
    this.#tell(
      'trading.task.created',
      {
        'trading.task.config': config,
        'trading.task.config_hash': config === undefined ? undefined : hashOf(config),
        'trading.code.commit': this.#core.commit,
        'trading.log_schema_version': schemaVersion,
        'trading.run.id': this.#core.runId,
      },
      { extra: this.#options.attributes },
    )
  }

  #result(result: TaskResult): TradingAttributes {
    return {
      'trading.task.duration_ms': this.#core.nowMs() - this.#startMs,
      'trading.task.pauses': this.#pauses,
      'trading.task.retries': result.retries ?? this.#retries(),
      'trading.task.profit': text(result.profit),
      'trading.task.success': this.#status === 'completed',
      'trading.task.reason': result.reason,
    }
  }

  // Hedge and unwind orders beyond the first of each.
  #retries(): number {
    let retries = 0
    for (const flow of this.#flows) {
      for (const leg of flow.legs) retries += Math.max(0, leg.orders.length - 1)
    }
    return retries
  }
}

/** First 16 hex digits of the SHA-256 of a configuration; the order of its keys does not matter. */
export function hashOf(config: Plain): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(config)))
    .digest('hex')
    .slice(0, 16)
}

function sorted(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}
