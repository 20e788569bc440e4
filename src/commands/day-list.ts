import { allFiles } from '../archive/files.ts'

const dayMs = 86_400_000
const rangesMax = 6

/** The days of which there are files of events in `folder`, as `YYYYMMDD`, oldest first; none when there is no such folder. */
export async function daysOfFiles(folder: string): Promise<string[]> {
  const files = await allFiles(folder, 'events')
  return [...new Set(files.map(({ day }) => day))]
}

/**
 * Days in words, those in a row together: `2026-01-13, 2026-01-15 to 2026-01-17`.
 * @param days `YYYYMMDD`, oldest first
 */
export function dayListText(days: readonly string[]): string {
  const ranges: { readonly first: string; last: string }[] = []
  for (const day of days) {
    const range = ranges.at(-1)
    if (range !== undefined && timeOf(day) - timeOf(range.last) === dayMs) range.last = day
    else ranges.push({ first: day, last: day })
  }
  const texts = ranges.map(({ first, last }) =>
    first === last ? dayText(first) : `${dayText(first)} to ${dayText(last)}`,
  )
  if (texts.length <= rangesMax) return texts.join(', ')
  // The newest are asked about most.
  return `${texts[0]}, …, ${texts.slice(1 - rangesMax).join(', ')}`
}

/** `2026-01-15` for `20260115`. */
export function dayText(day: string): string {
  return `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`
}

function timeOf(day: string): number {
  return Date.parse(dayText(day))
}
