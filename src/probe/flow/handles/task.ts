import type { Context } from '@opentelemetry/api'
import type { DecimalInput } from '../../../base/decimal-input.ts'
import type { SnapshotTrigger, TaskStatus } from '../../../semconv/words.ts'
import type { ArbitrageOptions, Books } from './book.ts'
import type { Signal, SignalOptions } from './signal.ts'

/** A piece of work with a life of its own, such as one arbitrage. */
export interface TaskOptions {
  readonly taskId: string
  readonly type?: string | undefined
  /** Kept whole in the created event: tick size, fee rate, token ids, risk. */
  readonly config?: unknown
  readonly symbol?: string | undefined
  readonly strategy?: string | undefined
  /** @default the task id; the trace id of the first flow follows from it by rule */
  readonly correlationId?: string | undefined
  readonly attemptId?: string | undefined
  readonly executorId?: string | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/** How a task ended. */
export interface TaskResult {
  readonly reason?: string | undefined
  /** Quote money. */
  readonly profit?: DecimalInput | undefined
  /** Hedge and unwind attempts beyond the first. @default counted from the flows of the task */
  readonly retries?: number | undefined
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
}

/**
 * The life of a task: created → started ⇄ paused → completed, failed or canceled. Every event of the task and of its
 * flows has its number in `trading.sequence`, from 1. A step that this life does not allow is recorded and counted.
 */
export interface Task {
  readonly taskId: string
  readonly status: TaskStatus
  readonly ended: boolean
  /** Number of the last event. */
  readonly sequence: number
  readonly context: Context
  started(): void
  paused(reason?: string): void
  resumed(): void
  completed(result?: TaskResult): void
  failed(error?: unknown, result?: TaskResult): void
  canceled(result?: TaskResult): void
  /** A new attempt: later events carry this id. */
  attempt(attemptId: string): void
  /** The price left its limit: the task holds until it is back. */
  priceGuardTriggered(guard: { readonly price: DecimalInput; readonly limit: DecimalInput }): void
  /** The price is back; the event tells how long the guard held the task. */
  priceGuardResumed(guard: { readonly price: DecimalInput }): void
  /** Order books at one instant; later events of the task point to it. Returns its number. */
  snapshot(trigger: SnapshotTrigger, books: Books, arbitrage?: ArbitrageOptions): number
  /** A flow within the task. @default symbol and strategy of the task */
  signal(options: Omit<SignalOptions, 'symbol'> & { readonly symbol?: string | undefined }): Signal
  /** Runs `fn` in the context of the task. What it throws fails the task and is thrown on. */
  run<T>(fn: () => T): T
}
