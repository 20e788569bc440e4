/**
 * Thresholds of the alert rules. Change them to the size of your book and run `npm run grafana`.
 */
export const limits = {
  /** Uncovered exposure, quote money. */
  uncoveredQuote: 100,
  /** Hedge latency, 99th percentile, seconds. An edge of its buckets: between two edges a quantile is a guess. */
  hedgeSeconds: 2.5,
  /** Acknowledge latency, 99th percentile, seconds. An edge, too. */
  ackSeconds: 1,
  /** Rejects over orders, ratio, with at least `rejectsMin` rejects in the window. */
  rejectRatio: 0.1,
  rejectsMin: 3,
  /** A feed that says nothing, seconds. */
  feedSilentSeconds: 60,
  /** Feeds (a pattern) that may be silent while they are connected: no orders, no news. */
  quietFeeds: 'user_stream',
  /** How long a service may be out of reach. */
  serviceAway: '30s',
  /** Disconnects of one feed within ten minutes. */
  disconnects: 5,
  /** Rate-limit weight used, ratio. */
  weightRatio: 0.8,
  /** Fall of the realized result from its best, by what it is counted in; `other` for each currency not named. */
  drawdown: { other: 500, BTC: 0.005, ETH: 0.15 },
  /** Realized loss within a day, by what it is counted in. */
  dailyLoss: { other: 300, BTC: 0.003, ETH: 0.1 },
  /** Difference between the price sources of the unrealized result, quote money. */
  pnlDifferenceQuote: 25,
  /** |mark − liquidation| / mark. */
  liquidationDistance: 0.2,
  /** Errors within five minutes. */
  errors: 10,
  /** Oldest record that is not delivered, seconds. */
  unsentSeconds: 600,
  /** Filled part of a Collector queue, ratio. */
  queueRatio: 0.5,
  /** Used part of a file system, ratio. */
  diskRatio: 0.9,
  /** Used part of the memory of the machine, ratio. */
  memoryRatio: 0.9,
} as const

/** Where the runbooks are read: the file of this project, or the address of your own copy. */
export const runbooksUrl = 'docs/runbooks.md'
