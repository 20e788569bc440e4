import { FillpathError } from '../semconv/error.ts'

const minuteMs = 60_000

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
  const format = minuteFormat(name)
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

/** Sweden writes `2026-11-21 09:20`, as ISO 8601 does. */
function minuteFormat(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('sv-SE', {
      ...(name === 'local' ? {} : { timeZone: name }),
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  } catch (cause) {
    throw new FillpathError('setting_invalid', `"${name}" is not a time zone`, {
      hint: 'Use UTC, local, or an IANA name such as Europe/Berlin.',
      cause,
    })
  }
}
