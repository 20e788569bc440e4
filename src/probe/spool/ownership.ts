/**
 * Which process a spool folder belongs to.
 *
 * An owner is written as `<machine start>-<pid space>-<pid>-<process start>-<instance>` in the folder's name. A pid alone
 * says little: it is used again after a restart (in a container always 1), so the process's start time and the machine's
 * start id stand beside it. Where that cannot decide (another container, another machine, no /proc) the owner's sign of
 * life does: it touches the file of each folder that it has every two seconds, also of those that it took over, and one
 * that stood still for ten seconds of our monotonic clock is dead.
 *
 * Taking over is a rename, so one of several wins. An owner that was taken for dead and was only stopped sees that its
 * folder is gone, and writes what it has open to a new one: a duplicate, never a loss.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Closing, InterruptedFlow } from './closing.ts'
import { readClosing } from './closing.ts'
import type { Disk } from './disk.ts'
import { errorCode } from './disk.ts'
import { machineId, pidSpace, processStart } from './machine.ts'
import { markCrashed } from './manifest.ts'
import type { NoticeListener } from './notice.ts'
import { tell } from './notice.ts'
import { folderName, nobody, ownerFile, parseFolderName, reserveFile } from './place.ts'

/** How the surroundings look to this process. Tests put other machines here. */
export interface Surroundings {
  readonly machine: string
  readonly space: string
  readonly pid: number
  /** See {@link processStart}. */
  readonly startOf: (pid: number) => string | undefined
  /** Random bytes as hex digits. */
  readonly randomHex: (bytes: number) => string
}

/** The surroundings of this process. */
export function realSurroundings(): Surroundings {
  return {
    machine: machineId(),
    space: pidSpace(),
    pid: process.pid,
    startOf: processStart,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  }
}

/** Owners of this process that are in use. */
const living = new Set<string>()

/** Makes up an owner for a spool of this process. */
export function createOwner(surroundings: Surroundings): string {
  const { machine, space, pid, startOf, randomHex } = surroundings
  const start = startOf(pid) ?? ''
  const instance = randomHex(4)
  const owner = [machine.slice(0, 12), space || '0', pid, start || '0', instance].join('-')
  living.add(owner)
  return owner
}

/** The owner is no more: its folders may be taken over at once. */
export function releaseOwner(owner: string): void {
  living.delete(owner)
}

/** Is the process of an owner alive? */
export function judgeOwner(owner: string, surroundings: Surroundings): 'alive' | 'dead' | 'unsure' {
  if (living.has(owner)) return 'alive'
  if (owner === nobody) return 'dead'
  const [machine, space, pidText, start] = owner.split('-')
  if (pidText === undefined || start === undefined) return 'unsure'
  const isNear =
    machine === surroundings.machine.slice(0, 12) && space === (surroundings.space || '0')
  if (!isNear) return 'unsure'
  const pid = Number(pidText)
  const startNow = surroundings.startOf(pid)
  if (startNow === undefined) return 'dead'
  if (start === '0' || startNow === '') return 'unsure'
  if (startNow !== start) return 'dead'
  // This very process: the folder of an earlier spool of it, or of another copy of this code.
  return pid === surroundings.pid ? 'unsure' : 'alive'
}

/** Was the owner's machine another one, or this one before it was started again? False where the system does not tell. */
export function isOfEarlierStart(owner: string, { machine }: Surroundings): boolean {
  const [then = ''] = owner.split('-')
  const now = machine.slice(0, 12)
  const unknown = '0'.repeat(12)
  return then.length === now.length && then !== unknown && now !== unknown && then !== now
}

const nothingOpen = { spans: 0, flows: [], lastNs: 0n } as const

/** How long an owner must have stood still to count as dead, where nothing else can tell. */
const stillMsMax = 10_000

/** Where folders of the dead are looked for, and by whom. */
export interface AdoptionOptions {
  readonly disk: Disk
  readonly root: string
  readonly owner: string
  readonly surroundings: Surroundings
  readonly nowMs: () => number
  readonly onNotice: NoticeListener
}

/** A folder that was taken over. */
export interface Adopted {
  readonly path: string
  readonly boot: string
  /** Spans that its process had left open, and flows among them; they are closed. */
  readonly spans: number
  readonly flows: readonly InterruptedFlow[]
  /** Its run had not ended in good order, and nobody had found that out before. */
  readonly hasCrashed: boolean
  /** When the process was last known to live, nanoseconds since the epoch; 0n when nothing says that. */
  readonly lastNs: bigint
}

/** Takes over the folders of dead processes, and closes the spans that they left open. */
export class Adoption {
  readonly #options: AdoptionOptions
  /** Folders of ours in which spans could not be closed yet. */
  readonly #unclosed = new Map<string, string>()
  /** Folders whose owner cannot be judged: their last sign of life, and since when it stands still. */
  readonly #watched = new Map<string, { sign: string; sinceMs: number }>()
  readonly #refused = new Set<string>()

  constructor(options: AdoptionOptions) {
    this.#options = options
  }

