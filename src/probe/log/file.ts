import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { sayOnStderr } from '../../base/print.ts'
import type { LineFormat } from './console.ts'
import { humanLines } from './human.ts'
import { jsonLine } from './json.ts'
import type { Sink } from './sink.ts'

/** A log file of the bot's own, beside what telemetry keeps. */
export interface FileOptions {
  /** Appended to; its folder is made when missing. */
  readonly path: string
  /** @default 'json' */
  readonly format?: LineFormat | undefined
}

const bufferBytesMax = 1_048_576
const retryMs = 1000

/**
 * A sink that appends to a file: what one turn of the event loop logged is one write, at its end; errors are written at
 * once. When the file cannot be written (full disk, folder gone) one line on stderr says so, up to 1 MiB waits, and a
 * second later it is tried again; what had to be dropped is counted in the line that says it works again.
 */
export function fileSink(options: FileOptions): Sink {
  return new FileSink(resolve(options.path), options.format ?? 'json')
}

class FileSink implements Sink {
  readonly #path: string
  readonly #line: (entry: Parameters<Sink['write']>[0]) => string
  #fd: number | undefined
  #waiting: string[] = []
  #waitingLength = 0
  #scheduled = false
  #failedAtMs: number | undefined
  #dropped = 0

  constructor(path: string, format: LineFormat) {
    this.#path = path
    this.#line = format === 'json' ? jsonLine : humanLines(false)
  }

  write(entry: Parameters<Sink['write']>[0]): void {
    const line = `${this.#line(entry)}\n`
    if (this.#waitingLength + line.length > bufferBytesMax) {
      this.flush()
      if (this.#waitingLength + line.length > bufferBytesMax) {
        this.#dropped += 1
        return
      }
    }
    this.#waiting.push(line)
    this.#waitingLength += line.length
    if (entry.severity >= 17) this.flush()
    else if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        this.flush()
      })
    }
  }

  flush(): void {
    if (this.#waiting.length === 0) return
    if (this.#failedAtMs !== undefined && performance.now() - this.#failedAtMs < retryMs) return
    let bytes = Buffer.from(this.#waiting.join(''))
    try {
      this.#fd ??= this.#open()
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(this.#fd, bytes))
      this.#waiting = []
      this.#waitingLength = 0
      this.#recovered()
    } catch (error) {
      // A part may have been written: only the rest waits, so that no line is doubled.
      const rest = bytes.toString()
      this.#waiting = [rest]
      this.#waitingLength = rest.length
      this.#failed(error)
    }
  }

  close(): void {
    this.#failedAtMs = undefined
    this.flush()
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #open(): number {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
    return openSync(this.#path, 'a', 0o600)
  }

  #failed(error: unknown): void {
    const isNew = this.#failedAtMs === undefined
    this.#failedAtMs = performance.now()
    setTimeout(() => this.flush(), retryMs + 1).unref()
    if (this.#fd !== undefined) {
      try {
        closeSync(this.#fd)
      } catch {
        // The descriptor is gone already; a new one is opened on the next try.
      }
      this.#fd = undefined
    }
    if (!isNew) return
    sayOnStderr(
      `fillpath: cannot write the log file ${this.#path}: ${reason(error)}. The bot goes on; tried again each second.`,
    )
  }

  #recovered(): void {
    if (this.#failedAtMs === undefined) return
    this.#failedAtMs = undefined
    const dropped = this.#dropped
    this.#dropped = 0
    sayOnStderr(
      `fillpath: the log file ${this.#path} can be written again${dropped > 0 ? `; ${dropped} lines were dropped` : ''}.`,
    )
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
