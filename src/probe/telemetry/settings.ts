import type { Attributes } from '@opentelemetry/api'
import type { RedactOptions } from '../../redact/rules.ts'
import type { ConsoleOptions } from '../log/console.ts'
import type { FileOptions } from '../log/file.ts'
import type { SinkLevel } from '../log/sinks.ts'
import { destinationOf } from '../ship/endpoint.ts'
import type { Destination, DestinationOptions, Signal } from '../ship/endpoint.ts'
import { destinationFromEnvironment } from '../ship/environment.ts'
import { booleanOf, checkInteger, checkWord, integerOf, invalid, textOf } from './environment.ts'
import type { Environment } from './environment.ts'
import { samplingOf } from './sampling.ts'
import type { Sampling } from './sampling.ts'

/** What the console shows. */
export interface ConsoleSettings extends ConsoleOptions {
  /** LOG_LEVEL @default 'info' */
  readonly level?: SinkLevel
}

/** A log file of the bot's own. */
export interface FileSettings extends FileOptions {
  /** @default 'debug' */
  readonly level?: SinkLevel
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
  /** Whether money is at stake: on the resource of every record. @default not said */
  readonly mode?: 'live' | 'paper' | 'backtest' | 'replay'
  /** More about the sender, on every record. OTEL_RESOURCE_ATTRIBUTES */
  readonly resourceAttributes?: Attributes
  /**
   * Who receives: a base URL, or one with headers, timeout, compression and TLS files.
   * OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS, _TIMEOUT, _COMPRESSION, _CERTIFICATE … and those of one signal.
   * @default 'http://127.0.0.1:4318'
   */
  readonly destination?: string | DestinationOptions
  /** What the console shows; `false` for nothing. @default { level: 'info', format: 'human' } */
  readonly console?: ConsoleSettings | false
  /** A log file of the bot's own. @default none */
  readonly file?: FileSettings
  /** Lowest level that is sent to the receiver. @default 'trace' */
  readonly sendLevel?: SinkLevel
  /** What must not leave, beyond what is hidden anyway. */
  readonly redact?: RedactOptions
  /** Time between two exports of the metrics. OTEL_METRIC_EXPORT_INTERVAL @default 15_000 */
  readonly metricIntervalMs?: number
  /** Longest time that `shutdown` takes. @default 5_000 */
  readonly shutdownTimeoutMs?: number
  /** Whether everything is flushed when the process is told to end, or crashes. @default true */
  readonly exitHooks?: boolean
  /** Sends nothing; logger and console go on. OTEL_SDK_DISABLED @default false */
  readonly disabled?: boolean
}

/** Where a signal goes. */
export type ExporterName = 'otlp' | 'console' | 'none'

/** Limits of OpenTelemetry's specification; undefined is the SDK's default. */
export interface Limits {
  readonly attributeCountLimit?: number
  readonly attributeValueLengthLimit?: number
}

/** Options and environment, read and checked. */
export interface Settings {
  readonly serviceName: string
  readonly botId: string | undefined
  readonly runId: string | undefined
  readonly codeCommit: string | undefined
  readonly mode: string | undefined
  readonly resourceAttributes: Attributes
  readonly destination: Destination
  readonly exporters: Readonly<Record<Signal, ExporterName>>
  readonly console: ConsoleSettings | false
  readonly file: FileSettings | undefined
  readonly sendLevel: SinkLevel
  readonly redact: RedactOptions
  readonly metricIntervalMs: number
  readonly metricTimeoutMs: number
  readonly shutdownTimeoutMs: number
  readonly exitHooks: boolean
  readonly disabled: boolean
  readonly sampling: Sampling
  readonly logLimits: Limits
  readonly spanLimits: Limits & {
    readonly eventCountLimit?: number
    readonly linkCountLimit?: number
    readonly attributePerEventCountLimit?: number
    readonly attributePerLinkCountLimit?: number
  }
  readonly diagLevel: DiagLevel
}

/** Values of OTEL_LOG_LEVEL. */
export const diagLevels = ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'] as const
/** How much the SDK says about itself. */
export type DiagLevel = (typeof diagLevels)[number]

/**
 * Reads options and environment; an option wins over a variable.
 * @throws FillpathError `setting_invalid`, with the name, the value and what is allowed
 */
