/**
 * Closes the spans that a dead process left open, from what it noted in `open-spans` (open-spans.ts), exactly once.
 *
 * The closed spans become one more segment of the dead process's own folder, so that they are sent, counted and deleted as
 * what it wrote itself:
 *
 *   open-spans (what is open)  →  open-spans (the segment, whole)  →  critical-<next number>.seg
 *
 * Both steps are a rename, so a process that dies half-way leaves one of three states, and the next one goes on from there:
 * nothing is closed yet, or all of it is. Who may do it is decided before, by the rename of the folder.
 *
 * - A span is closed with status ERROR and the outcome `interrupted`, at the last time known of its process: that of the
 *   last record it wrote. `trading.flow.interrupted` goes with the span of a signal.
 * - A span whose end stands in the last segment has ended: the process died before it could note that.
 * - A run that did not end in good order (manifest.ts) is told of by `trading.run.crashed`, at the same time.
 * - Record ids follow from span ids: should a segment be sent twice, receivers know the second one.
 */
import { basename, dirname, join } from 'node:path'
import type { PriorityClass } from '../../semconv/classes.ts'
import { priorityClasses } from '../../semconv/classes.ts'
import { findFrame, isZero, ordinalGap, readFrame } from '../../wire/frame.ts'
import type { Frame } from '../../wire/frame.ts'
import {
  decodeSegmentHeader,
  parseSegmentName,
  segmentHeaderBytes,
  segmentName,
} from '../../wire/segment.ts'
import type { SegmentHeader } from '../../wire/segment.ts'
import { ClosingSegment } from './closing-segment.ts'
import type { Disk } from './disk.ts'
import { readWhole, replaceFile } from './disk.ts'
import { readManifest } from './manifest.ts'
import { openSpansFile, parseCheckpointName, parseFolderName } from './place.ts'
import { SpanBytes } from './span-bytes.ts'

/** What is known of a flow whose process died: attributes of its signal that are texts. */
export type InterruptedFlow = Readonly<Record<string, string>>

/** What a dead process left open, ready to be closed. */
export interface Closing {
  /** Spans that were open. */
  readonly spans: number
  /** The signals among them, each with its attributes that are texts: as many flows were interrupted. */
  readonly flows: readonly InterruptedFlow[]
  /** When the process was last known to live, nanoseconds since the epoch; 0n when nothing is known. */
  readonly lastNs: bigint
  /** Closes them, in the folder that may have another name by now. Throws what the disk throws; then it can be done again. */
  write(folder: string): void
}

/**
 * Reads what the process that wrote `folder` left open. Changes nothing, so that it can be done before it is known who
 * closes. `undefined` when there is no note, or one of another version.
 *
 * @throws what the disk throws
 */
export function readClosing(disk: Disk, folder: string): Closing | undefined {
  const bytes = readWhole(disk, join(folder, openSpansFile))
  if (bytes === undefined) return undefined
  const { header, ...fault } = decodeSegmentHeader(bytes)
  if (header === undefined && 'fault' in fault && fault.fault === 'version') return undefined
  if (header !== undefined && header.number > 0) return half(disk, header, bytes)
  const note = readNote(bytes)
  const traces = readTraces(disk, folder)
  const lastNs = note.lastNs > traces.lastNs ? note.lastNs : traces.lastNs
  const runs = hasEnded(disk, folder) ? [] : [...note.open.values()].filter(isOfRun)
  const open = [...note.open.values()].filter(
    (frame) => !isOfRun(frame) && !traces.ended.has(idOf(frame.payload)),
  )
  return {
    spans: open.length,
    flows: open.flatMap(flowOf),
    lastNs,
    write(path) {
      const file = join(path, openSpansFile)
      if (open.length + runs.length === 0 || header === undefined) {
        disk.unlink(file)
        return
      }
      const { number, ordinal, sequence } = traces
      const head = { ...header, machine: '0'.repeat(32), wallNs: lastNs, monotonicNs: 0n }
      const segment = new ClosingSegment({ ...head, number, ordinal }, sequence)
      for (const { origin, payload } of note.origins.values()) segment.define(origin, payload)
      for (const { origin, payload } of open) segment.close(origin, payload)
      for (const { origin, payload } of runs) segment.tell(origin, payload)
      replaceFile(disk, file, segment.bytes())
      finish(disk, path, number)
    },
  }
}

/** Another process closed them, and died before it could give the file its name, and before it could say so. */
function half(disk: Disk, { number, wallNs }: SegmentHeader, bytes: Uint8Array): Closing {
  const closed: Frame[] = []
  walk(bytes, (frame) => void (frame.signal === 'span' && closed.push(frame)))
  return {
    spans: closed.length,
    flows: closed.flatMap(flowOf),
    lastNs: wallNs,
    write: (path) => finish(disk, path, number),
  }
}

/** Whether a frame is about the run, not about a span. */
function isOfRun({ signal }: Frame): boolean {
  return signal === 'log'
}

