import { normalizeAttributes } from '../../base/normalize.ts'
import type { PlainObject } from '../../base/plain.ts'
import { createRedactor } from '../../redact/redact.ts'
import type { Redactor } from '../../redact/redact.ts'

/** What takes secrets out of a line before it leaves the call. */
export type LineRedactor = Pick<Redactor, 'redactAttributes' | 'redactText'>

let redactor: LineRedactor = createRedactor()

/** Sets what takes secrets out of everything that is logged from now on. */
export function setRedactor(next: LineRedactor): void {
  redactor = next
}

/** Plain values without secrets. */
export function clean(attributes: Readonly<Record<string, unknown>>): PlainObject {
  // Redaction hides parts of plain values, and what it leaves is plain too.
  return redactor.redactAttributes(normalizeAttributes(attributes)) as PlainObject
}

/** A text without secrets. */
export function cleanText(text: string): string {
  return redactor.redactText(text)
}
