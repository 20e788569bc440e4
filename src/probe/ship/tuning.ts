/** How the shipper paces itself. Every value has a default; tests and odd lines change them. */
export interface Tuning {
  /** How long new records wait to share a request; ten times as long for metrics. @default 40 */
  readonly lingerMs: number
  /** The same for the bot's own files, all signals: each write of theirs is one of the disk, not of its cache. @default 250 */
  readonly filesLingerMs: number
  /** How often the spool is looked at when nothing says that it grew. @default 1_000 */
  readonly lookMs: number
  /** Records in one request. @default 2048 */
  readonly recordsMax: number
  /** Bytes of records in one request, before compression; a larger record goes alone. @default 1_048_576 */
  readonly bytesMax: number
  /** So much may wait after an outage before new records overtake it. @default 4_194_304 */
  readonly backlogBytes: number
  /** zlib level: 1 takes a quarter of the time of 6 and leaves a tenth more. @default 1 */
  readonly gzipLevel: number
  /** First wait after a failure; doubles, with jitter. @default 500 */
  readonly retryMs: number
  /** Longest wait: also the longest silence after the receiver is back. @default 10_000 */
  readonly retryMaxMs: number
  /** The same for what only a person can mend. @default 5_000 */
  readonly slowRetryMs: number
  /** @default 60_000 */
  readonly slowRetryMaxMs: number
  /** A longer Retry-After is cut to this. @default 300_000 */
  readonly retryAfterMaxMs: number
  /** How often acknowledgements are made durable and delivered segments deleted. @default 1_000 */
  readonly saveMs: number
  /** How often counts are reported. @default 1_000 */
  readonly reportMs: number
  /** First wait before a worker that failed is started again; doubles up to a minute. @default 1_000 */
  readonly restartMs: number
  /** A worker that gives no sign of life for so long is ended, and started again. @default 30_000 */
  readonly silentMsMax: number
  /** Whether the process may end although records wait. @default false */
  readonly background: boolean
}

/** The defaults of {@link Tuning}. */
export const defaultTuning: Tuning = {
  lingerMs: 40,
  filesLingerMs: 250,
  lookMs: 1000,
  recordsMax: 2048,
  bytesMax: 1024 * 1024,
  backlogBytes: 4 * 1024 * 1024,
  gzipLevel: 1,
  retryMs: 500,
  retryMaxMs: 10_000,
  slowRetryMs: 5000,
  slowRetryMaxMs: 60_000,
  retryAfterMaxMs: 300_000,
  saveMs: 1000,
  reportMs: 1000,
  restartMs: 1000,
  silentMsMax: 30_000,
  background: false,
}
