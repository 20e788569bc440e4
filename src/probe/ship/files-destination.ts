/**
 * The bot's own files as a destination: what a desk would write, written by the worker.
 *
 * The room `archive/` is loaded when there is something to write, so that a bot without files never loads it.
 */
import { FillpathError } from '../../semconv/error.ts'
import type { SpoolRecord } from '../spool/lane.ts'
import type { Answer } from './answer.ts'
import type { Signal } from './endpoint.ts'
import type { Files, FilesOptions } from './files.ts'
import type { ShipNoticeListener } from './notice.ts'
import { joinRecords } from './request.ts'
import type { Taker } from './taker.ts'

/** Files in place of a receiver. Each signal has a checkpoint of its own, as with a receiver. */
export interface FilesDestination {
  /** Stable name; the checkpoint is kept under it. The folder. */
  readonly name: string
  readonly files: FilesOptions
  readonly signals: readonly Signal[]
}

/** The files of a folder, opened when the first record comes, and again when that failed. */
export class FilesPlace {
  readonly #options: FilesOptions
  readonly #lockToken: string
  readonly #say: ShipNoticeListener
  #opening: Promise<Files> | undefined

  /** @param lockToken the same for each worker of a process: a folder goes from one to the next */
  constructor(options: FilesOptions, lockToken: string, say: ShipNoticeListener) {
    this.#options = options
    this.#lockToken = lockToken
    this.#say = say
  }

  /** @throws FillpathError `folder_in_use`, `folder_unwritable` */
  open(): Promise<Files> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  /** Lets the folder go. */
  async close(): Promise<void> {
    const files = await this.#opening?.catch(() => undefined)
    await files?.close()
  }

  async #open(): Promise<Files> {
    try {
      const { openFiles } = await import('./files.ts')
      return await openFiles(this.#options, { lockToken: this.#lockToken, say: this.#say })
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }
}

/**
 * So much of lines may be written before a checkpoint says so. Files are looked through for more than that when they are
 * opened ({@link Files}), so that what a crash has them get twice is known.
 */
const uncheckedCharsMax = 8 * 1024 * 1024

/** Writes the records of one signal. */
export class FilesTaker implements Taker {
  readonly #place: FilesPlace
  readonly #signal: Signal
  readonly #save: () => void
  #uncheckedChars = 0

  /** @param save makes durable what was acknowledged */
  constructor(place: FilesPlace, signal: Signal, save: () => void) {
    this.#place = place
    this.#signal = signal
    this.#save = save
  }

  async take(records: readonly SpoolRecord[]): Promise<Answer> {
    if (this.#uncheckedChars > uncheckedCharsMax) {
      this.#save()
      this.#uncheckedChars = 0
    }
    try {
      const files = await this.#place.open()
      const { rejected, reason, chars } = await files.write(this.#signal, joinRecords(records))
      this.#uncheckedChars += chars
      return rejected > 0
        ? { kind: 'partial', rejected, reason }
        : { kind: 'accepted', warning: '' }
    } catch (error) {
      return answerOfError(error)
    }
  }

  async probe(): Promise<Answer> {
    try {
      await this.#place.open()
      return { kind: 'accepted', warning: '' }
    } catch (error) {
      return answerOfError(error)
    }
  }

  close(): void {
    // What is being written is written to its end; who made the place closes it.
  }
}

/** Codes of what mends itself, or what others mend: space, memory, handles, a process that holds the folder. */
const passing = /^E(NOSPC|DQUOT|MFILE|NFILE|NOMEM|AGAIN|BUSY|INTR|IO)$|^folder_in_use$/

function answerOfError(error: unknown): Answer {
  const reason = error instanceof Error ? error.message : String(error)
  const type = codeOf(error)
  if (type === 'otlp_malformed') return { kind: 'refused', reason }
  return {
    kind: 'unavailable',
    misconfigured: !passing.test(type),
    type,
    reason,
    retryAfterMs: 0,
    perhapsTooLarge: false,
    remedy: remedyFor(error),
  }
}

/** What to do, as a part of a sentence. */
function remedyFor(error: unknown): string {
  if (!(error instanceof FillpathError)) return 'check owner and mode of the folder'
  return error.hint.charAt(0).toLowerCase() + error.hint.slice(1).replace(/\.$/, '')
}

/** The code of the system where it is known, also of what was wrapped. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { cause } = error
  if (error instanceof FillpathError) {
    return cause instanceof Error && 'code' in cause ? String(cause.code) : error.code
  }
  return 'code' in error ? String(error.code) : error.name
}
