import { accompany } from '../event/emit.ts'
import type { InterruptedFlow } from '../spool/spool.ts'

/** Counts runs that died, and the flows that died with them, as the events that tell of each declare; once meters are there. */
export class FoundDead {
  #waiting: Dead[] | undefined = []

  count(dead: Dead): void {
    if (this.#waiting) {
      this.#waiting.push(dead)
      return
    }
    const none = { own: {}, all: {} }
    if (dead.hasCrashed) accompany('trading.run.crashed', none, undefined)
    for (const all of dead.flows) accompany('trading.flow.interrupted', { ...none, all }, undefined)
  }

  /** The meter provider is registered. */
  start(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const dead of waiting) this.count(dead)
  }
}

/** What was found of a dead process. */
interface Dead {
  readonly hasCrashed: boolean
  readonly flows: readonly InterruptedFlow[]
}
