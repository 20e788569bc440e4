import { randomUUID } from 'node:crypto'
import type { Attributes } from '@opentelemetry/api'
import type { Writable } from 'node:stream'
import type { RedactOptions } from '../../redact/rules.ts'
import { FillpathError } from '../../semconv/error.ts'
import { didYouMean } from '../../base/nearest.ts'
import { misspeltVariables, readSettings } from '../../wire/settings.ts'
import type { Environment, Values } from '../../wire/settings.ts'
import type { FlowsOptions } from '../flow/handles/flows.ts'
import type { LineFormat } from '../log/console.ts'
import type { RepeatSettings } from '../log/repeats.ts'
import type { SinkLevel } from '../log/sinks.ts'
import type { Destination, DestinationOptions, Signal } from '../ship/endpoint.ts'
import type { FilesOptions } from '../ship/files.ts'
import { checkedOutCommit } from './commit.ts'
import { absolute } from './absolute.ts'
import { destinationsFrom, nobody } from './destinations.ts'
import type { FilesSettings } from './destinations.ts'
import { checkShapes } from './option-shapes.ts'
import {
  consoleTable,
  fileTable,
  filesTable,
  repeatTable,
  settingTable,
  spoolTable,
} from './setting-table.ts'

export type { RedactOptions } from '../../redact/rules.ts'

/** What the console shows. */
export interface ConsoleSettings {
  /** Lowest level that is printed. FILLPATH_CONSOLE_LEVEL, LOG_LEVEL @default 'info' */
  readonly level?: SinkLevel
  /** Lines for people, or one JSON object each. FILLPATH_CONSOLE_FORMAT @default 'human' */
  readonly format?: LineFormat
  /**
   * Lowest level that is printed on stderr instead of stdout, so that a shell, systemd or a container keeps both apart.
   * FILLPATH_CONSOLE_STDERR_LEVEL @default 'off'
   */
  readonly stderrLevel?: SinkLevel
  /** @default true on a terminal, unless NO_COLOR is set */
  readonly colour?: boolean
  /** @default process.stdout */
  readonly stream?: Writable
}

/** A log file of the bot's own, beside what the receiver keeps. */
export interface FileSettings {
  /** Appended to; its folder is made when missing. FILLPATH_LOG_FILE */
  readonly path: string
  /** Lowest level that is written. FILLPATH_LOG_FILE_LEVEL @default 'debug' */
  readonly level?: SinkLevel
  /** FILLPATH_LOG_FILE_FORMAT @default 'json' */
  readonly format?: LineFormat
}

/** Where records are kept until they are sent. */
export interface SpoolSettings {
  /** Made when missing; several bots may share it. FILLPATH_SPOOL_FOLDER @default 'fillpath-spool' */
  readonly folder?: string
  /** Bytes on disk, or a text such as '500MB'. FILLPATH_SPOOL_QUOTA @default 2_147_483_648 */
  readonly quotaBytes?: number | string
  /** What a power failure can cost. FILLPATH_SPOOL_SYNC_INTERVAL @default 100 */
  readonly syncIntervalMs?: number
}

