/** Names and values of other loggers as attributes of the registry; what is not known stays under its own name. */
import { decimalText } from '../../../base/decimal.ts'
import { eventNameOf } from '../../../semconv/aliases.ts'
import { attributeDefinition } from '../../../semconv/attributes.ts'
import { eventDefinition } from '../../../semconv/events.ts'
import { severities } from '../../../semconv/severity.ts'
import type { AttributeName } from '../../../semconv/attributes.ts'
import type { Severity } from '../../../semconv/severity.ts'
import type { AnyValue, LogRecord } from '../../../wire/record.ts'

const always: Readonly<Record<string, AttributeName>> = {
  symbol: 'trading.symbol',
  strategy: 'trading.strategy',
  platform: 'trading.venue',
  venue: 'trading.venue',
  exchange: 'trading.venue',
  order_id: 'trading.order.id',
  client_order_id: 'trading.order.client_id',
  order_type: 'trading.order.type',
  filled_qty: 'trading.order.filled_quantity',
  avg_price: 'trading.order.average_price',
  hedge_qty: 'trading.hedge.quantity',
  total_hedged: 'trading.hedge.covered_quantity',
  avg_hedge_price: 'trading.hedge.average_price',
  unwind_qty: 'trading.unwind.quantity',
  unwind_loss: 'trading.unwind.loss',
  orderbook_snapshot_seq: 'trading.book.sequence',
  task_config: 'trading.task.config',
  actual_profit: 'trading.task.profit',
  entry_price: 'trading.position.entry_price',
  exit_price: 'trading.position.exit_price',
  atr: 'trading.atr',
  velocity: 'trading.velocity',
  confidence: 'trading.signal.confidence',
  leverage: 'trading.position.leverage',
  run_id: 'trading.run.id',
  executor_id: 'trading.executor.id',
  attempt_id: 'trading.attempt.id',
  log_schema_version: 'trading.log_schema_version',
  error_type: 'exception.type',
  stack: 'exception.stacktrace',
  http_status: 'http.response.status_code',
  response_body: 'http.response.body',
  duration_ms: 'trading.api.duration_ms',
  status_code: 'http.response.status_code',
  endpoint: 'url.path',
  method: 'http.request.method',
  position_id: 'trading.position.id',
}

/** Names whose meaning depends on what the event is of. */
const byRoom: Readonly<Record<string, Readonly<Record<string, AttributeName>>>> = {
  order: {
    side: 'trading.order.side',
    price: 'trading.order.price',
    quantity: 'trading.order.quantity',
    qty: 'trading.order.quantity',
    reason: 'trading.order.reject.text',
  },
  position: { side: 'trading.position.side', quantity: 'trading.position.quantity' },
  signal: { price: 'trading.decision.price', direction: 'trading.side', side: 'trading.side' },
  hedge: { reason: 'trading.hedge.reason', attempt: 'trading.hedge.attempt' },
  unwind: { reason: 'trading.unwind.reason', attempt: 'trading.unwind.attempt' },
  task: {
    profit: 'trading.task.profit',
    reason: 'trading.task.reason',
    duration_ms: 'trading.task.duration_ms',
  },
  price_guard: { price: 'trading.price_guard.price', limit: 'trading.price_guard.limit' },
}

const sides: Readonly<Record<string, string>> = {
  up: 'buy',
  down: 'sell',
  long: 'long',
  short: 'short',
}

/** Attributes whose values are words in lower case here. */
const words: ReadonlySet<string> = new Set([
  'trading.side',
  'trading.order.side',
  'trading.order.type',
  'trading.position.side',
])

/** Attributes that are whole numbers; every other number of money or size is a decimal text. */
const integers: ReadonlySet<string> = new Set([
  'trading.book.sequence',
  'trading.hedge.attempt',
  'trading.unwind.attempt',
  'http.response.status_code',
])

const doubles: ReadonlySet<string> = new Set([
  'trading.atr',
  'trading.velocity',
  'trading.signal.confidence',
  'trading.position.leverage',
  'trading.api.duration_ms',
  'trading.task.duration_ms',
])

/**
 * The attributes of a foreign event.
 * @param event its name in the registry, or as it came
 */
export function attributesOf(
  event: string,
  data: Readonly<Record<string, unknown>>,
): Map<string, AnyValue> {
  const room = /^trading\.([a-z_]+)/.exec(event)?.[1] ?? ''
  const attributes = new Map<string, AnyValue>()
  for (const [key, value] of Object.entries(data)) {
    const plain = key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
    const name = byRoom[room]?.[plain] ?? always[plain]
    if (value === null || value === undefined) continue
    attributes.set(name ?? key, name === undefined ? anyValue(value) : known(name, value))
  }
  return attributes
}

/** A value under a name: of the vocabulary in the form that it has there, of another name as it is. */
export function knownValue(name: string, value: unknown): AnyValue {
  return isKnown(name) ? known(name, value) : anyValue(value)
}

function isKnown(name: string): name is AttributeName {
  return attributeDefinition(name) !== undefined
}

function known(name: AttributeName, value: unknown): AnyValue {
  const type = attributeDefinition(name)?.type
  const isInteger = integers.has(name) || type === 'int'
  if (typeof value === 'number') {
    if (isInteger && Number.isSafeInteger(value)) return BigInt(value)
    const isDouble = doubles.has(name) || type === 'double'
    return isDouble ? value : (decimalText(value) ?? String(value))
  }
  // An id that the logger wrote as a number.
  if (typeof value === 'bigint' && !isInteger) return String(value)
  if (typeof value === 'string' && words.has(name)) {
    const word = value.toLowerCase()
    return name === 'trading.position.side' ? word : (sides[word] ?? word)
  }
  return anyValue(value)
}

const int64Max = 2n ** 63n

/** A value of JSON as an attribute: whole numbers as integers, those beyond 64 bits as text. */
export function anyValue(value: unknown): AnyValue {
  if (typeof value === 'bigint')
    return value >= -int64Max && value < int64Max ? value : String(value)
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(anyValue)
  if (typeof value !== 'object' || value === null) return null
  return new Map(Object.entries(value).map(([key, item]) => [key, anyValue(item)] as const))
}

const noAttributes = new Map<string, AnyValue>()
const resource = { attributes: noAttributes, droppedAttributesCount: 0, schemaUrl: '' }

/** A log record of a foreign logger. */
export function foreignRecord(parts: {
  readonly time: bigint
  readonly level?: Severity | undefined
  readonly event: string
  readonly message: string | undefined
  readonly module: string
  readonly traceId: string
  readonly attributes: ReadonlyMap<string, AnyValue>
}): LogRecord {
  const { event, time, traceId, attributes, message } = parts
  const registered = eventNameOf(event)
  const definition = registered === undefined ? undefined : eventDefinition(registered)
  const level = parts.level ?? definition?.severity ?? 'info'
  return {
    signal: 'log',
    time,
    observedTime: time,
    severityNumber: severities[level],
    severityText: level,
    eventName: registered ?? event,
    body: message ?? definition?.brief ?? null,
    attributes,
    droppedAttributesCount: 0,
    flags: 0,
    traceId,
    spanId: '',
    resource,
    scope: { ...resource, name: parts.module, version: '' },
  }
}
