/**
 * Reads segments from the first byte to the last, damage and all. Looks only: a running bot goes on meanwhile, so what
 * vanishes is no fault, and an unfinished frame at the end of a segment that is written is none either.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../../probe/spool/disk.ts'
import { priorityClasses } from '../../semconv/classes.ts'
import type { Frame } from '../../wire/frame.ts'
import { findFrame, isZero, ordinalGap, readFrame } from '../../wire/frame.ts'
import type { SegmentClass, SegmentHeader } from '../../wire/segment.ts'
import { decodeSegmentHeader, parseSegmentName, segmentHeaderBytes } from '../../wire/segment.ts'
import { isLiving } from './place.ts'
import type { BootFolder } from './place.ts'

/** A segment file, before it is read. */
export interface SegmentFile {
  readonly path: string
  readonly name: string
  /** From the name; a file of another name says its class in its header. */
  readonly class: SegmentClass | undefined
  readonly number: number
  /** A living bot may be writing to it. */
  readonly isGrowing: boolean
}

/** Something that is not as it was written. */
export interface Damage {
  /** `missing`: records that should stand before this place. `header`: the frames behind it can be read. */
  readonly kind: 'header' | 'damaged' | 'torn' | 'missing'
  readonly path: string
  readonly offset: number
  /** Bytes that are no frame. */
  readonly bytes: number
  /** Records lost there; `undefined` when that cannot be told. */
  readonly records: number | undefined
}

/** What reading a segment came to. `refused`: of another version, or not ours. `gone`: delivered and deleted meanwhile. */
export type ScanState = 'whole' | 'damaged' | 'empty' | 'refused' | 'unreadable' | 'gone'

/** What reading a segment found. */
export interface SegmentScan {
  readonly file: SegmentFile
  readonly state: ScanState
  readonly header: SegmentHeader | undefined
  /** Why it was refused or cannot be read. */
  readonly problem: string
  readonly bytes: number
  /** Frames that are not part of the dictionary. */
  readonly records: number
  /** Lowest and highest sequence of its records. */
  readonly first: number | undefined
  readonly last: number | undefined
  readonly damage: readonly Damage[]
}

/** Called with each good frame. */
export type FrameVisitor = (frame: Frame, header: SegmentHeader | undefined) => void

/** The segments of a run's folder, by class and number. */
export function segmentsIn(boot: BootFolder): SegmentFile[] {
  const isAlive = isLiving(boot)
  const found = boot.names.flatMap((name) => {
    const parsed = parseSegmentName(name)
    return parsed === undefined ? [] : [{ path: join(boot.path, name), name, ...parsed }]
  })
  return priorityClasses.flatMap((segmentClass) => {
    const series = found.filter((file) => file.class === segmentClass)
    series.sort((a, b) => a.number - b.number)
    const newest = series.at(-1)
    return series.map((file) => ({ ...file, isGrowing: isAlive && file === newest }))
  })
}

/** Scans the segments of a run one after the other: what is missing between two of a series is found too. */
export function* scanAll(
  files: readonly SegmentFile[],
  visit?: FrameVisitor,
): Generator<SegmentScan, void, undefined> {
  let held: { scan: SegmentScan; ordinalNext: number | undefined } | undefined
  for (const file of files) {
    const found = scan(file, visit)
    const isNext =
      held !== undefined &&
      held.scan.file.class === file.class &&
      held.scan.file.number + 1 === file.number
    if (held !== undefined) {
      const lost =
        isNext && held.ordinalNext !== undefined && found.scan.header !== undefined
          ? Math.max(0, ordinalGap(held.ordinalNext, found.scan.header.ordinal))
          : undefined
      yield withLost(held.scan, lost)
    }
    held = found
  }
  if (held !== undefined) yield held.scan
}

/** Scans one segment. */
export function scanSegment(file: SegmentFile, visit?: FrameVisitor): SegmentScan {
  return scan(file, visit).scan
}

/** A torn tail lost the records up to the next segment; without one they are missing. */
function withLost(scan: SegmentScan, lost: number | undefined): SegmentScan {
  if (lost === undefined) return scan
  const tail = scan.damage.at(-1)
  if (tail?.kind === 'torn')
    return { ...scan, damage: [...scan.damage.slice(0, -1), { ...tail, records: lost }] }
  if (lost === 0) return scan
  const missing: Damage = {
    kind: 'missing',
    path: scan.file.path,
    offset: scan.bytes,
    bytes: 0,
    records: lost,
  }
  return { ...scan, state: 'damaged', damage: [...scan.damage, missing] }
}

interface Scanned {
  readonly scan: SegmentScan
  /** The ordinal that the next segment should begin with. */
  readonly ordinalNext: number | undefined
}

