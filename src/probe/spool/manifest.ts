/**
 * What each run of a bot was and how it ended: `runs/<boot>.json` at the root of the spool. The file stays when the records
 * of the run were delivered, so that a person finds out without a receiver.
 *
 * ```
 * running  →  ended                by the run itself, at every proper stop
 *          →  crashed-recovered    by the one that takes over the folder of the dead run, and closes what it left open
 * ```
 *
 * - A file is replaced as a whole. Where the disk is full it is written over: it is long enough from the start.
 * - What the run has lost stands in it too, up to a second old: a bot that is killed tells it to nobody else.
 * - Who asks how a run ended asks the file; what the receiver is told follows from the note in `open-spans` (closing.ts).
 * - The newest hundred files are kept; a running one always is.
 */
import { dirname, join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { priorityClasses } from '../../semconv/classes.ts'
import type { PriorityClass } from '../../semconv/classes.ts'
import type { Disk } from './disk.ts'
import { readWhole, replaceFile, writeRange } from './disk.ts'
import type { Home } from './home.ts'
import { manifestPath, parseManifestName, runsFolder } from './place.ts'

/** What does not change while a bot runs. */
export interface RunFacts {
  /** Id of the run, which stands on each of its records. */
  readonly run: string
  readonly service: string
  readonly bot: string
  /** The service instance, as OpenTelemetry counts them. */
  readonly instance: string
  readonly mode?: string
  readonly commit?: string
  /** Hash of the configuration. */
  readonly config?: string
  readonly node: string
  readonly fillpath: string
  readonly host: string
  readonly pid: number
  /** Where its records go, and which signals each destination takes. */
  readonly destinations?: Readonly<Record<string, readonly string[]>>
}

/** Records that a run has lost, by class and reason (tally.ts): those that are above 0. */
export type Losses = Readonly<Partial<Record<PriorityClass, Readonly<Record<string, number>>>>>

/** How a run stands. */
export type RunStatus = 'running' | 'ended' | 'crashed-recovered'

/** A run of a bot. */
export interface Manifest extends RunFacts {
  readonly status: RunStatus
  /** ISO time. */
  readonly started: string
  /** ISO time; after a crash the last one at which the run is known to have lived. */
  readonly ended?: string
  readonly reason?: string
  /** Records that it has lost; absent when there are none. */
  readonly lost?: Losses
  /** The folder of its records. */
  readonly boot: string
  /** The process, as the spool tells it from others (ownership.ts). */
  readonly owner: string
}

/** What the manifest of a run asks of its spool. */
export interface RunHost {
  readonly disk: Disk
  readonly home: Home
  readonly clock: Clock
  readonly owner: string
  /** Folders whose names are to be synced. */
  readonly folders: Set<string>
  /** Records lost so far, and how many they are. */
  readonly losses: () => Losses
  readonly lost: () => number
}

const version = 1
const manifestsMax = 100
/** Longer than what stands in it now: how the run ended fits in without another block of the disk. */
const lengthMin = 2048

/** The manifest of the run that is going on. Nothing here throws. */
export class Run {
  readonly #host: RunHost
  #manifest: Manifest | undefined
  /** The file says less than is true. */
  #isBehind = false
  /** Losses that the file tells of. */
  #lostNoted = 0
  /** Files that are being synced. */
  #syncs = 0

  constructor(host: RunHost) {
    this.#host = host
  }

  /** The run began. */
  begin(facts: RunFacts): void {
    const { home, owner } = this.#host
    const { boot } = home
    this.#manifest = { ...facts, status: 'running', started: this.#now(), boot, owner }
    this.#write()
    this.#trim()
  }

  /** It ended in good order. */
  end(reason: string): void {
    if (this.#manifest?.status !== 'running') return
    this.#manifest = { ...this.#manifest, status: 'ended', ended: this.#now(), reason }
    this.#write()
  }

  /** Does the disk still sync what was written last? */
  get isSyncing(): boolean {
    return this.#syncs > 0
  }

  /** Notes what was lost since the last time. Once a second, also while the disk takes no records: it has room for this. */
  noteLosses(): void {
    if (this.#manifest !== undefined && this.#host.lost() !== this.#lostNoted) this.#write()
  }

  /** Writes what the disk refused before, and writes it again when it is gone. Once a second. */
  mend(): void {
    const path = this.#path
    try {
      if (path === undefined) return
      if (this.#isBehind || this.#host.disk.look(path) === undefined) this.#write()
    } catch {
      // Tried again in a second.
    }
  }

  get #path(): string | undefined {
    return this.#manifest && manifestPath(this.#host.home.root, this.#manifest.boot)
  }

  #now(): string {
    return timeText(this.#host.clock.wallNs())
  }

  #write(): void {
    const path = this.#path
    if (path === undefined || this.#manifest === undefined) return
    const { disk, folders, losses, lost } = this.#host
    const now = lost()
    if (now > 0) this.#manifest = { ...this.#manifest, lost: losses() }
    try {
      disk.makeFolder(dirname(path))
      save(disk, path, this.#manifest, (bytes) => this.#replace(path, bytes))
      folders.add(dirname(path))
      this.#isBehind = false
      this.#lostNoted = now
    } catch {
      this.#isBehind = true
    }
  }

  /** Puts the file in its place, and syncs it off this thread: a disk that hangs must hold neither start nor stop. */
  #replace(path: string, bytes: Uint8Array): void {
    const { disk } = this.#host
    const draft = `${path}.new`
    if (disk.look(draft) !== undefined) disk.unlink(draft)
    const file = disk.open(draft, 'create')
    const close = (): void => {
      try {
        disk.close(file)
      } catch {
        // What was written is written.
      }
    }
    const synced = (): void => {
      this.#syncs -= 1
      close()
    }
    try {
      writeRange(disk, file, bytes, 0)
      disk.rename(draft, path)
    } catch (error) {
      close()
      throw error
    }
    this.#syncs += 1
    void disk.syncFile(file).then(synced, synced)
  }

  #trim(): void {
    const { disk, home } = this.#host
    try {
      const folder = join(home.root, runsFolder)
      const names = disk.list(folder) ?? []
      if (names.length <= manifestsMax) return
      const old = names
        .filter((name) => parseManifestName(name) !== undefined)
        .map((name) => ({ name, ms: disk.look(join(folder, name))?.modifiedMs ?? 0 }))
        .sort((a, b) => b.ms - a.ms)
        .slice(manifestsMax)
      for (const { name } of old) {
        const boot = parseManifestName(name) ?? ''
        if (readManifest(disk, home.root, boot)?.status !== 'running')
          disk.unlink(join(folder, name))
      }
    } catch {
      // Some files more, until the next start.
    }
  }
}

/** A manifest; `undefined` where there is none that this version can read. Throws what the disk throws. */
export function readManifest(disk: Disk, root: string, boot: string): Manifest | undefined {
  const text = readWhole(disk, manifestPath(root, boot))?.toString()
  return text === undefined ? undefined : parseManifest(text)
}

/** A manifest from the text of its file; `undefined` for another text. */
export function parseManifest(text: string): Manifest | undefined {
  let fields: Partial<Record<keyof Manifest | 'version', unknown>>
  try {
    fields = Object(JSON.parse(text))
  } catch {
    // Half of a file that was written over, or none of ours.
    return undefined
  }
  const { run, status, started, boot, owner, pid } = fields
  const isWhole = [run, started, boot, owner].every((field) => typeof field === 'string')
  if (fields.version !== version || !isWhole || typeof pid !== 'number' || !isStatus(status))
    return undefined
  const { version: _, ...rest } = fields
  if (!Object.values(Object(rest.destinations)).every(Array.isArray)) delete rest.destinations
  if (!areLosses(rest.lost)) delete rest.lost
  return rest as Manifest
}

/**
 * Marks a run as crashed, unless it has ended or was marked before.
 * @param lastNs when it was last known to live, nanoseconds since the epoch
 * @returns whether it was marked now
 * @throws what the disk throws
 */
export function markCrashed(disk: Disk, root: string, boot: string, lastNs: bigint): boolean {
  const manifest = readManifest(disk, root, boot)
  if (manifest?.status !== 'running') return false
  const ended = lastNs > 0n ? { ended: timeText(lastNs) } : {}
  const path = manifestPath(root, boot)
  const crashed: Manifest = { ...manifest, ...ended, status: 'crashed-recovered' }
  save(disk, path, crashed, (bytes) => replaceFile(disk, path, bytes))
  return true
}

/** Writes a manifest by `replace`; over the old one where the disk has no room for another. */
// oxlint-disable-next-line max-params -- three of them are what is written where
function save(
  disk: Disk,
  path: string,
  manifest: Manifest,
  replace: (bytes: Uint8Array) => void,
): void {
  const text = JSON.stringify({ version, ...manifest }, undefined, 2)
  const bytes = Buffer.from(`${text.padEnd(lengthMin - 1)}\n`)
  try {
    replace(bytes)
  } catch (error) {
    if (disk.look(path)?.size !== bytes.length) throw error
    const file = disk.open(path, 'write')
    try {
      writeRange(disk, file, bytes, 0)
    } finally {
      disk.close(file)
    }
  }
}

function areLosses(value: unknown): boolean {
  return Object.entries(Object(value)).every(
    ([name, reasons]) =>
      priorityClasses.some((each) => each === name) &&
      Object.values(Object(reasons)).every((count) => typeof count === 'number'),
  )
}

function isStatus(value: unknown): value is RunStatus {
  return value === 'running' || value === 'ended' || value === 'crashed-recovered'
}

function timeText(ns: bigint): string {
  return new Date(Number(ns / 1_000_000n)).toISOString()
}
