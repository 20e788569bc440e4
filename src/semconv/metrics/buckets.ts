/** Bucket edges in seconds for latencies between 1 ms and 5 min; finer where orders and hedges live. */
export const latencyBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
] as const

/** Bucket edges in seconds for holding times between a second and a week. */
export const holdingBuckets = [1, 10, 60, 300, 900, 3600, 14_400, 43_200, 86_400, 604_800] as const

/** Bucket edges in basis points. A histogram holds no negative value: the sign is a label (`trading.sign`). */
export const bpsBuckets = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100] as const

/** Bucket edges of a ratio between 0 and 1. */
export const ratioBuckets = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1] as const
