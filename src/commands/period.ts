import { instantIn, zoneOf } from '../archive/zone.ts'
import { FillpathError } from '../semconv/error.ts'

/** Times as they are asked for on the command line. */
export interface PeriodOptions {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly days?: string | undefined
  readonly date?: string | undefined
}

/** From an instant on, and before another. */
export interface Period {
  readonly fromMs: number | undefined
  readonly toMs: number | undefined
}

const dayMs = 86_400_000

/**
 * The period of the options: a date is a whole day, and a time without a zone one, in `timeZone`.
 * @throws FillpathError `usage`
 */
export function periodOf(options: PeriodOptions, timeZone: string, nowMs: number): Period {
  const { from, to, days, date } = options
  if (date !== undefined) {
    if (from !== undefined || to !== undefined || days !== undefined) {
      throw new FillpathError(
        'usage',
        '--date names the whole day: leave out --from, --to and --days',
      )
    }
    return {
      fromMs: instantOf(date, timeZone, '--date', 0),
      toMs: instantOf(date, timeZone, '--date', 1),
    }
  }
  if (days !== undefined && from !== undefined) {
    throw new FillpathError('usage', '--days and --from both name the begin: leave out one of them')
  }
  const period = {
    fromMs: days === undefined ? undefined : nowMs - daysOf(days) * dayMs,
    toMs: to === undefined ? undefined : instantOf(to, timeZone, '--to', 1),
  }
  if (from !== undefined) period.fromMs = instantOf(from, timeZone, '--from', 0)
  if (period.fromMs !== undefined && period.toMs !== undefined && period.fromMs >= period.toMs) {
    throw new FillpathError(
      'usage',
      `the period ends before it begins: --to is not after its begin`,
    )
  }
  return period
}

function daysOf(text: string): number {
  const days = Number(text)
  if (text.trim() !== '' && days > 0 && Number.isFinite(days)) return days
  throw new FillpathError('usage', `--days is "${text}", not a number above 0`)
}

const form =
  /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?(Z|[+-]\d\d:\d\d)?)?$/

/**
 * The instant of a date or time.
 * @param daysAfter how many days behind a date without a time
 * @throws FillpathError `usage`
 */
export function instantOf(
  text: string,
  timeZone: string,
  option: string,
  daysAfter: 0 | 1,
): number {
  const found = form.exec(text.trim())
  const [, year, month, day, hour, minute, second = '00', fraction = '0', zone] = found ?? []
  const days = hour === undefined ? daysAfter : 0
  const clock = `${hour ?? '00'}:${minute ?? '00'}:${second}.${fraction.padEnd(3, '0')}`
  const date = Date.parse(`${year}-${month}-${day}T${clock}${zone ?? 'Z'}`)
  // Date.parse takes 31 February for 3 March.
  const isReal =
    new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
  if (Number.isNaN(date) || !isReal) {
    throw new FillpathError('usage', `${option} is "${text}", not a date`, {
      hint: 'Write 2026-01-15, 20260115, 2026-01-15T10:30 or 2026-01-15T10:30:00Z.',
    })
  }
  return zone === undefined ? instantIn(zoneOf(timeZone), date + days * dayMs) : date
}