  /** Looks once at all folders; returns those it took. */
  run(): Adopted[] {
    const { disk, root, owner } = this.#options
    const taken: Adopted[] = []
    let names: string[]
    try {
      names = disk.list(root) ?? []
    } catch (error) {
      this.#say('adoption_failed', root, `${root} cannot be listed (${errorCode(error)})`)
      return taken
    }
    for (const name of names) {
      const parsed = parseFolderName(name)
      if (parsed === undefined || parsed.owner === owner) continue
      if (!this.#isOrphan(name, parsed.owner)) continue
      const adopted = this.#take(name, parsed.boot)
      if (adopted !== undefined) taken.push(adopted)
    }
    for (const [path, boot] of Array.from(this.#unclosed)) {
      const closing = this.#read(path)
      if (closing !== 'unread') taken.push(this.#close(path, boot, closing))
    }
    for (const name of this.#watched.keys()) if (!names.includes(name)) this.#watched.delete(name)
    return taken
  }

  /** A sign of life in all folders that this process has, for processes that cannot see it. */
  touch(): void {
    const { disk, root, owner } = this.#options
    try {
      for (const name of disk.list(root) ?? [])
        if (parseFolderName(name)?.owner === owner) this.#touchFolder(name)
    } catch {
      // Tried again in two seconds.
    }
  }

  #touchFolder(name: string): void {
    const { disk, root } = this.#options
    try {
      disk.touch(join(root, name, ownerFile))
    } catch {
      // A folder that vanished is found elsewhere; a disk that takes no time stamp takes no records either.
    }
  }

  #isOrphan(name: string, owner: string): boolean {
    const { disk, root, surroundings, nowMs } = this.#options
    const verdict = judgeOwner(owner, surroundings)
    if (verdict !== 'unsure') return verdict === 'dead'
    let sign: string
    try {
      sign = String(disk.look(join(root, name, ownerFile))?.modifiedMs)
    } catch (error) {
      this.#say('adoption_failed', name, `${join(root, name)} cannot be read (${errorCode(error)})`)
      return false
    }
    const seen = this.#watched.get(name)
    if (seen?.sign !== sign) {
      this.#watched.set(name, { sign, sinceMs: nowMs() })
      return false
    }
    return nowMs() - seen.sinceMs >= stillMsMax
  }

  #take(name: string, boot: string): Adopted | undefined {
    const { disk, root, owner, onNotice } = this.#options
    const path = join(root, folderName(boot, owner))
    // Before it is ours: from then on it is sent and deleted, by another thread.
    const closing = this.#read(join(root, name))
    try {
      disk.rename(join(root, name), path)
    } catch (error) {
      // Gone: another process was faster.
      if (errorCode(error) !== 'ENOENT') {
        const message = `${join(root, name)} cannot be taken over (${errorCode(error)}); its records stay where they are`
        this.#say('adoption_failed', name, message)
      }
      return undefined
    }
    try {
      // An unused reserve is plain space; a used one is a segment by then.
      if (disk.look(join(path, reserveFile)) !== undefined) disk.unlink(join(path, reserveFile))
    } catch {
      // It takes space until the folder is empty, no more.
    }
    // A folder that was left in good order is the usual start.
    if (name !== folderName(boot, nobody))
      tell(onNotice, {
        code: 'adopted',
        level: 'info',
        message: `took over the records that a dead process left in ${path}`,
      })
    return this.#close(path, boot, closing)
  }

  /** What is to be closed in a folder, or that it cannot be read now. */
  #read(path: string): Closing | undefined | 'unread' {
    try {
      return readClosing(this.#options.disk, path)
    } catch (error) {
      this.#say('unclosed', path, `${path} cannot be read (${errorCode(error)}); tried again`)
      return 'unread'
    }
  }

  #close(path: string, boot: string, closing: Closing | undefined | 'unread'): Adopted {
    const { spans, flows, lastNs } =
      closing === undefined || closing === 'unread' ? nothingOpen : closing
    this.#unclosed.delete(path)
    let hasCrashed = false
    try {
      if (closing === 'unread') this.#unclosed.set(path, boot)
      else {
        hasCrashed = this.#mark(path, boot, lastNs)
        closing?.write(path)
      }
    } catch (error) {
      // Gone: the folder is not ours any more.
      if (errorCode(error) !== 'ENOENT') {
        this.#unclosed.set(path, boot)
        const message = `the spans that a dead process left open in ${path} cannot be closed (${errorCode(error)}); tried again`
        this.#say('unclosed', path, message)
      }
      return { path, boot, hasCrashed, ...nothingOpen }
    }
    if (spans > 0) {
      const message = `a process died with ${spans} spans open, in ${flows.length} flows; they are closed as interrupted`
      tell(this.#options.onNotice, { code: 'interrupted', level: 'warn', message })
    }
    return { path, boot, hasCrashed, spans, flows, lastNs }
  }

  /** Says in the manifest of the run that it crashed. Before it is told of: who dies half-way leaves that to the next. */
  #mark(path: string, boot: string, lastNs: bigint): boolean {
    const { disk, root } = this.#options
    try {
      const seenMs = disk.look(join(path, ownerFile))?.modifiedMs ?? 0
      return markCrashed(disk, root, boot, lastNs || BigInt(Math.round(seenMs)) * 1_000_000n)
    } catch (error) {
      // A disk that refuses this refuses what follows too, and then it is all tried again.
      const message = `the manifest of the run ${boot} cannot be brought up to date (${errorCode(error)})`
      this.#say('unclosed', boot, message)
      return false
    }
  }

  #say(code: 'adoption_failed' | 'unclosed', subject: string, message: string): void {
    if (this.#refused.has(`${code} ${subject}`)) return
    this.#refused.add(`${code} ${subject}`)
    tell(this.#options.onNotice, { code, level: 'warn', message })
  }
}
