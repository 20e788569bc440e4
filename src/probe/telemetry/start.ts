import { createRedactor } from '../../redact/redact.ts'
import type { Redactor } from '../../redact/redact.ts'
import { emit } from '../event/emit.ts'
import { measure, prepareInstruments } from '../event/instruments.ts'
import { setRedactor } from '../log/clean.ts'
import { consoleSink } from '../log/console.ts'
import { fileSink } from '../log/file.ts'
import { logger } from '../log/logger.ts'
import { closeRecords, openRecords, recordSink } from '../log/record.ts'
import { setLogLevel, setRepeats, setSink } from '../log/sinks.ts'
import { withinTime } from './deadline.ts'
import { closeDiagnostics, openDiagnostics } from './diagnostics.ts'
import type { Say } from './delivery.ts'
import { noPipeline } from './pipeline.ts'
import type { Pipeline } from './pipeline.ts'
import { register } from './register.ts'
import { providersOf } from './sdk.ts'
import { resourceOf } from './resource.ts'
import { runAttributesOf } from './run.ts'
import { misspelt, settingsOf } from './settings.ts'
import type { Settings, StartOptions } from './settings.ts'
import { spoolPipeline } from './spool-pipeline.ts'
import { handleOf } from './telemetry.ts'
import type { Telemetry } from './telemetry.ts'
import { startVitals } from './vitals.ts'

let running: Promise<Telemetry> | undefined

/**
 * Starts traces, logs and metrics for this process. Options win over the OTEL_* variables.
 *
 * A second call gets the telemetry that runs, with a line that says so. After `shutdown`, or after a start that failed,
 * it may be started again. No receiver is needed: what is recorded waits on disk, and lines are printed.
 * @throws FillpathError `setting_invalid` for an option or variable that cannot be used; nothing was started then
 * @example const { logger, shutdown } = await start({ serviceName: 'hedge-bot' })
 */
export async function start(options: StartOptions = {}): Promise<Telemetry> {
  return startOn(spoolPipeline, options)
}

/** Makes the way of the records; `say` tells people what becomes of it. */
export type PipelineMaker = (settings: Settings, say: Say) => Pipeline | Promise<Pipeline>

/** {@link start} on a pipeline of one's own. */
export async function startOn(
  makePipeline: PipelineMaker,
  options: StartOptions,
): Promise<Telemetry> {
  if (running) {
    logger('fillpath').warn(
      'start() was called again: telemetry runs already, with the options of the first call. Call start() once and hand its result on.',
      { code: 'already_started' },
    )
    return running
  }
  const starting = open(makePipeline, options)
  running = starting
  try {
    return await starting
  } catch (error) {
    running = undefined
    throw error
  }
}

async function open(makePipeline: PipelineMaker, options: StartOptions): Promise<Telemetry> {
  const settings = settingsOf(options, process.env)
  const redactor = createRedactor(settings.redact)
  setRedactor(redactor)
  openSinks(settings)
  for (const slip of misspelt(process.env)) logger('fillpath').warn(slip)
  if (settings.disabled) return startOff(settings)
  const log = logger('fillpath')
  const pipeline = await makePipeline(settings, (level, message) => log[level](message))
  return startSdk(settings, redactor, pipeline)
}

function openSinks({ console, file, sendLevel, repeats }: Settings): void {
  setRepeats(repeats)
  setLogLevel('console', console === false ? 'off' : console.level)
  setLogLevel('file', file?.level ?? 'debug')
  setLogLevel('otel', sendLevel)
  setSink('console', console === false ? undefined : consoleSink(console))
  setSink('file', file && fileSink(file))
  setSink('otel', recordSink)
}

function ended(): void {
  running = undefined
}

function startOff(settings: Settings): Telemetry {
  setSink('otel', undefined)
  logger('fillpath').warn(
    'telemetry is off, by OTEL_SDK_DISABLED or the option "disabled": lines are printed, nothing is sent.',
  )
  return handleOf({ settings, pipeline: noPipeline, close: () => Promise.resolve(), ended })
}

function startSdk(settings: Settings, redactor: Redactor, pipeline: Pipeline): Telemetry {
  const log = logger('fillpath')
  const resource = resourceOf(settings, redactor)
  const providers = providersOf(settings, pipeline, { resource, redactor })
  const registration = register(providers)
  openDiagnostics(settings.diagLevel)
  if (registration.obstacle !== undefined) log.error(registration.obstacle)
  prepareInstruments()
  const stops = [startVitals(), pipeline.startMeasures?.()]
  const lost = openRecords()
  if (lost > 0) log.warn('lines from before the start were dropped, too many waited', { lost })
  const run = runAttributesOf(settings, redactor)
  pipeline.beginRun?.(resource, run)
  emit('trading.run.started', run)
  measure('trading.run.start_time', Date.now() / 1000)
  return handleOf({
    settings,
    pipeline,
    async close(timeoutMs) {
      for (const stop of stops) stop?.()
      setRepeats(undefined)
      const { logger, tracer, meter } = providers
      const ends = (): Promise<unknown> =>
        Promise.allSettled([logger.shutdown(), tracer.shutdown(), meter.shutdown()])
      await withinTime(ends, timeoutMs)
      closeRecords()
      closeDiagnostics()
      registration.undo()
    },
    ended,
  })
}
