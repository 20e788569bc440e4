import { SeverityNumber, logs } from '@opentelemetry/api'
import { sayOnStderr } from '../../base/print.ts'
import { emit } from '../event/emit.ts'
import { scope } from '../event/scope.ts'
import type { SpoolStatistics } from '../spool/spool.ts'

/** What spool and shipper say, whichever of them. */
interface Notice {
  readonly code: string
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly jumpMs?: number
}

/**
 * Passes on what spool and shipper have to say about themselves.
 *
 * A warning is on stderr at once: it must not need the receiver that is away, nor the disk that is full, nor another turn
 * of an event loop that is about to end. A turn later it is a record like any other, so that it can be read where
 * everything is read; not earlier, because the spool speaks in the middle of taking a record.
 */
export class SpoolNotices {
  readonly #statistics: () => SpoolStatistics | undefined
  readonly #told = new Map<string, number>()

  constructor(statistics: () => SpoolStatistics | undefined) {
    this.#statistics = statistics
  }

  /** Says one thing. `from` is the part of the path that speaks. */
  say(from: 'spool' | 'ship', notice: Notice): void {
    if (notice.level !== 'info') sayOnStderr(`fillpath ${from}: ${notice.message}`)
    setImmediate(() => {
      const { code, message, jumpMs } = notice
      if (code === 'dropped') this.#emitDrops(message)
      else if (jumpMs === undefined) record(notice)
      else emit('fillpath.clock.jumped', { 'fillpath.clock.jump_ms': jumpMs }, { message })
    }).unref()
  }

  /** One event for each class and reason that lost records since the last time. */
  #emitDrops(message: string): void {
    const statistics = this.#statistics()
    for (const drops of [statistics?.refused, statistics?.dropped]) {
      for (const [recordClass, byReason] of Object.entries(drops ?? {})) {
        for (const [reason, count] of Object.entries(byReason)) {
          const key = `${recordClass} ${reason} ${drops === statistics?.refused}`
          if (count <= (this.#told.get(key) ?? 0)) continue
          this.#told.set(key, count)
          const about = { 'fillpath.drop.class': recordClass, 'fillpath.drop.reason': reason }
          emit('fillpath.records.dropped', about, { message })
        }
      }
    }
  }
}

const severityOf = {
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
} as const

/** A line without an event name: printed it is already, where that matters. */
function record({ level, message }: Notice): void {
  logs.getLogger(scope.name, scope.version).emit({
    severityNumber: severityOf[level],
    severityText: level,
    body: message,
  })
}
