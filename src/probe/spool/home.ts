/** The folder of this boot: made, marked as ours, and made again when someone deletes it. */
import { hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { FillpathError } from '../../semconv/error.ts'
import type { Disk } from './disk.ts'
import { errorCode, readWhole, writeRange } from './disk.ts'
import { folderName, installFile, isOwnFile, nobody, ownerFile, parseFolderName } from './place.ts'

/** Errors after which waiting helps. */
const passingErrors: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'])

/** `here`: the folder is ours and in place. `gone`: it was deleted. `taken`: another process took it over. */
export type HomeState = 'here' | 'gone' | 'taken'

/** Where a folder of the spool is made, and who is told. */
export interface HomeOptions {
  readonly disk: Disk
  readonly root: string
  readonly owner: string
  readonly randomHex: (bytes: number) => string
}

/** The folder of this process in the spool: made, kept, made again when somebody deletes it. */
export class Home {
  readonly root: string
  readonly boot: string
  readonly folder: string
  readonly #disk: Disk
  readonly #randomHex: (bytes: number) => string
  readonly #parents: Set<string>
  #install = ''
  /** Tells our folder from another of the same name; empty while there is none. */
  #identity = ''
  #refusal = ''

  /** @throws FillpathError `spool_unavailable` when the root is relative to a working folder that is gone */
  constructor(options: HomeOptions) {
    const { disk, root, owner, randomHex } = options
    this.#disk = disk
    this.#randomHex = randomHex
    this.root = absolute(root)
    // Also the one above the root: an earlier process may have made the root, and ended before it could sync its name.
    this.#parents = new Set([dirname(this.root), this.root])
    this.boot = randomHex(16)
    this.folder = join(this.root, folderName(this.boot, owner))
  }

  /** Id of the installation; made up when it cannot be read. */
  get install(): string {
    return this.#install
  }

  /** Why the last try to make it failed. */
  get refusal(): string {
    return this.#refusal
  }

  get isMade(): boolean {
    return this.#identity !== ''
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /**
   * Makes the folder. False when the disk is full for now.
   * @throws FillpathError `spool_unavailable` when waiting does not help
   */
  make(): boolean {
    const disk = this.#disk
    try {
      for (const path of this.#missing()) this.#parents.add(dirname(path))
      disk.makeFolder(this.folder)
      const install = this.#readInstall()
      if (this.#install === '') this.#install = install
      this.#writeOwner()
      this.#identity = disk.look(this.folder)?.identity ?? ''
      return true
    } catch (error) {
      if (this.#install === '') this.#install = this.#randomHex(16)
      this.#refusal = errorCode(error)
      if (passingErrors.has(this.#refusal)) return false
      throw new FillpathError(
        'spool_unavailable',
        `the spool folder ${this.root} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      )
    }
  }

  /** Folders in which names of ours stand: they are to be synced. */
  get parents(): Iterable<string> {
    return this.#parents
  }

  /** Looks whether the folder is still there. Throws what the disk throws. */
  check(): HomeState {
    if (this.#disk.look(this.folder)?.identity === this.#identity) return 'here'
    // One of our own name is what a try to make it again has left.
    const others = (this.#disk.list(this.root) ?? []).filter(
      (name) => name !== basename(this.folder),
    )
    return others.some((name) => parseFolderName(name)?.boot === this.boot) ? 'taken' : 'gone'
  }

  /** Lets go of the folder, so that whoever comes next takes it over without asking who is alive. */
  leave(): void {
    try {
      const names = this.#disk.list(this.folder) ?? []
      if (names.every((name) => isOwnFile(name))) {
        for (const name of names) this.#disk.unlink(this.path(name))
        this.#disk.removeFolder(this.folder)
        return
      }
      this.#disk.rename(this.folder, join(this.root, folderName(this.boot, nobody)))
    } catch {
      // Then the next owner finds out that this process is gone.
    }
  }

  /** The folder and those above it that are not there yet. */
  #missing(): string[] {
    const missing: string[] = []
    let path = this.folder
    while (this.#disk.look(path) === undefined && dirname(path) !== path) {
      missing.push(path)
      path = dirname(path)
    }
    return missing
  }

  #readInstall(): string {
    const path = join(this.root, installFile)
    // Written again with the rest when somebody deleted it: an installation keeps its id.
    const id = this.#install === '' ? this.#randomHex(16) : this.#install
    try {
      this.#write(path, `${id}\n`)
      return id
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
      // Half-written by another process that starts now, or damaged: an id of our own tells records apart just as well.
      const found = readWhole(this.#disk, path)?.toString().trim() ?? ''
      return /^[0-9a-f]{32}$/.test(found) ? found : id
    }
  }

  #writeOwner(): void {
    const path = this.path(ownerFile)
    if (this.#disk.look(path) !== undefined) return
    const facts = { pid: process.pid, host: hostname(), started: new Date().toISOString() }
    this.#write(path, `${JSON.stringify(facts)}\n`)
  }

  /** Writes a file that is not there yet; where the disk is full, none: an empty one would be taken for it ever after. */
  #write(path: string, text: string): void {
    const file = this.#disk.open(path, 'create')
    try {
      writeRange(this.#disk, file, Buffer.from(text), 0)
    } catch (error) {
      this.#remove(path)
      throw error
    } finally {
      this.#disk.close(file)
    }
  }

  #remove(path: string): void {
    try {
      this.#disk.unlink(path)
    } catch {
      // Then an empty one stays: who finds it makes up an id, or knows less of the owner.
    }
  }
}

/** Once: the bot may go to another folder. And in a working folder that is gone, Node makes a relative one for ever. */
function absolute(root: string): string {
  try {
    return resolve(root)
  } catch (cause) {
    const message = `the working folder is gone, and the spool folder ${root} is relative to it`
    throw new FillpathError('spool_unavailable', message, { cause })
  }
}
