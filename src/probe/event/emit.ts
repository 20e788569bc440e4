import { SeverityNumber, context as contextApi, logs, trace } from '@opentelemetry/api'
import type { Context, HrTime, Logger, LoggerProvider, Span } from '@opentelemetry/api'
import { wallTime } from '../../base/clock.ts'
import { parseDecimal, toNumber } from '../../base/decimal.ts'
import { normalizeAttributes } from '../../base/normalize.ts'
import type { Plain, PlainObject } from '../../base/plain.ts'
import { eventDefinition } from '../../semconv/events.ts'
import type { EventName } from '../../semconv/events.ts'
import type { EventDefinition } from '../../semconv/events/definition.ts'
import type { Severity } from '../../semconv/severity.ts'
import type { TradingAttributes } from '../../semconv/attributes.ts'
import { inheritedAttributes } from './context.ts'
import { exceptionAttributes } from './exception.ts'
import { fault } from './fault.ts'
import { measure } from './instruments.ts'
import { scope } from './scope.ts'

/**
 * One event object, three signals: a log record with an event name, an event on the span, and the metrics that the
 * registry declares for it.
 *
 * - Never throws into the bot. A fault is counted and said through `diag`.
 * - Nothing is dropped: bigint, Date, Decimal, Map, Error and class instances are normalised first.
 * - The record carries what its context hands down (symbol, strategy, task …); the event on the span does not
 *   repeat it, because the span has it.
 * - Providers may be registered later than this module is loaded.
 */

/** How an event is emitted. */
export interface EmitOptions {
  /** Text for people, the body of the record. @default the brief of the event in the registry */
  readonly message?: string | undefined
  /** @default what the registry says, `info` for events that are not in it */
  readonly severity?: Severity | undefined
  /** Context whose span and attributes the event gets. @default the active one */
  readonly context?: Context | undefined
  /** Span that the event belongs to. @default the span of the context */
  readonly span?: Span | undefined
  /** What was thrown; its class, message, code, stack and causes become attributes. */
  readonly exception?: unknown
  /**
   * Attributes of the thing it happened to: on the record and for labels, not on the event of the span.
   * @default what the context hands down
   */
  readonly base?: Readonly<Record<string, unknown>> | undefined
  /** When it happened. @default now */
  readonly time?: HrTime | undefined
}

const severityNumbers: Readonly<Record<Severity, SeverityNumber>> = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
}

/** Emits an event of the registry. A name or attribute that is not in the registry does not compile. */
export function emit(name: EventName, attributes: TradingAttributes, options?: EmitOptions): void {
  emitNamed(name, attributes, options)
}

/** Emits an event by any name; one that is not in the registry has no metrics. */
export function emitNamed(
  name: string,
  attributes: Readonly<Record<string, unknown>>,
  options: EmitOptions = {},
): void {
  try {
    write(name, eventDefinition(name), attributes, options)
  } catch (error) {
    fault(`emit ${name}`, error)
  }
}

function write(
  name: string,
  definition: EventDefinition | undefined,
  attributes: Readonly<Record<string, unknown>>,
  options: EmitOptions,
): void {
  const { span: ownSpan, exception, time } = options
  const base = options.context ?? contextApi.active()
  const context = ownSpan ? trace.setSpan(base, ownSpan) : base
  const span = ownSpan ?? trace.getSpan(base)

  const own: Record<string, unknown> = {}
  if (exception !== undefined) assign(own, exceptionAttributes(exception))
  assign(own, attributes)
  const all: Record<string, unknown> = {}
  assign(all, options.base ?? inheritedAttributes(context))
  assign(all, own)
  const record = normalizeAttributes(all)

  const severityText = options.severity ?? definition?.severity ?? 'info'
  const message = options.message ?? definition?.brief
  logger().emit({
    eventName: name,
    severityNumber: severityNumbers[severityText],
    severityText,
    ...(message !== undefined && { body: message }),
    attributes: record,
    context,
    timestamp: time ?? wallTime(),
  })
  // Where all of it was plain, so is a part of it.
  const plainOwn = record === all ? (own as PlainObject) : normalizeAttributes(own)
  accompany(name, { own: plainOwn, all: record }, span, time)
}

/**
 * The other two signals of an event whose record is written elsewhere: the event on the span, and the metrics.
 * @param attributes `own` of the event stand on the span, labels are picked from `all`; both normalised
 */
export function accompany(
  name: string,
  attributes: { readonly own: PlainObject; readonly all: PlainObject },
  span: Span | undefined,
  time?: HrTime,
): void {
  if (span?.isRecording()) span.addEvent(name, flat(attributes.own), time)
  const definition = eventDefinition(name)
  if (definition) feed(definition, attributes.all)
}

/**
 * The SDK takes flat values alone on a span event and drops the others: what is nested stands there as JSON text.
 * The log record has it whole.
 */
function flat(attributes: PlainObject): PlainObject {
  let copy: Record<string, Plain> | undefined
  for (const key in attributes) {
    const value = attributes[key]
    if (typeof value !== 'object') continue
    copy ??= { ...attributes }
    copy[key] = JSON.stringify(value)
  }
  return copy ?? attributes
}

function feed(definition: EventDefinition, attributes: PlainObject): void {
  for (const metric of definition.counts ?? []) measure(metric, 1, attributes)
  for (const fed of definition.measures ?? []) {
    if ('value' in fed) {
      measure(fed.metric, fed.value, attributes)
      continue
    }
    const value = numberOf(attributes[fed.attribute])
    if (value !== undefined) measure(fed.metric, value * (fed.scale ?? 1), attributes)
  }
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const parsed = parseDecimal(value)
  return parsed && toNumber(parsed)
}

function assign(
  target: Record<string, unknown>,
  source: Readonly<Record<string, unknown>> | undefined,
): void {
  if (!source) return
  for (const key of Object.keys(source)) {
    const value = source[key]
    if (value !== undefined) target[key] = value
  }
}

let provider: LoggerProvider | undefined
let cachedLogger: Logger | undefined

// The global provider may change; asking it for the logger each time would build a key string each time.
function logger(): Logger {
  const current = logs.getLoggerProvider()
  if (!cachedLogger || current !== provider) {
    provider = current
    cachedLogger = current.getLogger(scope.name, scope.version)
  }
  return cachedLogger
}
