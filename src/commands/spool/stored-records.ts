import { priorityClasses } from '../../semconv/classes.ts'
import { classOfFrame, decodeOrigin, ordinalGap } from '../../wire/frame.ts'
import { scanSegment } from './scan.ts'
import type { PriorityClass } from '../../semconv/classes.ts'
import type { Frame, OriginBytes, Signal } from '../../wire/frame.ts'
import type { SegmentFile } from './scan.ts'

/** A record where it stands, not decoded. */
export interface StoredRecord {
  readonly path: string
  readonly offset: number
  readonly class: PriorityClass
  readonly signal: Signal
  readonly sequence: number
  readonly origin: OriginBytes
  readonly payload: Uint8Array
}

const nothing: OriginBytes = { resource: new Uint8Array(0), scope: new Uint8Array(0) }

/**
 * The records of one run in the order in which they were recorded: its three series merged by their sequence, each record
 * once. Holds one segment of each series in memory.
 */
export class StoredRecords {
  /** Files that could not be read. */
  readonly problems: string[] = []
  /** Places that could not be read. */
  damage = 0
  readonly #files: readonly SegmentFile[]
  readonly #origins = new Map<number, OriginBytes>()

  constructor(files: readonly SegmentFile[]) {
    this.#files = files
  }

  *all(): Generator<StoredRecord, void, undefined> {
    const classes = [...priorityClasses, undefined]
    const lanes = classes.flatMap((segmentClass) => {
      const series = this.#series(this.#files.filter((file) => file.class === segmentClass))
      const { value } = series.next()
      return value === undefined ? [] : [{ series, head: value }]
    })
    while (lanes.length > 0) {
      const lane = lanes.reduce((a, b) => (b.head.sequence < a.head.sequence ? b : a))
      yield lane.head
      const { value } = lane.series.next()
      if (value === undefined) lanes.splice(lanes.indexOf(lane), 1)
      else lane.head = value
    }
  }

  *#series(files: readonly SegmentFile[]): Generator<StoredRecord, undefined, undefined> {
    // A segment that could not be synced is written again: the same records, with the same ordinals.
    let ordinalNext: number | undefined
    for (const file of files) {
      const frames: Frame[] = []
      const { problem, damage } = scanSegment(file, (frame) => {
        if (frame.kind === 'dictionary') this.#learn(frame)
        else frames.push(frame)
      })
      if (problem !== '') this.problems.push(problem)
      this.damage += damage.length
      for (const frame of frames) {
        const { signal, sequence, start, payload, ordinal } = frame
        const recordClass = classOfFrame(frame)
        if (recordClass === undefined || signal === undefined) continue
        if (ordinalNext !== undefined && ordinalGap(ordinalNext, ordinal) < 0) continue
        ordinalNext = ordinal + 1
        const origin = this.#origins.get(frame.origin) ?? this.#anyOrigin()
        yield {
          path: file.path,
          offset: start,
          class: recordClass,
          signal,
          sequence,
          origin,
          payload,
        }
      }
    }
    return undefined
  }

  #learn(frame: Frame): void {
    const origin = this.#origins.has(frame.origin) ? undefined : decodeOrigin(frame.payload)
    if (origin !== undefined) this.#origins.set(frame.origin, origin)
  }

  /** A process has one resource as a rule, and any resource says more than none. */
  #anyOrigin(): OriginBytes {
    const [other] = this.#origins.values()
    return { resource: other?.resource ?? nothing.resource, scope: nothing.scope }
  }
}
