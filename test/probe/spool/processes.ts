import { releaseOwner } from '../../../src/probe/spool/ownership.ts'
import type { SpoolOptions } from '../../../src/probe/spool/options.ts'
import { openSpool } from '../../../src/probe/spool/spool.ts'
import type { Spool } from '../../../src/probe/spool/spool.ts'

/** The processes of a machine that is a model. Each opens the spool under an id of its own. */
export class Processes {
  #pid = 100
  /** Of the processes that are taken to live. */
  readonly #owners: string[] = []

  /** One more process opens the spool, in the process-id namespace `space`. */
  open(options: Partial<SpoolOptions>, space = '7'): Spool {
    this.#pid += 1
    const pid = this.#pid
    let random = pid * 1000
    const spool = openSpool({
      folder: '/spool',
      reserveBytes: 0,
      surroundings: {
        machine: '1'.repeat(32),
        space,
        pid,
        startOf: (other) => (other === pid ? String(pid) : undefined),
        randomHex: (bytes) => String((random += 1)).padStart(bytes * 2, '0'),
      },
      onNotice: () => undefined,
      ...options,
    })
    this.#owners.push(spool.place.owner ?? '')
    return spool
  }

  /** All that live are gone, as by SIGKILL. */
  die(): void {
    for (const owner of this.#owners.splice(0)) releaseOwner(owner)
  }
}
