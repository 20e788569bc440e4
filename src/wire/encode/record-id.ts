import { nameAfter, noName } from './name.ts'
import type { Target } from './target.ts'

/** Digits of the largest whole number that a double holds. */
const digitsMax = 16

/**
 * Writes the attribute `fillpath.record.id` of records whose ids are a prefix and a number: what is the same in all of
 * them is copied.
 */
export class RecordIds {
  readonly #head: Uint8Array
  readonly #prefixLength: number

  /** @param prefix ASCII, short enough that with the number all lengths take one byte */
  constructor(prefix: string) {
    const { field } = nameAfter(noName, 'fillpath.record.id')
    this.#prefixLength = prefix.length
    this.#head = Buffer.concat([
      Buffer.from([0, 0]),
      field,
      Buffer.from([0x12, 0, 0x0a, 0]),
      Buffer.from(prefix, 'latin1'),
    ])
    if (this.#head.length + digitsMax > 0x7f) throw new RangeError(`too long: ${prefix}`)
  }

  /** @param tag of the attributes of the record */
  write(target: Target, tag: number, sequence: number): void {
    const { length } = this.#head
    target.reserve(length + digitsMax)
    const { bytes, position } = target
    bytes.set(this.#head, position)
    const start = position + length
    const end = putDigits(bytes, start, sequence)
    const size = this.#prefixLength + end - start
    const valueStart = start - this.#prefixLength
    bytes[position] = tag
    bytes[position + 1] = end - position - 2
    bytes[valueStart - 3] = size + 2
    bytes[valueStart - 1] = size
    target.position = end
  }
}

/** A whole number, not negative, in decimal digits; returns where they end. */
function putDigits(bytes: Uint8Array, start: number, value: number): number {
  let digits = 1
  for (let limit = 10; limit <= value; limit *= 10) digits += 1
  let rest = value
  for (let place = start + digits - 1; place >= start; place -= 1) {
    const tens = Math.floor(rest / 10)
    bytes[place] = 0x30 + (rest - tens * 10)
    rest = tens
  }
  return start + digits
}