/** Options of `start`. Each wins over the environment variables named with it. */
export interface StartOptions {
  /** Name of the bot's service. OTEL_SERVICE_NAME @default 'trading-bot' */
  readonly serviceName?: string
  /** Which bot this is, among several of one service. FILLPATH_BOT_ID @default the service name */
  readonly botId?: string
  /** This life of the process. FILLPATH_RUN_ID @default a new id */
  readonly runId?: string
  /** Commit of the bot's code. FILLPATH_CODE_COMMIT @default what `.git` of the working folder says */
  readonly codeCommit?: string
  /**
   * Configuration of the bot, of any shape. Its hash is on the run (events and manifest), so that runs of another
   * configuration are told apart: SHA-256 of its JSON with sorted keys, secrets hidden as everywhere, 16 hex digits.
   */
  readonly config?: unknown
  /** Whether money is at stake: on the resource of every record. FILLPATH_MODE @default not said */
  readonly mode?: 'live' | 'paper' | 'backtest' | 'replay'
  /** More about the sender, on every record. OTEL_RESOURCE_ATTRIBUTES */
  readonly resourceAttributes?: Attributes
  /**
   * Who receives: a base URL, or one with headers, timeout, compression and TLS files; or several of them, each of
   * which gets everything, at its own pace.
   * OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS, _TIMEOUT, _COMPRESSION, _CERTIFICATE …, and those of one signal.
   * @default 'http://127.0.0.1:4318', or nobody where `files` are written
   */
  readonly destination?: string | DestinationOptions | readonly (string | DestinationOptions)[]
  /**
   * Files that the bot writes itself, for `fillpath tail`, `trace`, `query` … `--data FOLDER`: no desk is needed then, and
   * no receiver, unless one is named. `false` for none, whatever the environment says. FILLPATH_FILES
   * @default none
   */
  readonly files?: string | FilesSettings | false
  /** Where records are kept until they are sent; `false` keeps them in memory. FILLPATH_SPOOL */
  readonly spool?: SpoolSettings | false
  /** What the console shows; `false` for nothing. */
  readonly console?: ConsoleSettings | false
  /** A log file of the bot's own. @default none */
  readonly file?: FileSettings
  /** Lowest level that is sent to the receiver. FILLPATH_SEND_LEVEL @default 'trace' */
  readonly sendLevel?: SinkLevel
  /** What becomes of a line that repeats; `false` writes it each time. Events and errors are never left out. */
  readonly repeats?: RepeatSettings | false
  /** What must not leave, beyond what is hidden anyway. */
  readonly redact?: RedactOptions
  /** How flows behave. */
  readonly flows?: FlowsOptions
  /** Time between two exports of the metrics. OTEL_METRIC_EXPORT_INTERVAL @default 15_000 */
  readonly metricIntervalMs?: number
  /** Longest time that `shutdown` takes. FILLPATH_SHUTDOWN_TIMEOUT @default 5_000 */
  readonly shutdownTimeoutMs?: number
  /** Whether everything is flushed when the process is told to end, or crashes. @default true */
  readonly exitHooks?: boolean
  /** Sends nothing; logger and console go on. OTEL_SDK_DISABLED @default false */
  readonly disabled?: boolean
}

/** Where a signal goes. */
type ExporterName = 'otlp' | 'console'

/** Options and environment, read and checked. */
export type Settings = Omit<Values<typeof settingTable>, 'serviceName' | 'runId' | 'sendLevel'> & {
  readonly serviceName: string
  readonly runId: string
  readonly sendLevel: SinkLevel
  readonly resourceAttributes: Attributes
  /** Receivers, with names of their own; none where only files are written. */
  readonly destinations: readonly Destination[]
  /** The first of them: without a spool only that one gets records. */
  readonly destination: Destination
  readonly files: FilesOptions | undefined
  readonly spool: Required<SpoolSettings & { readonly quotaBytes: number }> | false
  readonly exporters: Readonly<Record<Signal, readonly ExporterName[]>>
  readonly console: (ConsoleSettings & { readonly level: SinkLevel }) | false
  readonly file: (FileSettings & { readonly level: SinkLevel }) | undefined
  readonly repeats: Required<RepeatSettings> | undefined
  readonly redact: RedactOptions
  readonly flows: FlowsOptions
  readonly config: unknown
}

/**
 * Reads options and environment; an option wins over a variable.
 * @throws FillpathError `setting_invalid`, with the name, the value and what is allowed
 */
