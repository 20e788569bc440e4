import { errorCodes } from './error-codes.ts'
import type { ErrorCode } from './error-codes.ts'

/** Options of {@link FillpathError}. */
export interface FillpathErrorOptions {
  /** What to do about it, as a sentence of its own. */
  readonly hint?: string | undefined
  readonly cause?: unknown
}

/**
 * The one error class of fillpath. Match on `code`, which is stable, never on the message or with `instanceof`
 * (two copies of the package may be loaded).
 */
export class FillpathError extends Error {
  /** Stable code from {@link errorCodes}. */
  readonly code: ErrorCode
  /** What to do about it. */
  readonly hint: string

  /** @param message what went wrong, with the value seen and the place (file:line) where there is one */
  constructor(code: ErrorCode, message: string, options: FillpathErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {})
    this.name = 'FillpathError'
    this.code = code
    this.hint = options.hint ?? errorCodes[code].hint
  }
}
