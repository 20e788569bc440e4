import { randomUUID } from 'node:crypto'
import type { Attributes } from '@opentelemetry/api'
import type { Writable } from 'node:stream'
import type { RedactOptions } from '../../redact/rules.ts'
import { FillpathError } from '../../semconv/error.ts'
import { didYouMean } from '../../base/nearest.ts'
import { readSettings } from '../../wire/settings.ts'
import type { Environment, Values } from '../../wire/settings.ts'
import type { FlowsOptions } from '../flow/handles/flows.ts'
import type { LineFormat } from '../log/console.ts'
import type { SinkLevel } from '../log/sinks.ts'
import { destinationOf } from '../ship/endpoint.ts'
import type { Destination, DestinationOptions, Signal } from '../ship/endpoint.ts'
import { destinationFromEnvironment } from '../ship/environment.ts'
import { checkedOutCommit } from './commit.ts'
import { consoleTable, fileTable, settingTable } from './setting-table.ts'

/** What the console shows. */
export interface ConsoleSettings {
  /** Lowest level that is printed. FILLPATH_CONSOLE_LEVEL, LOG_LEVEL @default 'info' */
  readonly level?: SinkLevel
  /** Lines for people, or one JSON object each. FILLPATH_CONSOLE_FORMAT @default 'human' */
  readonly format?: LineFormat
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
  /** Whether money is at stake: on the resource of every record. FILLPATH_MODE @default not said */
  readonly mode?: 'live' | 'paper' | 'backtest' | 'replay'
  /** More about the sender, on every record. OTEL_RESOURCE_ATTRIBUTES */
  readonly resourceAttributes?: Attributes
  /**
   * Who receives: a base URL, or one with headers, timeout, compression and TLS files.
   * OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS, _TIMEOUT, _COMPRESSION, _CERTIFICATE …, and those of one signal.
   * @default 'http://127.0.0.1:4318'
   */
  readonly destination?: string | DestinationOptions
  /** What the console shows; `false` for nothing. */
  readonly console?: ConsoleSettings | false
  /** A log file of the bot's own. @default none */
  readonly file?: FileSettings
  /** Lowest level that is sent to the receiver. FILLPATH_SEND_LEVEL @default 'trace' */
  readonly sendLevel?: SinkLevel
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
  readonly destination: Destination
  readonly exporters: Readonly<Record<Signal, readonly ExporterName[]>>
  readonly console: (ConsoleSettings & { readonly level: SinkLevel }) | false
  readonly file: (FileSettings & { readonly level: SinkLevel }) | undefined
  readonly redact: RedactOptions
  readonly flows: FlowsOptions
}

/**
 * Reads options and environment; an option wins over a variable.
 * @throws FillpathError `setting_invalid`, with the name, the value and what is allowed
 */
export function settingsOf(options: StartOptions, environment: Environment): Settings {
  const { destination, console, file, redact, flows, resourceAttributes, ...plain } = options
  const values = readSettings(settingTable, { options: plain, environment })
  return {
    ...values,
    serviceName: values.serviceName ?? serviceOfResource(environment) ?? 'trading-bot',
    runId: values.runId ?? randomUUID(),
    codeCommit: values.codeCommit ?? checkedOutCommit(process.cwd()),
    // The table allows the words of SinkLevel and no other.
    sendLevel: values.sendLevel as SinkLevel,
    metricTimeoutMs: Math.min(values.metricTimeoutMs, values.metricIntervalMs),
    resourceAttributes: resourceAttributes ?? {},
    destination: destinationFrom(destination, environment),
    exporters: {
      log: exportersOf('OTEL_LOGS_EXPORTER', environment),
      span: exportersOf('OTEL_TRACES_EXPORTER', environment),
      metric: exportersOf('OTEL_METRICS_EXPORTER', environment),
    },
    console: console === false ? false : consoleOf(console, environment),
    file: fileOf(file, environment),
    redact: redact ?? {},
    flows: flows ?? {},
  }
}

function destinationFrom(
  option: StartOptions['destination'],
  environment: Environment,
): Destination {
  if (option === undefined) return destinationFromEnvironment(environment)
  return destinationOf(typeof option === 'string' ? { url: option } : option, 'destination')
}

function consoleOf(option: ConsoleSettings = {}, environment: Environment): Settings['console'] {
  const { stream, ...plain } = option
  const optionName = (name: string): string => `console.${name}`
  const { level, format, colour } = readSettings(consoleTable, {
    options: plain,
    environment,
    optionName,
  })
  return {
    level: level as SinkLevel,
    format,
    ...(colour !== undefined && { colour }),
    ...(stream && { stream }),
  }
}

function fileOf(option: FileSettings | undefined, environment: Environment): Settings['file'] {
  const optionName = (name: string): string => `file.${name}`
  const { path, level, format } = readSettings(fileTable, {
    options: option ?? {},
    environment,
    optionName,
  })
  return path === undefined ? undefined : { path, level: level as SinkLevel, format }
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
