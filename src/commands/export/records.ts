/** The records that are to be exported: which files hold them, and which of their lines are wanted. */
import { traceIdOf } from '../../base/ids.ts'
import { readStored } from '../../archive/files.ts'
import { asInLine } from '../../archive/read.ts'
import { arrivalsOf } from '../../desk/import/forms/forms.ts'
import { blocksOf } from '../../desk/import/lines.ts'
import { logTime, typeOf } from '../../desk/store/rows/event.ts'
import { eventMatcher } from '../../wire/event-pattern.ts'
import { timeText } from '../../wire/line/time.ts'
import type { LineBlock } from '../../desk/import/lines.ts'
import type { SourceFile } from '../../desk/import/sources.ts'
import type { Filter } from '../../desk/store/questions/answer.ts'
import type { WireRecord } from '../../wire/record.ts'

/** A kind of record. */
export type Signal = WireRecord['signal']

/** What is to be exported. */
export interface ExportFilter extends Omit<Filter, 'limit'> {
  readonly signals: ReadonlySet<Signal>
  /** An event name or a pattern, with or without `trading.`. */
  readonly event?: string | undefined
  /** The lowest severity number. */
  readonly severity?: number | undefined
}

/** What is told while files are read. */
export interface ReadNews {
  readonly onBadLine: () => void
  readonly onDamaged: (path: string) => void
  readonly onProgress: (bytes: number) => void
}

/** A file, and whether of its lines only those in a foreign form count: the others stand in another file too. */
export interface ExportFile extends SourceFile {
  readonly foreignOnly: boolean
}

/** The wanted records of `files`, in batches, in the order of the files. */
export async function* wantedRecords(
  files: readonly ExportFile[],
  filter: ExportFilter,
  news: ReadNews,
): AsyncGenerator<WireRecord[], void, undefined> {
  const mayBeWanted = lineTest(filter)
  const isWanted = recordTest(filter)
  for (const file of files) {
    let toldBytes = 0
    for await (const block of wholeBlocks(file, news)) {
      const records: WireRecord[] = []
      for (const line of block.lines) {
        if (line.trim() === '' || !mayBeWanted(line)) continue
        try {
          for (const { record, key } of arrivalsOf(line)) {
            if ((!file.foreignOnly || key !== undefined) && isWanted(record)) records.push(record)
          }
        } catch {
          if (!block.unfinished) news.onBadLine()
        }
      }
      if (records.length > 0) yield records
      const bytes = Math.min(file.size, block.nextByte)
      news.onProgress(bytes - toldBytes)
      toldBytes = bytes
    }
    news.onProgress(file.size - toldBytes)
  }
}

/** The blocks of a file; of a damaged one those before the damage. */
function wholeBlocks({ path, name }: ExportFile, news: ReadNews): AsyncIterable<LineBlock> {
  const folder = path.slice(0, -name.length)
  return readStored(folder, name, (place) => blocksOf(place, 0), news.onDamaged)
}

const timestamp = /^\{"timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z)"/

/** What the text of a line of ours shows already; of other lines the record is looked at. */
function lineTest(filter: ExportFilter): (line: string) => boolean {
  const from = filter.fromMs === undefined ? '' : timeText(nanoseconds(filter.fromMs))
  const to = filter.toMs === undefined ? '~' : timeText(nanoseconds(filter.toMs))
  const needles: string[][] = []
  for (const text of [filter.task, filter.symbol, filter.venue, filter.strategy]) {
    if (text !== undefined) needles.push([asInLine(text)])
  }
  const { correlation } = filter
  if (correlation !== undefined) needles.push([traceIdOf(correlation), asInLine(correlation)])
  return (line) => {
    const time = timestamp.exec(line)?.[1]
    if (time === undefined) return true
    if (time < from || time >= to) return false
    return needles.every((texts) => texts.some((text) => line.includes(text)))
  }
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n
}

function recordTest(filter: ExportFilter): (record: WireRecord) => boolean {
  const { signals, severity, correlation } = filter
  const fromNs = filter.fromMs === undefined ? undefined : nanoseconds(filter.fromMs)
  const toNs = filter.toMs === undefined ? undefined : nanoseconds(filter.toMs)
  const matches = filter.event === undefined ? undefined : eventMatcher(filter.event)
  const traceId = correlation === undefined ? '' : traceIdOf(correlation)
  const wanted = [
    ['trading.task.id', filter.task],
    ['trading.symbol', filter.symbol],
    ['trading.venue', filter.venue],
    ['trading.strategy', filter.strategy],
  ].flatMap(([name = '', value]) => (value === undefined ? [] : [[name, value] as const]))
  return (record) => {
    if (!signals.has(record.signal)) return false
    const time = timeOf(record)
    if ((fromNs !== undefined && time < fromNs) || (toNs !== undefined && time >= toNs))
      return false
    const { attributes } = record
    if (wanted.some(([name, value]) => attributes.get(name) !== value)) return false
    if (correlation !== undefined) {
      const isOfTrace = record.signal !== 'metric' && record.traceId === traceId
      if (!isOfTrace && attributes.get('trading.correlation_id') !== correlation) return false
    }
    if (matches === undefined && severity === undefined) return true
    return (
      record.signal === 'log' &&
      record.severityNumber >= (severity ?? 0) &&
      (matches === undefined || matches(typeOf(record)))
    )
  }
}

function timeOf(record: WireRecord): bigint {
  if (record.signal === 'log') return logTime(record)
  return record.signal === 'span' ? record.start : record.time
}
