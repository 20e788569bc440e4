import { systemClock } from '../base/clock.ts'
import { recordOf } from '../archive/read.ts'
import { Monitor, summaryLine } from './monitor.ts'
import type { Output } from './output.ts'

/** The summaries that `fillpath tail` gives: every few seconds, and a last one when it ends. */
export class Summaries {
  readonly #output: Output
  readonly #intervalMs: number
  #monitor = new Monitor(undefined)
  #timer: NodeJS.Timeout | undefined

  constructor(output: Output, intervalMs = 5_000) {
    this.#output = output
    this.#intervalMs = intervalMs
  }

  add(line: string): void {
    const record = recordOf(line)
    if (record?.signal === 'log') this.#monitor.add(record)
  }

  /** Counts stored lines where nothing is followed: they are all that the summary can be about. */
  addShown(lines: readonly string[], isFollowed: boolean): void {
    if (!isFollowed) for (const line of lines) this.add(line)
  }

  begin(): void {
    this.#monitor = new Monitor(nowMs())
    this.#timer = setInterval(() => this.#tell(), this.#intervalMs)
  }

  end(): void {
    clearInterval(this.#timer)
    this.#tell()
  }

  #tell(): void {
    const summary = this.#monitor.take(nowMs())
    if (this.#output.json) this.#output.value({ summary })
    else this.#output.line(summaryLine(summary, (style, text) => this.#output.paint(style, text)))
  }
}

function nowMs(): number {
  return Number(systemClock.wallNs() / 1_000_000n)
}