function scan(file: SegmentFile, visit: FrameVisitor | undefined): Scanned {
  let bytes: Buffer
  try {
    bytes = readFileSync(file.path)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT') return unread(file, 'gone', 0, '')
    return unread(file, 'unreadable', 0, `${file.path} cannot be read (${code})`)
  }
  const head = decodeSegmentHeader(bytes)
  if (head.header !== undefined) return walk(file, bytes, { ...head, damage: [] }, visit)
  if (head.fault === 'version') {
    const problem = `${file.path} has spool format ${head.version}, which this version of fillpath cannot read`
    return unread(file, 'refused', bytes.length, problem)
  }
  if (bytes.length < segmentHeaderBytes || isZero(bytes, 0, bytes.length))
    return unread(file, 'empty', bytes.length, '')
  if (head.fault !== 'damaged' && findFrame(bytes, segmentHeaderBytes) === undefined)
    return unread(file, 'refused', bytes.length, `${file.path} is not a spool segment`)
  const damage: Damage = {
    kind: 'header',
    path: file.path,
    offset: 0,
    bytes: segmentHeaderBytes,
    records: 0,
  }
  const broken = { header: undefined, length: segmentHeaderBytes, damage: [damage] }
  return walk(file, bytes, broken, visit)
}

function unread(file: SegmentFile, state: ScanState, bytes: number, problem: string): Scanned {
  const none = { header: undefined, records: 0, first: undefined, last: undefined, damage: [] }
  return { scan: { file, state, problem, bytes, ...none }, ordinalNext: undefined }
}

interface Head {
  readonly header: SegmentHeader | undefined
  readonly length: number
  readonly damage: Damage[]
}

function walk(
  file: SegmentFile,
  bytes: Buffer,
  { header, length, damage }: Head,
  visit: FrameVisitor | undefined,
): Scanned {
  const places = new Places(file, header, damage)
  let place = length
  while (place < bytes.length) {
    const good = readFrame(bytes, place).frame
    if (good === undefined && isZero(bytes, place, bytes.length)) break
    const frame = good ?? nextFrame(bytes, place + 1, places)
    if (frame === undefined) {
      places.end(place, bytes.length - place)
      break
    }
    places.pass(frame, place)
    visit?.(frame, header)
    place = frame.end
  }
  places.done()
  const { records, first, last, ordinal } = places
  const state = damage.length > 0 ? 'damaged' : 'whole'
  const found = { header, problem: '', bytes: bytes.length, records, first, last, damage }
  return { scan: { file, state, ...found }, ordinalNext: ordinal }
}

/** What was found on the way through a segment. */
class Places {
  readonly class: SegmentClass | undefined
  records = 0
  first: number | undefined
  last: number | undefined
  /** The ordinal that comes next; `undefined` where that is not known, and in a quarantine, which does not count. */
  ordinal: number | undefined
  readonly #file: SegmentFile
  readonly #damage: Damage[]
  /** A damaged place whose records are counted by the next record. */
  #open: { offset: number; bytes: number } | undefined

  constructor(file: SegmentFile, header: SegmentHeader | undefined, damage: Damage[]) {
    this.#file = file
    this.#damage = damage
    this.class = header?.class ?? file.class
    if (this.class !== 'quarantined') this.ordinal = header?.ordinal
  }

  /** A good frame; `place` is where it should begin. */
  pass(frame: Frame, place: number): void {
    if (frame.start > place) {
      this.#close(undefined)
      this.#open = { offset: place, bytes: frame.start - place }
    }
    if (frame.kind === 'dictionary') return
    const ahead = ordinalGap(this.ordinal ?? frame.ordinal, frame.ordinal)
    const lost = this.ordinal === undefined ? undefined : Math.max(0, ahead)
    if (this.#open !== undefined) this.#close(lost)
    else if (lost !== undefined && lost > 0) this.#add('missing', place, 0, lost)
    this.records += 1
    if (this.class !== 'quarantined' && ahead >= 0) this.ordinal = frame.ordinal + 1
    this.first = Math.min(this.first ?? frame.sequence, frame.sequence)
    this.last = Math.max(this.last ?? frame.sequence, frame.sequence)
  }

  /** Nothing but `bytes` of something else from `offset` to the end. */
  end(offset: number, bytes: number): void {
    this.#close(undefined)
    if (!this.#file.isGrowing) this.#add('torn', offset, bytes, undefined)
  }

  /** No frame is left. */
  done(): void {
    this.#close(undefined)
  }

  #close(records: number | undefined): void {
    const open = this.#open
    this.#open = undefined
    if (open !== undefined) this.#add('damaged', open.offset, open.bytes, records)
  }

  #add(kind: Damage['kind'], offset: number, bytes: number, records: number | undefined): void {
    this.#damage.push({ kind, path: this.#file.path, offset, bytes, records })
  }
}

/** The next frame that can stand in this segment: a payload may hold what looks like one. */
function nextFrame(bytes: Uint8Array, from: number, places: Places): Frame | undefined {
  let frame = findFrame(bytes, from)
  while (frame !== undefined) {
    if (frame.kind === 'dictionary') return frame
    const fits = places.class === undefined || frame.kind === places.class
    const { ordinal = frame.ordinal } = places
    if (fits && ordinalGap(ordinal, frame.ordinal) >= 0) return frame
    frame = findFrame(bytes, frame.start + 1)
  }
  return undefined
}
