/**
 * The value below which the share `fraction` (0 to 1) of the values lies, interpolated between
 * neighbours: rank `fraction × (n − 1)`, as NumPy, Excel and SQL's PERCENTILE_CONT do. NaN values
 * are left out. `undefined` when there is no value. The input is not changed.
 */
export function percentile(values: readonly number[], fraction: number): number | undefined {
  return percentiles(values, [fraction])[0]
}

/** Several percentiles of one set, sorted once. Each is `undefined` when there is no value. */
export function percentiles(
  values: readonly number[],
  fractions: readonly number[],
): (number | undefined)[] {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort()
  return fractions.map((fraction) => {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new RangeError(`a percentile's fraction is between 0 and 1, got ${fraction}`)
    }
    const rank = fraction * (sorted.length - 1)
    const low = sorted[Math.floor(rank)]
    const high = sorted[Math.ceil(rank)]
    if (low === undefined || high === undefined) return undefined
    // Equal neighbours first: between two infinities the formula would give NaN.
    return low === high ? low : low + (high - low) * (rank - Math.floor(rank))
  })
}
