import type { WireRecord } from '../wire/record.ts'

/**
 * Records of one commit in the order of their times. A request holds them grouped by scope, so what happened between
 * two loggers would stand after both. Records of equal time keep the order of the wire.
 */
export function inOrder<T extends { readonly record: WireRecord }>(
  entries: readonly T[],
): readonly T[] {
  const isOrdered = entries.every((entry, index) => {
    const before = entries[index - 1]
    return before === undefined || timeOf(before.record) <= timeOf(entry.record)
  })
  if (isOrdered) return entries
  return entries.toSorted((a, b) => compare(timeOf(a.record), timeOf(b.record)))
}

/** When it happened; of a span, when it ended. */
export function timeOf(record: WireRecord): bigint {
  if (record.signal === 'span') return record.end
  if (record.signal === 'metric' || record.time !== 0n) return record.time
  return record.observedTime
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
