import type { HrTime } from '@opentelemetry/api'
import { cleanText } from './clean.ts'
import type { Entry } from './entry.ts'

/**
 * Lines that repeat: after so many of the same in a window they are counted, and one line says how many there were.
 *
 * - The same line: logger, level and text, where a text with placeholders (`%s`) counts before they are filled. Fields
 *   do not matter.
 * - Never an event, never an error: what is critical is written each time.
 * - A count is told when the window ends, at a flush and at shutdown, with the first and the last time.
 */

/** What becomes of a line that repeats. */
export interface RepeatSettings {
  /** How often the same line is written in a window; 0 for always. FILLPATH_REPEAT_MAX @default 100 */
  readonly max?: number
  /** FILLPATH_REPEAT_WINDOW @default 60_000 */
  readonly windowMs?: number
  /**
   * Who is spared: the console alone, while files and receiver get every line; or all of them.
   * FILLPATH_REPEAT_SINKS @default 'console'
   */
  readonly sinks?: 'console' | 'all'
}

/** Writes the line that says how often one was repeated. */
export type WriteSummary = (entry: Entry) => void

interface Seen {
  written: number
  /** Not written. */
  held: number
  first: HrTime
  last: HrTime
  readonly like: Entry
  readonly text: string
}

// A bot may put ids into its texts: what is remembered is bounded, and further lines are written each time.
const textsMax = 10_000
const textLengthMax = 1_000
const errorSeverity = 17

/** Counts the lines of a process. */
export class Repeats {
  readonly sinks: 'console' | 'all'
  readonly #max: number
  readonly #windowMs: number
  readonly #write: WriteSummary
  readonly #seen = new Map<string, Map<string, Seen>>()
  #texts = 0
  #windowStartMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(settings: Required<RepeatSettings>, write: WriteSummary) {
    this.sinks = settings.sinks
    this.#max = settings.max
    this.#windowMs = settings.windowMs
    this.#write = write
  }

  /** Whether the line was written often enough and is only counted. */
  holds(entry: Entry, text: string): boolean {
    if (entry.event !== '' || entry.severity >= errorSeverity) return false
    if (text.length > textLengthMax) return false
    const atMs = millisecondsOf(entry.time)
    const passedMs = atMs - this.#windowStartMs
    if (passedMs >= this.#windowMs || passedMs < 0) this.#next(atMs)
    const seen = this.#find(entry, text)
    if (seen === undefined) return false
    if (seen.written < this.#max) {
      seen.written += 1
      return false
    }
    if (seen.held === 0) seen.first = entry.time
    seen.held += 1
    seen.last = entry.time
    this.#timer ??= setTimeout(() => this.#next(this.#windowStartMs), this.#windowMs).unref()
    return true
  }

  /** Tells what was counted so far. */
  tell(): void {
    for (const texts of this.#seen.values()) {
      for (const seen of texts.values()) {
        const { held, like, text, first, last } = seen
        if (held === 0) continue
        seen.held = 0
        this.#write(summaryOf({ like, text, held, first, last }))
      }
    }
  }

  /** Tells what was counted, and counts no more. */
  close(): void {
    this.#next(0)
  }

  #next(atMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#windowStartMs = atMs
    if (this.#texts === 0) return
    this.tell()
    this.#seen.clear()
    this.#texts = 0
  }

  #find(entry: Entry, text: string): Seen | undefined {
    const key = `${entry.severity} ${entry.module}`
    let texts = this.#seen.get(key)
    if (!texts) {
      texts = new Map()
      this.#seen.set(key, texts)
    }
    let seen = texts.get(text)
    if (!seen && this.#texts < textsMax) {
      seen = { written: 0, held: 0, first: entry.time, last: entry.time, like: entry, text }
      texts.set(text, seen)
      this.#texts += 1
    }
    return seen
  }
}

function summaryOf({
  like,
  text,
  held,
  first,
  last,
}: Pick<Seen, 'like' | 'text' | 'held' | 'first' | 'last'>): Entry {
  // The entry has been cleaned of secrets; a text with placeholders has not.
  const said = text.includes('%') ? cleanText(text) : like.message
  const seconds = Math.max(1, Math.round((millisecondsOf(last) - millisecondsOf(first)) / 1000))
  return {
    time: last,
    severity: like.severity,
    level: like.level,
    module: like.module,
    event: '',
    message: `${said} (repeated ${held.toLocaleString('en')} times in ${seconds} s)`,
    data: {
      'fillpath.repeat.count': held,
      'fillpath.repeat.first_at': new Date(millisecondsOf(first)).toISOString(),
      'fillpath.repeat.last_at': new Date(millisecondsOf(last)).toISOString(),
    },
    span: undefined,
    traceId: '',
  }
}

function millisecondsOf([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + Math.floor(nanoseconds / 1e6)
}
