/** A duration for the eye: three digits that matter, in the unit that fits. */
export function durationText(ms: number): string {
  const size = Math.abs(ms)
  if (size === 0) return '0 ms'
  if (size < 1) return `${ms.toFixed(2)} ms`
  if (size < 1_000) return `${ms.toFixed(1)} ms`
  if (size < 60_000) return `${(ms / 1_000).toFixed(2)} s`
  const sign = ms < 0 ? '-' : ''
  const seconds = Math.round(size / 1_000)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  if (hours === 0) return `${sign}${minutes} min ${two(seconds % 60)} s`
  if (days === 0) return `${sign}${hours} h ${two(minutes % 60)} min`
  return `${sign}${days} d ${two(hours % 24)} h`
}

/** The distance of two instants in milliseconds, with its fraction. */
export function millisecondsBetween(startNs: bigint, endNs: bigint): number {
  return Number(endNs - startNs) / 1e6
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
