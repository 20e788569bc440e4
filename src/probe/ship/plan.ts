import { randomUUID } from 'node:crypto'
import { channelName } from './checkpoint-names.ts'
import { signals } from './endpoint.ts'
import type { Destination, Signal } from './endpoint.ts'
import { FilesPlace, FilesTaker } from './files-destination.ts'
import type { FilesDestination } from './files-destination.ts'
import { HttpTaker } from './http-taker.ts'
import type { ShipNoticeListener } from './notice.ts'
import type { Taker } from './taker.ts'
import type { Tuning } from './tuning.ts'

/** A receiver, or files of the bot's own. */
export type AnyDestination = Destination | FilesDestination

/** One signal to one destination: who takes it, and at which pace. */
export interface Way {
  /** The name that the spool knows it by. */
  readonly name: string
  readonly destination: string
  readonly signal: Signal
  readonly taker: Taker
  /** Whether records go strictly in order, what waited before what is new. */
  readonly isInOrder: boolean
  /** How long new records wait for company. */
  readonly lingerMs: number
}

/** All ways of a shipper. */
export interface Plan {
  readonly ways: readonly Way[]
  /** To be closed when all is over. */
  readonly places: readonly FilesPlace[]
}

/** What a plan needs beside the destinations. */
export interface PlanHost {
  readonly tuning: Tuning
  /** By which the folder of files is held. @default a new one */
  readonly lockToken: string | undefined
  readonly say: ShipNoticeListener
  /** Makes durable what was acknowledged. */
  readonly save: () => void
}

/** A way for each signal of each destination. Nothing is opened yet. */
export function planOf(destinations: readonly AnyDestination[], host: PlanHost): Plan {
  const { tuning, say, save, lockToken = randomUUID() } = host
  const ways: Way[] = []
  const places: FilesPlace[] = []
  const add = (destination: string, way: Omit<Way, 'name' | 'destination'>): void => {
    ways.push({ name: channelName(destination, way.signal), destination, ...way })
  }
  for (const destination of destinations) {
    if ('files' in destination) {
      const place = new FilesPlace(destination.files, lockToken, say)
      places.push(place)
      for (const signal of destination.signals) {
        const taker = new FilesTaker(place, signal, save)
        add(destination.name, { signal, taker, isInOrder: true, lingerMs: tuning.filesLingerMs })
      }
      continue
    }
    for (const signal of signals) {
      const endpoint = destination.endpoints[signal]
      if (endpoint === undefined) continue
      const isMetric = signal === 'metric'
      const taker = new HttpTaker(endpoint, tuning)
      // Nobody watches metrics as they come.
      const lingerMs = isMetric ? tuning.lingerMs * 10 : tuning.lingerMs
      add(destination.name, { signal, taker, isInOrder: isMetric, lingerMs })
    }
  }
  return { ways, places }
}
