/**
 * The folders of a dead bot, taken over for as long as a command works on them, in the way in which the next start of the
 * bot would: by a rename, so that of two that try one wins. In the end they are left as a bot leaves its own.
 */
import { readdirSync, renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorCode, realDisk } from '../../probe/spool/disk.ts'
import {
  Adoption,
  createOwner,
  realSurroundings,
  releaseOwner,
} from '../../probe/spool/ownership.ts'
import { folderName, nobody, ownerFile, parseFolderName } from '../../probe/spool/place.ts'
import type { SpoolPlace } from '../../probe/spool/place.ts'
import { FillpathError } from '../../semconv/error.ts'

/** An owner that cannot be seen from here is dead when it stood still for ten seconds; a look more for safety. */
const judgeMsMax = 12_000
const lookEveryMs = 250

/** The folders of one spool, taken for a while. Call `take`, work, and `leave` whatever happens. */
export class Claim {
  readonly place: SpoolPlace
  readonly #owner: string
  readonly #adoption: Adoption
  readonly #say: (message: string) => void
  /** Why a folder could not be taken, where that was not its owner. */
  #obstacle = ''

  /** @param say takes what is worth a line while it lasts */
  constructor(root: string, say: (message: string) => void) {
    const surroundings = realSurroundings()
    this.#owner = createOwner(surroundings)
    this.place = { root, owner: this.#owner, boot: undefined }
    this.#say = say
    this.#adoption = new Adoption({
      disk: realDisk,
      root,
      owner: this.#owner,
      surroundings,
      nowMs: () => performance.now(),
      onNotice: ({ code, level, message }) => {
        if (code === 'adoption_failed') this.#obstacle = message
        else if (level !== 'info') say(message)
      },
    })
  }

  /**
   * Takes all folders over. Watches for ten seconds those whose owner cannot be seen from here.
   * @returns how many of the runs had crashed, and were not found before
   * @throws FillpathError `folder_in_use` when one of them is still alive, `spool_unavailable` when it cannot be written
   */
  async take(): Promise<number> {
    const untilMs = performance.now() + judgeMsMax
    let isSaid = false
    let crashed = 0
    for (;;) {
      crashed += this.#adoption.run().filter(({ hasCrashed }) => hasCrashed).length
      const others = this.#folders().filter(({ owner }) => owner !== this.#owner)
      if (others.length === 0) return crashed
      if (this.#obstacle !== '') {
        throw new FillpathError('spool_unavailable', this.#obstacle, {
          hint: 'What is sent is deleted, so the folder has to be one that can be written: drain it as its owner, or a copy of it.',
        })
      }
      if (performance.now() > untilMs) {
        const [first] = others
        throw new FillpathError(
          'folder_in_use',
          `${join(this.place.root, first?.name ?? '')} cannot be taken over: its owner shows signs of life`,
          { hint: 'Stop the bot that writes there, or drain a copy of the folder.' },
        )
      }
      if (!isSaid) this.#say('looking for ten seconds whether the owner of the folder is alive …')
      isSaid = true
      await sleep(lookEveryMs)
    }
  }

  /** A sign of life for processes that cannot see this one. */
  touch(): void {
    for (const { name, owner } of this.#folders()) {
      if (owner !== this.#owner) continue
      try {
        realDisk.touch(join(this.place.root, name, ownerFile))
      } catch {
        // Then another process may take the folder over: a duplicate, never a loss.
      }
    }
  }

  /** Lets go of what is left, so that whoever comes next takes it over at once. */
  leave(): void {
    releaseOwner(this.#owner)
    for (const { name, boot, owner } of this.#folders()) {
      if (owner !== this.#owner) continue
      const path = join(this.place.root, name)
      try {
        renameSync(path, join(dirname(path), folderName(boot, nobody)))
      } catch (error) {
        if (errorCode(error) !== 'ENOENT')
          this.#say(`${basename(path)} keeps its name (${errorCode(error)})`)
      }
    }
  }

  #folders(): { readonly name: string; readonly boot: string; readonly owner: string }[] {
    return readdirSync(this.place.root).flatMap((name) => {
      const parsed = parseFolderName(name)
      return parsed === undefined ? [] : [{ name, ...parsed }]
    })
  }
}
