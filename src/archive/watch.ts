/**
 * Calls back for each event that comes into a data folder: the door `fillpath/watch`, for programs beside a bot.
 *
 * - Each record is given once, in the order of the files, over the change of the day and over size rolls.
 * - A callback that throws, or whose promise rejects, is said and counted; the others go on.
 * - Callbacks are not waited for. What is slow should take its events into a queue of its own.
 */
import { globMatcher } from '../base/glob.ts'
import { sayOnStderr } from '../base/print.ts'
import { eventNameOf } from '../semconv/aliases.ts'
import { levelOf } from '../wire/line/log.ts'
import { valueText } from '../wire/line/value.ts'
import { followLines } from './follow.ts'
import { recordOf } from './read.ts'
import { storedNow } from './recent.ts'
import type { AnyValue, LogRecord } from '../wire/record.ts'
import type { Stored } from './recent.ts'

/** An event or a log line, as a callback gets it. */
export interface WatchedEvent {
  /** Name in the registry where it is known there, else as it came; `''` for a log line. */
  readonly name: string
  /** When it happened. */
  readonly time: Date
  /** The same in nanoseconds since the epoch. */
  readonly timeNs: bigint
  /** `trace`, `debug`, `info`, `warn`, `error` or `fatal`; `''` where the sender said none. */
  readonly level: string
  readonly module: string
  readonly message: string
  /** The foreign id where there is one, else the trace id. */
  readonly correlationId: string
  readonly traceId: string
  readonly spanId: string
  readonly taskId: string | undefined
  /** By full name. A 64-bit integer is a bigint, nested values are plain objects and arrays. */
  readonly attributes: Readonly<Record<string, unknown>>
}

/** What is called for an event. */
export type WatchCallback = (event: WatchedEvent) => unknown

/** Options of {@link watch}. */
export interface WatchOptions {
  /** From when on: now, everything that is there first, or what happened since a time. @default 'now' */
  readonly from?: 'now' | 'start' | Date
  /**
   * Told of what a callback threw, and, without an event, of a folder that cannot be read.
   * @default a line on stderr: for the first ten, then each time their number has doubled
   */
  readonly onError?: (error: unknown, event: WatchedEvent | undefined) => void
  /** How often the files are looked at. @default 150 */
  readonly intervalMs?: number
}

/** A data folder that is watched. */
export interface Watch {
  /** Callbacks that failed, and reads. */
  readonly failures: number
  /** Events that were given to at least one callback. */
  readonly events: number
  /**
   * Calls `callback` for each event whose name is `pattern`: any known spelling of a name (`order_filled`,
   * `trading.order.filled`), or a pattern such as `trading.order.*`; `*` alone takes log lines too.
   * @returns what takes it back
   */
  on(pattern: string, callback: WatchCallback): () => void
  /** Begins. Resolves once it is settled where: what is written after that is given. */
  start(): Promise<void>
  /** Ends. Resolves when no callback is called any more. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Watches the data folder of a desk, or the one that a bot writes itself.
 * @example
 * const watching = watch('./fillpath-data')
 * watching.on('trading.hedge.failed', ({ message, correlationId }) => page(message, correlationId))
 * await watching.start()
 */
export function watch(folder: string, options: WatchOptions = {}): Watch {
  return new FolderWatch(folder, options)
}

interface Registered {
  readonly pattern: string
  readonly matches: (name: string) => boolean
  readonly callback: WatchCallback
}

const saidOneByOne = 10

class FolderWatch implements Watch {
  readonly #folder: string
  readonly #options: WatchOptions
  readonly #registered = new Set<Registered>()
  readonly #stop = new AbortController()
  #failures = 0
  #events = 0
  #starting: Promise<void> | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(folder: string, options: WatchOptions) {
    this.#folder = folder
    this.#options = options
  }

  get failures(): number {
    return this.#failures
  }

  get events(): number {
    return this.#events
  }

  on(pattern: string, callback: WatchCallback): () => void {
    const name = eventNameOf(pattern) ?? pattern
    const registered = { pattern, matches: globMatcher(name), callback }
    this.#registered.add(registered)
    return () => void this.#registered.delete(registered)
  }

  start(): Promise<void> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#starting?.catch(() => undefined)
    await this.#running
  }

  async #start(): Promise<void> {
    const stored = await storedNow(this.#folder, 'events')
    this.#running = this.#run(stored).catch((error: unknown) => this.#failed(error, undefined))
  }

  async #run(stored: Stored): Promise<void> {
    const { from = 'now', intervalMs } = this.#options
    const { signal } = this.#stop
    if (from !== 'now') {
      const sinceMs = from === 'start' ? 0 : from.getTime()
      for await (const lines of stored.since(sinceMs, () => true)) {
        if (signal.aborted) return
        this.#give(lines, BigInt(sinceMs) * 1_000_000n)
      }
    }
    const following = { signal, fromBytes: stored.ends, fromDay: stored.lastDay, intervalMs }
    for await (const lines of followLines(this.#folder, 'events', following)) {
      if (signal.aborted) return
      this.#give(lines, 0n)
    }
  }

  #give(lines: readonly string[], sinceNs: bigint): void {
    for (const line of lines) {
      if (this.#stop.signal.aborted) return
      const record = recordOf(line)
      if (record?.signal !== 'log') continue
      const name = eventNameOf(record.eventName) ?? record.eventName
      const asked = [...this.#registered].filter(({ matches }) => matches(name))
      if (asked.length === 0) continue
      const event = eventOf(record, name)
      if (event.timeNs < sinceNs) continue
      this.#events += 1
      for (const { callback } of asked) this.#call(callback, event)
    }
  }

  #call(callback: WatchCallback, event: WatchedEvent): void {
    try {
      const result = callback(event)
      if (result instanceof Promise) {
        result.catch((error: unknown) => this.#failed(error, event))
      }
    } catch (error) {
      this.#failed(error, event)
    }
  }

  #failed(error: unknown, event: WatchedEvent | undefined): void {
    this.#failures += 1
    const { onError } = this.#options
    if (onError) {
      try {
        onError(error, event)
        return
      } catch {
        // Told on stderr then, as without it.
      }
    }
    const count = this.#failures
    if (count > saidOneByOne && (count & (count - 1)) !== 0) return
    const what = event ? `a callback for ${event.name || 'a log line'}` : 'watching the folder'
    sayOnStderr(`fillpath: ${what} failed (failure ${count}): ${textOf(error)}`)
  }
}

function eventOf(record: LogRecord, name: string): WatchedEvent {
  const timeNs = record.time === 0n ? record.observedTime : record.time
  const attributes = plainObject(record.attributes)
  const correlationId = attributes['trading.correlation_id']
  const taskId = attributes['trading.task.id']
  const { body } = record
  return {
    name,
    time: new Date(Number(timeNs / 1_000_000n)),
    timeNs,
    level: levelOf(record.severityNumber),
    module: record.scope.name,
    message: typeof body === 'string' ? body : body === null ? '' : valueText(body),
    correlationId: typeof correlationId === 'string' ? correlationId : record.traceId,
    traceId: record.traceId,
    spanId: record.spanId,
    taskId: typeof taskId === 'string' ? taskId : undefined,
    attributes,
  }
}

function plainObject(map: ReadonlyMap<string, AnyValue>): Record<string, unknown> {
  return Object.fromEntries([...map].map(([key, value]) => [key, plainOf(value)]))
}

function plainOf(value: AnyValue): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return value instanceof Map
    ? plainObject(value)
    : [...(value as readonly AnyValue[])].map(plainOf)
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
