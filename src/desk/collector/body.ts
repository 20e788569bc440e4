/**
 * Reads the body of an HTTP request, bounded at every step: what is received, what it inflates to, and what all
 * requests hold together.
 */
import { createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { refuse } from './answer.ts'
import type { Refusal } from './answer.ts'
import type { Room } from './room.ts'
import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'

const chunkSize = 64 * 1024
const inflaters: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip({ chunkSize }),
  'x-gzip': () => createGunzip({ chunkSize }),
  deflate: () => createInflate({ chunkSize }),
  zstd: () => createZstdDecompress({ chunkSize }),
}

/** Content encodings that are understood, for the header Accept-Encoding. */
export const contentEncodings = 'gzip, deflate, zstd'

/** A body that was read. The bytes count in the room until the reader gives them back. */
export interface Body {
  readonly bytes: Buffer
}

/** Limits of a body. */
export interface BodyLimits {
  /** Largest body, as sent and as inflated. */
  readonly bytesMax: number
  readonly room: Room
}

/** Reads and inflates the body of `request`. What was refused leaves no room taken. */
export async function readBody(
  request: IncomingMessage,
  limits: BodyLimits,
): Promise<Body | Refusal> {
  const encoding = (request.headers['content-encoding'] ?? '').trim().toLowerCase()
  const inflater = inflaters[encoding]
  if (inflater === undefined && encoding !== 'identity' && encoding !== '') {
    return refuse(
      'wrong_type',
      `the content encoding "${encoding.slice(0, 60)}" is not understood; use ${contentEncodings} or none`,
    )
  }
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limits.bytesMax) {
    return tooLarge(`the body has ${announced} bytes, more`, limits)
  }
  const received = await collect(request.iterator({ destroyOnReturn: false }), limits, {
    tooLarge: 'the body is longer',
    broken: () => 'the connection was closed before the body had arrived',
  })
  if (inflater === undefined || 'taken' in received) return received
  try {
    const inflating = inflater()
    inflating.end(received.bytes)
    return await collect(inflating, limits, {
      tooLarge: 'the body inflates to more',
      broken: (error) => `the body is not ${encoding}: ${String(error)}`,
    })
  } finally {
    limits.room.give(received.bytes.length)
  }
}

async function collect(
  chunks: AsyncIterable<Buffer>,
  limits: BodyLimits,
  words: { readonly tooLarge: string; readonly broken: (error: unknown) => string },
): Promise<Body | Refusal> {
  const kept: Buffer[] = []
  let size = 0
  let refusal: Refusal | undefined
  try {
    for await (const chunk of chunks) {
      if (size + chunk.length > limits.bytesMax) refusal = tooLarge(words.tooLarge, limits)
      else if (!limits.room.take(chunk.length)) {
        refusal = refuse('overloaded', 'too many requests are being taken at once; send it again')
      }
      if (refusal !== undefined) break
      size += chunk.length
      kept.push(chunk)
    }
  } catch (error) {
    refusal = refuse('malformed', words.broken(error))
  }
  if (refusal === undefined) return { bytes: Buffer.concat(kept, size) }
  limits.room.give(size)
  return refusal
}

function tooLarge(seen: string, { bytesMax }: BodyLimits): Refusal {
  return refuse('too_large', `${seen} than the ${bytesMax} bytes taken; send smaller batches`)
}
