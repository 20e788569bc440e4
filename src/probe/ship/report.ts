import type { Signal } from './endpoint.ts'

/** What became of the records of one signal at one destination, since the bot started. */
export interface ChannelReport {
  readonly destination: string
  readonly signal: Signal
  /** Whether the destination takes requests, as far as is known. */
  readonly up: boolean
  /** Records that the destination took. */
  readonly delivered: number
  /** Records that the destination will never take. */
  readonly quarantined: number
  /** Requests that failed and were sent again, by status or error code. */
  readonly failures: Readonly<Record<string, number>>
  /** Records on disk that the channel has not passed, those of other signals among them. */
  readonly waiting: { readonly records: number; readonly bytes: number; readonly oldestMs: number }
}

/** What the shipper did so far. Plain data: it comes from the worker as a message. */
export interface ShipReport {
  readonly channels: readonly ChannelReport[]
  /** Damaged records that the spool put aside while it was read. */
  readonly damaged: number
  /** Delivered records that the spool had dropped, and counted as dropped, while they were on the way. */
  readonly deliveredAfterDrop: number
}

/** Nothing yet. */
export const emptyReport: ShipReport = { channels: [], damaged: 0, deliveredAfterDrop: 0 }

/** The counts of two lives of a worker as one; what describes a state is taken from the later. */
export function addReports(earlier: ShipReport, later: ShipReport): ShipReport {
  const before = new Map(earlier.channels.map((channel) => [keyOf(channel), channel]))
  const channels = later.channels.map((channel) => {
    const base = before.get(keyOf(channel))
    before.delete(keyOf(channel))
    return base ? addChannels(base, channel) : channel
  })
  return {
    channels: [...channels, ...before.values()],
    damaged: earlier.damaged + later.damaged,
    deliveredAfterDrop: earlier.deliveredAfterDrop + later.deliveredAfterDrop,
  }
}

function addChannels(earlier: ChannelReport, later: ChannelReport): ChannelReport {
  const failures: Record<string, number> = { ...earlier.failures }
  for (const [type, count] of Object.entries(later.failures)) {
    failures[type] = (failures[type] ?? 0) + count
  }
  return {
    ...later,
    delivered: earlier.delivered + later.delivered,
    quarantined: earlier.quarantined + later.quarantined,
    failures,
  }
}

function keyOf({ destination, signal }: ChannelReport): string {
  return `${signal} ${destination}`
}
