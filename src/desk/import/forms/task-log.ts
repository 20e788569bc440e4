/**
 * Task logs: `tasks/<id>/events.jsonl` and `orderbooks.jsonl` of a bot that numbers its events and its snapshots within a
 * task, each on their own, with times in milliseconds.
 *
 * An event is known by task and number, a snapshot too, and never one by the number of the other.
 */
import { traceIdOf } from '../../../base/ids.ts'
import { decimalText } from '../../../base/decimal.ts'
import { eventNameOf } from '../../../semconv/aliases.ts'
import { FillpathError } from '../../../semconv/error.ts'
import { anyValue, attributesOf, foreignRecord } from './foreign.ts'
import { isJson } from './json.ts'
import type { AnyValue } from '../../../wire/record.ts'
import type { Arrival } from '../../store/identity.ts'
import type { Json } from './json.ts'

/**
 * The record of a line of a task log.
 * @throws FillpathError `line_malformed`
 */
export function taskArrival(json: Json): Arrival {
  const taskId = String(json['taskId'])
  const sequence = numberAt(json, 'sequence')
  const time = BigInt(Math.round(numberAt(json, 'timestamp') * 1_000)) * 1_000n
  const own = new Map<string, AnyValue>([['trading.task.id', taskId]])
  const common = { time, module: 'task-log', traceId: traceIdOf(taskId), message: undefined }
  if (typeof json['trigger'] === 'string' && json['type'] === undefined) {
    own.set('trading.book.sequence', BigInt(sequence))
    const attributes = new Map([...own, ...snapshotAttributes(json)])
    return {
      key: `book/${taskId}/${sequence}`,
      record: foreignRecord({ ...common, event: 'trading.book.snapshot', attributes }),
    }
  }
  const type = json['type']
  if (typeof type !== 'string') {
    throw new FillpathError('line_malformed', 'the line of a task log has neither type nor trigger')
  }
  own.set('trading.sequence', BigInt(sequence))
  const event = eventNameOf(type) ?? type
  const payload = isJson(json['payload']) ? json['payload'] : {}
  const attributes = new Map([...own, ...attributesOf(event, payload)])
  return {
    key: `task/${taskId}/${sequence}`,
    record: foreignRecord({ ...common, event, attributes }),
  }
}

function numberAt(json: Json, name: string): number {
  const value = json[name]
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new FillpathError(
    'line_malformed',
    `${name} of a line of a task log is ${JSON.stringify(value)}, not a number`,
  )
}

/** Everything with bids and asks is the book of a venue. */
function snapshotAttributes(json: Json): Map<string, AnyValue> {
  const venues = new Map<string, AnyValue>()
  for (const [venue, book] of Object.entries(json)) {
    if (!isJson(book) || !Array.isArray(book['bids']) || !Array.isArray(book['asks'])) continue
    venues.set(venue, bookOf(book))
  }
  const attributes = new Map<string, AnyValue>([
    ['trading.book.trigger', String(json['trigger'])],
    ['trading.book.venues', venues],
  ])
  const metrics = json['arbMetrics']
  if (!isJson(metrics)) return attributes
  set(attributes, 'trading.arb.total_cost', decimalText(metrics['totalCost']))
  set(attributes, 'trading.arb.profit_percent', numberIn(metrics['profitPercent']))
  set(attributes, 'trading.arb.valid', metrics['isValid'])
  set(attributes, 'trading.arb.max_depth', decimalText(metrics['maxDepth']))
  return attributes
}

function bookOf(book: Json): Map<string, AnyValue> {
  const read = new Map<string, AnyValue>()
  for (const side of ['bids', 'asks'] as const) {
    const levels = Array.isArray(book[side]) ? book[side] : []
    read.set(
      side,
      levels
        .filter(Array.isArray)
        .map((level: unknown[]) => level.map((cell) => decimalText(cell) ?? null)),
    )
  }
  set(read, 'best_bid', decimalText(book['bestBid']))
  set(read, 'best_ask', decimalText(book['bestAsk']))
  set(read, 'spread', decimalText(book['spread']))
  set(read, 'latency_ms', numberIn(book['latencyMs']))
  return read
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function set(map: Map<string, AnyValue>, name: string, value: unknown): void {
  if (value === undefined || value === null) return
  map.set(name, typeof value === 'number' ? value : anyValue(value))
}
