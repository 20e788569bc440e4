import type { Resource } from '@opentelemetry/resources'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import type { IMetricReader } from '@opentelemetry/sdk-metrics'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Signal } from '../ship/endpoint.ts'
import type { ShipReport } from '../ship/report.ts'
import type { SpoolStatistics } from '../spool/spool.ts'
import type { RunAttributes } from './run.ts'

/** Records of one signal since the start. */
export interface SignalCount {
  readonly accepted: number
  readonly delivered: number
  /**
   * Lost for good: the queue or the disk was full, or the receiver did not take them. What went with files that were
   * deleted as a whole, at the quota of the spool or with its folder, is counted by class alone: {@link SpoolStatistics}.
   */
  readonly dropped: number
}

/** How a pipeline stands. */
export interface PipelineStatus {
  readonly kind: 'spool' | 'memory' | 'none'
  /** Receivers, and whether each took the last request; undefined before the first one. */
  readonly destinations: readonly { readonly name: string; readonly up: boolean | undefined }[]
  readonly counts: Readonly<Record<Signal, SignalCount>>
  /** What the spool counts by class and reason, and what was sent from it; undefined without one. */
  readonly spool?: SpoolStatistics
  readonly ship?: ShipReport
}

/**
 * The way of records from the SDK to the receiver.
 *
 * - Every method may be called at any time, in any order, at the same time, and after `shutdown`.
 * - `flush` and `shutdown` always resolve, at the latest when their time is up. What fails is counted and said.
 */
export interface Pipeline {
  readonly spanProcessor: SpanProcessor
  readonly logRecordProcessor: LogRecordProcessor
  readonly metricReaders: readonly IMetricReader[]
  /** Whether what was accepted survives the end of the process, so that nothing has to be waited for. */
  readonly isDurable: boolean
  /** Makes safe what can be without waiting: the process ends now. Does not throw. */
  flushNow(): void
  /**
   * Resolves when all that was accepted before is on stable storage.
   * @throws FillpathError `spool_not_durable` when the disk refuses, or when there is none
   */
  durable(): Promise<void>
  /** Delivers, or makes safe, what was accepted so far. */
  flush(timeoutMs: number): Promise<void>
  shutdown(timeoutMs: number): Promise<void>
  status(): PipelineStatus
  /** Measures itself from now on: the meter provider is registered. Returns what stops it. */
  startMeasures?(): () => void
  /** The run begins: noted, so that whoever finds it dead can tell. */
  beginRun?(resource: Resource, run: RunAttributes): void
  /** It ends in good order: its last event was emitted. */
  endRun?(reason: string): void
}

const nothing: SignalCount = { accepted: 0, delivered: 0, dropped: 0 }

/** Takes everything and keeps nothing: telemetry that is switched off. */
export const noPipeline: Pipeline = {
  spanProcessor: {
    onStart: () => undefined,
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  },
  logRecordProcessor: {
    onEmit: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  },
  metricReaders: [],
  isDurable: true,
  flushNow: () => undefined,
  durable: () => Promise.resolve(),
  flush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
  status: () => ({
    kind: 'none',
    destinations: [],
    counts: { log: nothing, span: nothing, metric: nothing },
  }),
}