function flowOf({ payload }: Frame): InterruptedFlow[] {
  const span = new SpanBytes(payload)
  return span.name === 'signal' ? [span.texts()] : []
}

/** Did the run of a folder end in good order, though the disk did not take the note of it? */
function hasEnded(disk: Disk, folder: string): boolean {
  const boot = parseFolderName(basename(folder))?.boot
  if (boot === undefined) return false
  return readManifest(disk, dirname(folder), boot)?.status === 'ended'
}

function finish(disk: Disk, folder: string, number: number): void {
  disk.rename(join(folder, openSpansFile), join(folder, segmentName('critical', number)))
}

/** What stands in a file of open spans. */
interface Note {
  readonly origins: Map<number, Frame>
  readonly open: Map<number, Frame>
  lastNs: bigint
}

function readNote(bytes: Uint8Array): Note {
  const note: Note = { origins: new Map(), open: new Map(), lastNs: 0n }
  const { lastNs } = walk(bytes, (frame) => {
    if (frame.kind === 'dictionary') note.origins.set(frame.origin, frame)
    else if (frame.payload.length > 0) note.open.set(frame.sequence, frame)
    else note.open.delete(frame.sequence)
  })
  note.lastNs = lastNs
  return note
}

/** What the last segments of a folder tell of its process. */
interface Traces {
  /** Ids of spans that have ended. */
  readonly ended: Set<string>
  lastNs: bigint
  /** Highest sequence. */
  sequence: number
  /** Number and first ordinal of the critical segment that comes next. */
  number: number
  ordinal: number
}

function readTraces(disk: Disk, folder: string): Traces {
  const traces: Traces = { ended: new Set(), lastNs: 0n, sequence: 0, number: 0, ordinal: 0 }
  const names = disk.list(folder) ?? []
  for (const recordClass of priorityClasses) {
    const number = lastNumber(names, recordClass)
    if (number === 0) continue
    const bytes = readWhole(disk, join(folder, segmentName(recordClass, number)))
    if (bytes === undefined) continue
    const isCritical = recordClass === 'critical'
    const { header } = decodeSegmentHeader(bytes)
    if (isCritical) traces.ordinal = header?.ordinal ?? 0
    const { lastNs, isTorn } = walk(bytes, (frame) => {
      traces.sequence = Math.max(traces.sequence, frame.sequence)
      if (!isCritical || frame.signal === undefined) return
      if (ordinalGap(traces.ordinal, frame.ordinal + 1) > 0) traces.ordinal = frame.ordinal + 1
      if (frame.signal === 'span') traces.ended.add(idOf(frame.payload))
    })
    if (lastNs > traces.lastNs) traces.lastNs = lastNs
    // The record that a torn tail held is missing: the ordinals say so.
    if (isCritical && isTorn) traces.ordinal += 1
  }
  traces.number =
    1 + Math.max(lastNumber(names, 'critical'), acknowledgedNumber(disk, folder, names))
  return traces
}

function lastNumber(names: readonly string[], recordClass: PriorityClass): number {
  const numbers = names.flatMap((name) => {
    const parsed = parseSegmentName(name)
    return parsed?.class === recordClass ? [parsed.number] : []
  })
  return Math.max(0, ...numbers)
}

/** The highest critical segment that a checkpoint names: it may be deleted, and its name must not be used again. */
function acknowledgedNumber(disk: Disk, folder: string, names: readonly string[]): number {
  let number = 0
  for (const name of names.filter((each) => parseCheckpointName(each) !== undefined)) {
    const text = readWhole(disk, join(folder, name))?.toString('latin1') ?? ''
    for (const [found] of text.matchAll(/critical-\d{8,10}\.seg/g))
      number = Math.max(number, parseSegmentName(found)?.number ?? 0)
  }
  return number
}

/** Visits the good frames of a segment; says when the last one was written, and whether bytes follow it. */
function walk(
  bytes: Uint8Array,
  visit: (frame: Frame) => void,
): { readonly lastNs: bigint; readonly isTorn: boolean } {
  const result = decodeSegmentHeader(bytes)
  const begunNs = result.header?.wallNs
  let lastMs: number | undefined
  let place = result.header === undefined ? segmentHeaderBytes : result.length
  for (;;) {
    const frame = readFrame(bytes, place).frame ?? findFrame(bytes, place + 1)
    if (frame === undefined) break
    visit(frame)
    lastMs = Math.max(lastMs ?? 0, frame.timeMs)
    place = frame.end
  }
  const isTorn = place < bytes.length && !isZero(bytes, place, bytes.length)
  if (begunNs === undefined || lastMs === undefined) return { lastNs: 0n, isTorn }
  return { lastNs: begunNs + BigInt(lastMs) * 1_000_000n, isTorn }
}

/** Trace and span id, which stand first in the bytes of a span. */
function idOf(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, Math.min(28, payload.length)).toString(
    'hex',
  )
}
