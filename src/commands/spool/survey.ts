/** What a run's folder holds, and what the receivers still lack of it. Reads every record, changes nothing. */
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { channelName } from '../../probe/ship/checkpoint-names.ts'
import { loadCheckpoint } from '../../probe/spool/checkpoint.ts'
import { realDisk } from '../../probe/spool/disk.ts'
import { Extents } from '../../probe/spool/extents.ts'
import { machineId, machineNs } from '../../probe/spool/machine.ts'
import { readManifest } from '../../probe/spool/manifest.ts'
import { parseCheckpointName, reserveFile } from '../../probe/spool/place.ts'
import type { PriorityClass } from '../../semconv/classes.ts'
import { classOfFrame, signals } from '../../wire/frame.ts'
import type { Frame, Signal } from '../../wire/frame.ts'
import type { SegmentHeader } from '../../wire/segment.ts'
import { scanSegment, scanAll, segmentsIn } from './scan.ts'
import type { BootFolder } from './place.ts'
import type { Damage, SegmentFile, SegmentScan } from './scan.ts'

/** Records by signal. */
export type BySignal = Record<Signal, number>

/** What stands in the folder of one run. */
export interface BootSurvey {
  readonly boot: BootFolder
  readonly segments: number
  /** Bytes of all files, the reserve among them. */
  readonly bytes: number
  /** Bytes kept for critical records when the disk is full; 0 when there is no reserve. */
  readonly reserveBytes: number
  /** All records on disk. */
  readonly records: number
  /** Records that a receiver still lacks. */
  readonly waiting: Readonly<Record<PriorityClass, BySignal>>
  readonly waitingRecords: number
  /** Age of the oldest of them in milliseconds; 0 when there is none. */
  readonly oldestMs: number
  /** What each receiver that is known still lacks; by the last checkpoint, which is up to a second old. */
  readonly lacks: ReadonlyMap<string, BySignal>
  /** Whether a receiver has noted what it has of this run. */
  readonly isAcknowledged: boolean
  readonly damage: readonly Damage[]
  /** Files that cannot be read. */
  readonly problems: readonly string[]
}

/** A checkpoint of one signal of one receiver. */
interface Channel {
  readonly destination: string
  readonly signal: Signal
}

/**
 * Surveys the folder of a run.
 * @param known receivers that other runs of the spool know, so that one that has nothing of this one is counted too
 */
export function surveyBoot(boot: BootFolder, known: readonly string[]): BootSurvey {
  const files = segmentsIn(boot)
  const tally = new WaitingTally(boot, known)
  const scans: SegmentScan[] = []
  let records = 0
  for (const file of files) {
    tally.enter(file)
    const scan = scanSegment(file, (frame, header) => tally.see(frame, header))
    if (scan.state === 'gone') continue
    records += scan.records
    scans.push(scan)
  }
  const reserveBytes = sizeOf(join(boot.path, reserveFile))
  return {
    boot,
    segments: scans.length,
    bytes: scans.reduce((sum, { bytes }) => sum + bytes, reserveBytes),
    reserveBytes,
    records,
    waiting: tally.waiting,
    waitingRecords: tally.records,
    oldestMs: tally.oldestMs,
    lacks: tally.lacks,
    isAcknowledged: checkpointsIn(boot).length > 0,
    damage: scans.some(({ state }) => state === 'damaged')
      ? [...scanAll(files)].flatMap(({ damage }) => damage)
      : [],
    problems: scans.flatMap(({ problem }) => (problem === '' ? [] : [problem])),
  }
}

/**
 * The names of the channels that a run's records go to: those that have a checkpoint in its folder. A run that died before
 * its first checkpoint has noted in its manifest where it would have sent.
 */
export function channelsIn(boot: BootFolder): string[] {
  const names = checkpointsIn(boot)
  if (names.length > 0) return names
  const manifest = readManifest(realDisk, dirname(boot.path), boot.boot)
  return Object.entries(manifest?.destinations ?? {}).flatMap(([name, taken]) =>
    signals.filter((one) => taken.includes(one)).map((one) => channelName(name, one)),
  )
}

function checkpointsIn({ names }: BootFolder): string[] {
  return names.flatMap((name) => parseCheckpointName(name) ?? [])
}

/** The receiver and signal of a checkpoint; `undefined` for a name of another kind. */
export function parseChannel(name: string): Channel | undefined {
  const at = name.lastIndexOf(' ')
  const signal = signals.find((each) => each === name.slice(at + 1))
  return at > 0 && signal !== undefined ? { destination: name.slice(0, at), signal } : undefined
}

/** Nothing of any signal. */
export function noSignals(): BySignal {
  return { log: 0, span: 0, metric: 0 }
}

class WaitingTally {
  readonly waiting: Record<PriorityClass, BySignal> = {
    critical: noSignals(),
    normal: noSignals(),
    snapshot: noSignals(),
  }
  readonly lacks = new Map<string, BySignal>()
  records = 0
  oldestMs = 0
  readonly #channels: readonly (Channel & {
    readonly acked: ReadonlyMap<string, Iterable<readonly [number, number]>>
  })[]
  /** What each channel has of the segment that is read. */
  #shares: { readonly channel: Channel; readonly acked: Extents }[] = []

  constructor(boot: BootFolder, known: readonly string[]) {
    const names = new Set([...known, ...channelsIn(boot)])
    this.#channels = [...names].flatMap((name) => {
      const channel = parseChannel(name)
      if (channel === undefined) return []
      const key = { folder: boot.path, boot: boot.boot, destination: name }
      const { checkpoint } = loadCheckpoint(realDisk, key)
      const acked = new Map(
        [...(checkpoint ?? [])].map(([segment, entry]) => [segment, entry.acked]),
      )
      return [{ ...channel, acked }]
    })
    for (const { destination } of this.#channels) this.lacks.set(destination, noSignals())
  }

  enter(file: SegmentFile): void {
    this.#shares = this.#channels.map((channel) => ({
      channel,
      acked: new Extents(channel.acked.get(file.name) ?? []),
    }))
  }

  see(frame: Frame, header: SegmentHeader | undefined): void {
    const recordClass = classOfFrame(frame)
    const { signal } = frame
    if (recordClass === undefined || signal === undefined) return
    const own = this.#shares.filter(({ channel }) => channel.signal === signal)
    const lacking = own.filter(({ acked }) => !acked.covers(frame.start, frame.end))
    if (own.length > 0 && lacking.length === 0) return
    for (const { channel } of lacking) {
      const lacks = this.lacks.get(channel.destination)
      if (lacks !== undefined) lacks[signal] += 1
    }
    this.waiting[recordClass][signal] += 1
    this.records += 1
    this.oldestMs = Math.max(this.oldestMs, ageMs(frame, header))
  }
}

/** Age of a record, by the monotonic clock where the machine has not been restarted since. */
function ageMs({ timeMs }: Frame, header: SegmentHeader | undefined): number {
  if (header === undefined) return 0
  const isSame = header.machine === machineId() && header.machine !== '0'.repeat(32)
  const sinceNs = isSame
    ? machineNs() - header.monotonicNs
    : BigInt(Date.now()) * 1_000_000n - header.wallNs
  return Math.max(0, Number(sinceNs) / 1e6 - timeMs)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
