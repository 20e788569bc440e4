/**
 * The few fields of an OTLP response that matter to a sender, read by hand so that the worker loads no codec:
 *
 * - `Export…ServiceResponse { Export…PartialSuccess partial_success = 1 { int64 rejected = 1; string error_message = 2 } }`
 * - `google.rpc.Status { int32 code = 1; string message = 2 }`, the body of an error
 *
 * A body that is neither is taken as text, shortened. Nothing here throws: an answer that cannot be read must not
 * stop the sending.
 */

/** What the receiver did not take of a request that it answered with success. */
export interface PartialSuccess {
  /** Records refused; 0 when the message is only a warning. */
  readonly rejected: number
  readonly message: string
}

const messageLengthMax = 500

/** The partial success in the body of a 2xx answer; undefined for full success. */
export function partialSuccessOf(body: Buffer, contentType: string): PartialSuccess | undefined {
  if (body.length === 0) return undefined
  const partial = isJson(contentType, body) ? partialOfJson(body) : partialOfProtobuf(body)
  return partial && (partial.rejected > 0 || partial.message !== '') ? partial : undefined
}

/** The reason in the body of an error answer, on one line. */
export function reasonOf(body: Buffer, contentType: string): string {
  if (isJson(contentType, body)) {
    const status = parseJson(body)
    const message = field(status, 'message') ?? field(status, 'error')
    if (typeof message === 'string') return oneLine(message)
  } else if (contentType.includes('protobuf')) {
    const message = fieldsOf(body)?.get(2)
    if (message instanceof Buffer) return oneLine(message.toString('utf8'))
  }
  return oneLine(body.toString('utf8'))
}

function isJson(contentType: string, body: Buffer): boolean {
  return contentType.includes('json') || body[0] === 0x7b
}

function partialOfProtobuf(body: Buffer): PartialSuccess | undefined {
  const partial = fieldsOf(body)?.get(1)
  if (!(partial instanceof Buffer)) return undefined
  const fields = fieldsOf(partial)
  const rejected = fields?.get(1)
  const message = fields?.get(2)
  return {
    rejected: typeof rejected === 'number' ? rejected : 0,
    message: message instanceof Buffer ? oneLine(message.toString('utf8')) : '',
  }
}

function partialOfJson(body: Buffer): PartialSuccess | undefined {
  const response = parseJson(body)
  const partial = field(response, 'partialSuccess') ?? field(response, 'partial_success')
  if (typeof partial !== 'object' || partial === null) return undefined
  const message = field(partial, 'errorMessage') ?? field(partial, 'error_message')
  const counts = Object.entries(partial)
    .filter(([name]) => name.startsWith('rejected'))
    .map(([, count]) => Number(count))
  return {
    rejected: counts.find((count) => count > 0) ?? 0,
    message: typeof message === 'string' ? oneLine(message) : '',
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** Fields by number, the last of each: varints as numbers, the rest as bytes. Undefined when it is no protobuf. */
function fieldsOf(bytes: Buffer): Map<number, number | Buffer> | undefined {
  const fields = new Map<number, number | Buffer>()
  let at = 0
  while (at < bytes.length) {
    const tag = varint(bytes, at)
    if (!tag) return undefined
    at = tag.next
    const type = tag.value % 8
    const number = Math.floor(tag.value / 8)
    if (type === 0 || type === 2) {
      const value = varint(bytes, at)
      if (!value) return undefined
      at = value.next
      if (type === 2) {
        if (at + value.value > bytes.length) return undefined
        fields.set(number, bytes.subarray(at, at + value.value))
        at += value.value
      } else fields.set(number, value.value)
    } else if (type === 1 || type === 5) at += type === 1 ? 8 : 4
    else return undefined
  }
  return fields
}

function varint(bytes: Buffer, from: number): { value: number; next: number } | undefined {
  let value = 0
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[from + index]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, next: from + index + 1 }
  }
  return undefined
}

/** Text of a stranger, fit for one line of a terminal. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- escape sequences of a stranger must not reach the terminal
  const plain = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim()
  return plain.length > messageLengthMax ? `${plain.slice(0, messageLengthMax)}…` : plain
}
