import { FillpathError } from '../semconv/error.ts'

/**
 * What writes instants as the clocks of a zone show them, in the order of ISO 8601: `2026-11-21 09:20`, as Sweden does.
 * @param timeZone `UTC`, `local` for that of the machine, or an IANA name such as `Europe/Berlin`
 * @param parts which parts of it
 * @throws FillpathError `setting_invalid` when there is no such zone
 */
export function formatIn(timeZone: string, parts: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('sv-SE', {
      ...(timeZone === 'local' ? {} : { timeZone }),
      ...parts,
    })
  } catch (cause) {
    throw new FillpathError('setting_invalid', `"${timeZone}" is not a time zone`, {
      hint: 'Use UTC, local, or an IANA name such as Europe/Berlin.',
      cause,
    })
  }
}

/** The parts of a date. */
export const dateParts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