export function settingsOf(options: StartOptions, environment: Environment): Settings {
  checkShapes(options)
  const {
    destination,
    files,
    spool,
    console,
    file,
    repeats,
    redact,
    flows,
    config,
    resourceAttributes,
    ...plain
  } = options
  const values = readSettings(settingTable, { options: plain, environment })
  const ownSpool = spool === false ? false : spoolOf(spool, environment)
  const going = destinationsFrom({ destination, files, spool: ownSpool }, environment)
  return {
    ...values,
    serviceName: values.serviceName ?? serviceOfResource(environment) ?? 'trading-bot',
    runId: values.runId ?? randomUUID(),
    codeCommit: values.codeCommit ?? checkedOutCommit('.'),
    // The table allows the words of SinkLevel and no other.
    sendLevel: values.sendLevel as SinkLevel,
    metricTimeoutMs: Math.min(values.metricTimeoutMs, values.metricIntervalMs),
    resourceAttributes: resourceAttributes ?? {},
    ...going,
    destination: going.destinations[0] ?? nobody,
    spool: ownSpool,
    exporters: {
      log: exportersOf('OTEL_LOGS_EXPORTER', environment),
      span: exportersOf('OTEL_TRACES_EXPORTER', environment),
      metric: exportersOf('OTEL_METRICS_EXPORTER', environment),
    },
    console: console === false ? false : consoleOf(console, environment),
    file: fileOf(file, environment),
    repeats: repeats === false ? undefined : repeatsOf(repeats, environment),
    redact: redact ?? {},
    flows: flows ?? {},
    config,
  }
}

/** Variables that are nearly those of a bot, a sentence for each. */
export function misspelt(environment: Environment): string[] {
  const tables = [settingTable, spoolTable, filesTable, consoleTable, repeatTable, fileTable]
  return misspeltVariables(tables, environment)
}

function spoolOf(option: SpoolSettings | undefined, environment: Environment): Settings['spool'] {
  const optionName = (name: string): string => `spool.${name}`
  const { enabled, folder, ...rest } = readSettings(spoolTable, {
    options: option ?? {},
    environment,
    optionName,
  })
  return enabled ? { ...rest, folder: absolute(folder) } : false
}

function consoleOf(option: ConsoleSettings = {}, environment: Environment): Settings['console'] {
  const { stream, ...plain } = option
  const optionName = (name: string): string => `console.${name}`
  const { level, format, stderrLevel, colour } = readSettings(consoleTable, {
    options: plain,
    environment,
    optionName,
  })
  return {
    level: level as SinkLevel,
    format,
    stderrLevel: stderrLevel as SinkLevel,
    ...(colour !== undefined && { colour }),
    ...(stream && { stream }),
  }
}

function repeatsOf(
  option: RepeatSettings | undefined,
  environment: Environment,
): Required<RepeatSettings> {
  const optionName = (name: string): string => `repeats.${name}`
  return readSettings(repeatTable, { options: option ?? {}, environment, optionName })
}

function fileOf(option: FileSettings | undefined, environment: Environment): Settings['file'] {
  const optionName = (name: string): string => `file.${name}`
  const { path, level, format } = readSettings(fileTable, {
    options: option ?? {},
    environment,
    optionName,
  })
  if (path !== undefined) return { path: absolute(path), level: level as SinkLevel, format }
  if (option === undefined) return undefined
  const message = 'option file.path is missing; allowed is a text that is not empty'
  throw new FillpathError('setting_invalid', message)
}

function exportersOf(name: string, environment: Environment): readonly ExporterName[] {
  const text = environment[name]?.trim()
  const words = (text || 'otlp').split(',').map((word) => word.trim())
  if (words.includes('none')) return []
  const exporters = new Set<ExporterName>()
  for (const word of words) {
    if (word !== 'otlp' && word !== 'console') {
      const near = didYouMean(word, ['otlp', 'console', 'none'])
      throw new FillpathError(
        'setting_invalid',
        `environment variable ${name} is ${JSON.stringify(text)}; allowed are otlp, console, none.${near}`,
      )
    }
    exporters.add(word)
  }
  return [...exporters]
}

function serviceOfResource(environment: Environment): string | undefined {
  const pair = environment['OTEL_RESOURCE_ATTRIBUTES']
    ?.split(',')
    .map((each) => each.trim())
    .find((each) => each.startsWith('service.name='))
  return pair === undefined ? undefined : decodeURIComponent(pair.slice('service.name='.length))
}
