/** Records in the forms that other tools read: JSON lines of fillpath, OTLP JSON lines, CSV. */
import { encodeLine } from '../../wire/line.ts'
import { timeText } from '../../wire/line/time.ts'
import { doubleText } from '../../wire/line/value.ts'
import { encodeLogs, encodeMetrics, encodeTraces } from '../../wire/otlp-json.ts'
import { columnsOf } from './columns.ts'
import type { WireRecord } from '../../wire/record.ts'
import type { Cell } from './columns.ts'
import type { Signal } from './records.ts'
import type { Sink } from './sink.ts'

/** Writes records in one form. */
export interface RecordWriter {
  add(records: readonly WireRecord[]): Promise<void>
  /** Writes what is still in hand. */
  end(): Promise<void>
}

const endsNow = async (): Promise<void> => Promise.resolve()

/** The lines of fillpath: lossless, and what `fillpath import` reads. */
export function lineWriter(sink: Sink): RecordWriter {
  return {
    add: async (records) => sink.write(records.map((record) => `${encodeLine(record)}\n`).join('')),
    end: endsNow,
  }
}

const recordsMax = 512
/** The `otlpjsonfile` receiver of the Collector cuts longer lines, unless it is told otherwise. */
const requestBytesMax = 1_000_000

/**
 * One OTLP request a line, of one kind of record each, as the file exporter of the Collector writes them and its
 * `otlpjsonfile` receiver, otel-tui and lnav read them. Records share their resource and scope within a request.
 */
export function otlpWriter(sink: Sink): RecordWriter {
  const waiting: Record<Signal, WireRecord[]> = { log: [], span: [], metric: [] }
  const flush = async (signal: Signal): Promise<void> => {
    const records = waiting[signal].splice(0)
    if (records.length > 0) await sink.write(requests(records).join(''))
  }
  return {
    async add(records) {
      for (const record of records) {
        waiting[record.signal].push(record)
        if (waiting[record.signal].length >= recordsMax) await flush(record.signal)
      }
    },
    async end() {
      for (const signal of ['log', 'span', 'metric'] as const) await flush(signal)
    },
  }
}

/** Lines for records of one kind; a line that would be too long becomes two. */
function requests(records: readonly WireRecord[]): string[] {
  const line = `${requestOf(records)}\n`
  if (records.length === 1 || Buffer.byteLength(line) <= requestBytesMax) return [line]
  const half = records.length >> 1
  return [...requests(records.slice(0, half)), ...requests(records.slice(half))]
}

function requestOf(records: readonly WireRecord[]): string {
  const logs = records.filter((record) => record.signal === 'log')
  if (logs.length > 0) return encodeLogs(logs)
  const spans = records.filter((record) => record.signal === 'span')
  if (spans.length > 0) return encodeTraces(spans)
  return encodeMetrics(records.filter((record) => record.signal === 'metric'))
}

/** A table with a line of names (RFC 4180, lines end with LF): times as ISO 8601 with nine decimals. */
export function csvWriter(sink: Sink, signal: Signal, more: readonly string[]): RecordWriter {
  const columns = columnsOf(signal, more)
  const names = `${columns.map(({ name }) => quoted(name)).join(',')}\n`
  let head = names
  return {
    async add(records) {
      const lines = records.map((record) => {
        const cells = columns.map((column) => quoted(textOf(column.of(record), column.kind)))
        return `${cells.join(',')}\n`
      })
      await sink.write(head + lines.join(''))
      head = ''
    },
    end: endsNow,
  }
}

function textOf(cell: Cell, kind: string): string {
  if (cell === null) return ''
  if (kind === 'time' && typeof cell === 'bigint') return timeText(cell)
  return typeof cell === 'number' && !Number.isInteger(cell) ? doubleText(cell) : String(cell)
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
