import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { traceIdOf } from '../../src/base/ids.ts'
import type {
  AnyValue,
  LogRecord,
  MetricPoint,
  Origin,
  SpanEvent,
  SpanRecord,
} from '../../src/wire/record.ts'

const none = new Map<string, AnyValue>()

/** Where the records of these tests come from. */
export const origin: Origin = {
  resource: {
    attributes: new Map([['service.name', 'hedge-bot']]),
    droppedAttributesCount: 0,
    schemaUrl: '',
  },
  scope: {
    name: 'bot.orders',
    version: '1.0.0',
    attributes: none,
    droppedAttributesCount: 0,
    schemaUrl: '',
  },
}

/** 2026-11-21T09:20:33.000000000Z, and some milliseconds. */
export function at(ms: number): bigint {
  return 1_795_252_833_000_000_000n + BigInt(Math.round(ms * 1e6))
}

export const traceId = traceIdOf('sig_abc123')

/** Attributes from an object. */
export function attributes(values: Readonly<Record<string, AnyValue>>): Map<string, AnyValue> {
  return new Map(Object.entries(values))
}

/** A log record; an event when `eventName` is given. */
export function log(
  message: string,
  data: Readonly<Record<string, AnyValue>> = {},
  more: Partial<LogRecord> = {},
): LogRecord {
  return {
    signal: 'log',
    time: at(0),
    observedTime: at(0),
    severityNumber: 9,
    severityText: 'info',
    eventName: '',
    body: message === '' ? null : message,
    attributes: attributes(data),
    droppedAttributesCount: 0,
    flags: 1,
    traceId,
    spanId: '',
    ...origin,
    ...more,
  }
}

/** An event of the registry, on a span of the trace. */
export function event(
  eventName: string,
  ms: number,
  spanId: string,
  data: Readonly<Record<string, AnyValue>> = {},
): LogRecord {
  return log('', data, { eventName, time: at(ms), observedTime: at(ms), spanId })
}

/** A span of the trace, from `startMs` to `endMs`. */
export function span(
  name: string,
  spanId: string,
  [startMs, endMs]: readonly [number, number],
  more: Partial<Omit<SpanRecord, 'attributes'>> & {
    readonly data?: Readonly<Record<string, AnyValue>>
  } = {},
): SpanRecord {
  const { data = {}, ...rest } = more
  return {
    signal: 'span',
    traceId,
    spanId,
    parentSpanId: '',
    traceState: '',
    flags: 1,
    name,
    kind: 1,
    start: at(startMs),
    end: at(endMs),
    statusCode: 0,
    statusMessage: '',
    attributes: attributes(data),
    droppedAttributesCount: 0,
    events: [] as SpanEvent[],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    ...origin,
    ...rest,
  }
}

/** A point of a counter. */
export function point(name: string, value = 1): MetricPoint {
  return {
    signal: 'metric',
    name,
    description: '',
    unit: '{order}',
    metadata: none,
    start: at(0),
    time: at(1000),
    attributes: none,
    flags: 0,
    exemplars: [],
    point: { type: 'sum', value: BigInt(value), temporality: 2, monotonic: true },
    ...origin,
  }
}

/** A temporary folder that goes away. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'fillpath-archive-'))

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }

  /** The lines of a file in it; none when it is not there. */
  lines(path: string): string[] {
    try {
      return readFileSync(join(this.path, path), 'utf8').split('\n').slice(0, -1)
    } catch {
      return []
    }
  }

  /** All files, by path, with their modes. */
  files(): Record<string, string> {
    const files: Record<string, string> = {}
    for (const entry of readdirSync(this.path, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      files[relative(this.path, path)] = (statSync(path).mode & 0o777).toString(8)
    }
    return files
  }
}
