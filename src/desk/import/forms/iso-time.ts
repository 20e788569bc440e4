import { instantIn } from '../../../archive/zone.ts'
import { FillpathError } from '../../../semconv/error.ts'
import type { Zone } from '../../../archive/zone.ts'

const form =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\d*\s?(Z|[+-]\d\d:?\d\d)?(Z?)$/

/**
 * The time of a text in ISO 8601 with any number of decimals, nanoseconds since the Unix epoch.
 * @param field its name, for the error
 * @param zone what the clock shows that was read, where the text names no zone; UTC by default
 * @throws FillpathError `line_malformed`
 */
export function isoTime(text: string, field: string, zone?: Zone): bigint {
  const [, date, clock, fraction = '', offset] = form.exec(text) ?? []
  const ms = date === undefined ? Number.NaN : Date.parse(`${date}T${clock}${offset ?? 'Z'}`)
  if (Number.isNaN(ms)) {
    throw new FillpathError('line_malformed', `${field} is ${JSON.stringify(text)}, not ISO 8601`)
  }
  const epochMs = offset === undefined && zone !== undefined ? instantIn(zone, ms) : ms
  return BigInt(epochMs) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
}
