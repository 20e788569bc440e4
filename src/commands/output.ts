import { styleText } from 'node:util'
import { errorCodes } from '../semconv/error-codes.ts'
import type { FillpathError } from '../semconv/error.ts'

/** A style of `node:util`. */
export type Style = Parameters<typeof styleText>[0]

const columnsMin = 60
const columnsMax = 140
const columnsDefault = 100

/**
 * Where a command writes. Results go to stdout, everything else to stderr, so that a pipe gets results alone.
 * Colour only on a terminal, and never with NO_COLOR.
 */
export class Output {
  readonly json: boolean

  constructor(options: { readonly json: boolean }) {
    this.json = options.json
  }

  /** Columns that a line may take. */
  get columns(): number {
    const columns = process.stdout.columns ?? (Number(process.env['COLUMNS']) || columnsDefault)
    return Math.min(columnsMax, Math.max(columnsMin, columns))
  }

  /** A line of the result. */
  line(text: string): void {
    process.stdout.write(`${text}\n`)
  }

  /** A result as JSON, on one line. */
  value(value: unknown): void {
    this.line(JSON.stringify(value))
  }

  /** A line about the work, not a result. */
  note(text: string): void {
    process.stderr.write(`${text}\n`)
  }

  /** An error, and what to do about it. */
  error({ code, message, hint }: Pick<FillpathError, 'code' | 'message' | 'hint'>): void {
    if (this.json) {
      process.stderr.write(`${JSON.stringify({ error: { code, message, hint } })}\n`)
      return
    }
    const head = styleText(['bold', 'red'], 'fillpath:', { stream: process.stderr })
    process.stderr.write(`${head} ${message} [${code}]\n  ${hint}\n`)
  }

  /** `text` in a style, where stdout shows styles. */
  paint(style: Style, text: string): string {
    return styleText(style, text, { stream: process.stdout })
  }

  /** A bar on stderr while a long work goes on; shows nothing for short ones and where nobody looks. */
  progress(what: string): { update(share: number): void; done(): void } {
    const stream = process.stderr
    const startedMs = performance.now()
    let shown = false
    let lastMs = startedMs
    return {
      update(share) {
        const nowMs = performance.now()
        if (!stream.isTTY || nowMs - startedMs < 300 || nowMs - lastMs < 80) return
        lastMs = nowMs
        shown = true
        const filled = Math.round(Math.min(1, share) * 24)
        const leftS = share > 0 ? ((nowMs - startedMs) / 1000) * (1 / share - 1) : 0
        stream.write(
          `\r${what} ${'━'.repeat(filled)}${' '.repeat(24 - filled)} ${Math.floor(share * 100)} %, ${leftS.toFixed(0)} s left\x1b[K`,
        )
      },
      done() {
        if (shown) stream.write('\r\x1b[K')
      },
    }
  }
}

/**
 * What becomes of output that cannot be written. A pipe that is closed by its reader (`| head`) ends the command quietly.
 * A result that its file does not take, as on a full disk, is a failure: half an answer must not be taken for a whole one.
 * A note that cannot be written stops nothing: a desk goes on when the disk of its log is full.
 */
export function endOnLostOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    process.stderr.write(
      `fillpath: the output cannot be written: ${error.message} [output_unwritable]\n  ${errorCodes.output_unwritable.hint}\n`,
    )
    process.exit(1)
  })
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
  })
}
