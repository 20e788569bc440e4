/** Resources and scopes of a boot, each with a number for use in frames. */
import type { OriginBytes } from '../../wire/frame.ts'
import { encodeOrigin } from '../../wire/frame.ts'

/** Numbers are 16 bits; 0 means "not known". */
const originsMax = 65_535

/** The resources and scopes of a boot by number: each is written once to a segment that needs it. */
export class Dictionary {
  readonly #payloads: (Uint8Array | undefined)[] = [undefined]
  readonly #numbers = new Map<string, number>()

  /** The number of a resource and scope, the same for the same bytes; 0 when there are too many of them. */
  number(origin: OriginBytes): number {
    const payload = encodeOrigin(origin)
    const key = Buffer.from(payload).toString('latin1')
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#payloads.length
    if (number > originsMax) return 0
    this.#payloads.push(payload)
    this.#numbers.set(key, number)
    return number
  }

  /** The dictionary frame's payload. */
  payload(number: number): Uint8Array | undefined {
    return this.#payloads[number]
  }
}