export function settingsOf(options: StartOptions, env: Environment): Settings {
  const serviceName =
    options.serviceName ?? textOf(env, 'OTEL_SERVICE_NAME') ?? serviceInResource(env) ?? 'trading-bot'
  if (serviceName.trim() === '') throw invalid('serviceName', serviceName, 'is empty')
  const metricIntervalMs =
    options.metricIntervalMs === undefined
      ? (integerOf(env, 'OTEL_METRIC_EXPORT_INTERVAL', 1) ?? 15_000)
      : checkInteger('metricIntervalMs', options.metricIntervalMs, 1)
  const level = textOf(env, 'LOG_LEVEL')
  return {
    serviceName,
    botId: options.botId ?? textOf(env, 'FILLPATH_BOT_ID'),
    runId: options.runId ?? textOf(env, 'FILLPATH_RUN_ID'),
    codeCommit: options.codeCommit ?? textOf(env, 'FILLPATH_CODE_COMMIT'),
    mode: options.mode,
    resourceAttributes: options.resourceAttributes ?? {},
    destination: destination(options.destination, env),
    exporters: {
      log: exporterOf(env, 'OTEL_LOGS_EXPORTER'),
      span: exporterOf(env, 'OTEL_TRACES_EXPORTER'),
      metric: exporterOf(env, 'OTEL_METRICS_EXPORTER'),
    },
    console:
      options.console === false
        ? false
        : { ...(level !== undefined && { level: level.toLowerCase() as SinkLevel }), ...options.console },
    file: options.file,
    sendLevel: options.sendLevel ?? 'trace',
    redact: options.redact ?? {},
    metricIntervalMs,
    metricTimeoutMs: Math.min(
      integerOf(env, 'OTEL_METRIC_EXPORT_TIMEOUT', 1) ?? 30_000,
      metricIntervalMs,
    ),
    shutdownTimeoutMs: checkInteger('shutdownTimeoutMs', options.shutdownTimeoutMs ?? 5000, 1),
    exitHooks: options.exitHooks ?? true,
    disabled: options.disabled ?? booleanOf(env, 'OTEL_SDK_DISABLED') ?? false,
    sampling: samplingOf(env),
    logLimits: limitsOf(env, 'LOGRECORD'),
    spanLimits: {
      ...limitsOf(env, 'SPAN'),
      ...some('eventCountLimit', integerOf(env, 'OTEL_SPAN_EVENT_COUNT_LIMIT', 1)),
      ...some('linkCountLimit', integerOf(env, 'OTEL_SPAN_LINK_COUNT_LIMIT', 1)),
      ...some('attributePerEventCountLimit', integerOf(env, 'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 1)),
      ...some('attributePerLinkCountLimit', integerOf(env, 'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 1)),
    },
    diagLevel: checkWord(
      'OTEL_LOG_LEVEL',
      textOf(env, 'OTEL_LOG_LEVEL')?.toLowerCase() ?? 'info',
      diagLevels,
    ),
  }
}

function destination(
  option: StartOptions['destination'],
  env: Environment,
): Destination {
  if (option === undefined) return destinationFromEnvironment(env)
  return destinationOf(typeof option === 'string' ? { url: option } : option, 'destination')
}

function exporterOf(env: Environment, name: string): ExporterName {
  return checkWord(name, textOf(env, name) ?? 'otlp', ['otlp', 'console', 'none'])
}

function limitsOf(env: Environment, kind: 'SPAN' | 'LOGRECORD'): Limits {
  const count =
    integerOf(env, `OTEL_${kind}_ATTRIBUTE_COUNT_LIMIT`, 1) ??
    integerOf(env, 'OTEL_ATTRIBUTE_COUNT_LIMIT', 1)
  const length =
    integerOf(env, `OTEL_${kind}_ATTRIBUTE_VALUE_LENGTH_LIMIT`, 1) ??
    integerOf(env, 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 1)
  return { ...some('attributeCountLimit', count), ...some('attributeValueLengthLimit', length) }
}

function some<Key extends string>(key: Key, value: number | undefined): { [K in Key]?: number } {
  // An absent limit must be an absent key: the SDK takes an undefined one for a value.
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]: number })
}

function serviceInResource(env: Environment): string | undefined {
  const pair = textOf(env, 'OTEL_RESOURCE_ATTRIBUTES')
    ?.split(',')
    .map(each => each.trim())
    .find(each => each.startsWith('service.name='))
  return pair === undefined ? undefined : decodeURIComponent(pair.slice('service.name='.length))
}
