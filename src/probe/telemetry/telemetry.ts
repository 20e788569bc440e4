import { metrics, trace } from '@opentelemetry/api'
import type { Meter, Tracer } from '@opentelemetry/api'
import { emit } from '../event/emit.ts'
import { measure } from '../event/instruments.ts'
import { together } from '../event/together.ts'
import { createFlows } from '../flow/flows.ts'
import type { Flows } from '../flow/handles/flows.ts'
import type { Events } from '../log/events.ts'
import { logger } from '../log/logger.ts'
import type { Logger } from '../log/logger.ts'
import { flushSinks, setLogLevel } from '../log/sinks.ts'
import type { SinkLevel, SinkName } from '../log/sinks.ts'
import { watchExit } from './exit.ts'
import type { Pipeline, PipelineStatus } from './pipeline.ts'
import type { Settings } from './settings.ts'

/** Running telemetry. `await using telemetry = await start(…)` shuts it down at the end of the block. */
export interface Telemetry extends AsyncDisposable {
  /** The logger of a module, the same one each time. */
  readonly logger: (module: string) => Logger
  /** Flows from signal to position. */
  readonly flows: Flows
  /** A method for each event of the registry. */
  readonly events: Events
  /** For spans of the bot's own. */
  readonly tracer: Tracer
  /** For metrics of the bot's own. */
  readonly meter: Meter
  /** Changes what a sink takes, from the next line on. */
  readonly setLogLevel: (sink: SinkName, level: SinkLevel) => void
  /**
   * Resolves when everything that was recorded so far is on stable storage: not even a power failure takes it then. For
   * the moment before money moves. It waits for the disk, never for the receiver.
   *
   * @throws FillpathError `spool_not_durable` when the disk refuses (what was recorded is kept as well as it can be), and
   * where there is none: with `spool: false`, or after the start said that no folder can be written
   * @example
   * order.submitted()
   * await durable()
   * await exchange.createOrder(…)
   */
  readonly durable: () => Promise<void>
  /**
   * Runs `work` and writes all that it records at once: it is on disk, with one write, when this returns, and of a process
   * that dies in it nothing of it is. For many records at a time, such as the fills that came in while a stream was away.
   * Not for work that waits: what a promise records later is written by itself.
   *
   * @example batch(() => trades.forEach((trade) => flows.update(trade)))
   */
  readonly batch: <T>(work: () => T) => T
  /**
   * Sends what was recorded so far. Always resolves, at the latest when the time is up.
   * @param timeoutMs @default 5_000
   */
  readonly flush: (timeoutMs?: number) => Promise<void>
  /** Ends telemetry: everything is sent, or counted as lost, in bounded time. Runs once, never rejects. */
  readonly shutdown: (reason?: string) => Promise<void>
  /** What was accepted, delivered and dropped, and whether the receiver is there. */
  readonly status: () => PipelineStatus
}

/** What a handle works on. */
export interface Parts {
  readonly settings: Settings
  readonly pipeline: Pipeline
  /** Takes everything back that the start did; the pipeline is closed already. */
  close(timeoutMs: number): Promise<void>
  /** Called when all is over. */
  ended(): void
}

/** The last words of a run that ends in good order. */
function endRun({ settings, pipeline }: Parts, flows: Flows, reason: string): void {
  flows.close(reason)
  emit('trading.run.ended', {
    'trading.run.id': settings.runId,
    'trading.shutdown.reason': reason,
  })
  measure('trading.run.end_time', Date.now() / 1000)
  pipeline.endRun?.(reason)
}

/** Longest time that a crashed process lives on, so that what it recorded can be sent. */
const crashTimeoutMs = 2000

/** The handle of running telemetry. Its functions may be taken out of it. */
export function handleOf(parts: Parts): Telemetry {
  const { settings, pipeline } = parts
  const module = 'fillpath'
  const flows = createFlows({
    runId: settings.runId,
    commit: settings.codeCommit,
    ...settings.flows,
  })
  let ending: Promise<void> | undefined
  let isCrashed = false
  let unwatch = (): void => undefined
  const flush = async (timeoutMs = 5000): Promise<void> => {
    flushSinks()
    await pipeline.flush(timeoutMs)
  }
  const flushNow = (): void => {
    flushSinks()
    pipeline.flushNow()
  }
  const end = async (reason: string, timeoutMs: number): Promise<void> => {
    const deadlineMs = performance.now() + timeoutMs
    endRun(parts, flows, reason)
    flushSinks()
    await pipeline.shutdown(timeoutMs)
    await parts.close(Math.max(100, deadlineMs - performance.now()))
    unwatch()
    parts.ended()
  }
  const shutdown = (reason = 'shutdown'): Promise<void> => {
    ending ??= end(reason, settings.shutdownTimeoutMs).catch(() => parts.ended())
    return ending
  }
  if (settings.exitHooks) {
    unwatch = watchExit({
      shutdown(reason) {
        if (!ending) emit('trading.shutdown.initiated', { 'trading.shutdown.reason': reason })
        return shutdown(reason)
      },
      flush,
      crashed(error, origin, isTheEnd) {
        isCrashed ||= isTheEnd
        emit('trading.error', {}, { exception: error, message: origin, severity: 'fatal' })
        flushNow()
        return pipeline.isDurable ? undefined : pipeline.flush(crashTimeoutMs)
      },
      atExit(code) {
        if (!ending && !isCrashed) endRun(parts, flows, `process.exit(${code})`)
        flushNow()
      },
    })
  }
  return {
    logger,
    flows,
    events: logger(module).events,
    tracer: trace.getTracer(settings.serviceName),
    meter: metrics.getMeter(settings.serviceName),
    setLogLevel,
    durable: () => {
      flushSinks()
      return pipeline.durable()
    },
    batch: together,
    flush,
    shutdown,
    status: () => pipeline.status(),
    [Symbol.asyncDispose]: () => shutdown(),
  }
}
