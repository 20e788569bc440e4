import { dateParts, formatIn } from '../wire/zone.ts'

const minuteMs = 60_000
const minuteParts = { ...dateParts, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const

/** The clock times of one zone. */
export interface Zone {
  /** The name it was asked for by. */
  readonly name: string
  /** The time of an instant, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  time(epochNs: bigint): string
}

/**
 * The zone called `name`.
 * @param name `UTC`, `local`, or an IANA name such as `Europe/Berlin`
 * @throws FillpathError `setting_invalid` when there is no such zone
 */
export function zoneOf(name: string): Zone {
  const format = formatIn(name, minuteParts)
  // Zones change their offset on full minutes, and lines come in the order of time: one answer holds for many lines.
  let minute = Number.NaN
  let text = ''
  return {
    name,
    time(epochNs) {
      const epochMs = Number(epochNs / 1_000_000n)
      const of = Math.floor(epochMs / minuteMs)
      if (of !== minute) {
        minute = of
        text = format.format(of * minuteMs)
      }
      const rest = String(100_000 + (epochMs - of * minuteMs))
      return `${text}:${rest.slice(1, 3)}.${rest.slice(3)}`
    },
  }
}

/** The instant at which the clocks of the zone show what those of UTC show at `shownMs`. */
export function instantIn(zone: Zone, shownMs: number): number {
  if (zone.name === 'UTC') return shownMs
  const offsetAt = (ms: number): number =>
    Date.parse(`${zone.time(BigInt(ms) * 1_000_000n).replace(' ', 'T')}Z`) - ms
  // The offset just before may be another one: the second guess is right but in the hour that a change leaves out.
  return shownMs - offsetAt(shownMs - offsetAt(shownMs))
}
