/**
 * What has to be known of an encoded span to close it, read without a decoder: a bot that starts does not load one. Fields
 * are those of `Span` in OTLP; what cannot be read is as if it were not there.
 */

const tags = { traceId: 0x0a, spanId: 0x12, name: 0x2a, start: 0x39, attribute: 0x4a } as const

/** The body of a `Span` message. */
export class SpanBytes {
  readonly traceId: string
  readonly spanId: string
  readonly name: string
  /** Nanoseconds since the epoch. */
  readonly startNs: bigint
  readonly #fields: readonly Field[]

  constructor(payload: Uint8Array) {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
    this.#fields = [...fieldsOf(bytes)]
    this.traceId = this.#first(tags.traceId)?.toString('hex') ?? ''
    this.spanId = this.#first(tags.spanId)?.toString('hex') ?? ''
    this.name = this.#first(tags.name)?.toString() ?? ''
    this.startNs = this.#first(tags.start)?.readBigUInt64LE() ?? 0n
  }

  /** Encoded `KeyValue` messages. */
  attributes(): Uint8Array[] {
    return this.#fields.filter(({ tag }) => tag === tags.attribute).map(({ bytes }) => bytes)
  }

  /** Attributes that are texts, by name. */
  texts(): Record<string, string> {
    const texts: Record<string, string> = {}
    for (const attribute of this.attributes()) {
      const [name, text] = textAttribute(attribute)
      if (name !== undefined && text !== undefined) texts[name] = text
    }
    return texts
  }

  #first(tag: number): Buffer | undefined {
    return this.#fields.find((field) => field.tag === tag)?.bytes
  }
}

/** Name and value of an encoded `KeyValue`; without a value where that is no text. */
function textAttribute(bytes: Uint8Array): [string | undefined, string | undefined] {
  const fields = [...fieldsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))]
  const of = (tag: number, from: readonly Field[]): Buffer | undefined =>
    from.find((field) => field.tag === tag)?.bytes
  const value = of(0x12, fields)
  const text = value && of(0x0a, [...fieldsOf(value)])
  return [of(0x0a, fields)?.toString(), text?.toString()]
}

interface Field {
  readonly tag: number
  /** Of a varint: none. */
  readonly bytes: Buffer
}

function* fieldsOf(bytes: Buffer): Generator<Field, void, undefined> {
  let place = 0
  while (place < bytes.length) {
    const [tag, start] = varint(bytes, place)
    const [length, end] = lengthAt(bytes, tag & 7, start)
    if (length === undefined || end > bytes.length) return
    yield { tag, bytes: bytes.subarray(end - length, end) }
    place = end
  }
}

/** Length of a field's bytes, and where the field ends. */
function lengthAt(bytes: Buffer, wireType: number, start: number): [number | undefined, number] {
  switch (wireType) {
    case 0:
      return [0, varint(bytes, start)[1]]
    case 1:
      return [8, start + 8]
    case 2: {
      const [length, from] = varint(bytes, start)
      return [length, from + length]
    }
    case 5:
      return [4, start + 4]
    default:
      return [undefined, start]
  }
}

/** A varint of up to 32 bits, and where it ends. */
function varint(bytes: Buffer, start: number): [number, number] {
  let value = 0
  let place = start
  for (let shift = 0; place < bytes.length; shift += 7) {
    const byte = bytes[place] ?? 0
    place += 1
    if (shift < 28) value |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  return [value, place]
}
