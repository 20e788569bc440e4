import { TraceFlags } from '@opentelemetry/api'
import { ExportResultCode } from '@opentelemetry/core'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import { AggregationTemporality, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type { Resource } from '@opentelemetry/resources'
import type { IMetricReader, PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import { sayOnStderr } from '../../base/print.ts'
import { createRedactor } from '../../redact/redact.ts'
import { guarded } from '../event/fault.ts'
import { measure } from '../event/instruments.ts'
import { setWriter } from '../event/together.ts'
import { signals } from '../ship/endpoint.ts'
import type { Destination, Signal } from '../ship/endpoint.ts'
import type { FilesDestination } from '../ship/files-destination.ts'
import { startShip } from '../ship/ship.ts'
import type { Ship } from '../ship/ship.ts'
import { openSpool } from '../spool/spool.ts'
import type { Spool } from '../spool/spool.ts'
import { withinTime } from './deadline.ts'
import type { Say } from './delivery.ts'
import { FoundDead } from './found-dead.ts'
import { noPipeline } from './pipeline.ts'
import type { Pipeline, PipelineStatus, SignalCount } from './pipeline.ts'
import { startSelfMeasures, upByDestination } from './self-measures.ts'
import type { Settings } from './settings.ts'
import { crashRecordOf, runFactsOf } from './run.ts'
import type { RunAttributes } from './run.ts'
import { spanStartOf } from './span-start.ts'
import { SpoolNotices } from './spool-notices.ts'
import { SpoolWriter, isFlowSpan } from './spool-writer.ts'

/*
 * The SDK on a spool: what it hands over is encoded and on disk before it gets control back (critical records) or before
 * the event loop turns (the others), and a worker sends it from there. There is no queue in memory and no batch.
 *
 * The three plugs are the SDK's public interfaces: LogRecordProcessor, SpanProcessor, PushMetricExporter. What stands in
 * front of them (redaction) is the same as for the pipeline in memory, which takes over where no folder can be written.
 */

/** A pipeline on disk, or, where that cannot be had, in memory. */
export async function spoolPipeline(settings: Settings, say: Say): Promise<Pipeline> {
  const sent = signals.filter((signal) => settings.exporters[signal].includes('otlp'))
  if (settings.spool === false || sent.length === 0) return pipelineInMemory(settings, say)
  const printing = await printingPipeline(settings, say)
  let spool: Spool | undefined
  const notices = new SpoolNotices(() => spool?.statistics)
  const found = new FoundDead()
  try {
    spool = openSpool({
      ...settings.spool,
      onNotice: (notice) => notices.say('spool', notice),
      onAdopted: (adopted) => found.count(adopted),
    })
  } catch (error) {
    return withoutSpool(settings, say, error)
  }
  const ship = startShip({
    place: spool.place,
    destinations: [
      ...settings.destinations.map((destination) => only(destination, sent)),
      ...filesFor(settings, sent),
    ],
    onNotice: (notice) => notices.say('ship', notice),
    onSpoolNotice: (notice) => notices.say('spool', notice),
  })
  return new SpoolPipeline({ settings, printing, sent, found }, spool, ship)
}

/** Loaded where it is needed: most bots have a folder, and a start without it is a good part shorter. */
async function pipelineInMemory(settings: Settings, say: Say): Promise<Pipeline> {
  const { memoryPipeline } = await import('./memory-pipeline.ts')
  return memoryPipeline(settings, say)
}

/** For signals that are printed by the SDK's own exporters, as `OTEL_LOGS_EXPORTER=otlp,console` asks. */
async function printingPipeline(settings: Settings, say: Say): Promise<Pipeline> {
  const exporters = withoutOtlp(settings)
  const isPrinted = signals.some((signal) => exporters[signal].length > 0)
  return isPrinted ? pipelineInMemory({ ...settings, exporters }, say) : noPipeline
}

/** The folder cannot be written: said once, counted, and the bot goes on. */
async function withoutSpool(settings: Settings, say: Say, error: unknown): Promise<Pipeline> {
  const reason = error instanceof Error ? error.message : String(error)
  const { files, destinations } = settings
  const instead =
    destinations.length > 0
      ? 'Records wait in memory instead: what the receiver has not taken dies with the process.'
      : 'Records are printed, and kept nowhere.'
  const unwritten = files === undefined ? '' : ` Nothing is written to ${files.folder}.`
  const message = `${reason}. ${instead}${unwritten} Check owner and mode of the folder, or choose another with FILLPATH_SPOOL_FOLDER.`
  say('error', message)
  // The line above is printed by the console, where there is one, and is in the memory that may be lost.
  if (settings.console === false || settings.console.level === 'off')
    sayOnStderr(`fillpath spool: ${message}`)
  return {
    ...(await pipelineInMemory(settings, say)),
    startMeasures() {
      measure('fillpath.spool.fallbacks', 1)
      return () => undefined
    },
  }
}

/** The bot's own files as a destination. */
function filesFor({ files }: Settings, sent: readonly Signal[]): FilesDestination[] {
  return files === undefined ? [] : [{ name: files.folder, files, signals: sent }]
}

/** A destination for some signals. */
function only({ name, endpoints }: Destination, sent: readonly Signal[]): Destination {
  const kept = Object.entries(endpoints).filter(([signal]) => sent.some((one) => one === signal))
  return { name, endpoints: Object.fromEntries(kept) }
}

/** What a pipeline is for. */
interface Purpose {
  readonly settings: Settings
  /** Prints what is to be printed as well. */
  readonly printing: Pipeline
  /** Signals that are sent at all. */
  readonly sent: readonly Signal[]
  readonly found: FoundDead
}

class SpoolPipeline implements Pipeline {
  readonly isDurable = true
  readonly logRecordProcessor: LogRecordProcessor
  readonly spanProcessor: SpanProcessor
  readonly metricReaders: readonly IMetricReader[]
  readonly #settings: Settings
  readonly #spool: Spool
  readonly #ship: Ship
  readonly #writer: SpoolWriter
  readonly #sent: ReadonlySet<Signal>
  readonly #reader: PeriodicExportingMetricReader | undefined
  readonly #printing: Pipeline
  readonly #found: FoundDead
  #ending: Promise<void> | undefined
  #isClosed = false

  constructor({ settings, printing, sent, found }: Purpose, spool: Spool, ship: Ship) {
    this.#settings = settings
    this.#found = found
    this.#spool = spool
    this.#ship = ship
    this.#writer = new SpoolWriter(spool, () => ship.ring())
    setWriter(this.#writer)
    this.#sent = new Set(sent)
    this.#printing = printing
    this.logRecordProcessor = this.#logs()
    this.spanProcessor = this.#spans()
    this.#reader = this.#sent.has('metric') ? this.#metrics() : undefined
    const own = this.#reader ? [this.#reader] : []
    this.metricReaders = [...own, ...this.#printing.metricReaders]
  }

  flushNow(): void {
    guarded('write the spool', () => this.#spool.flushSync())
  }

  async durable(): Promise<void> {
    this.flushNow()
    await this.#spool.durable()
  }

  async flush(timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs
    this.flushNow()
    await withinTime(async () => this.#reader?.forceFlush(), timeoutMs)
    this.flushNow()
    await this.#ship.flush(Math.max(0, deadlineMs - performance.now()))
    await this.#printing.flush(Math.max(0, deadlineMs - performance.now()))
  }

  shutdown(timeoutMs: number): Promise<void> {
    this.#ending ??= this.#shutdown(timeoutMs)
    return this.#ending
  }

  status(): PipelineStatus {
    const ship = this.#ship.report()
    const spool = this.#spool.statistics
    const destinations = [...upByDestination(ship)].map(([name, up]) => ({ name, up }))
    const counts = (signal: Signal): SignalCount => {
      const channels = ship.channels.filter((channel) => channel.signal === signal)
      const { critical, normal, snapshot } = this.#writer.accepted[signal]
      const refused = this.#writer.refused[signal]
      const lost = refused + spool.droppedBySignal[signal]
      return {
        accepted: critical + normal + snapshot + refused,
        delivered: least(channels.map(({ delivered }) => delivered)),
        dropped: lost + Math.max(0, ...channels.map(({ quarantined }) => quarantined)),
      }
    }
    return {
      kind: 'spool',
      destinations,
      counts: { log: counts('log'), span: counts('span'), metric: counts('metric') },
      spool,
      ship,
    }
  }

  beginRun(resource: Resource, run: RunAttributes): void {
    this.#spool.run.begin({ ...runFactsOf(resource, run), destinations: this.#whereTo() })
    if (!this.#sent.has('log')) return
    guarded('note the run', () => this.#writer.runBegun(crashRecordOf(resource, run)))
  }

  /** The destinations by name, and which signals each takes. */
  #whereTo(): Record<string, readonly string[]> {
    const { destinations, files } = this.#settings
    const sent = [...this.#sent]
    const receivers = destinations.map((one) => [one.name, Object.keys(only(one, sent).endpoints)])
    return Object.fromEntries([
      ...receivers,
      ...(files === undefined ? [] : [[files.folder, sent]]),
    ])
  }

  endRun(reason: string): void {
    this.#spool.run.end(reason)
    this.#writer.runEnded()
  }

  startMeasures(): () => void {
    this.#found.start()
    return startSelfMeasures(() => ({
      accepted: this.#writer.accepted,
      spool: this.#spool.statistics,
      ship: this.#ship.report(),
    }))
  }

  async #shutdown(timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs
    const left = (): number => Math.max(0, deadlineMs - performance.now())
    this.flushNow()
    await withinTime(async () => this.#reader?.forceFlush(), left())
    this.flushNow()
    await Promise.all([this.#ship.stop(left()), this.#printing.shutdown(left())])
    // The spool is closed last: a bot that goes on while the receiver is waited for is recorded, and the next start sends
    // that. A disk that does not answer must not hold the process: what is written is written.
    await withinTime(() => this.#spool.close(), Math.max(left(), 500))
    this.#isClosed = true
    setWriter(undefined)
  }

  #logs(): LogRecordProcessor {
    return {
      onEmit: (record) => {
        this.#printing.logRecordProcessor.onEmit(record)
        if (!this.#isClosed && this.#sent.has('log')) this.#writer.log(record)
      },
      ...this.#flushing(),
    }
  }

  #spans(): SpanProcessor {
    const redactor = createRedactor(this.#settings.redact)
    return {
      onStart: (span) => {
        const isSampled = (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0
        if (this.#isClosed || !isSampled || !isFlowSpan(span)) return
        guarded('record the start of a span', () => {
          const { interrupted, record } = spanStartOf(span, redactor)
          // The note first: what has a start record is closed, whenever the process dies.
          if (this.#sent.has('span')) this.#writer.begun(interrupted)
          if (this.#sent.has('log')) this.#writer.log(record, 'critical')
        })
      },
      onEnd: (span) => {
        this.#printing.spanProcessor.onEnd(span)
        const isSampled = (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0
        if (!this.#isClosed && isSampled && this.#sent.has('span')) this.#writer.span(span)
      },
      ...this.#flushing(),
    }
  }

  #metrics(): PeriodicExportingMetricReader {
    const exporter: PushMetricExporter = {
      export: (metrics, done) => {
        const isTaken = this.#isClosed || this.#writer.metrics(metrics)
        done({ code: isTaken ? ExportResultCode.SUCCESS : ExportResultCode.FAILED })
      },
      // Prometheus takes nothing else, and a sum that is sent late still holds all.
      selectAggregationTemporality: () => AggregationTemporality.CUMULATIVE,
      ...this.#flushing(),
    }
    return new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: this.#settings.metricIntervalMs,
      exportTimeoutMillis: this.#settings.metricTimeoutMs,
    })
  }

  /** What is asked of a processor: to make safe what it got. Sending is up to the pipeline. */
  #flushing(): { forceFlush(): Promise<void>; shutdown(): Promise<void> } {
    const flush = async (): Promise<void> => this.flushNow()
    return { forceFlush: flush, shutdown: flush }
  }
}

function withoutOtlp({ exporters }: Settings): Settings['exporters'] {
  const rest = (signal: Signal) => exporters[signal].filter((name) => name !== 'otlp')
  return { log: rest('log'), span: rest('span'), metric: rest('metric') }
}

function least(counts: readonly number[]): number {
  return counts.length === 0 ? 0 : Math.min(...counts)
}
